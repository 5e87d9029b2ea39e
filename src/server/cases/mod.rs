//! Cases: uploaded contact logs, each with whom it names, in `authority.db`.
//!
//! A case is in the database, whole, before the phone is told that its log was taken. Storing one
//! takes far longer than a line of `tempIDs.txt`, and another program may hold the database, so a
//! thread of its own writes it, and touches nothing else of the server.

mod database;
pub mod view;
mod writer;

use std::sync::Arc;

pub use self::database::{Archive, Database, DatabaseError, FILE_NAME, Summary};
pub use self::writer::CaseWriter;
use super::contact_tracing::ContactTrace;
use super::store::{Completion, Ticket};

/// Where cases become durable.
pub trait CaseStore {
    /// Takes a case, to be stored with the next [`begin_commit`](CaseStore::begin_commit).
    fn submit(&mut self, ticket: Ticket, case: &Arc<ContactTrace>);

    /// Begins to store all that was submitted since the last call, all of it or nothing.
    fn begin_commit(&mut self);

    /// The next completion that has arrived.
    fn next_completion(&mut self) -> Option<Completion>;
}

#[cfg(test)]
pub(super) mod tests;
