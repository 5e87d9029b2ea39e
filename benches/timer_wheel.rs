//! The timer wheel beside the ordered collections of the standard library, in one run, so that the
//! numbers are ratios.
//!
//! - `insert_cancel`: a request is answered in time: its timer is armed and cancelled.
//! - `insert_fire`: the "hold model": the next timer fires and arms itself again, the number of
//!   armed timers stays.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::hint::black_box;
use std::time::{Duration, Instant};

use bluetrace::reactor::{TimerKey, TimerWheel};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use rand::rngs::ChaCha12Rng;
use rand::{RngExt, SeedableRng};

const ARMED: [usize; 3] = [1, 1_000, 100_000];

/// Timeouts of a server: up to a minute.
const LONGEST_DELAY_MS: u64 = 60_000;

/// What can hold deadlines: the wheel and what it is compared with.
trait Timers {
    type Key;
    const NAME: &str;

    fn new(start: Instant) -> Self;
    fn insert(&mut self, deadline: Instant, value: u64) -> Self::Key;
    /// Waits, as it were, until the next timer fires.
    fn fire_next(&mut self) -> Option<(Instant, u64)>;
}

trait Cancel: Timers {
    fn cancel(&mut self, key: Self::Key) -> Option<u64>;
}

struct Wheel {
    wheel: TimerWheel<u64>,
    now: Instant,
}

impl Timers for Wheel {
    type Key = TimerKey;
    const NAME: &str = "wheel";

    fn new(start: Instant) -> Self {
        Self { wheel: TimerWheel::new(start), now: start }
    }

    fn insert(&mut self, deadline: Instant, value: u64) -> TimerKey {
        self.wheel.insert(deadline, value)
    }

    fn fire_next(&mut self) -> Option<(Instant, u64)> {
        if let Some(value) = self.wheel.pop_due() {
            return Some((self.now, value));
        }
        self.now = self.wheel.next_wake()?;
        self.wheel.advance(self.now);
        self.wheel.pop_due().map(|value| (self.now, value))
    }
}

impl Cancel for Wheel {
    fn cancel(&mut self, key: TimerKey) -> Option<u64> {
        self.wheel.cancel(key)
    }
}

#[derive(Default)]
struct Tree {
    timers: BTreeMap<(Instant, u64), u64>,
    inserted: u64,
}

impl Timers for Tree {
    type Key = (Instant, u64);
    const NAME: &str = "BTreeMap";

    fn new(_start: Instant) -> Self {
        Self::default()
    }

    fn insert(&mut self, deadline: Instant, value: u64) -> (Instant, u64) {
        self.inserted += 1;
        let key = (deadline, self.inserted);
        self.timers.insert(key, value);
        key
    }

    fn fire_next(&mut self) -> Option<(Instant, u64)> {
        self.timers.pop_first().map(|((deadline, _), value)| (deadline, value))
    }
}

impl Cancel for Tree {
    fn cancel(&mut self, key: (Instant, u64)) -> Option<u64> {
        self.timers.remove(&key)
    }
}

/// Cannot cancel, so that it takes part in `insert_fire` only.
#[derive(Default)]
struct Heap {
    timers: BinaryHeap<Reverse<(Instant, u64, u64)>>,
    inserted: u64,
}

impl Timers for Heap {
    type Key = ();
    const NAME: &str = "BinaryHeap";

    fn new(_start: Instant) -> Self {
        Self::default()
    }

    fn insert(&mut self, deadline: Instant, value: u64) {
        self.inserted += 1;
        self.timers.push(Reverse((deadline, self.inserted, value)));
    }

    fn fire_next(&mut self) -> Option<(Instant, u64)> {
        self.timers.pop().map(|Reverse((deadline, _, value))| (deadline, value))
    }
}

/// The same delays for everybody, drawn before the measurement.
struct Delays(Box<dyn Iterator<Item = Duration>>);

impl Delays {
    fn new() -> Self {
        let mut random = ChaCha12Rng::seed_from_u64(1);
        let delay = |_| Duration::from_millis(random.random_range(1..=LONGEST_DELAY_MS));
        Self(Box::new(Vec::from_iter((0..1 << 16).map(delay)).into_iter().cycle()))
    }

    fn next(&mut self) -> Duration {
        self.0.next().expect("cycles for ever")
    }
}

#[expect(clippy::disallowed_methods, reason = "an Instant has to come from somewhere")]
fn armed<W: Timers>(count: usize, delays: &mut Delays) -> (W, Instant) {
    let start = Instant::now();
    let mut timers = W::new(start);
    for value in 0..count {
        timers.insert(start + delays.next(), value as u64);
    }
    (timers, start)
}

fn insert_cancel<W: Cancel>(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("insert_cancel");
    for count in ARMED {
        let mut delays = Delays::new();
        let (mut timers, start) = armed::<W>(count, &mut delays);
        group.bench_function(BenchmarkId::new(W::NAME, count), |bencher| {
            bencher.iter(|| {
                let key = timers.insert(start + delays.next(), 0);
                black_box(timers.cancel(key))
            });
        });
    }
}

fn insert_fire<W: Timers>(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("insert_fire");
    for count in ARMED {
        let mut delays = Delays::new();
        let (mut timers, _) = armed::<W>(count, &mut delays);
        group.bench_function(BenchmarkId::new(W::NAME, count), |bencher| {
            bencher.iter(|| {
                let (now, value) = timers.fire_next().expect("always armed");
                timers.insert(now + delays.next(), black_box(value));
            });
        });
    }
}

criterion_group!(
    benches,
    insert_cancel::<Wheel>,
    insert_cancel::<Tree>,
    insert_fire::<Wheel>,
    insert_fire::<Tree>,
    insert_fire::<Heap>
);
criterion_main!(benches);
