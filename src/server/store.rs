//! The port through which everything durable goes: what is to be stored goes out with a ticket, and
//! a completion with the same ticket comes back, in the same tick or later.
//!
//! Nothing else in the server writes to stable storage. The engine of this machine is
//! [`Embedded`](super::embedded::Embedded): the journal completes in the commit of the tick, the
//! database later. An engine behind a network answers in any order, and sometimes
//! never; hence the deadline in [`Waits`](super::waits::Waits).

use std::sync::Arc;
use std::time::Instant;

use super::change::{Applied, Change};
use crate::protocol::{ContactRecord, Username};

/// Where entries become durable.
pub trait Store {
    /// Takes an entry, to be stored with the next [`begin_commit`](Store::begin_commit). What is
    /// submitted and not committed may be lost without a completion.
    fn submit(&mut self, ticket: Ticket, entry: Entry<'_>);

    /// Begins to store all that was submitted since the last call, in the order of submission and
    /// as one group.
    fn begin_commit(&mut self, now: Instant);

    /// The next completion that has arrived by `now`. Each ticket has at most one.
    fn next_completion(&mut self, now: Instant) -> Option<Completion>;

    /// When a completion may arrive that no readiness event announces.
    fn next_wake(&self) -> Option<Instant> {
        None
    }
}

/// Identifies one wait. A ticket of a wait that is over is never given out again within 2^32 waits,
/// so a late completion reaches nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ticket {
    pub(super) slot: u32,
    pub(super) number: u32,
}

#[cfg(test)]
impl Ticket {
    /// A ticket for tests without waits.
    pub(crate) fn numbered(number: u32) -> Self {
        Self { slot: number, number }
    }
}

/// Something that has to survive a crash before anybody is told of it.
#[derive(Debug, Clone, Copy)]
pub enum Entry<'a> {
    /// TempIDs that were issued to a user.
    TempIds {
        /// The user.
        user: Username,
        /// The TempIDs with their windows.
        records: &'a [ContactRecord],
    },
    /// The number of a user, for which encrypted TempIDs stand.
    UserNumber {
        /// The user.
        user: Username,
        /// The number.
        number: u32,
    },
    /// A change of what is kept besides TempIDs.
    Change(&'a Change),
}

/// Kinds of what sessions wait for. Each fails and works again by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// [`Entry::TempIds`]
    TempIds,
    /// [`Entry::UserNumber`]
    UserNumber,
    /// [`Entry::Change`]
    Change,
    /// The password of a login is hashed, which needs no store.
    Login,
}

/// The end of a wait for the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The ticket of the entry.
    pub ticket: Ticket,
    /// What became of the entry, which survives any crash from now on. After an error it may or may
    /// not be stored.
    pub outcome: Result<Applied, Problem>,
}

/// Why something was not stored, in words for the operator and the phone.
pub type Problem = Arc<str>;
