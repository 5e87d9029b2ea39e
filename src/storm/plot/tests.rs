use std::time::Duration;

use super::super::failure::Failure;
use super::super::script::Script;
use super::*;

#[test]
fn picture_has_both_charts_and_is_well_formed() {
    let mut tally = Tally::new();
    for number in 1..2000 {
        let (at, latency) = (Duration::from_millis(number), Duration::from_micros(number));
        tally.ended(Script::TempId, Ok(()), at, latency);
    }
    tally.ended(Script::TempId, Err(Failure::Busy), Duration::ZERO, Duration::ZERO);
    let svg = draw(&tally, "a storm");
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
    for part in ["a storm", "over time", "Distribution", "p50", "p99", "max", "sessions failed"] {
        assert!(svg.contains(part), "{part}");
    }
}

/// A single session is its own median and maximum, and all three lines are where it is.
#[test]
fn lines_in_the_same_place_can_all_be_seen() {
    let mut tally = Tally::new();
    for number in 1..9 {
        let (at, latency) = (Duration::from_millis(number * 50), Duration::from_millis(number));
        tally.ended(Script::TempId, Ok(()), at, latency);
    }
    let svg = draw(&tally, "a storm");
    let parts = ["look1\"><path class=\"line halo", "look0\"><path", "look2\"><path"];
    let places = parts.map(|part| svg.find(part));
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}");
    assert!(chart::STYLE.contains(".look2 .line { stroke-dasharray"));
    assert!(!chart::STYLE.contains(".look0 .line"));
}

#[test]
fn single_moment_is_drawn_as_marks() {
    let mut tally = Tally::new();
    tally.ended(Script::TempId, Ok(()), Duration::from_millis(3), Duration::from_millis(2));
    let svg = draw(&tally, "a storm");
    let marks = svg.matches("<title>p50<").count() + svg.matches("<title>max<").count();
    assert_eq!(marks, 2, "{svg}");
    assert!(!svg.contains("NaN") && !svg.contains(">inf"), "{svg}");
}

#[test]
fn storm_without_a_timed_session_has_a_picture_that_says_so() {
    let svg = draw(&Tally::new(), "a storm");
    assert!(svg.contains("no session"));
}

#[test]
fn percentiles_have_as_many_digits_as_they_need() {
    let labels = [0.0, 1.0, 2.0, 3.0, 4.0].map(percentile);
    assert_eq!(labels, ["0", "90", "99", "99.9", "99.99"]);
}
