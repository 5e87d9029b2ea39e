//! Reading back what an earlier run recorded.

use std::io::Read;
use std::path::Path;

use thiserror::Error;

use crate::protocol::{
    ContactRecord, ContactRecordError, TimestampDecoder, Username, UsernameError,
};
use crate::server::registry::Registry;
use crate::text_file::{FileError, Line, read_lines_of};

/// The form of a line.
const EXPECTED: &str = "\"<username> <TempID of 20 digits> <start> <expiry>\" with times \"DD/MM/YYYY HH:MM:SS\" and one space between";

/// The longest line, without its end. More than that without a line end is no torn record.
const MAX_RECORD_BYTES: usize = Username::MAX_LEN + 1 + ContactRecord::LINE_LEN;

/// What reading a journal found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Where a torn last line begins, to be cut off.
    pub torn_at: Option<u64>,
    /// Whether the last line is whole, or blank, but has no end.
    pub lacks_line_end: bool,
    /// The numbers of lines with a TempID that an earlier line has; the earlier one counts.
    pub repeated: Vec<u64>,
}

/// Reads all that was issued earlier, `size` bytes, into `registry`. A last line without an end that is
/// no whole record is none: it is what a crash leaves.
pub(super) fn replay(
    source: impl Read,
    size: u64,
    path: &Path,
    registry: &mut Registry,
) -> Result<Replayed, FileError> {
    let mut replayed = Replayed::default();
    let mut batch = Batch::default();
    let mut times = TimestampDecoder::default();
    let has_end = read_lines_of(source, path, EXPECTED, |line| {
        match decode_line(line.text, &mut times) {
            Ok((user, record)) => {
                if registry.is_empty() && batch.is_empty() {
                    // Lines are about equally long, so the first one tells how many there are.
                    registry.reserve(size as usize / (line.text.len() + 1));
                }
                batch.push(line.number, user, record);
                if batch.is_full() {
                    batch.empty_into(registry, &mut replayed.repeated);
                }
                Ok(())
            }
            Err(error) => take_torn(line, error.to_string(), &mut replayed),
        }
    })?;
    batch.empty_into(registry, &mut replayed.repeated);
    replayed.lacks_line_end = !has_end && replayed.torn_at.is_none();
    Ok(replayed)
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

fn take_torn(line: Line<'_>, problem: String, replayed: &mut Replayed) -> Result<(), String> {
    // Some file systems leave zeros where the data did not arrive any more, perhaps behind some that did.
    let len = line.text.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    if line.is_terminated || len > MAX_RECORD_BYTES {
        return Err(problem);
    }
    replayed.torn_at = Some(line.offset);
    Ok(())
}

fn decode_line(
    line: &[u8],
    times: &mut TimestampDecoder,
) -> Result<(Username, ContactRecord), LineError> {
    let blank = memchr::memchr(b' ', line).ok_or(LineError::OneWord)?;
    let user = Username::decode(&line[..blank])?;
    Ok((user, ContactRecord::decode_line_with(&line[blank + 1..], times)?))
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, Error)]
enum LineError {
    #[error("it is one word")]
    OneWord,
    #[error(transparent)]
    User(#[from] UsernameError),
    #[error(transparent)]
    Record(#[from] ContactRecordError),
}

#[cfg(test)]
mod tests;
