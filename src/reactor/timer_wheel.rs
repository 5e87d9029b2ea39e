//! Deadlines: which values are due, and when the poll has to wake up next.
//!
//! Owns the armed timers and nothing else. It reads no clock and waits for nothing: the time enters
//! as an argument, and the values that come out mean nothing to it.
//!
//! A hierarchical wheel (Varghese and Lauck, "Hashed and Hierarchical Timing Wheels", 1987, scheme
//! 7) with one rule: a tick is a number in base 64, and a timer sits at the level of the highest
//! digit in which its tick differs from the cursor, in the slot which that digit names. What the
//! wheel promises follows from that rule:
//!
//! - every timer of a level is due before every timer of the levels above, so the first occupied
//!   slot of the first occupied level holds the next one, however far away it is;
//! - equal ticks always share a slot, so that they fire in the order of insertion, and a seed
//!   replays the same trace;
//! - eleven digits hold every tick there is, so that no deadline lies beyond the horizon.

use std::fmt;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use slab::Slab;

/// The resolution of the wheel. One millisecond, because epoll, and with it [`mio::Poll`], cannot
/// wait for less.
const TICK: Duration = Duration::from_millis(1);

const TICKS_PER_SECOND: u64 = 1_000;

/// The bits of one digit of a tick: 64 slots a level, so that one `u64` tells which of them are
/// occupied.
const DIGIT_BITS: u32 = 6;
const SLOTS_PER_LEVEL: usize = 1 << DIGIT_BITS;
const DIGIT_MASK: u64 = SLOTS_PER_LEVEL as u64 - 1;

/// As many levels as a `u64` has digits: eleven, 11 KiB of slots, and in return no overflow list
/// that must be correct too.
const LEVELS: usize = u64::BITS.div_ceil(DIGIT_BITS) as usize;

/// The link that leads nowhere. It is why a wheel holds fewer than 2^32 timers.
const NIL: u32 = u32::MAX;

/// Names an armed timer, to cancel it.
///
/// A key is stale once its timer has fired or was cancelled, and a stale key never reaches another
/// timer: its generation counts the insertions, so that it would take 2^32 of them, and the same
/// slot, to bring the same key again. `Option<TimerKey>` is no larger than the eight bytes of the
/// key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimerKey {
    index: u32,
    generation: NonZeroU32,
}

/// A set of deadlines, each with the value that comes back when it is due.
///
/// A timer never fires early. It fires at the first [`advance`](Self::advance) at or after the
/// first tick, one millisecond each and counted from the start of the wheel, that is not before its
/// deadline: between its deadline and one tick later, if somebody calls in time.
///
/// Timers fire in the order of their ticks, and within a tick in the order of insertion. A deadline
/// that has already passed when it is inserted counts as the latest time that the wheel was
/// advanced to.
///
/// One turn of a loop:
///
/// ```
/// # use std::time::{Duration, Instant};
/// # use bluetrace::reactor::TimerWheel;
/// # let start = Instant::now();
/// let mut wheel = TimerWheel::new(start);
/// wheel.insert(start + Duration::from_secs(180), "unblock");
///
/// let now = wheel.next_wake().expect("one timer is armed"); // here the poll waits
/// wheel.advance(now);
/// while let Some(value) = wheel.pop_due() {
///     assert_eq!(value, "unblock");
/// }
/// assert!(wheel.is_empty());
/// ```
pub struct TimerWheel<T> {
    start: Instant,
    /// The latest time seen. No tick in a slot is before it.
    cursor: Tick,
    lists: Lists,
    timers: Slab<Timer<T>>,
    next_generation: NonZeroU32,
}

impl<T> TimerWheel<T> {
    /// An empty wheel whose ticks count from `start`, which is the time now.
    pub fn new(start: Instant) -> Self {
        Self {
            start,
            cursor: Tick(0),
            lists: Lists::new(),
            timers: Slab::new(),
            next_generation: NonZeroU32::MIN,
        }
    }

