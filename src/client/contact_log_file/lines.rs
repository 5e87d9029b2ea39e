//! A contact log as it is read: its records, and the lines that are none.

use crate::protocol::ContactRecord;
use crate::text_file::BYTE_ORDER_MARK;

/// The lines of a file. Ends of lines are LF or CRLF; blank lines and a byte order mark are passed
/// over.
pub(super) struct Lines<'a> {
    pub(super) records: Vec<ContactRecord>,
    pub(super) rejected: Vec<Rejected<'a>>,
    /// The last line, if it has no end and is no record but could become one.
    unfinished: Option<Rejected<'a>>,
}

/// A line that is no record.
pub(super) struct Rejected<'a> {
    /// Counted from 1.
    pub(super) number: usize,
    pub(super) text: &'a [u8],
    pub(super) problem: String,
}

impl<'a> Lines<'a> {
    pub(super) fn of(content: &'a [u8]) -> Self {
        let mut lines = Self { records: Vec::new(), rejected: Vec::new(), unfinished: None };
        for (index, line) in content.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let text = line.strip_suffix(b"\n").unwrap_or(line);
            let mark: &[u8] = if index == 0 { BYTE_ORDER_MARK } else { b"" };
            let text = text.strip_prefix(mark).unwrap_or(text);
            let record = text.strip_suffix(b"\r").unwrap_or(text);
            if record.is_empty() {
                continue;
            }
            match ContactRecord::decode_line(record) {
                Ok(record) => lines.records.push(record),
                Err(error) => {
                    let problem = error.to_string();
                    let rejected = Rejected { number: index + 1, text, problem };
                    let has_end = line.ends_with(b"\n");
                    if has_end || record.len() > ContactRecord::LINE_LEN {
                        lines.rejected.push(rejected);
                    } else {
                        lines.unfinished = Some(rejected);
                    }
                }
            }
        }
        lines
    }

    /// Whether the last line has no end and is too short for a record.
    pub(super) fn last_is_unfinished(&self) -> bool {
        self.unfinished.is_some()
    }

    /// Takes an unfinished last line for one that is no record.
    pub(super) fn reject_last(&mut self) {
        self.rejected.extend(self.unfinished.take());
    }
}
