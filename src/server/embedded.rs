//! The store of a server on its own machine.

use std::time::Instant;

use super::database::ChangeStore;
use super::journal::{Journal, Storage};
use super::store::{Completion, Entry, Store, Ticket};

/// TempIDs in the journal, everything else in a database.
#[derive(Debug)]
pub struct Embedded<S, C> {
    /// `tempIDs.txt`.
    pub journal: Journal<S>,
    /// `authority.db`.
    pub database: C,
}

impl<S: Storage, C: ChangeStore> Store for Embedded<S, C> {
    fn submit(&mut self, ticket: Ticket, entry: Entry<'_>) {
        match entry {
            Entry::TempIds { user, records } => self.journal.submit(ticket, user, records),
            Entry::Change(change) => self.database.submit(ticket, change),
        }
    }

    fn begin_commit(&mut self, _now: Instant) {
        // First, so that its thread works during the sync of the journal.
        self.database.begin_commit();
        self.journal.commit();
    }

    fn next_completion(&mut self, _now: Instant) -> Option<Completion> {
        self.journal.next_completion().or_else(|| self.database.next_completion())
    }
}
