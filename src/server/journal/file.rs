//! A journal's bytes in a file.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::storage::Storage;

/// A file that is only appended to.
#[derive(Debug)]
pub struct JournalFile(File);

impl JournalFile {
    /// Opens the file at `path`, or makes an empty one that survives a crash.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn open(path: &Path) -> io::Result<Self> {
        // Opening a pipe for writing only would wait for a reader.
        let file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        // A new file is found after a crash only if its directory was synced as well; and whether an
        // earlier run came so far is not known.
        if let Some(directory) = path.parent() {
            File::open(directory)?.sync_all()?;
        }
        Ok(Self(file))
    }
}

impl Storage for JournalFile {
    fn size(&self) -> io::Result<u64> {
        let metadata = self.0.metadata()?;
        if metadata.nlink() == 0 {
            // What is written to it now, no restart will find.
            return Err(io::Error::other("the file was deleted; start the server again"));
        }
        Ok(metadata.len())
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }
}
