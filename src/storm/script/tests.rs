use rand::SeedableRng;

use super::*;

fn mix(text: &str) -> Mix {
    text.parse().expect("a mix")
}

#[test]
fn every_script_is_read_by_its_name() {
    for script in Script::ALL {
        assert_eq!(mix(script.name()).scripts(), [(script, 1)]);
    }
}

#[test]
fn mixes_are_read_and_shown_in_the_same_form() {
    for text in ["tempid:9,vanish:1", "idle", MIXED] {
        assert_eq!(mix(text).to_string(), text);
    }
    assert_eq!(mix("mixed"), mix(MIXED));
}

#[test]
fn nonsense_is_refused_with_what_was_expected() {
    for text in ["", "nap", "tempid:0", "tempid:x", "tempid:1000001", "tempid,", "Login"] {
        let error = text.parse::<Mix>().expect_err(text);
        assert!(error.contains("expected"), "{error}");
    }
}

#[test]
fn mix_within_a_mix_is_refused_without_being_proposed() {
    for text in ["mixed:5,vanish:1", "vanish,mixed"] {
        let error = text.parse::<Mix>().expect_err(text);
        assert!(error.starts_with("mixed is a mix of its own"), "{error}");
        assert!(error.contains("expected mixed alone, one of login, "), "{error}");
    }
}

#[test]
fn scripts_are_drawn_as_often_as_they_weigh() {
    let (mix, mut rng) = (mix("tempid:7,login:2,vanish:1"), ChaCha12Rng::seed_from_u64(1));
    let drawn: Vec<_> = (0..10_000).map(|_| mix.draw(&mut rng)).collect();
    for (script, expected) in
        [(Script::TempId, 7_000), (Script::Login, 2_000), (Script::Vanish, 1_000)]
    {
        let count = drawn.iter().filter(|other| **other == script).count();
        assert!(count.abs_diff(expected) < 200, "{script}: {count}");
        assert!((mix.share(script) * 10_000.0 - expected as f64).abs() < 1e-9);
    }
}
