//! Where contact logs are kept: what the machines ask of a file system, and the real one.

use std::fmt::Debug;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::text_file;
use crate::whole_file::{self, PRIVATE};

/// Bytes of a file, at most. A log that is full has 4 MB; a file that is larger is no log.
const MAX_FILE_BYTES: u64 = 16 * 1024 * 1024;

/// Files of a phone, by name, and what else outlives its program.
pub trait LogStorage: Debug {
    /// Keeps other programs from the same lock until it is dropped, or the program ends in any way.
    type Lock: Debug;

    /// Differs after a file was changed. Equal stamps mean that the file was not touched.
    type Stamp: Debug + Clone + PartialEq;

    /// Takes the lock of this name; `None` if another program has it.
    ///
    /// # Errors
    ///
    /// What the system says, such as that nothing may be written there.
    fn lock(&mut self, name: &str) -> io::Result<Option<Self::Lock>>;

    /// Returns the stamp of a file; `None` if there is no such file.
    fn stamp(&self, name: &str) -> Option<Self::Stamp>;

    /// Reads a whole file; `None` if there is no such file.
    ///
    /// # Errors
    ///
    /// What the system says, or that it is not a file for us.
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>>;

    /// Appends `lines`, which end with a line feed, to a file that is made if it does not exist.
    /// They begin on a new line even if the last line of the file has no end.
    ///
    /// # Errors
    ///
    /// What the system says; then the file is as it was, as far as that is possible.
    fn append(&mut self, name: &str, lines: &[u8]) -> io::Result<()>;

    /// Replaces a file. A crash, also one of the machine, leaves the old content or the new.
    ///
    /// # Errors
    ///
    /// What the system says; then the file is as it was.
    fn replace(&mut self, name: &str, content: &[u8]) -> io::Result<()>;

    /// Removes a file, if it exists.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn remove(&mut self, name: &str) -> io::Result<()>;

    /// Removes what a crash in the middle of [`replace`](LogStorage::replace) left of a file.
    fn discard_unfinished(&mut self, name: &str);

    /// Returns the path of a file, for messages.
    fn path(&self, name: &str) -> PathBuf;

    /// Returns how long the machine has been running, by a clock that nobody can set; `None` if it
    /// does not say.
    fn uptime(&self) -> Option<Uptime>;
}

/// A time since a machine was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uptime {
    /// Differs for each start of each machine. It has no blank.
    pub boot: String,
    /// Seconds since then, those in which the machine slept included.
    pub seconds: i64,
}

/// A directory of the real file system.
#[derive(Debug)]
pub struct LogDirectory(PathBuf);

/// A lock file that this process holds. Editors and we ourselves replace the files of a log, so
/// that a lock on one of those would soon be on a file without a name; and users of one directory
/// have a lock each, so that it cannot be the directory's.
#[derive(Debug)]
pub struct LockFile {
    path: PathBuf,
    /// Locked as long as it is open, so not beyond a crash. A lock file that a crash leaves behind
    /// is empty and locks nobody out.
    file: File,
}

/// What a file looks like from outside. Names the file, its size, and when it was last changed; the
/// last of those cannot be set back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileStamp {
    file: (u64, u64),
    len: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl LogDirectory {
    /// The directory at `path`.
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }
}

impl LogStorage for LogDirectory {
    type Lock = LockFile;
    type Stamp = FileStamp;

    fn lock(&mut self, name: &str) -> io::Result<Option<LockFile>> {
        let path = self.0.join(name);
        loop {
            let file = private().write(true).create(true).truncate(false).open(&path)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(error),
            }
            // Whoever had it may have removed it between our two calls; then it locks nobody out.
            if has_name(&file, &path) {
                return Ok(Some(LockFile { path, file }));
            }
        }
    }

    fn stamp(&self, name: &str) -> Option<FileStamp> {
        let metadata = fs::metadata(self.0.join(name)).ok()?;
        Some(FileStamp {
            file: (metadata.dev(), metadata.ino()),
            len: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        })
    }

    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let file = match text_file::open(&self.0.join(name)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut content = Vec::new();
        file.take(MAX_FILE_BYTES + 1).read_to_end(&mut content)?;
        if content.len() as u64 > MAX_FILE_BYTES {
            let problem = format!("it has more than {MAX_FILE_BYTES} bytes");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, problem));
        }
        Ok(Some(content))
    }

    fn append(&mut self, name: &str, lines: &[u8]) -> io::Result<()> {
        let mut file = private().read(true).append(true).create(true).open(self.0.join(name))?;
        let len = file.metadata()?.len();
        let mut last = [b'\n'];
        if len > 0 {
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
        }
        let end_of_line: &[u8] = if last == *b"\n" { b"" } else { b"\n" };
        file.write_all(&[end_of_line, lines].concat()).inspect_err(|_| {
            // Half a line would be a malformed one. If this fails too, nothing is left to try.
            let _ = file.set_len(len);
        })
    }

    fn replace(&mut self, name: &str, content: &[u8]) -> io::Result<()> {
        whole_file::replace(&self.0.join(name), PRIVATE, |file| file.write_all(content))
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.0.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn discard_unfinished(&mut self, name: &str) {
        let _ = fs::remove_file(whole_file::temporary(&self.0.join(name)));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn uptime(&self) -> Option<Uptime> {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        let uptime = fs::read_to_string("/proc/uptime").ok()?;
        let (seconds, _) = uptime.split_once('.')?;
        Some(Uptime { boot: boot.trim().to_owned(), seconds: seconds.parse().ok()? })
    }
}

impl Drop for LockFile {
    fn drop(&mut self) {
        // While it is still locked, so that it is nobody else's.
        if has_name(&self.file, &self.path) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Whether `path` names the open `file`.
fn has_name(file: &File, path: &Path) -> bool {
    let (Ok(ours), Ok(there)) = (file.metadata(), fs::metadata(path)) else { return false };
    (ours.dev(), ours.ino()) == (there.dev(), there.ino())
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(PRIVATE);
    options
}

#[cfg(test)]
mod tests;
