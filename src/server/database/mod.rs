//! What the authority keeps besides TempIDs, in `authority.db`: cases, which are uploaded contact
//! logs with whom they name, upload codes, notices, accounts and tokens.
//!
//! A change is in the database, whole, before anybody is told of it. That takes far longer than a
//! line of `tempIDs.txt`, and another program may hold the database, so a thread of its own writes
//! it, and touches nothing else of the server.

mod apply;
mod archive;
mod error;
mod file;
mod remembered;
mod schema;
mod values;
mod writer;

pub use self::apply::{MAX_UNSEEN, MAX_WRONG_CODES};
pub use self::archive::{Archive, Summary, Told};
pub use self::error::{DatabaseError, FILE_NAME};
pub use self::file::Database;
pub use self::remembered::Remembered;
pub use self::writer::DatabaseWriter;
use super::change::Change;
use super::store::{Completion, Ticket};

/// Where changes become durable.
pub trait ChangeStore {
    /// Takes a change, to be stored with the next [`begin_commit`](ChangeStore::begin_commit).
    fn submit(&mut self, ticket: Ticket, change: &Change);

    /// Begins to store all that was submitted since the last call, all of it or nothing.
    fn begin_commit(&mut self);

    /// The next completion that has arrived.
    fn next_completion(&mut self) -> Option<Completion>;
}

#[cfg(test)]
pub(super) mod tests;