    /// Arms a timer: `value` comes back once `deadline` has passed. Takes constant time.
    ///
    /// A deadline in the past is due at the next [`advance`](Self::advance), even one to the same
    /// time.
    ///
    /// # Panics
    ///
    /// With 2^32 - 1 timers armed, which is far beyond what the callers' limits on connections
    /// allow.
    pub fn insert(&mut self, deadline: Instant, value: T) -> TimerKey {
        let tick = self.first_tick_not_before(deadline).max(self.cursor);
        let home = Home::of(tick, self.cursor);
        let generation = self.next_generation;
        self.next_generation = generation.checked_add(1).unwrap_or(NonZeroU32::MIN);

        let timer = Timer { tick, previous: NIL, next: NIL, generation, home, value };
        let index = u32::try_from(self.timers.insert(timer)).unwrap_or(NIL);
        assert_ne!(index, NIL, "too many timers");
        self.lists.append(&mut self.timers, index);
        TimerKey { index, generation }
    }

    /// Disarms a timer and returns its value, or `None` if the key is stale. Takes constant time.
    ///
    /// Until its value has been popped a timer can be cancelled, also if it is due already: a
    /// handler that closes a connection takes back the connection's timers of the same tick.
    pub fn cancel(&mut self, key: TimerKey) -> Option<T> {
        let timer = self.timers.get(key.index as usize)?;
        (timer.generation == key.generation).then(|| self.remove(key.index))
    }

    /// Lets the time pass until `now`: the timers due by then wait for [`pop_due`](Self::pop_due).
    ///
    /// The work is that of the timers which come due or come nearer, a few moves each over their
    /// whole lives; empty time costs nothing, whether a millisecond or a suspended week. A `now`
    /// before an earlier one counts as that one.
    pub fn advance(&mut self, now: Instant) {
        let now = self.last_tick_not_after(now).max(self.cursor);
        while let Some(slot) = self.lists.first_slot()
            && slot.first_tick() <= now
        {
            self.open(slot);
        }
        // Nothing moves: up to the next occupied slot no timer's highest differing digit changes.
        self.cursor = now;
    }

    /// Takes the next of the timers that were due at the latest [`advance`](Self::advance). Call it
    /// until `None`.
    ///
    /// What is inserted meanwhile waits for the next advance, so that a timer which arms itself
    /// again for a time that has passed cannot keep this loop from ending. The caller may also stop
    /// early: the rest stays due.
    pub fn pop_due(&mut self) -> Option<T> {
        let head = self.lists.due.head;
        (head != NIL).then(|| self.remove(head))
    }

    /// When the poll has to wake up and [`advance`](Self::advance), or `None` if no timer is armed.
    ///
    /// The very tick at which the next timer fires, in the past if one is due. Too early in one
    /// case: a cancelled timer that was the first of its slot, but not the last, may cost one wake
    /// in vain. Takes a look at each level.
    pub fn next_wake(&self) -> Option<Instant> {
        if self.lists.due.head != NIL {
            return self.instant_of(self.cursor);
        }
        self.lists.first_slot().and_then(|slot| self.instant_of(slot.earliest))
    }

    /// The number of armed timers, those included that are due and not popped yet.
    pub fn len(&self) -> usize {
        self.timers.len()
    }

    /// Whether no timer is armed.
    pub fn is_empty(&self) -> bool {
        self.timers.is_empty()
    }

    /// Moves the timers of the first slot where they belong once the cursor has reached it: what is
    /// due to the end of the due list, the rest at least one level down.
    fn open(&mut self, slot: Slot) {
        self.cursor = slot.first_tick();
        let mut index = self.lists.empty_out(slot.level, slot.slot);
        while index != NIL {
            let timer = &mut self.timers[index as usize];
            let next = timer.next;
            timer.home = match slot.level {
                0 => Home::Due,
                _ => Home::of(timer.tick, self.cursor),
            };
            self.lists.append(&mut self.timers, index);
            index = next;
        }
    }

