use std::collections::BTreeMap;

use proptest::prelude::*;

use super::tick::TICKS_PER_SECOND;
use super::*;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// What fires when nothing is due.
const NOTHING: [u32; 0] = [];

/// A wheel of numbered timers in virtual time.
struct Fixture {
    start: Instant,
    wheel: TimerWheel<u32>,
}

impl Fixture {
    #[expect(clippy::disallowed_methods, reason = "an Instant has to come from somewhere")]
    fn new() -> Self {
        let start = Instant::now();
        Self { start, wheel: TimerWheel::new(start) }
    }

    fn insert(&mut self, after: Duration, value: u32) -> TimerKey {
        self.wheel.insert(self.start + after, value)
    }

    fn fire(&mut self, after: Duration) -> Vec<u32> {
        self.wheel.advance(self.start + after);
        std::iter::from_fn(|| self.wheel.pop_due()).collect()
    }

    fn next_wake(&self) -> Option<Duration> {
        self.wheel.next_wake().map(|wake| wake - self.start)
    }

    /// A loop that has nothing else to do: what each of its wakes fired.
    fn run(&mut self) -> Vec<Vec<u32>> {
        let mut wakes = Vec::new();
        while let Some(wake) = self.next_wake() {
            wakes.push(self.fire(wake));
        }
        wakes
    }
}

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

const fn us(microseconds: u64) -> Duration {
    Duration::from_micros(microseconds)
}

#[test]
fn empty_next_wake_is_none() {
    let mut empty = Fixture::new();
    assert_eq!(empty.next_wake(), None);
    assert_eq!(empty.fire(YEAR), NOTHING);
    assert!(empty.wheel.is_empty());
}

#[test]
fn armed_advance_fires_at_the_first_tick_after_the_deadline() {
    let mut armed = Fixture::new();
    armed.insert(us(5_001), 1);
    assert_eq!(armed.next_wake(), Some(ms(6)));
    assert_eq!(armed.fire(us(5_000)), NOTHING);
    assert_eq!(armed.fire(us(5_999)), NOTHING);
    assert_eq!(armed.fire(us(6_000)), [1]);
    assert_eq!(armed.next_wake(), None);
}

#[test]
fn armed_for_a_whole_tick_advance_fires_at_the_deadline() {
    let mut armed = Fixture::new();
    armed.insert(ms(5), 1);
    assert_eq!(armed.fire(ms(5) - Duration::from_nanos(1)), NOTHING);
    assert_eq!(armed.fire(ms(5)), [1]);
}

#[test]
fn lone_timer_run_wakes_once() {
    for delay in [ms(1), ms(64), ms(180_000), 21 * DAY, 100 * YEAR] {
        let mut lone = Fixture::new();
        lone.insert(delay, 1);
        assert_eq!(lone.next_wake(), Some(delay));
        assert_eq!(lone.run(), [[1]], "after {delay:?}");
    }
}

#[test]
fn lone_timer_inserted_late_run_wakes_once() {
    let mut lone = Fixture::new();
    lone.fire(ms(123_456_789));
    lone.insert(ms(123_456_789 + 180_000), 1);
    assert_eq!(lone.run(), [[1]]);
}

#[test]
fn several_timers_advance_fires_by_tick_and_then_by_insertion() {
    let mut several = Fixture::new();
    for (value, after) in [ms(70), us(69_900), DAY, ms(5), ms(70), us(69_100)].iter().enumerate() {
        several.insert(*after, value as u32);
    }
    assert_eq!(several.fire(2 * DAY), [3, 0, 1, 4, 5, 2]);
}

#[test]
fn suspended_for_years_advance_fires_all() {
    let mut suspended = Fixture::new();
    for value in 0..1_000 {
        suspended.insert(ms(1 << (value % 37)), value);
    }
    assert_eq!(suspended.fire(1_000 * YEAR).len(), 1_000);
}

#[test]
fn armed_beyond_every_tick_stays_armed_until_cancelled() {
    let mut armed = Fixture::new();
    let key = armed.insert(Duration::from_secs(u64::MAX / TICKS_PER_SECOND + 1), 1);
    assert_eq!(armed.fire(1_000_000 * YEAR), NOTHING);
    assert!(armed.wheel.next_wake().is_some());
    assert_eq!(armed.wheel.cancel(key), Some(1));
}

