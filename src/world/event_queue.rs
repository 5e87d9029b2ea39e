//! The queue of future events.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

/// Nanoseconds of a slot, as a power of two: about a second.
const SLOT_BITS: u32 = 30;

/// Number of slots. Later events wait in a heap. Most events follow their cause within two minutes.
const SLOTS: u64 = 128;

/// Future events, ordered by time and, at the same time, by when they were scheduled. The order
/// must not depend on anything else, or a run could not be repeated.
///
/// A calendar queue (Brown 1988): events of the next minutes lie in slots of a second, unordered,
/// and only those of the present second are sorted. A town has hundreds of thousands of future
/// events; in a single heap each would miss the cache at every level on its way up and down.
#[derive(Debug)]
pub struct EventQueue<E> {
    /// Number of the present slot.
    slot: u64,
    /// Events of the present slot, the next one last.
    present: Vec<Entry<E>>,
    /// Events scheduled for the present slot or an earlier one after it was sorted.
    late: BinaryHeap<Entry<E>>,
    /// Slots after the present one.
    slots: VecDeque<Vec<Entry<E>>>,
    /// Number of events in `slots`.
    waiting: usize,
    /// Events after all slots.
    far: BinaryHeap<Entry<E>>,
    scheduled: u64,
}

/// An event, ordered by the first two fields. No two events have the same number.
#[derive(Debug)]
struct Entry<E> {
    /// Time since the start, in nanoseconds.
    at: u64,
    number: u64,
    event: E,
}

impl<E> EventQueue<E> {
    /// An empty queue.
    pub fn new() -> Self {
        Self {
            slot: 0,
            present: Vec::new(),
            late: BinaryHeap::new(),
            slots: (0..SLOTS).map(|_| Vec::new()).collect(),
            waiting: 0,
            far: BinaryHeap::new(),
            scheduled: 0,
        }
    }

    /// Schedules `event` for the time `at` since the start.
    pub fn schedule(&mut self, at: Duration, event: E) {
        self.scheduled += 1;
        // 584 years are as good as never.
        let at = u64::try_from(at.as_nanos()).unwrap_or(u64::MAX);
        let entry = Entry { at, number: self.scheduled, event };
        match entry.slot().checked_sub(self.slot + 1) {
            None => self.late.push(entry),
            Some(ahead) if ahead < SLOTS => {
                self.slots[ahead as usize].push(entry);
                self.waiting += 1;
            }
            Some(_) => self.far.push(entry),
        }
    }

    /// Takes the next event, with its time.
    pub fn pop(&mut self) -> Option<(Duration, E)> {
        self.settle();
        // The greater one is the sooner one.
        let is_late = self.late.peek() > self.present.last();
        let entry = if is_late { self.late.pop() } else { self.present.pop() }?;
        Some((Duration::from_nanos(entry.at), entry.event))
    }

    /// Time of the next event.
    pub fn next_time(&mut self) -> Option<Duration> {
        self.settle();
        let next = self.late.peek().max(self.present.last())?;
        Some(Duration::from_nanos(next.at))
    }

    /// Number of events.
    pub fn len(&self) -> usize {
        self.present.len() + self.late.len() + self.waiting + self.far.len()
    }

    /// Whether there are no events.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Advances to the next slot with events, if the present one is empty.
    fn settle(&mut self) {
        while self.present.is_empty() && self.late.is_empty() {
            if self.waiting == 0 {
                let Some(next) = self.far.peek() else { return };
                // So that it is in the slot behind the present one.
                self.slot = self.slot.max(next.slot() - 1);
            }
            self.enter_next_slot();
        }
    }

    fn enter_next_slot(&mut self) {
        self.slot += 1;
        let last_slot = self.slot + SLOTS;
        // The room of the slot that is over serves the new last one.
        let emptied = std::mem::take(&mut self.present);
        self.slots.push_back(emptied);
        self.present = self.slots.pop_front().unwrap_or_default();
        self.waiting -= self.present.len();
        while let Some(next) = self.far.peek()
            && next.slot() <= last_slot
            && let Some(entry) = self.far.pop()
        {
            match entry.slot().checked_sub(self.slot + 1) {
                None => self.present.push(entry),
                Some(ahead) => {
                    self.slots[ahead as usize].push(entry);
                    self.waiting += 1;
                }
            }
        }
        self.present.sort_unstable();
    }
}

impl<E> Default for EventQueue<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E> Entry<E> {
    fn slot(&self) -> u64 {
        self.at >> SLOT_BITS
    }
}

impl<E> Ord for Entry<E> {
    /// Orders earlier events as greater, because heaps return the greatest first.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.number).cmp(&(self.at, self.number))
    }
}

impl<E> PartialOrd for Entry<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> PartialEq for Entry<E> {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl<E> Eq for Entry<E> {}

#[cfg(test)]
mod tests;
