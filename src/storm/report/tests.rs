use super::super::script::Script;
use super::*;

#[test]
fn latencies_are_shown_in_the_unit_that_fits() {
    for (microseconds, text) in [
        (7, "7 µs"),
        (999, "999 µs"),
        (1_234, "1.23 ms"),
        (56_789, "56.8 ms"),
        (999_000, "999 ms"),
        (1_500_000, "1.50 s"),
    ] {
        assert_eq!(in_unit(microseconds), text);
    }
}

#[test]
fn percentiles_are_those_of_the_latencies() {
    let mut tally = Tally::new();
    (1..=1000)
        .for_each(|number| tally.waited_for_login(Script::Login, Duration::from_micros(number)));
    let report = LatencyReport::of(&tally.logins).expect("some");
    assert_eq!((report.count, report.min, report.max), (1000, 1, 1000));
    assert_eq!((report.p50, report.p90, report.p99, report.p999), (500, 900, 990, 999));
    assert_eq!(LatencyReport::of(&tally.requests), None);
}