#[test]
fn advanced_insert_in_the_past_fires_at_the_next_advance_only() {
    let mut advanced = Fixture::new();
    advanced.insert(ms(10), 1);
    advanced.wheel.advance(advanced.start + ms(100));
    assert_eq!(advanced.wheel.pop_due(), Some(1));
    advanced.insert(ms(10), 2);
    advanced.insert(ms(100), 3);
    assert_eq!(advanced.wheel.pop_due(), None);
    assert_eq!(advanced.next_wake(), Some(ms(100)));
    assert_eq!(advanced.fire(ms(100)), [2, 3]);
}

#[test]
fn advanced_time_going_back_does_no_harm() {
    let mut advanced = Fixture::new();
    advanced.insert(ms(200), 1);
    assert_eq!(advanced.fire(ms(100)), NOTHING);
    assert_eq!(advanced.fire(ms(50)), NOTHING);
    advanced.insert(ms(60), 2);
    assert_eq!(advanced.fire(ms(70)), [2]);
    assert_eq!(advanced.fire(ms(199)), NOTHING);
    assert_eq!(advanced.fire(ms(200)), [1]);
}

#[test]
fn due_and_not_popped_next_wake_is_past() {
    let mut due = Fixture::new();
    due.insert(ms(5), 1);
    due.insert(ms(500), 2);
    due.wheel.advance(due.start + ms(7));
    assert_eq!(due.next_wake(), Some(ms(7)));
    assert_eq!(due.fire(ms(600)), [1, 2]);
}

#[test]
fn due_and_not_popped_cancel_returns_the_value() {
    let mut due = Fixture::new();
    let keys = [1, 2, 3].map(|value| due.insert(ms(5), value));
    due.wheel.advance(due.start + ms(5));
    assert_eq!(due.wheel.pop_due(), Some(1));
    assert_eq!(due.wheel.cancel(keys[1]), Some(2));
    assert_eq!(due.wheel.pop_due(), Some(3));
    assert!(due.wheel.is_empty());
}

#[test]
fn stale_key_cancel_spares_the_next_timer_in_the_place() {
    let mut reused = Fixture::new();
    let fired = reused.insert(ms(1), 1);
    assert_eq!(reused.fire(ms(1)), [1]);
    assert_eq!(reused.wheel.cancel(fired), None);

    let cancelled = reused.insert(ms(2), 2);
    assert_eq!(cancelled.index, fired.index);
    assert_eq!(reused.wheel.cancel(fired), None);
    assert_eq!(reused.wheel.cancel(cancelled), Some(2));
    assert_eq!(reused.wheel.cancel(cancelled), None);

    reused.insert(ms(3), 3);
    assert_eq!(reused.wheel.cancel(cancelled), None);
    assert_eq!(reused.fire(ms(3)), [3]);
}

#[test]
fn cancelled_minimum_run_wakes_once_in_vain() {
    let mut cancelled = Fixture::new();
    let key = cancelled.insert(ms(180_000), 1);
    cancelled.insert(ms(180_200), 2);
    cancelled.wheel.cancel(key);
    assert_eq!(cancelled.run(), [vec![], vec![2]]);
}

#[test]
fn cancelled_last_of_a_slot_run_wakes_not_in_vain() {
    let mut cancelled = Fixture::new();
    let key = cancelled.insert(ms(180_000), 1);
    cancelled.insert(ms(360_000), 2);
    cancelled.wheel.cancel(key);
    assert_eq!(cancelled.run(), [[2]]);
}

#[test]
fn warm_insert_and_cancel_allocates_nothing() {
    let mut warm = Fixture::new();
    let mut keys = Vec::from_iter((0..100).map(|value| warm.insert(ms(1_000), value)));
    let capacity = warm.wheel.timers.capacity();
    for turn in 0..10_000 {
        warm.fire(ms(turn));
        warm.wheel.cancel(keys.swap_remove(0));
        keys.push(warm.insert(ms(turn + 1_000), 0));
    }
    assert_eq!(warm.wheel.timers.capacity(), capacity);
}

#[test]
fn any_timer_costs_24_bytes_beside_its_value() {
    assert_eq!(size_of::<Timer<u64>>(), 24 + 8);
    assert_eq!(size_of::<Option<TimerKey>>(), 8);
}

/// What the wheel has to equal. It rounds in its own way, in nanoseconds.
#[derive(Default)]
struct Model {
    now: Duration,
    armed: BTreeMap<(u128, u32), Duration>,
    inserted: u32,
}

impl Model {
    fn insert(&mut self, deadline: Duration) -> (u128, u32) {
        let now_ms = self.now.as_nanos() / 1_000_000;
        let key = (deadline.as_nanos().div_ceil(1_000_000).max(now_ms), self.inserted);
        self.armed.insert(key, deadline);
        self.inserted += 1;
        key
    }

