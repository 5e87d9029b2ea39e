//! `tempIDs.txt`: the form of a line, reading it at the start, appending to it in groups.
//!
//! # What a crash leaves, and what is done about it
//!
//! The file is only appended to, with one write and one `fdatasync` a commit, and nobody is told a
//! TempID before the `fdatasync` has returned. After a power loss, everything up to the end of the
//! last successful commit is there. Of what was appended since, any subset of the blocks may be
//! there: a missing block reads as zeros if the file has grown over it, and is no part of the file
//! otherwise; the last sector written may be torn at any byte.
//!
//! The file itself does not say where the synced part ends, and its format leaves no room for a
//! marker. Two rules tell damage by a crash from all other damage instead:
//!
//! - **Only the end can be damaged by a crash.** A commit appends at most [`MAX_COMMIT_BYTES`]
//!   before it syncs, and what a failed commit left is cut off, and the cut synced, before anything
//!   else is appended. So all bytes but the last [`MAX_COMMIT_BYTES`] were synced.
//! - **Damage by a crash has a form.** The end of the file is missing, so that the last line has no
//!   end; or zeros stand in a line, up to the end of a sector or of the file.
//!
//! Damage that obeys both rules is cut out when the server starts, after a copy of the end of the
//! file was made beside it; lines that are whole stay. All other damage is refused with file and
//! line. Neither rule needs a second file to be kept in step with this one at each commit.

mod aside;
mod file;
mod replacement;
mod replay;
mod residue;
mod storage;

use std::collections::VecDeque;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};

pub use self::aside::set_aside;
pub use self::file::JournalFile;
pub use self::replacement::Replacement;
pub use self::replay::{LineReader, Replayed};
use self::replay::{Replay, replay};
pub use self::residue::{MAX_COMMIT_BYTES, Mended};
pub use self::storage::Storage;
use super::change::Applied;
use super::registry::Registry;
use super::store::{Completion, Problem, Ticket};
use crate::protocol::{ContactRecord, Timestamp, Username};
use crate::text_file::FileError;

/// The name of the file in the data directory.
pub const FILE_NAME: &str = "tempIDs.txt";

