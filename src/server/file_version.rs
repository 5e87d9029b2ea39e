//! How to see that a file was changed.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::text_file::FileError;

/// Differs from that of another file, and from that of the same file after a change.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FileVersion {
    device: u64,
    inode: u64,
    /// Length, in bytes.
    pub(super) len: u64,
    /// Seconds and nanoseconds. Unlike the time of the last modification, nobody can set it back.
    status_changed: (i64, i64),
}

impl FileVersion {
    /// Whether both are versions of the same file, unless it was removed in between.
    pub(super) fn is_same_file(&self, other: &Self) -> bool {
        (self.device, self.inode) == (other.device, other.inode)
    }

    /// The version of the file that is at a path now.
    ///
    /// # Errors
    ///
    /// [`FileError`]
    pub(super) fn of(path: &Path) -> Result<Self, FileError> {
        let metadata = path.metadata().map_err(|error| FileError::io(path, error))?;
        Ok(Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            len: metadata.len(),
            status_changed: (metadata.ctime(), metadata.ctime_nsec()),
        })
    }
}
