//! A store that answers later, out of order, and sometimes never.

use std::time::{Duration, Instant};

use rand::RngExt;
use rand::rngs::ChaCha12Rng;

use super::random;
use crate::server::store::{Completion, Entry, Store, Ticket};

/// A store behind a network: what reaches the inner store is kept there, but its completions are
/// delayed each on its own, and some entries or completions are lost on the way.
#[derive(Debug)]
pub struct LateStore<E> {
    /// The store that the entries reach.
    pub inner: E,
    lateness: Lateness,
    /// Completions on their way, in the order in which they were sent.
    on_their_way: Vec<(Instant, Completion)>,
    rng: ChaCha12Rng,
}

/// What happens between the server and its store.
#[derive(Debug, Clone, Copy, PartialEq, Hash)]
pub struct Lateness {
    /// The longest delay of a completion; each delay up to it is equally likely.
    pub delay: Duration,
    /// How many of 1,000 entries never reach the store.
    pub lost_entries: u16,
    /// How many of 1,000 completions never reach the server, although the entry is stored.
    pub lost_completions: u16,
}

impl Lateness {
    /// The store is on the server's machine.
    pub const NONE: Self = Self { delay: Duration::ZERO, lost_entries: 0, lost_completions: 0 };

    fn is_none(&self) -> bool {
        *self == Self::NONE
    }
}

impl<E> LateStore<E> {
    /// Puts a network with random numbers from `rng` before `inner`. It is perfect at first.
    pub fn new(inner: E, rng: ChaCha12Rng) -> Self {
        Self { inner, lateness: Lateness::NONE, on_their_way: Vec::new(), rng }
    }

    /// Changes what happens from now on.
    pub fn set_lateness(&mut self, lateness: Lateness) {
        self.lateness = lateness;
    }

    fn happens(&mut self, of_1000: u16) -> bool {
        self.rng.random_range(0..1000) < of_1000
    }
}

impl<E: Store> Store for LateStore<E> {
    fn submit(&mut self, ticket: Ticket, entry: Entry<'_>) {
        if self.lateness.is_none() || !self.happens(self.lateness.lost_entries) {
            self.inner.submit(ticket, entry);
        }
    }

    fn begin_commit(&mut self, now: Instant) {
        self.inner.begin_commit(now);
        if self.lateness.is_none() {
            return;
        }
        while let Some(completion) = self.inner.next_completion(now) {
            if !self.happens(self.lateness.lost_completions) {
                let arrival = now + random::up_to(self.lateness.delay, &mut self.rng);
                self.on_their_way.push((arrival, completion));
            }
        }
    }

    fn next_completion(&mut self, now: Instant) -> Option<Completion> {
        let arrived = self.on_their_way.iter().position(|(arrival, _)| *arrival <= now);
        match arrived {
            Some(index) => Some(self.on_their_way.remove(index).1),
            None => self.inner.next_completion(now),
        }
    }

    fn next_wake(&self) -> Option<Instant> {
        self.on_their_way.iter().map(|(arrival, _)| *arrival).min()
    }
}

#[cfg(test)]
mod tests;