/// `tempIDs.txt`: every TempID that was issued, appended before anybody is told it.
///
/// It commits in groups: all that was issued in one tick is one write and one sync. What fails is
/// cut off again, so that the file never holds half a line in its middle, and the next commit
/// starts where the last good one ended.
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

    /// A journal on a storage that an earlier run left, maybe in a crash, and what it holds. What a
    /// crash damaged is cut out, and a last line without an end gets one. `source` reads the bytes
    /// of the storage, and `path` is what they are called in an error. Before anything readable is
    /// cut out, `set_aside` keeps a copy of the bytes from an offset on, and returns its name.
    ///
    /// # Errors
    ///
    /// [`FileError`] if a line is malformed, or the system refuses.
    pub fn recover(
        storage: S,
        source: impl Read + Seek,
        path: &Path,
        set_aside: impl FnOnce(u64, &[u8]) -> io::Result<PathBuf>,
    ) -> Result<(Self, Registry, Replayed), FileError> {
        Self::recover_since(storage, source, path, Timestamp::MIN, set_aside)
    }

    /// Like [`recover`](Self::recover), but passes over TempIDs that expired before `since`.
    ///
    /// # Errors
    ///
    /// [`FileError`] if a line is malformed, or the system refuses.
    pub fn recover_since(
        storage: S,
        source: impl Read + Seek,
        path: &Path,
        since: Timestamp,
        set_aside: impl FnOnce(u64, &[u8]) -> io::Result<PathBuf>,
    ) -> Result<(Self, Registry, Replayed), FileError> {
        let mut registry = Registry::default();
        let size = storage.size().map_err(|error| FileError::io(path, error))?;
        let mut lines = Replay::new(&mut registry, size, since);
        let (journal, replayed) =
            Self::recover_lines(storage, source, path, &mut lines, set_aside)?;
        let replayed = lines.end(replayed);
        Ok((journal, registry, replayed))
    }

    /// Like [`recover`](Self::recover), for a journal of other lines, which `lines` takes.
    ///
    /// # Errors
    ///
    /// [`FileError`] if a line is malformed, or the system refuses.
    pub fn recover_lines<L: LineReader>(
        mut storage: S,
        source: impl Read + Seek,
        path: &Path,
        lines: &mut L,
        set_aside: impl FnOnce(u64, &[u8]) -> io::Result<PathBuf>,
    ) -> Result<(Self, Replayed), FileError> {
        let with_path = |error| FileError::io(path, error);
        let size = storage.size().map_err(with_path)?;
        // A server that was killed may have left whole lines that were never synced.
        storage.sync().map_err(with_path)?;
        let (has_end, residue) = replay(source, size, path, lines)?;
        let mut replayed = Replayed { lacks_line_end: !has_end, ..Replayed::default() };
        if let Some(residue) = residue {
            let copy = residue.is_readable().then(|| set_aside(residue.offset, &residue.bytes));
            let copy = copy.transpose().map_err(|error| {
                let problem = format!("no copy of its torn end can be made beside it: {error}");
                with_path(io::Error::new(error.kind(), problem))
            })?;
            let mended = Mended { copy, ..residue.mended() };
            storage
                .truncate(residue.offset)
                .and_then(|()| storage.append(&residue.whole_lines))
                .and_then(|()| storage.sync())
                .map_err(with_path)?;
            replayed.mended = Some(mended);
        } else if replayed.lacks_line_end {
            storage.append(b"\n").and_then(|()| storage.sync()).map_err(with_path)?;
        }
        Ok((Self::new(storage), replayed))
    }

    /// Takes TempIDs of a user, to be stored with the next commit.
    pub fn submit(&mut self, ticket: Ticket, user: Username, records: &[ContactRecord]) {
        self.submit_lines(ticket, |lines| {
            records.iter().for_each(|record| encode_line(user, record, lines));
        });
    }

    /// Takes the lines that `encode` appends, to be stored with the next commit.
    pub fn submit_lines(&mut self, ticket: Ticket, encode: impl FnOnce(&mut Vec<u8>)) {
        encode(&mut self.lines);
        self.submitted.push(ticket);
    }

    /// Stores all that was submitted since the last call, with one write and one sync.
    pub fn commit(&mut self) {
        if self.submitted.is_empty() {
            return;
        }
        let mut lines = std::mem::take(&mut self.lines);
        let outcome = match self.append(&lines) {
            Ok(()) => Ok(Applied::Done),
            Err(error) => Err(Problem::from(error.to_string())),
        };
        lines.clear();
        self.lines = lines;
        let completion = |ticket| Completion { ticket, outcome: outcome.clone() };
        self.completed.extend(self.submitted.drain(..).map(completion));
    }

    /// The next completion, in the order of submission.
    pub fn next_completion(&mut self) -> Option<Completion> {
        self.completed.pop_front()
    }

    /// Makes `lines` survive a crash. If that fails, none of them is in the journal.
    ///
    /// # Errors
    ///
    /// The error of the system.
    pub fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        self.repair()?;
        let end = self.storage.size()?;
        let outcome = rounds(lines)
            .try_for_each(|round| self.storage.append(round).and_then(|()| self.storage.sync()));
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

    /// Whether the storage ends with the last good commit, and not with what a failed one left.
    pub fn is_whole(&self) -> bool {
        self.repair_to.is_none()
    }

    fn repair(&mut self) -> io::Result<()> {
        if let Some(len) = self.repair_to {
            // Unless the cut is synced, a crash could bring back what was cut off, under what is
            // appended next.
            self.storage.truncate(len).and_then(|()| self.storage.sync())?;
            self.repair_to = None;
        }
        Ok(())
    }
}

/// Splits lines into as many as are appended before a sync.
fn rounds(mut lines: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let len = match lines.get(..MAX_COMMIT_BYTES) {
            Some(most) if most.len() < lines.len() => memchr::memrchr(b'\n', most)? + 1,
            Some(_) | None => lines.len(),
        };
        let (round, rest) = lines.split_at(len);
        lines = rest;
        (!round.is_empty()).then_some(round)
    })
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
