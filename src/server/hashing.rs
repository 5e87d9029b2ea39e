//! The port through which passwords are hashed: an order goes out with a ticket, and an answer with
//! the same ticket comes back, later.
//!
//! To hash takes as long as to answer a thousand other requests, so nothing in the server waits
//! for it. The engine is [`HashPool`](super::hash_pool::HashPool), with threads of its own.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Instant;

use super::origins::Origin;
use super::password_hash::{Cost, PasswordHash, SALT_BYTES, Workspace};
use super::store::{Problem, Ticket};

/// Who hashes passwords.
pub trait PasswordHasher: Debug + Send {
    /// Takes an order, which an answer follows unless it is [cancelled](PasswordHasher::cancel).
    /// Origins take turns, so that nobody waits for all that another one has ordered.
    fn submit(&mut self, ticket: Ticket, origin: Origin, order: HashOrder, now: Instant);

    /// Forgets an order that nobody waits for any more, if it is not begun.
    fn cancel(&mut self, ticket: Ticket);

    /// The next answer that has arrived by `now`. Each ticket has at most one.
    fn next_answer(&mut self, now: Instant) -> Option<HashAnswer>;

    /// When an answer may arrive that no readiness event announces.
    fn next_wake(&self) -> Option<Instant> {
        None
    }
}

/// Something to hash.
#[derive(Clone, PartialEq, Eq)]
pub enum HashOrder {
    /// Find out whether a hash is that of a password.
    Check {
        /// The password.
        password: Arc<[u8]>,
        /// The hash.
        hash: PasswordHash,
    },
    /// Make the hash of a password.
    Make {
        /// The password.
        password: Arc<[u8]>,
        /// Random bytes.
        salt: [u8; SALT_BYTES],
    },
}

/// The end of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashAnswer {
    /// The ticket of the order.
    pub ticket: Ticket,
    /// What came of it.
    pub result: HashResult,
}

/// What came of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HashResult {
    /// Whether the hash is that of the password.
    Checked(bool),
    /// The hash that was made.
    Made(PasswordHash),
    /// Too many orders wait already.
    Busy,
    /// Nothing can be hashed.
    Failed(Problem),
}

impl HashOrder {
    /// Does what is ordered. What it makes costs as much to compute as `cost` says.
    pub fn execute(&self, cost: Cost, workspace: &mut Workspace) -> HashResult {
        match self {
            Self::Check { password, hash } => HashResult::Checked(hash.is_of(password, workspace)),
            Self::Make { password, salt } => {
                HashResult::Made(PasswordHash::make(password, salt, cost, workspace))
            }
        }
    }
}

impl Debug for HashOrder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Check { .. } => "Check",
            Self::Make { .. } => "Make",
        })
    }
}

#[cfg(test)]
pub(super) mod tests;
