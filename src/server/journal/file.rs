//! A journal's bytes in a file that others may move, replace, cut or write to.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use thiserror::Error;

use super::replacement::{Replaced, Replacement};
use super::storage::Storage;
use crate::server::place::Place;
use crate::whole_file::{PRIVATE, sync_directory};

/// A file that is only appended to, and only as long as its path names it and nobody else changes
/// it.
///
/// A restart reads what the path names. So each operation first compares the file there with the
/// one that is open here, and its length with the bytes known to be in it: a record that is
/// appended to a file that logrotate moved away, or behind half a line of somebody else, is lost to
/// a restart.
#[derive(Debug)]
pub struct JournalFile {
    file: File,
    place: Place,
    /// The bytes that the file has if nobody else changed it.
    len: u64,
    /// Whether its name may be gone after a crash, and that of an older file be there instead.
    is_name_in_doubt: bool,
}

/// What others did to the content of the file.
#[derive(Debug, Error)]
#[error(
    "the file has {found} bytes instead of {expected}: somebody else wrote to it or cut it; \
     restore it, or start the server again"
)]
struct Changed {
    found: u64,
    expected: u64,
}

impl JournalFile {
    /// Opens the file at `path`, or makes an empty one that survives a crash and that nobody else
    /// can read.
    ///
    /// # Errors
    ///
    /// What the system says, or that it is no regular file.
    pub fn open(path: &Path) -> io::Result<Self> {
        // Opening a pipe for writing only would wait for a reader.
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true).mode(PRIVATE);
        let file = options.open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::new(ErrorKind::InvalidInput, "it is not a regular file"));
        }
        // A new file is found after a crash only if its directory was synced as well; and whether
        // an earlier run came so far is not known.
        sync_directory(path)?;
        Ok(Self {
            file,
            place: Place::new(path, &metadata),
            len: metadata.len(),
            is_name_in_doubt: false,
        })
    }

    /// The bytes of the file, to be read once, before anything is appended.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn reader(&self) -> io::Result<File> {
        // The position is shared, but appending does not look at it.
        self.file.try_clone()
    }

    /// Number of bytes, if nobody else changed it.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether nothing is stored.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The path.
    pub fn path(&self) -> &Path {
        self.place.path()
    }

    /// Puts a replacement in the place of the file, with what was appended since it was written,
    /// and returns the old file, whose blocks are freed when all of it is dropped. There should be
    /// little to copy, as everybody waits for it.
    ///
    /// # Errors
    ///
    /// The error of the system, or what others did to the file, which stays in its place.
    pub fn replace(&mut self, mut replacement: Replacement) -> io::Result<[File; 2]> {
        let caught_up = self.check().and_then(|()| replacement.catch_up(self.len));
        // Once more: what others did meanwhile would be lost with the old file.
        if let Err(error) = caught_up.and_then(|()| self.check()) {
            replacement.discard();
            return Err(error);
        }
        let Replaced { file, metadata, len, old } = replacement.rename()?;
        self.place = Place::new(self.place.path(), &metadata);
        (self.len, self.is_name_in_doubt) = (len, true);
        let also_old = std::mem::replace(&mut self.file, file);
        // If it fails, the next commit tries it again before anybody is told a TempID.
        let _ = self.sync_name();
        Ok([old, also_old])
    }

    fn sync_name(&mut self) -> io::Result<()> {
        if self.is_name_in_doubt {
            sync_directory(&self.place.path().canonicalize()?)?;
            self.is_name_in_doubt = false;
        }
        Ok(())
    }

    /// Checks that a restart would find here what was appended, with one system call.
    fn check(&self) -> io::Result<()> {
        let metadata = self.place.check()?;
        let (found, expected) = (metadata.len(), self.len);
        if found != expected {
            return Err(io::Error::other(Changed { found, expected }));
        }
        Ok(())
    }
}

impl Storage for JournalFile {
    fn size(&self) -> io::Result<u64> {
        self.check()?;
        Ok(self.len)
    }

    fn append(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        // Not `write_all`, which does not tell how much it has written when it fails.
        while !bytes.is_empty() {
            match self.file.write(bytes) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.len += count as u64;
                    bytes = &bytes[count..];
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()?;
        self.sync_name()?;
        // Once more: what others did since the check before the write is noticed before a reply.
        self.check()
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        // What others wrote behind the last record is theirs, and not for us to cut off.
        self.check()?;
        self.file.set_len(len)?;
        self.len = len;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
