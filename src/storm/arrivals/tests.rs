use rand::SeedableRng;

use super::*;

#[expect(clippy::disallowed_methods, reason = "only the distance to it matters")]
fn start() -> Instant {
    Instant::now()
}

fn arrivals(load: Load, phones: u64, start: Instant) -> Arrivals {
    Arrivals::new(load, 2, Some(phones), (start, None), ChaCha12Rng::seed_from_u64(1))
}

const EVERY_SECOND: Load = Load::Open { rate: 1.0, spacing: Spacing::Even };

#[test]
fn closed_loop_begins_whenever_there_is_a_place() {
    let start = start();
    let mut arrivals = arrivals(Load::Closed, 3, start);
    assert_eq!(arrivals.begin(0, start), Some(start));
    assert_eq!(arrivals.begin(1, start), Some(start));
    assert_eq!(arrivals.begin(2, start), None);
    assert_eq!(arrivals.begin(1, start), Some(start));
    assert!(arrivals.is_over(start));
    assert_eq!(arrivals.begin(0, start), None);
}

#[test]
fn open_loop_keeps_its_schedule_also_for_phones_that_begin_late() {
    let start = start();
    let second = |number| start + Duration::from_secs(number);
    let mut arrivals = arrivals(EVERY_SECOND, 9, start);
    assert_eq!(arrivals.begin(0, start), Some(start));
    assert_eq!(arrivals.begin(0, start), None);
    assert_eq!(arrivals.next_wake(), Some(second(1)));
    assert_eq!(arrivals.begin(2, second(3)), None);
    assert_eq!(arrivals.begin(1, second(3)), Some(second(1)));
    assert_eq!(arrivals.begin(1, second(3)), Some(second(2)));
    assert_eq!(arrivals.begin(1, second(3)), Some(second(3)));
    assert_eq!(arrivals.begin(1, second(3)), None);
}

#[test]
fn poisson_arrivals_have_the_rate_and_the_deviation() {
    let start = start();
    let load = Load::Open { rate: 100.0, spacing: Spacing::Poisson };
    let mut arrivals = arrivals(load, 10_000, start);
    let late = start + Duration::from_secs(1_000_000);
    let times: Vec<Instant> = std::iter::from_fn(|| arrivals.begin(0, late)).collect();
    assert_eq!(times.len(), 10_000);
    let gaps: Vec<f64> = times.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64()).collect();
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
    // Of an exponential distribution the deviation is the mean; both within five percent.
    assert!((mean - 0.01).abs() < 0.000_5, "{mean}");
    assert!((variance.sqrt() - 0.01).abs() < 0.000_5, "{}", variance.sqrt());
}

#[test]
fn nobody_begins_at_the_end() {
    let start = start();
    let end = start + Duration::from_secs(2);
    let arrivals = |load| {
        let rng = ChaCha12Rng::seed_from_u64(1);
        Arrivals::new(load, 9, None, (start, Some(end)), rng)
    };
    let mut open = arrivals(EVERY_SECOND);
    assert!(open.begin(0, start).is_some());
    assert!(!open.is_over(end));
    let late = end + Duration::from_secs(60);
    assert_eq!(open.begin(0, late), Some(start + Duration::from_secs(1)));
    assert!(open.is_over(end) && open.begin(0, late).is_none());

    let mut closed = arrivals(Load::Closed);
    assert!(closed.begin(0, start).is_some() && !closed.is_over(start));
    assert!(closed.begin(0, end).is_none() && closed.is_over(end));
}

#[test]
fn paused_closed_loop_begins_again_when_the_pause_is_over() {
    let start = start();
    let later = start + Duration::from_secs(1);
    let mut closed = arrivals(Load::Closed, 3, start);
    closed.pause(later);
    assert_eq!(closed.begin(0, start), None);
    assert_eq!((closed.next_wake(), closed.begin(0, later)), (Some(later), Some(later)));
    let mut open = arrivals(EVERY_SECOND, 3, start);
    open.pause(later);
    assert_eq!(open.begin(0, start), Some(start));
}
