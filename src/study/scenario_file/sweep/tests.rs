use super::*;

#[test]
fn commas_in_brackets_and_quotes_do_not_separate() {
    let cases: &[(&str, &[&str])] = &[
        ("a", &["a"]),
        ("a, b ,c", &["a", "b", "c"]),
        ("", &[""]),
        ("a,", &["a", ""]),
        ("[1,2],{x=3,y=4}", &["[1,2]", "{x=3,y=4}"]),
        ("\"a,b\",'c,d'", &["\"a,b\"", "'c,d'"]),
        (r#""a\",b",c"#, &[r#""a\",b""#, "c"]),
        (r#""a\\",b"#, &[r#""a\\""#, "b"]),
        ("]],a", &["]]", "a"]),
    ];
    for (text, expected) in cases {
        assert_eq!(split(text), *expected, "{text}");
    }
}

#[test]
fn sweeps_make_a_grid_whose_last_key_changes_fastest() {
    let sweeps = ["people.count=1,2", "phones.refresh=batch,on-expiry"];
    let sweeps = sweeps.map(|text| Sweep::parse(text).expect("a sweep"));
    let points = grid(&sweeps).expect("a grid");
    let texts = |point: &Vec<Change>| -> String {
        point.iter().map(|change| format!("{} ", change.text)).collect()
    };
    let points: Vec<_> = points.iter().map(texts).collect();
    assert_eq!(points, ["1 batch ", "1 on-expiry ", "2 batch ", "2 on-expiry "]);
    assert_eq!(grid(&[]).expect("one point"), [vec![]]);
}

#[test]
fn impossible_sweeps_are_refused() {
    let refused = |text| Sweep::parse(text).expect_err("refused").to_string();
    assert_eq!(refused("people"), "--sweep people: expected key=a,b,c");
    assert!(refused("people.count=1,,2").contains("expected a value between two commas"));
    assert!(refused("people.cout=1").contains("did you mean people.count?"));
    assert!(refused("runs=1,2").contains("see --runs"));
    let hundred = |key| {
        let numbers: Vec<_> = (1..=101).map(|number| number.to_string()).collect();
        Sweep::parse(&format!("{key}={}", numbers.join(","))).expect("a sweep")
    };
    let error = grid(&[hundred("people.count"), hundred("seed")]).expect_err("too many");
    assert_eq!(error.to_string(), "--sweep: expected at most 10000 points");
    let twice = ["seed=1,2", "seed=3"].map(|text| Sweep::parse(text).expect("a sweep"));
    let error = grid(&twice).expect_err("twice").to_string();
    assert_eq!(error, "--sweep: seed: it is swept twice");
}
