//! What must hold of everything that phones are told.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::broken_promise::BrokenPromise;
use super::caller::Fact;
use crate::protocol::{ContactRecord, TempId};

/// All TempIDs that phones were told, each with a note of type `N`, and the checks that need to
/// know nothing else: no TempID is told twice, nobody is let in with a wrong password, and every
/// reply is one that a BlueTrace server sends, to a request that was sent.
#[derive(Debug)]
pub struct Oracle<N> {
    told: HashMap<TempId, N>,
    repeats: Repeats,
}

/// When a TempID may be told a second time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeats {
    /// Never, as it is random.
    Never,
    /// With the same note, as it is encrypted: whoever asks twice within a second is told the same.
    WithSameNote,
}

impl<N: PartialEq> Oracle<N> {
    /// An oracle of phones that were told nothing yet.
    pub fn new(repeats: Repeats) -> Self {
        Self { told: HashMap::new(), repeats }
    }

    /// Notes what a phone learned, with a note for each TempID in it.
    ///
    /// # Errors
    ///
    /// The promise that the server broke.
    pub fn enter(
        &mut self,
        fact: &Fact,
        mut note: impl FnMut(&ContactRecord) -> N,
    ) -> Result<(), BrokenPromise> {
        match fact {
            Fact::LoggedIn { with_right_password: false } => Err(BrokenPromise::LetIn),
            Fact::Broken(promise) => Err(promise.clone()),
            Fact::TempIds(records) => {
                records.iter().try_for_each(|record| match self.told.entry(record.temp_id) {
                    Entry::Occupied(entry) => match self.repeats {
                        Repeats::WithSameNote if *entry.get() == note(record) => Ok(()),
                        Repeats::WithSameNote | Repeats::Never => Err(BrokenPromise::TempIdTwice),
                    },
                    Entry::Vacant(entry) => {
                        entry.insert(note(record));
                        Ok(())
                    }
                })
            }
            Fact::LoggedIn { with_right_password: true }
            | Fact::WrongPassword { .. }
            | Fact::NowBlocked
            | Fact::Blocked
            | Fact::Uploaded(_)
            | Fact::Answered
            | Fact::Refused { .. }
            | Fact::Notice(_)
            | Fact::Acknowledged(_)
            | Fact::NotAcknowledged(_)
            | Fact::LoggedOut => Ok(()),
        }
    }

    /// The note of a TempID, if it was told.
    pub fn note_of(&self, temp_id: TempId) -> Option<&N> {
        self.told.get(&temp_id)
    }

    /// The TempIDs that were told, with their notes, in no order.
    pub fn told(&self) -> impl ExactSizeIterator<Item = (&TempId, &N)> {
        self.told.iter()
    }
}

#[cfg(test)]
mod tests;
