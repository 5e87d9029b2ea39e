//! Text files of one record a line: what the three kinds of files have in common.
//!
//! Every reader takes LF and CRLF, blank lines, a last line without an end, and a byte order mark
//! in front of the first line. What is wrong is told with file, line and what was expected.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// What is read of one line at most, in bytes; no record comes near it.
const MAX_LINE_BYTES: usize = 1024;

/// Read from the file at once, in bytes: large files are read at the speed of the memory.
const READ_BYTES: usize = 256 * 1024;

/// The byte order mark in UTF-8, which editors of Windows put at the beginning of a file.
pub const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// A line that is not blank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// Counted from 1, blank lines included.
    pub number: u64,
    /// Where in the file it begins, in bytes.
    pub offset: u64,
    /// Without its end.
    pub text: &'a [u8],
    /// Whether it has an end; only the last line of a file may have none.
    pub is_terminated: bool,
}

/// Why a file cannot be used.
#[derive(Debug, Error)]
pub enum FileError {
    /// The system does not let us have its bytes.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A line is not what it must be.
    #[error("{path}:{line}: {problem}; expected {expected}", path = path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: u64,
        /// What is wrong. It never quotes a password or a TempID.
        problem: String,
        /// The form of a line.
        expected: &'static str,
    },
}

impl FileError {
    /// An error of the system about `path`.
    pub fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }
}

/// Gives every line of the file at `path` that is not blank to `take`, and says whether the last
/// line has an end. What `take` finds wrong with a line becomes an error that names the line.
///
/// # Errors
///
/// [`FileError`]; the first malformed line ends the reading.
pub fn read_lines(
    path: &Path,
    expected: &'static str,
    take: impl FnMut(Line<'_>) -> Result<(), String>,
) -> Result<bool, FileError> {
    let file = open(path).map_err(|source| FileError::io(path, source))?;
    read_lines_of(file, path, expected, take)
}

/// The same for bytes that come from elsewhere; `path` is what they are called in an error.
///
/// # Errors
///
/// [`FileError`]; the first malformed line ends the reading.
pub fn read_lines_of(
    source: impl Read,
    path: &Path,
    expected: &'static str,
    mut take: impl FnMut(Line<'_>) -> Result<(), String>,
) -> Result<bool, FileError> {
    let mut lines = Lines::new(source);
    let mut has_end = true;
    while let Some(line) = lines.next().map_err(|error| FileError::io(path, error))? {
        has_end = line.is_terminated;
        if !line.text.is_empty() {
            let number = line.number;
            take(line).map_err(|problem| FileError::Malformed {
                path: path.to_owned(),
                line: number,
                problem,
                expected,
            })?;
        }
    }
    Ok(has_end)
}

/// Opens a regular file. Anything else, such as a pipe without a writer, would make us wait.
///
/// # Errors
///
/// What the system says, or that it is no regular file.
pub fn open(path: &Path) -> io::Result<File> {
    if !path.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    File::open(path)
}

/// The lines of a source, found in the buffer that it is read into: only a line that the end of the
/// buffer cuts is copied.
struct Lines<R> {
    source: R,
    buffer: Box<[u8]>,
    /// Which bytes of the buffer are read and belong to no line yet.
    pending: Range<usize>,
    /// How many bytes of the line at the start of `pending` were dropped, as no record is so long.
    dropped: usize,
    next_number: u64,
    next_offset: u64,
}

impl<R: Read> Lines<R> {
    fn new(source: R) -> Self {
        let buffer = vec![0; READ_BYTES].into();
        Self { source, buffer, pending: 0..0, dropped: 0, next_number: 1, next_offset: 0 }
    }

    /// The next line, blank or not, cut to what a record can be.
    fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        let end = loop {
            let end = memchr::memchr(b'\n', &self.buffer[self.pending.clone()]);
            if end.is_some() || !self.read_more()? {
                break end;
            }
        };
        if end.is_none() && self.pending.is_empty() {
            return Ok(None);
        }
        Ok(Some(self.take_line(end)))
    }

    /// Takes a line from the pending bytes: up to the line feed at `end`, or all if there is none.
    fn take_line(&mut self, end: Option<usize>) -> Line<'_> {
        let text_len = end.unwrap_or(self.pending.len());
        let whole_len = text_len + usize::from(end.is_some());
        let (number, offset, start) = (self.next_number, self.next_offset, self.pending.start);
        self.pending.start += whole_len;
        self.next_number += 1;
        self.next_offset += (whole_len + std::mem::take(&mut self.dropped)) as u64;
        let text = &self.buffer[start..][..text_len.min(MAX_LINE_BYTES)];
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let mark = if number == 1 { BYTE_ORDER_MARK } else { b"" };
        let text = text.strip_prefix(mark).unwrap_or(text);
        Line { number, offset, text, is_terminated: end.is_some() }
    }

    /// Reads more of the line that is pending, and says whether there was more.
    fn read_more(&mut self) -> io::Result<bool> {
        let Range { start, end } = self.pending;
        let kept = (end - start).min(MAX_LINE_BYTES);
        self.dropped += end - start - kept;
        self.buffer.copy_within(start..start + kept, 0);
        self.pending = 0..kept;
        loop {
            match self.source.read(&mut self.buffer[kept..]) {
                Ok(count) => {
                    self.pending.end += count;
                    return Ok(count > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

#[cfg(test)]
mod tests;
