//! Text files of one record a line: what the three kinds of files have in common.
//!
//! Every reader takes LF and CRLF, blank lines, a last line without an end, and a byte order mark in
//! front of the first line. What is wrong is told with file, line and what was expected.

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
mod tests {
    use proptest::prelude::*;

    use super::*;

    type OwnedLine = (u64, u64, Vec<u8>, bool);

    fn lines(content: &[u8]) -> Vec<OwnedLine> {
        lines_of(content).0
    }

    fn lines_of(source: impl Read) -> (Vec<OwnedLine>, bool) {
        let mut lines = Vec::new();
        let has_end = read_lines_of(source, Path::new(""), "", |line| {
            lines.push((line.number, line.offset, line.text.to_vec(), line.is_terminated));
            Ok(())
        });
        (lines, has_end.expect("read"))
    }

    /// The same, with everything in memory at once.
    fn lines_of_whole(content: &[u8]) -> (Vec<OwnedLine>, bool) {
        let (mut lines, mut offset, mut has_end) = (Vec::new(), 0, true);
        for (index, line) in content.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let text = line.strip_suffix(b"\n").unwrap_or(line);
            has_end = text.len() < line.len();
            let text = &text[..text.len().min(MAX_LINE_BYTES)];
            let text = text.strip_suffix(b"\r").unwrap_or(text);
            if !text.is_empty() {
                lines.push((index as u64 + 1, offset, text.to_vec(), has_end));
            }
            offset += line.len() as u64;
        }
        (lines, has_end)
    }

    /// A source that gives as many bytes at once as `steps` says, in turn; zero is an interruption.
    struct Steps<'a> {
        content: &'a [u8],
        steps: std::iter::Cycle<std::slice::Iter<'a, usize>>,
    }

    impl Read for Steps<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.steps.next() {
                Some(0) | None => Err(io::ErrorKind::Interrupted.into()),
                Some(step) => {
                    let len = buffer.len().min(*step);
                    self.content.read(&mut buffer[..len])
                }
            }
        }
    }

    fn any_line() -> impl Strategy<Value = Vec<u8>> {
        let long = MAX_LINE_BYTES - 2..MAX_LINE_BYTES + 3;
        let len = prop_oneof![8 => 0..100_usize, 1 => long, 1 => 0..3 * MAX_LINE_BYTES];
        let end = prop_oneof![Just("\n"), Just("\r\n"), Just("\r"), Just("\n\n")];
        (len, end).prop_map(|(len, end)| [&vec![b'x'; len], end.as_bytes()].concat())
    }

    proptest! {
        #[test]
        fn source_cut_anywhere_has_the_same_lines(
            lines in prop::collection::vec(any_line(), 0..20),
            rest in 0..MAX_LINE_BYTES + 2,
            steps in prop::collection::vec(0..200_usize, 1..10),
            last_step in prop_oneof![1..3_usize, Just(READ_BYTES)],
        ) {
            let content = [lines.concat(), vec![b'y'; rest]].concat();
            let steps = [steps, vec![last_step]].concat();
            let source = Steps { content: &content, steps: steps.iter().cycle() };
            prop_assert_eq!(lines_of(source), lines_of_whole(&content));
        }
    }

    #[test]
    fn line_cut_by_the_end_of_the_buffer_is_whole() {
        for short in 0..3 {
            let mut content = b"0123456789abcde\n".repeat(READ_BYTES / 16 * 2 + 1);
            content.drain(..short);
            assert_eq!(lines_of(&content[..]), lines_of_whole(&content));
        }
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
    fn byte_order_mark_is_passed_over_in_front_of_the_first_line_only() {
        assert_eq!(
            lines("\u{feff}a\n\u{feff}b\n".as_bytes()),
            [(1, 0, b"a".to_vec(), true), (2, 5, "\u{feff}b".as_bytes().to_vec(), true)]
        );
        assert_eq!(lines("\u{feff}\n\u{feff}".as_bytes()), [(2, 4, "\u{feff}".into(), false)]);
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
        assert_eq!(lines[0].2.len(), MAX_LINE_BYTES);
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
