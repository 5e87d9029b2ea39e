//! Whether a path still names the file that was opened there.

use std::fs::Metadata;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// The place of a file that is kept open and that others may move or replace. A restart reads what
/// the path names, so what is written to a file that logrotate moved away is lost to it.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    identity: Identity,
}

/// Tells one file of this machine from all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
}

/// What others did to the file.
#[derive(Debug, Error)]
enum Interference {
    #[error("the file was moved or deleted; move it back")]
    Gone,
    #[error("another file has taken its place; move the one that the server opened back")]
    Replaced,
}

impl Place {
    /// The place of a file that was opened at `path`, with its metadata.
    pub(super) fn new(path: &Path, metadata: &Metadata) -> Self {
        Self { path: path.to_owned(), identity: Identity::of(metadata) }
    }

    /// The path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Checks that the path names the same file, and returns its metadata. It is one system call.
    ///
    /// # Errors
    ///
    /// That the file was moved, deleted or replaced, or what the system says.
    pub(super) fn check(&self) -> io::Result<Metadata> {
        let metadata = match self.path.metadata() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(io::Error::other(Interference::Gone));
            }
            metadata => metadata?,
        };
        if Identity::of(&metadata) != self.identity {
            return Err(io::Error::other(Interference::Replaced));
        }
        Ok(metadata)
    }
}

impl Identity {
    fn of(metadata: &Metadata) -> Self {
        Self { device: metadata.dev(), inode: metadata.ino() }
    }
}
