use rand::SeedableRng;

use super::*;

const MINUTE: Duration = Duration::from_secs(60);

fn beat(seed: u64) -> Beat {
    Beat::new(MINUTE, ChaCha12Rng::seed_from_u64(seed))
}

#[expect(clippy::disallowed_methods, reason = "only the distance to it matters")]
fn start() -> Instant {
    Instant::now()
}

#[test]
fn not_started_never_beats() {
    let (mut beat, now) = (beat(1), start());
    assert_eq!((beat.next(), beat.take(now + 100 * MINUTE)), (None, false));
}

#[test]
fn started_beats_soon_and_then_about_every_minute() {
    let (mut beat, mut now) = (beat(1), start());
    beat.start(now);
    let first = beat.next().expect("started");
    assert!(first <= now + FIRST_WITHIN);
    assert!(first == now || !beat.take(first - Duration::from_nanos(1)));
    now = first;
    let mut intervals = Vec::new();
    for _ in 0..1_000 {
        assert!(beat.take(now) && !beat.take(now));
        // It is running already.
        beat.start(now);
        let next = beat.next().expect("started");
        intervals.push(next - now);
        now = next;
    }
    let within = MINUTE.mul_f64(1.0 - JITTER)..=MINUTE.mul_f64(1.0 + JITTER);
    assert!(intervals.iter().all(|interval| within.contains(interval)));
    let mean = intervals.iter().sum::<Duration>() / 1_000;
    assert!((59..=61).contains(&mean.as_secs()), "{mean:?}");
}

#[test]
fn started_together_phones_beat_at_different_times() {
    let now = start();
    let mut firsts: Vec<_> = (0..30)
        .map(|seed| {
            let mut beat = beat(seed);
            beat.start(now);
            beat.next()
        })
        .collect();
    firsts.sort();
    firsts.dedup();
    assert_eq!(firsts.len(), 30);
}

#[test]
fn slept_over_many_beats_one_comes() {
    let (mut beat, now) = (beat(1), start());
    beat.start(now);
    let woken = now + 100 * MINUTE;
    assert!(beat.take(woken) && !beat.take(woken));
    assert!(beat.next() > Some(woken + MINUTE / 2));
}

#[test]
fn hurried_beats_sooner_but_never_later() {
    let (mut beat, now) = (beat(1), start());
    beat.hurry(now, MINUTE);
    assert_eq!(beat.next(), None);
    beat.start(now);
    let first = beat.next();
    beat.hurry(now, MINUTE);
    assert_eq!(beat.next(), first);
    beat.hurry(now, Duration::ZERO);
    assert_eq!(beat.next(), Some(now));
}

#[test]
fn same_seed_beats_alike() {
    let now = start();
    let times = |mut beat: Beat| {
        beat.start(now);
        (0..10).map(|n| beat.take(now + n * MINUTE).then(|| beat.next())).collect::<Vec<_>>()
    };
    assert_eq!(times(beat(7)), times(beat(7)));
}