    fn fire(&mut self, now: Duration) -> Vec<u32> {
        self.now = self.now.max(now);
        let later = self.armed.split_off(&(self.now.as_nanos() / 1_000_000 + 1, 0));
        let due = std::mem::replace(&mut self.armed, later);
        assert!(due.values().all(|deadline| *deadline <= self.now), "early");
        assert!(self.armed.values().all(|deadline| *deadline + TICK > self.now), "late");
        due.into_keys().map(|(_, value)| value).collect()
    }

    fn next_wake(&self) -> Option<Duration> {
        let (earliest_ms, _) = self.armed.keys().next()?;
        Some(ms(u64::try_from(*earliest_ms).expect("a time of the test")))
    }
}

#[derive(Clone, Debug)]
enum Step {
    Insert { delay: Duration },
    InsertPast { ago: Duration },
    Cancel { nth: prop::sample::Index },
    Advance { by: Duration },
    AdvanceToWake,
    GoBack { by: Duration },
}

/// As many short spans as long ones, so that every level is visited.
fn span() -> impl Strategy<Value = Duration> {
    (0..52_u32).prop_flat_map(|bits| 0..=1_u64 << bits).prop_map(us)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => span().prop_map(|delay| Step::Insert { delay }),
        1 => span().prop_map(|ago| Step::InsertPast { ago }),
        3 => any::<prop::sample::Index>().prop_map(|nth| Step::Cancel { nth }),
        3 => span().prop_map(|by| Step::Advance { by }),
        3 => Just(Step::AdvanceToWake),
        1 => span().prop_map(|by| Step::GoBack { by }),
    ]
}

/// The wheel and its model, side by side.
struct Pair {
    wheel: Fixture,
    model: Model,
    /// Of every timer ever inserted, in both worlds.
    keys: Vec<(TimerKey, (u128, u32))>,
    cancelled: usize,
    vain_wakes: usize,
}

impl Pair {
    fn new() -> Self {
        let (wheel, model) = (Fixture::new(), Model::default());
        Self { wheel, model, keys: Vec::new(), cancelled: 0, vain_wakes: 0 }
    }

    fn step(&mut self, step: Step) {
        let now = self.model.now;
        match step {
            Step::Insert { delay } => self.insert(now + delay),
            Step::InsertPast { ago } => self.insert(now.saturating_sub(ago)),
            Step::Cancel { nth } => self.cancel(nth),
            Step::Advance { by } => self.advance(now + by),
            Step::AdvanceToWake => self.advance_to_wake(),
            Step::GoBack { by } => self.advance(now.saturating_sub(by)),
        }
        self.compare();
    }

    fn insert(&mut self, deadline: Duration) {
        let modelled = self.model.insert(deadline);
        self.keys.push((self.wheel.insert(deadline, modelled.1), modelled));
    }

    fn cancel(&mut self, nth: prop::sample::Index) {
        if self.keys.is_empty() {
            return;
        }
        let (key, modelled) = *nth.get(&self.keys);
        let armed = self.model.armed.remove(&modelled).map(|_| modelled.1);
        self.cancelled += usize::from(armed.is_some());
        assert_eq!(self.wheel.wheel.cancel(key), armed);
    }

    fn advance(&mut self, now: Duration) {
        assert_eq!(self.wheel.fire(now), self.model.fire(now));
    }

    fn advance_to_wake(&mut self) {
        if let Some(wake) = self.wheel.next_wake() {
            let armed = self.model.armed.len();
            self.advance(wake);
            self.vain_wakes += usize::from(self.model.armed.len() == armed);
        }
    }

    fn compare(&self) {
        assert_eq!(self.wheel.wheel.len(), self.model.armed.len());
        let (wake, modelled) = (self.wheel.next_wake(), self.model.next_wake());
        assert_eq!(wake.is_some(), modelled.is_some());
        assert!(wake <= modelled, "sleeps until {wake:?}, past {modelled:?}");
        assert!(self.cancelled > 0 || wake == modelled, "wakes too early without a reason");
        assert!(self.vain_wakes <= self.cancelled, "wakes in vain");
    }
}

proptest! {
    #[test]
    fn any_state_any_steps_equals_the_model(steps in prop::collection::vec(step(), 1..200)) {
        let mut pair = Pair::new();
        for step in steps {
            pair.step(step);
        }
        while pair.wheel.next_wake().is_some() {
            pair.step(Step::AdvanceToWake);
        }
    }
}
