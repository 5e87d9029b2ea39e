//! Text files of one record a line: what the three kinds of files have in common.
//!
//! Every reader takes LF and CRLF, blank lines and a last line without an end. What is wrong is told
//! with file, line and what was expected.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use thiserror::Error;

/// What is read of one line at most, in bytes; no record comes near it.
const MAX_LINE_BYTES: u64 = 1024;

/// Read from the file at once, in bytes: large files are read at the speed of the memory.
const READ_BYTES: usize = 256 * 1024;

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

/// Gives every line of the file at `path` that is not blank to `take`, and says whether the last line
/// has an end. What `take` finds wrong with a line becomes an error that names the line.
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
    let mut reader = BufReader::with_capacity(READ_BYTES, source);
    let (mut bytes, mut number, mut offset, mut has_end) = (Vec::new(), 0, 0, true);
    loop {
        let next = read_line(&mut reader, &mut bytes).map_err(|e| FileError::io(path, e))?;
        let Some((len, is_terminated)) = next else { return Ok(has_end) };
        has_end = is_terminated;
        number += 1;
        let text = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if !text.is_empty() {
            take(Line { number, offset, text, is_terminated }).map_err(|problem| {
                FileError::Malformed { path: path.to_owned(), line: number, problem, expected }
            })?;
        }
        offset += len;
    }
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

/// Reads one line into `bytes`, cut to what a record can be, and says how long it was and whether
/// it had an end.
fn read_line(reader: &mut impl BufRead, bytes: &mut Vec<u8>) -> io::Result<Option<(u64, bool)>> {
    bytes.clear();
    let mut len = reader.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', bytes)? as u64;
    let mut is_terminated = bytes.last() == Some(&b'\n');
    if len == MAX_LINE_BYTES && !is_terminated {
        len += skip_line(reader, &mut is_terminated)?;
    }
    Ok((len > 0).then_some((len, is_terminated)))
}

fn skip_line(reader: &mut impl BufRead, is_terminated: &mut bool) -> io::Result<u64> {
    let mut skipped = 0;
    loop {
        let available = reader.fill_buf()?;
        let end = memchr::memchr(b'\n', available);
        let count = end.map_or(available.len(), |at| at + 1);
        reader.consume(count);
        skipped += count as u64;
        *is_terminated = end.is_some();
        if *is_terminated || count == 0 {
            return Ok(skipped);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(content: &[u8]) -> Vec<(u64, u64, Vec<u8>, bool)> {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), content).expect("written");
        let mut lines = Vec::new();
        read_lines(file.path(), "", |line| {
            lines.push((line.number, line.offset, line.text.to_vec(), line.is_terminated));
            Ok(())
        })
        .expect("read");
        lines
    }

    #[test]
    fn line_ends_of_both_kinds_and_none_are_taken() {
        assert_eq!(
            lines(b"a\nb\r\n\n\r\nc"),
            [
                (1, 0, b"a".to_vec(), true),
                (2, 2, b"b".to_vec(), true),
                (5, 8, b"c".to_vec(), false)
            ]
        );
    }

    #[test]
    fn file_without_lines_has_none() {
        assert_eq!(lines(b""), []);
        assert_eq!(lines(b"\n\n"), []);
    }

    #[test]
    fn endless_line_is_cut_and_the_next_one_is_found() {
        let content = [&vec![b'x'; 1_000_000][..], b"\nnext\n"].concat();
        let lines = lines(&content);
        assert_eq!(lines[0].2.len(), MAX_LINE_BYTES as usize);
        assert!(lines[0].3);
        assert_eq!(lines[1], (2, 1_000_001, b"next".to_vec(), true));
    }

    #[test]
    fn malformed_line_is_named_with_its_file() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), "fine\n\nwrong\n").expect("written");
        let error = read_lines(file.path(), "fine", |line| match line.text {
            b"fine" => Ok(()),
            _ => Err("it is not fine".to_owned()),
        });
        let text = error.expect_err("the third line is wrong").to_string();
        let expected = format!("{}:3: it is not fine; expected fine", file.path().display());
        assert_eq!(text, expected);
    }
}
