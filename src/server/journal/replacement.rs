//! A journal without its old lines, made beside it while it goes on being appended to.
//!
//! The file at the path is always whole: the old one until the rename, the new one from then on. A
//! crash leaves the new file under its temporary name at most, and the next replacement removes it.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Read, Write};
use std::ops::ControlFlow;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::replay::{LineReader, Replay, decode_line};
use crate::protocol::{Timestamp, TimestampDecoder};
use crate::text_file::read_lines_of;
use crate::whole_file::{PRIVATE, temporary};

/// Written to the new file at once, in bytes.
const WRITE_BYTES: usize = 256 * 1024;

/// Written to the new file between two syncs, in bytes. One sync of the whole file would keep the
/// disk busy for seconds, and with it every commit of the journal.
const SYNC_BYTES: usize = 1024 * 1024;

/// The new file, as far as it is written.
#[derive(Debug)]
pub struct Replacement {
    /// The old file, whose content must not change up to its known length.
    source: File,
    /// The path of the old file, without links.
    target: PathBuf,
    file: File,
    /// Length of the new file, in bytes.
    len: u64,
    /// Bytes of the old file whose lines are in the new one or were left out.
    through: u64,
    /// Number of lines that were left out.
    left_out: u64,
}

impl Replacement {
    /// Writes a new file with those of the first `len` bytes of the journal at `path`, open as
    /// `source`, whose TempIDs are valid at `since` or later. `None` if these are all lines.
    ///
    /// It takes as long as reading and writing that much, and belongs on a thread of its own.
    ///
    /// # Errors
    ///
    /// The error of the system, that the journal has a malformed line, or that none of its lines
    /// would stay, as after a jump of the clock. There is no new file then.
    pub fn write(
        source: File,
        path: &Path,
        len: u64,
        since: Timestamp,
    ) -> io::Result<Option<Self>> {
        let target = fs::canonicalize(path)?;
        remove(&temporary(&target))?;
        let mut has_old_line = false;
        each_line(Section { file: &source, position: 0, end: len }, path, since, |_, is_old| {
            has_old_line = is_old;
            if is_old { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        if !has_old_line {
            return Ok(None);
        }
        let file = create(&target, &source)?;
        let mut new = Self { source, target, file, len: 0, through: 0, left_out: 0 };
        let written = new.copy(path, len, since);
        written.inspect_err(|_| new.discard())?;
        Ok(Some(new))
    }

    fn copy(&mut self, path: &Path, len: u64, since: Timestamp) -> io::Result<()> {
        let Self { source, file, left_out, .. } = self;
        let mut out = BufWriter::with_capacity(WRITE_BYTES, &*file);
        let (mut problem, mut unsynced) = (Ok(()), 0);
        let lines = Section { file: source, position: 0, end: len };
        each_line(lines, path, since, |text, is_old| {
            if is_old {
                *left_out += 1;
                return ControlFlow::Continue(());
            }
            problem = out.write_all(text).and_then(|()| out.write_all(b"\n"));
            unsynced += text.len() + 1;
            if problem.is_ok() && unsynced >= SYNC_BYTES {
                unsynced = 0;
                problem = out.flush().and_then(|()| out.get_ref().sync_data());
            }
            if problem.is_err() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        problem.and_then(|()| out.flush())?;
        drop(out);
        (self.through, self.len) = (len, self.file.metadata()?.len());
        if self.len == 0 {
            return Err(io::Error::other("every TempID in it is older; is the clock right?"));
        }
        self.file.sync_all()
    }

    /// Copies what was appended to the journal meanwhile, up to its length `len`, and makes it
    /// survive a crash.
    ///
    /// # Errors
    ///
    /// The error of the system.
    pub fn catch_up(&mut self, len: u64) -> io::Result<()> {
        let mut more = Section { file: &self.source, position: self.through, end: len };
        self.len += io::copy(&mut more, &mut &self.file)?;
        self.through = len;
        self.file.sync_data()
    }

    /// Bytes of the journal, up to its length `len`, that are not copied yet.
    pub fn behind(&self, len: u64) -> u64 {
        len - self.through
    }

    /// Number of lines that were left out.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Removes the new file.
    pub fn discard(&self) {
        // The next replacement removes what is still there.
        let _ = fs::remove_file(temporary(&self.target));
    }

    /// Puts the new file in the place of the old one. The name survives a crash only when the
    /// directory is synced.
    ///
    /// # Errors
    ///
    /// The error of the system. The old file is in its place.
    pub(super) fn rename(self) -> io::Result<Replaced> {
        let metadata = self.file.metadata()?;
        fs::rename(temporary(&self.target), &self.target)?;
        Ok(Replaced { file: self.file, metadata, len: self.len, old: self.source })
    }
}

/// A new file in its place.
#[derive(Debug)]
pub(super) struct Replaced {
    pub(super) file: File,
    pub(super) metadata: Metadata,
    pub(super) len: u64,
    pub(super) old: File,
}

/// A part of a file, read without its position, which others share.
struct Section<'a> {
    file: &'a File,
    position: u64,
    end: u64,
}

impl Read for Section<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.position).unwrap_or(usize::MAX);
        let len = left.min(buffer.len());
        let count = self.file.read_at(&mut buffer[..len], self.position)?;
        if count == 0 && len > 0 {
            return Err(io::Error::new(ErrorKind::UnexpectedEof, "somebody cut the file"));
        }
        self.position += count as u64;
        Ok(count)
    }
}

/// Gives each line to `take`, with whether its TempID expired before `since`, until `take` breaks
/// off.
///
/// # Errors
///
/// The error of the system, or that a line is malformed.
fn each_line(
    source: Section<'_>,
    path: &Path,
    since: Timestamp,
    mut take: impl FnMut(&[u8], bool) -> ControlFlow<()>,
) -> io::Result<()> {
    let (mut times, mut is_broken_off) = (TimestampDecoder::default(), false);
    let read = read_lines_of(source, path, Replay::EXPECTED, |line| {
        let decoded = decode_line(line.text, &mut times);
        let (_, record) = decoded.map_err(|error| error.to_string())?;
        is_broken_off = take(line.text, record.expiry < since).is_break();
        if is_broken_off { Err(String::new()) } else { Ok(()) }
    });
    match read {
        Err(error) if !is_broken_off => Err(io::Error::other(error)),
        Ok(_) | Err(_) => Ok(()),
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Makes the new file, with the permissions of the old one, and follows no link.
fn create(target: &Path, old: &File) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create_new(true).mode(PRIVATE);
    let file = options.custom_flags(OFlags::NOFOLLOW.bits() as i32).open(temporary(target))?;
    file.set_permissions(old.metadata()?.permissions())?;
    Ok(file)
}

#[cfg(test)]
mod tests;
