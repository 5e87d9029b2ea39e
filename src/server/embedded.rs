//! The store of a server on its own machine.

use std::time::Instant;

use super::database::ChangeStore;
use super::journal::{Journal, Storage};
use super::store::{Completion, Entry, Store, Ticket};
use super::user_numbers;

/// TempIDs in one journal, the numbers of users in another, everything else in a database.
#[derive(Debug)]
pub struct Embedded<S, C> {
    /// `tempIDs.txt`.
    pub journal: Journal<S>,
    /// `users.txt`, where TempIDs may be encrypted.
    pub users: Option<Journal<S>>,
    /// `authority.db`.
    pub database: C,
}

impl<S: Storage, C: ChangeStore> Store for Embedded<S, C> {
    fn submit(&mut self, ticket: Ticket, entry: Entry<'_>) {
        match entry {
            Entry::TempIds { user, records } => self.journal.submit(ticket, user, records),
            Entry::UserNumber { user, number } => {
                let users = self.users.as_mut().expect("TempIDs may be encrypted");
                users.submit_lines(ticket, |out| user_numbers::encode_line(number, user, out));
            }
            Entry::Change(change) => self.database.submit(ticket, change),
        }
    }

    fn begin_commit(&mut self, _now: Instant) {
        // First, so that its thread works during the sync of the journal.
        self.database.begin_commit();
        self.journal.commit();
        if let Some(users) = &mut self.users {
            users.commit();
        }
    }

    fn next_completion(&mut self, _now: Instant) -> Option<Completion> {
        let Self { journal, users, database } = self;
        let of_users = || users.as_mut().and_then(Journal::next_completion);
        journal.next_completion().or_else(of_users).or_else(|| database.next_completion())
    }
}
