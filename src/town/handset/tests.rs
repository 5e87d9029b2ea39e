use proptest::prelude::*;

use super::super::scenario::Seconds;
use super::*;

fn start() -> Timestamp {
    Timestamp::from_unix_seconds(1_589_328_000)
}

#[expect(clippy::disallowed_methods, reason = "only the wall clock matters")]
fn now(elapsed: Duration) -> Now {
    let wall = start().after_seconds(elapsed.as_secs());
    Now { monotonic: std::time::Instant::now(), wall }
}

fn rhythm(jitter: u64, scan_window: u64) -> Rhythm {
    let phones = Phones {
        beacon_jitter: Seconds::new(jitter),
        scan_window: Seconds::new(scan_window),
        ..Phones::default()
    };
    Rhythm::random(1, 7, &phones)
}

#[test]
fn beacons_come_once_an_interval() {
    for jitter in [0, 60] {
        let rhythm = rhythm(jitter, 60);
        let (mut at, mut count) = (Duration::ZERO, 0);
        loop {
            at = rhythm.next_beacon(at, count == 0);
            if at >= Duration::from_secs(600) {
                break;
            }
            count += 1;
        }
        assert!((9..=11).contains(&count) && (jitter > 0 || count == 10), "{count}");
    }
}

#[test]
fn phone_listens_in_its_window_only() {
    let rhythm = rhythm(0, 15);
    let heard = (0..60).filter(|second| rhythm.is_scanning(Duration::from_secs(*second)));
    assert_eq!(heard.count(), 15);
}

#[test]
fn supply_gives_the_latest_window_that_has_begun() {
    let record = |number: u32| {
        let begin = start().after_seconds(u64::from(number) * 900);
        let temp_id = TempId::from_number(number.into()).expect("in range");
        ContactRecord { temp_id, start: begin, expiry: begin.after_seconds(899) }
    };
    let mut supply = Supply::default();
    supply.add(&[record(0), record(1), record(2)]);
    assert_eq!(supply.take(start()), Some((record(0), 1)));
    assert_eq!(supply.take(start().after_seconds(899)), None);
    assert_eq!(supply.take(start().after_seconds(2_000)), Some((record(2), 2)));
    assert_eq!(supply.take(start().after_seconds(9_000)), None);
}

#[test]
fn supply_keeps_what_begins_before_what_is_added() {
    let record = |number: u32, begin: u64| {
        let begin = start().after_seconds(begin);
        let temp_id = TempId::from_number(number.into()).expect("in range");
        ContactRecord { temp_id, start: begin, expiry: begin.after_seconds(899) }
    };
    let mut supply = Supply::default();
    supply.add(&[record(0, 0), record(1, 900)]);
    supply.add(&[record(2, 300), record(3, 1200)]);
    supply.add(&[]);
    let mut take = |second| supply.take(start().after_seconds(second));
    assert_eq!(take(299), Some((record(0, 0), 1)));
    assert_eq!(take(1199), Some((record(2, 300), 1)));
    assert_eq!(take(9_000), Some((record(3, 1200), 1)));
}

#[test]
fn failures_and_returns_move_no_other_wait() {
    let hour = Duration::from_secs(3600);
    let mut calm = Handset::new(PersonId::new(3), &Scenario::default()).waits;
    let mut troubled = calm;
    for _ in 0..5 {
        assert!((hour / 2..hour).contains(&troubled.retry(hour)));
        troubled.comeback(hour);
        assert_eq!(calm.need(hour), troubled.need(hour));
    }
    assert_eq!(calm.first_login(hour), troubled.first_login(hour));
    assert_ne!(calm.need(hour), calm.need(hour));
    assert_ne!(calm.retry(hour), calm.comeback(hour));
}

proptest! {
    #[test]
    fn clock_shows_a_time_from_the_moment_on_that_is_said(
        skew_us in -5_000_000_000_i64..5_000_000_000,
        drift_ppb in -1_000_000_i64..1_000_000,
        seconds in 10_000_u64..1_000_000,
    ) {
        let clock = LocalClock { skew_us, drift_ppb };
        let wall = start().after_seconds(seconds);
        let at = clock.time_of(wall, start());
        let shown = |elapsed| clock.show(now(elapsed), elapsed).wall;
        prop_assert!(shown(at) >= wall);
        prop_assert!(shown(at - Duration::from_micros(1)) < wall);
    }
}
