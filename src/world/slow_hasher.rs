//! A thread that hashes passwords, in virtual time.

use std::time::{Duration, Instant};

use rand::rngs::ChaCha12Rng;

use super::random;
use crate::server::hash_queue::HashQueue;
use crate::server::hashing::{HashAnswer, HashOrder, HashResult, PasswordHasher};
use crate::server::origins::Origin;
use crate::server::password_hash::{Cost, Workspace};
use crate::server::store::Ticket;

/// A thread that hashes one password after the other. What it computes is real, and how long that
/// takes is drawn from a seed.
#[derive(Debug)]
pub struct SlowHasher {
    queue: HashQueue,
    /// The answer to the order that is begun, and when it is there.
    at_work: Option<(Instant, HashAnswer)>,
    dropped: Vec<Ticket>,
    /// The longest time for one password; each time up to it is equally likely.
    slowest: Duration,
    rng: ChaCha12Rng,
    workspace: Workspace,
}

impl SlowHasher {
    /// A thread that takes up to `slowest` for a password, with random numbers from `rng`.
    pub fn new(slowest: Duration, rng: ChaCha12Rng) -> Self {
        let (queue, at_work, dropped, workspace) = Default::default();
        Self { queue, at_work, dropped, slowest, rng, workspace }
    }

    fn begin_next(&mut self, now: Instant) {
        let Some((ticket, order)) = self.queue.pop() else { return };
        let result = order.execute(Cost::LEAST, &mut self.workspace);
        let end = now + random::up_to(self.slowest, &mut self.rng);
        self.at_work = Some((end, HashAnswer { ticket, result }));
    }
}

impl PasswordHasher for SlowHasher {
    fn submit(&mut self, ticket: Ticket, origin: Origin, order: HashOrder, now: Instant) {
        self.dropped.extend(self.queue.push(ticket, origin, order));
        if self.at_work.is_none() {
            self.begin_next(now);
        }
    }

    fn cancel(&mut self, ticket: Ticket) {
        self.queue.remove(ticket);
    }

    fn next_answer(&mut self, now: Instant) -> Option<HashAnswer> {
        if let Some(ticket) = self.dropped.pop() {
            return Some(HashAnswer { ticket, result: HashResult::Busy });
        }
        let (end, answer) = self.at_work.take_if(|(end, _)| *end <= now)?;
        self.begin_next(end);
        Some(answer)
    }

    fn next_wake(&self) -> Option<Instant> {
        self.at_work.as_ref().map(|(end, _)| *end)
    }
}

#[cfg(test)]
mod tests;
