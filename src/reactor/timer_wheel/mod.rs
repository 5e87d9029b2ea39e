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

mod lists;
#[cfg(test)]
mod tests;
mod tick;

use std::fmt;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use slab::Slab;

use self::lists::{Home, Lists, NIL, Slot, Timer};
use self::tick::{TICK, Tick};

/// Identifies an armed timer, to cancel it.
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
