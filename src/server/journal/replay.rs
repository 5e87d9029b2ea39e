//! Reading back what an earlier run recorded.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use thiserror::Error;

use super::residue::{MAX_COMMIT_BYTES, Mended, Residue};
use crate::protocol::{
    ContactRecord, ContactRecordError, Timestamp, TimestampDecoder, Username, UsernameError,
};
use crate::server::registry::Registry;
use crate::text_file::{FileError, read_lines_of};

/// Takes the lines of a journal.
pub trait LineReader {
    /// The form of a line, for a message.
    const EXPECTED: &'static str;

    /// Takes the line with this number, counted from 1.
    ///
    /// # Errors
    ///
    /// A message that says what is wrong with the line. The line is not taken.
    fn take(&mut self, number: u64, text: &[u8]) -> Result<(), String>;
}

/// Findings of a replay.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// The repair of damage by a crash, if there was any.
    pub mended: Option<Mended>,
    /// Whether the last line is whole, or blank, but has no end.
    pub lacks_line_end: bool,
    /// Number of lines whose TempID expired too long ago to be kept.
    pub old: u64,
    /// Numbers of lines whose TempID is in an earlier line, which counts.
    pub repeated: Vec<u64>,
}

/// Gives all whole lines of a journal of `size` bytes to `lines`. Returns whether the last line has
/// an end, and the end that a crash damaged, which the caller cuts out.
///
/// # Errors
///
/// [`FileError`] if a line is malformed otherwise.
pub(super) fn replay<L: LineReader>(
    mut source: impl Read + Seek,
    size: u64,
    path: &Path,
    lines: &mut L,
) -> Result<(bool, Option<Residue>), FileError> {
    let mut malformed_at = 0;
    let read = read_lines_of(&mut source, path, L::EXPECTED, |line| {
        malformed_at = line.offset;
        lines.take(line.number, line.text)
    });
    match read {
        Ok(has_end) => Ok((has_end, None)),
        Err(FileError::Malformed { line, .. })
            if size.saturating_sub(malformed_at) <= MAX_COMMIT_BYTES as u64 =>
        {
            let mut bytes = Vec::new();
            source
                .seek(SeekFrom::Start(malformed_at))
                .and_then(|_| source.read_to_end(&mut bytes))
                .map_err(|error| FileError::io(path, error))?;
            let residue = Residue::read(malformed_at, bytes, |index, text| {
                lines.take(line + index, text).map_err(|problem| (line + index, problem))
            });
            let malformed = |(line, problem)| FileError::Malformed {
                path: path.to_owned(),
                line,
                problem,
                expected: L::EXPECTED,
            };
            let residue = residue.map_err(malformed)?;
            Ok((true, Some(residue)))
        }
        Err(error) => Err(error),
    }
}

/// TempIDs on their way into the registry.
pub(super) struct Replay<'a> {
    registry: &'a mut Registry,
    size: u64,
    times: TimestampDecoder,
    batch: Batch,
    repeated: Vec<u64>,
    /// TempIDs that expired before are passed over.
    since: Timestamp,
    old: u64,
}

impl<'a> Replay<'a> {
    /// A way into `registry`, for a journal of `size` bytes, of what is valid at `since` or later.
    pub(super) fn new(registry: &'a mut Registry, size: u64, since: Timestamp) -> Self {
        let (times, batch) = (TimestampDecoder::default(), Batch::default());
        Self { registry, size, times, batch, repeated: Vec::new(), since, old: 0 }
    }

    /// Enters the last lines, and adds what was found to the findings.
    pub(super) fn end(mut self, replayed: Replayed) -> Replayed {
        self.batch.empty_into(self.registry, &mut self.repeated);
        Replayed { repeated: self.repeated, old: self.old, ..replayed }
    }
}

impl LineReader for Replay<'_> {
    const EXPECTED: &'static str = "\"<username> <TempID of 20 digits> <start> <expiry>\" with times \"DD/MM/YYYY HH:MM:SS\" and one space between";

    fn take(&mut self, number: u64, text: &[u8]) -> Result<(), String> {
        let decoded = decode_line(text, &mut self.times);
        let (user, record) = decoded.map_err(|error| error.to_string())?;
        if record.expiry < self.since {
            self.old += 1;
            return Ok(());
        }
        if self.registry.is_empty() && self.batch.is_empty() {
            // Lines are about equally long, so the first one tells how many there are.
            self.registry.reserve(self.size as usize / (text.len() + 1));
        }
        self.batch.push(number, user, record);
        if self.batch.is_full() {
            self.batch.empty_into(self.registry, &mut self.repeated);
        }
        Ok(())
    }
}

/// Lines that were read and are not in the registry yet.
#[derive(Default)]
struct Batch {
    numbers: Vec<u64>,
    issued: Vec<(Username, ContactRecord)>,
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.issued.is_empty()
    }

    fn is_full(&self) -> bool {
        self.issued.len() == Registry::BATCH
    }

    fn push(&mut self, number: u64, user: Username, record: ContactRecord) {
        self.numbers.push(number);
        self.issued.push((user, record));
    }

    fn empty_into(&mut self, registry: &mut Registry, repeated: &mut Vec<u64>) {
        let positions = registry.insert_all(&self.issued);
        repeated.extend(positions.into_iter().map(|position| self.numbers[position]));
        self.numbers.clear();
        self.issued.clear();
    }
}

/// Reads the line of a TempID.
pub(super) fn decode_line(
    line: &[u8],
    times: &mut TimestampDecoder,
) -> Result<(Username, ContactRecord), LineError> {
    let blank = memchr::memchr(b' ', line).ok_or(LineError::OneWord)?;
    let user = Username::decode(&line[..blank])?;
    Ok((user, ContactRecord::decode_line_with(&line[blank + 1..], times)?))
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, Error)]
pub(super) enum LineError {
    #[error("it is one word")]
    OneWord,
    #[error(transparent)]
    User(#[from] UsernameError),
    #[error(transparent)]
    Record(#[from] ContactRecordError),
}

#[cfg(test)]
mod tests;