    fn remove(&mut self, index: u32) -> T {
        self.lists.unlink(&mut self.timers, index);
        self.timers.remove(index as usize).value
    }

    fn first_tick_not_before(&self, instant: Instant) -> Tick {
        const ALMOST_A_TICK: Duration = TICK.saturating_sub(Duration::from_nanos(1));
        let elapsed = instant.saturating_duration_since(self.start);
        Tick::whole(elapsed.saturating_add(ALMOST_A_TICK))
    }

    fn last_tick_not_after(&self, instant: Instant) -> Tick {
        Tick::whole(instant.saturating_duration_since(self.start))
    }

    /// `None` for a tick that the clock cannot express, and will not reach.
    fn instant_of(&self, tick: Tick) -> Option<Instant> {
        self.start.checked_add(tick.since_start())
    }
}

impl<T> fmt::Debug for TimerWheel<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TimerWheel")
            .field("len", &self.len())
            .field("next_wake", &self.next_wake())
            .finish_non_exhaustive()
    }
}

/// A moment, in whole ticks since the start of the wheel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Tick(u64);

impl Tick {
    /// The last moment: half a billion years away, and where later ones end up.
    const MAX: Self = Self(u64::MAX);

    /// The whole ticks in `elapsed`.
    fn whole(elapsed: Duration) -> Self {
        let seconds = elapsed.as_secs().saturating_mul(TICKS_PER_SECOND);
        let rest = elapsed.subsec_nanos() / TICK.subsec_nanos();
        Self(seconds.saturating_add(u64::from(rest)))
    }

    fn since_start(self) -> Duration {
        let rest = (self.0 % TICKS_PER_SECOND) as u32;
        Duration::from_secs(self.0 / TICKS_PER_SECOND) + TICK * rest
    }
}

/// An armed timer, a link of the list that [`Home`] names.
struct Timer<T> {
    tick: Tick,
    previous: u32,
    next: u32,
    generation: NonZeroU32,
    home: Home,
    value: T,
}

/// The list that a timer is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Home {
    /// Its deadline has passed, and its value waits to be popped.
    Due,
    /// Its deadline lies ahead, or was in the past when it was inserted.
    Slot { level: u8, slot: u8 },
}

impl Home {
    /// The rule of the wheel, see the module.
    fn of(tick: Tick, cursor: Tick) -> Self {
        // The mask makes the lowest digit differ, so that the tick of the cursor itself has a home
        // too.
        let level = ((tick.0 ^ cursor.0) | DIGIT_MASK).ilog2() / DIGIT_BITS;
        let slot = (tick.0 >> (level * DIGIT_BITS)) & DIGIT_MASK;
        Self::Slot { level: level as u8, slot: slot as u8 }
    }
}

/// An occupied slot, as seen from outside.
#[derive(Clone, Copy)]
struct Slot {
    level: u8,
    slot: u8,
    earliest: Tick,
}

impl Slot {
    /// The first tick of the time that the slot spans.
    fn first_tick(self) -> Tick {
        let shift = u32::from(self.level) * DIGIT_BITS;
        Tick(self.earliest.0 >> shift << shift)
    }
}

/// The lists of timers: one for each slot of each level, and the due ones.
struct Lists {
    levels: Box<[Level]>,
    due: List,
}

impl Lists {
    fn new() -> Self {
        Self { levels: vec![Level::EMPTY; LEVELS].into_boxed_slice(), due: List::EMPTY }
    }

    fn first_slot(&self) -> Option<Slot> {
        let level = self.levels.iter().position(|level| level.occupied != 0)?;
        let slot = self.levels[level].occupied.trailing_zeros();
        let earliest = self.levels[level].slots[slot as usize].earliest;
        Some(Slot { level: level as u8, slot: slot as u8, earliest })
    }

