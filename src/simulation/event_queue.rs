//! What will happen, and when.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

/// Events of the future, in the order of their time and, at the same time, of their scheduling: the
/// order must not depend on anything else, or a run could not be repeated.
#[derive(Debug)]
pub struct EventQueue<E> {
    heap: BinaryHeap<Reverse<Scheduled<E>>>,
    scheduled: u64,
}

#[derive(Debug)]
struct Scheduled<E> {
    at: Duration,
    number: u64,
    event: E,
}

impl<E> EventQueue<E> {
    /// A future in which nothing happens.
    pub fn new() -> Self {
        Self { heap: BinaryHeap::new(), scheduled: 0 }
    }

    /// Lets `event` happen `at` this time since the start.
    pub fn schedule(&mut self, at: Duration, event: E) {
        self.scheduled += 1;
        self.heap.push(Reverse(Scheduled { at, number: self.scheduled, event }));
    }

    /// The next event and its time.
    pub fn pop(&mut self) -> Option<(Duration, E)> {
        self.heap.pop().map(|Reverse(next)| (next.at, next.event))
    }

    /// When the next event happens.
    pub fn next_time(&self) -> Option<Duration> {
        self.heap.peek().map(|Reverse(next)| next.at)
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

impl<E> Ord for Scheduled<E> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

impl<E> PartialOrd for Scheduled<E> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> PartialEq for Scheduled<E> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<E> Eq for Scheduled<E> {}

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
