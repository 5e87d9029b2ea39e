//! `tempIDs.txt`: the form of a line, reading it at the start, appending to it in groups.

mod file;
mod replay;
mod storage;

use std::collections::VecDeque;
use std::io::{self, Read};
use std::path::Path;
use std::time::Instant;

pub use self::file::JournalFile;
pub use self::replay::Replayed;
use self::replay::replay;
pub use self::storage::Storage;
use super::registry::Registry;
use super::store::{Completion, Entry, Problem, Store};
use super::waits::Ticket;
use crate::protocol::{ContactRecord, Username};
use crate::text_file::FileError;

/// The name of the file in the data directory.
pub const FILE_NAME: &str = "tempIDs.txt";

/// `tempIDs.txt`: every TempID that was issued, appended before anybody is told it.
///
/// It commits in groups: all that was issued in one tick is one write and one sync. What fails is cut
/// off again, so that the file never holds half a line in its middle, and the next commit starts where
/// the last good one ended.
#[derive(Debug)]
pub struct Journal<S> {
    storage: S,
    /// The length to cut back to before anything else, after a commit that failed.
    repair_to: Option<u64>,
    /// The lines that the next commit appends.
    lines: Vec<u8>,
    /// The tickets of the entries in `lines`.
    submitted: Vec<Ticket>,
    completed: VecDeque<Completion>,
}

impl<S: Storage> Journal<S> {
    /// A journal whose storage ends with a whole line, or is empty.
    pub fn new(storage: S) -> Self {
        Self {
            storage,
            repair_to: None,
            lines: Vec::new(),
            submitted: Vec::new(),
            completed: VecDeque::new(),
        }
    }

    /// A journal on a storage that an earlier run left, maybe in a crash, and what it holds. A torn last
    /// line is cut off, and one without an end gets one. `source` gives the bytes of the storage, and
    /// `path` is what they are called in an error.
    ///
    /// # Errors
    ///
    /// [`FileError`] if a line is malformed, or the system refuses.
    pub fn recover(
        mut storage: S,
        source: impl Read,
        path: &Path,
    ) -> Result<(Self, Registry, Replayed), FileError> {
        let with_path = |error| FileError::io(path, error);
        let mut registry = Registry::default();
        let size = storage.size().map_err(with_path)?;
        let replayed = replay(source, size, path, &mut registry)?;
        if let Some(offset) = replayed.torn_at {
            storage.truncate(offset).and_then(|()| storage.sync()).map_err(with_path)?;
        } else if replayed.lacks_line_end {
            storage.append(b"\n").and_then(|()| storage.sync()).map_err(with_path)?;
        }
        Ok((Self::new(storage), registry, replayed))
    }

    /// Makes `lines` survive a crash. If that fails, none of them is in the journal.
    fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        self.repair()?;
        let end = self.storage.size()?;
        let outcome = self.storage.append(lines).and_then(|()| self.storage.sync());
        if outcome.is_err() {
            self.repair_to = Some(end);
            // If this fails as well, the next commit tries again before it writes anything.
            let _ = self.repair();
        }
        outcome
    }

    /// The storage, for those who made it.
    pub fn storage(&mut self) -> &mut S {
        &mut self.storage
    }

    fn repair(&mut self) -> io::Result<()> {
        if let Some(len) = self.repair_to {
            self.storage.truncate(len)?;
            self.repair_to = None;
        }
        Ok(())
    }
}

impl<S: Storage> Store for Journal<S> {
    fn submit(&mut self, ticket: Ticket, entry: Entry<'_>) {
        match entry {
            Entry::TempIds { user, records } => {
                for record in records {
                    encode_line(user, record, &mut self.lines);
                }
            }
        }
        self.submitted.push(ticket);
    }

    fn begin_commit(&mut self, _now: Instant) {
        if self.submitted.is_empty() {
            return;
        }
        let mut lines = std::mem::take(&mut self.lines);
        let outcome = self.append(&lines).map_err(|error| Problem::from(error.to_string()));
        lines.clear();
        self.lines = lines;
        let completion = |ticket| Completion { ticket, outcome: outcome.clone() };
        self.completed.extend(self.submitted.drain(..).map(completion));
    }

    fn next_completion(&mut self, _now: Instant) -> Option<Completion> {
        self.completed.pop_front()
    }
}

/// Appends the line of a TempID.
pub fn encode_line(user: Username, record: &ContactRecord, out: &mut Vec<u8>) {
    out.extend_from_slice(user.as_str().as_bytes());
    out.push(b' ');
    record.encode_line(out);
    out.push(b'\n');
}

#[cfg(test)]
pub(super) mod tests;
