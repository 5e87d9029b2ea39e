//! What will happen, and when.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use slab::Slab;

/// Events of the future, in the order of their time and, at the same time, of their scheduling: the
/// order must not depend on anything else, or a run could not be repeated.
///
/// The heap orders places only; the events stay where they are. A storm has hundreds of thousands in
/// the future, and moving those up and down would be most of its work.
#[derive(Debug)]
pub struct EventQueue<E> {
    heap: BinaryHeap<Reverse<Place>>,
    events: Slab<E>,
    scheduled: u64,
}

/// The first two decide the order: no two places have the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// Since the start, in nanoseconds.
    at: u64,
    number: u64,
    key: u32,
}

impl<E> EventQueue<E> {
    /// A future in which nothing happens.
    pub fn new() -> Self {
        Self { heap: BinaryHeap::new(), events: Slab::new(), scheduled: 0 }
    }

    /// Lets `event` happen `at` this time since the start.
    pub fn schedule(&mut self, at: Duration, event: E) {
        self.scheduled += 1;
        let key = self.events.insert(event) as u32;
        let place = Place { at: at.as_nanos() as u64, number: self.scheduled, key };
        self.heap.push(Reverse(place));
    }

    /// The next event and its time.
    pub fn pop(&mut self) -> Option<(Duration, E)> {
        let Reverse(Place { at, key, .. }) = self.heap.pop()?;
        Some((Duration::from_nanos(at), self.events.remove(key as usize)))
    }

    /// When the next event happens.
    pub fn next_time(&self) -> Option<Duration> {
        self.heap.peek().map(|Reverse(next)| Duration::from_nanos(next.at))
    }

    /// How many events are to come.
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether nothing happens any more.
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }
}

impl<E> Default for EventQueue<E> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_by_time_and_then_by_scheduling() {
        let mut queue = EventQueue::new();
        for (second, event) in [(3, 'd'), (1, 'a'), (2, 'b'), (2, 'c')] {
            queue.schedule(Duration::from_secs(second), event);
        }
        let events: Vec<char> =
            std::iter::from_fn(|| queue.pop()).map(|(_, event)| event).collect();
        assert_eq!(events, ['a', 'b', 'c', 'd']);
    }
}
