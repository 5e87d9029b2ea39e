use super::*;
use crate::workload::BrokenPromise;

#[test]
fn sessions_are_counted_by_script_and_by_reason() {
    let mut tally = Tally::new();
    let (at, latency) = (Duration::ZERO, Duration::from_millis(2));
    tally.ended(Script::TempId, Ok(()), at, latency);
    tally.ended(Script::Vanish, Ok(()), at, latency);
    tally.ended(Script::TempId, Err(Failure::Busy), at, latency);
    tally.ended(Script::TempId, Err(BrokenPromise::TempIdTwice.into()), at, latency);
    assert_eq!((tally.done(), tally.failed(), tally.breaches()), (2, 2, 1));
    assert_eq!(tally.sessions.len(), 1, "who vanishes has no time");
    tally.ended(Script::TempId, Ok(()), at, Duration::from_secs(2));
    assert!(tally.sessions.max().abs_diff(2_000_000) <= 2_000);
    assert_eq!(tally.failed_by_reason()["server full (BUSY)"], 1);
}

/// A server that stands still would otherwise have the latencies of those it had served before.
#[test]
fn session_that_gave_up_is_among_the_latencies_and_one_that_was_refused_is_not() {
    let mut tally = Tally::new();
    let late = || Err(Failure::Late("during the login"));
    tally.ended(Script::TempId, late(), Duration::ZERO, Duration::from_secs(2));
    tally.ended(Script::TempId, Err(Failure::Busy), Duration::ZERO, Duration::from_millis(1));
    tally.ended(Script::Idle, late(), Duration::ZERO, Duration::from_secs(2));
    assert_eq!((tally.done(), tally.failed(), tally.sessions.len()), (0, 3, 1));
    assert!(tally.sessions.max().abs_diff(2_000_000) <= 2_000);
    assert_eq!(tally.series.buckets()[0].latencies.len(), 1);
}

#[test]
fn reasons_beyond_all_measure_are_counted_as_one() {
    let mut tally = Tally::new();
    for number in 0..1000 {
        let failure = Failure::refused("ERR", &format!("no {number}"));
        tally.ended(Script::Request, Err(failure), Duration::ZERO, Duration::ZERO);
    }
    assert_eq!(tally.failed(), 1000);
    let reasons = tally.failed_by_reason();
    assert_eq!(reasons.len(), MAX_REASONS + 1);
    assert_eq!(reasons["request refused (ERR): no 0"], 1);
    assert_eq!(reasons[OTHER_REASONS], 1000 - MAX_REASONS as u64);
}

#[test]
fn long_series_keeps_every_session_in_few_buckets() {
    let mut tally = Tally::new();
    for second in 0..10_000 {
        let latency = Duration::from_micros(second + 1);
        tally.ended(Script::Login, Ok(()), Duration::from_secs(second), latency);
        tally.ended(Script::Login, Err(Failure::Busy), Duration::from_secs(second), latency);
    }
    let series = &tally.series;
    assert!(series.buckets().len() <= MAX_BUCKETS);
    assert!(series.width() * series.buckets().len() as u32 >= Duration::from_secs(9_999));
    let sessions = series.buckets().iter().map(|bucket| bucket.latencies.len());
    assert_eq!(sessions.sum::<u64>(), 10_000);
    assert_eq!(series.buckets().iter().map(|bucket| bucket.failed).sum::<u64>(), 10_000);
    let first = &series.buckets()[0].latencies;
    assert!(first.max() < 200, "the first bucket holds the first sessions: {}", first.max());
}
