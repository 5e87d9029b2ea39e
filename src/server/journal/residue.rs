//! What a crash leaves at the end of a journal. The rules are in the documentation of the parent
//! module.

use std::path::PathBuf;

use crate::protocol::{ContactRecord, Username};

/// Most bytes that are appended between two syncs, and so the part of the end that a crash can
/// damage. It has room for 2,800 lines, more than one for each event of a tick.
pub const MAX_COMMIT_BYTES: usize = 256 * 1024;

/// Size of a sector, in bytes. Larger sectors are multiples of it.
const SECTOR_BYTES: u64 = 512;

/// Longest line without its end, in bytes. A longer text without zeros is no torn line.
const MAX_RECORD_BYTES: usize = Username::MAX_LEN + 1 + ContactRecord::LINE_LEN;

/// A repair of damage by a crash.
#[derive(Debug, PartialEq, Eq)]
pub struct Mended {
    /// Offset of the first damaged line, in bytes.
    pub offset: u64,
    /// Number of damaged lines that were cut out.
    pub cut_out: usize,
    /// Number of whole lines behind the first damaged one, which stay.
    pub kept: usize,
    /// Path of a copy of all bytes from `offset` on, unless only zeros were cut out.
    pub copy: Option<PathBuf>,
}

/// The end of a journal, from the first line on that a crash damaged.
#[derive(Debug)]
pub(super) struct Residue {
    /// Offset of its first byte.
    pub(super) offset: u64,
    /// All its bytes.
    pub(super) bytes: Vec<u8>,
    /// Its whole lines, each with a line end.
    pub(super) whole_lines: Vec<u8>,
    kept: usize,
    cut_out: usize,
    /// Whether a damaged line has other bytes than zeros.
    is_readable: bool,
}

impl Residue {
    /// Splits the `bytes` from `offset` to the end of a journal into whole and damaged lines.
    /// `take` gets each line with its index, and returns an error for a line that is not whole.
    ///
    /// # Errors
    ///
    /// The error of the first line whose damage no crash explains.
    pub(super) fn read<E>(
        offset: u64,
        bytes: Vec<u8>,
        mut take: impl FnMut(u64, &[u8]) -> Result<(), E>,
    ) -> Result<Self, E> {
        let (mut whole_lines, mut kept, mut cut_out) = (Vec::with_capacity(bytes.len()), 0, 0);
        let (mut start, mut is_readable) = (offset, false);
        for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let terminated = line.strip_suffix(b"\n");
            let text = terminated.unwrap_or(line);
            let text = text.strip_suffix(b"\r").unwrap_or(text);
            match take(index as u64, text) {
                _ if text.is_empty() => {}
                Ok(()) => {
                    kept += 1;
                    whole_lines.extend_from_slice(text);
                    whole_lines.push(b'\n');
                }
                Err(problem) if !is_damaged_by_crash(start, line, terminated.is_some()) => {
                    return Err(problem);
                }
                Err(_) => {
                    cut_out += 1;
                    is_readable |= text.iter().any(|byte| *byte != 0);
                }
            }
            start += line.len() as u64;
        }
        Ok(Self { offset, bytes, whole_lines, kept, cut_out, is_readable })
    }

    /// Whether the damaged lines have other bytes than zeros.
    pub(super) fn is_readable(&self) -> bool {
        self.is_readable
    }

    /// The repair, without the path of a copy.
    pub(super) fn mended(&self) -> Mended {
        Mended { offset: self.offset, cut_out: self.cut_out, kept: self.kept, copy: None }
    }
}

/// Whether a crash explains the damage to a line at offset `start`.
fn is_damaged_by_crash(start: u64, line: &[u8], is_terminated: bool) -> bool {
    let has_zeros = line.contains(&0);
    // Nothing of a hole tells where it begins, as the sector before it may be torn. It ends with a
    // sector, or with the file.
    let ends_with_sector = |end: usize| {
        let is_end_of_file = end == line.len() && !is_terminated;
        is_end_of_file || (start + end as u64).is_multiple_of(SECTOR_BYTES)
    };
    let mut ends = (1..=line.len()).filter(|end| line[end - 1] == 0 && line.get(*end) != Some(&0));
    let mut pieces = line.split(|byte| *byte == 0);
    (has_zeros || !is_terminated)
        && ends.all(ends_with_sector)
        && pieces.all(|piece| piece.len() <= MAX_RECORD_BYTES + b"\r\n".len())
}

#[cfg(test)]
mod tests;