    fn append<T>(&mut self, timers: &mut Slab<Timer<T>>, index: u32) {
        match timers[index as usize].home {
            Home::Due => self.due.append(timers, index),
            Home::Slot { level, slot } => {
                let level = &mut self.levels[usize::from(level)];
                level.occupied |= 1 << slot;
                level.slots[usize::from(slot)].append(timers, index);
            }
        }
    }

    fn unlink<T>(&mut self, timers: &mut Slab<Timer<T>>, index: u32) {
        match timers[index as usize].home {
            Home::Due => self.due.unlink(timers, index),
            Home::Slot { level, slot } => {
                let list = &mut self.levels[usize::from(level)].slots[usize::from(slot)];
                list.unlink(timers, index);
                if list.head == NIL {
                    self.empty_out(level, slot);
                }
            }
        }
    }

    /// Empties a slot and returns the head of the list that was in it.
    fn empty_out(&mut self, level: u8, slot: u8) -> u32 {
        let level = &mut self.levels[usize::from(level)];
        level.occupied &= !(1 << slot);
        std::mem::replace(&mut level.slots[usize::from(slot)], List::EMPTY).head
    }
}

/// The slots of one digit.
#[derive(Clone)]
struct Level {
    /// Bit n is set if slot n holds a timer.
    occupied: u64,
    slots: [List; SLOTS_PER_LEVEL],
}

impl Level {
    const EMPTY: Self = Self { occupied: 0, slots: [List::EMPTY; SLOTS_PER_LEVEL] };
}

/// A doubly linked list through the timers, oldest insertion first.
#[derive(Clone, Copy)]
struct List {
    head: u32,
    tail: u32,
    /// The earliest tick since the list was last empty. After that timer was cancelled it is too
    /// early, until the slot is opened: to look for the new one would make a cancellation cost as
    /// much as there are timers in the list.
    earliest: Tick,
}

impl List {
    const EMPTY: Self = Self { head: NIL, tail: NIL, earliest: Tick::MAX };

    fn append<T>(&mut self, timers: &mut Slab<Timer<T>>, index: u32) {
        let previous = std::mem::replace(&mut self.tail, index);
        match previous {
            NIL => self.head = index,
            _ => timers[previous as usize].next = index,
        }
        let timer = &mut timers[index as usize];
        timer.previous = previous;
        timer.next = NIL;
        self.earliest = self.earliest.min(timer.tick);
    }

    fn unlink<T>(&mut self, timers: &mut Slab<Timer<T>>, index: u32) {
        let Timer { previous, next, .. } = timers[index as usize];
        match previous {
            NIL => self.head = next,
            _ => timers[previous as usize].next = next,
        }
        match next {
            NIL => self.tail = previous,
            _ => timers[next as usize].previous = previous,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

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
        assert_eq!(empty.fire(YEAR), []);
        assert!(empty.wheel.is_empty());
    }

    #[test]
    fn armed_advance_fires_at_the_first_tick_after_the_deadline() {
        let mut armed = Fixture::new();
        armed.insert(us(5_001), 1);
        assert_eq!(armed.next_wake(), Some(ms(6)));
        assert_eq!(armed.fire(us(5_000)), []);
        assert_eq!(armed.fire(us(5_999)), []);
        assert_eq!(armed.fire(us(6_000)), [1]);
        assert_eq!(armed.next_wake(), None);
    }

    #[test]
    fn armed_for_a_whole_tick_advance_fires_at_the_deadline() {
        let mut armed = Fixture::new();
        armed.insert(ms(5), 1);
        assert_eq!(armed.fire(ms(5) - Duration::from_nanos(1)), []);
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
        for (value, after) in
            [ms(70), us(69_900), DAY, ms(5), ms(70), us(69_100)].iter().enumerate()
        {
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
        assert_eq!(armed.fire(1_000_000 * YEAR), []);
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
        assert_eq!(advanced.fire(ms(100)), []);
        assert_eq!(advanced.fire(ms(50)), []);
        advanced.insert(ms(60), 2);
        assert_eq!(advanced.fire(ms(70)), [2]);
        assert_eq!(advanced.fire(ms(199)), []);
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
}
