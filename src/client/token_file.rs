//! Device tokens on disk, a file for each user.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use thiserror::Error;

use crate::protocol::{DeviceToken, Username};
use crate::text_file::{self, FileError};
use crate::whole_file::{self, PRIVATE};

/// What follows the name of the user in the name of a file.
const SUFFIX: &str = "_token.txt";

/// Permissions of a file that let others than its owner at it.
const OTHERS: u32 = 0o077;

/// Bytes of a file, at most: a token is shorter, and a file that is longer has none.
const MAX_FILE_BYTES: u64 = 1024;

/// A directory with a file `<username>_token.txt` for each user whose login a phone remembers.
/// Whoever can read the file can log in.
#[derive(Debug)]
pub struct TokenDirectory(PathBuf);

/// Reason for which a token is not used.
#[derive(Debug, Error)]
pub enum TokenFileError {
    /// The file cannot be read, or has no token.
    #[error(transparent)]
    File(#[from] FileError),
    /// Others than the owner can read or write the file.
    #[error(
        "{path}: not used, as others have access to it (mode {mode:04o}); type the password, which \
         replaces it, or make it private with chmod 600",
        path = path.display()
    )]
    Shared {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
}

impl TokenDirectory {
    /// The directory at `path`.
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Returns the user with a token if there is exactly one. A directory that cannot be listed has
    /// none.
    pub fn only_user(&self) -> Option<Username> {
        let names = fs::read_dir(&self.0).ok()?.filter_map(|entry| Some(entry.ok()?.file_name()));
        let mut users = names.filter_map(|name| {
            Username::decode(name.to_str()?.strip_suffix(SUFFIX)?.as_bytes()).ok()
        });
        let first = users.next()?;
        users.next().is_none().then_some(first)
    }

    /// Reads the token of a user; `None` if there is no file.
    ///
    /// # Errors
    ///
    /// [`TokenFileError`]
    pub fn read(&self, user: Username) -> Result<Option<DeviceToken>, TokenFileError> {
        let path = self.path(user);
        let file = match text_file::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(FileError::io(&path, error).into()),
        };
        let metadata = file.metadata().map_err(|error| FileError::io(&path, error))?;
        let mode = metadata.permissions().mode() & 0o7777;
        if mode & OTHERS != 0 {
            return Err(TokenFileError::Shared { path, mode });
        }
        let mut content = Vec::new();
        let read = file.take(MAX_FILE_BYTES).read_to_end(&mut content);
        read.map_err(|error| FileError::io(&path, error))?;
        match DeviceToken::decode(content.trim_ascii()) {
            Ok(token) => Ok(Some(token)),
            Err(error) => {
                let problem = format!("it has no device token: {error}; type the password");
                let source = io::Error::new(io::ErrorKind::InvalidData, problem);
                Err(FileError::io(&path, source).into())
            }
        }
    }

    /// Keeps the token of a user in a file that only its owner can read. A crash leaves the old
    /// token or the new.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn keep(&self, user: Username, token: &DeviceToken) -> Result<(), FileError> {
        let path = self.path(user);
        if let Err(TokenFileError::Shared { .. }) = self.read(user) {
            // A file that replaces another one would get its mode.
            self.remove(user)?;
        }
        whole_file::replace(&path, PRIVATE, |file| writeln!(file, "{}", token.as_str()))
            .map_err(|error| FileError::io(&path, error))
    }

    /// Removes the token of a user, if there is one.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn remove(&self, user: Username) -> Result<(), FileError> {
        let path = self.path(user);
        match fs::remove_file(&path) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(FileError::io(&path, error)),
        }
    }

    fn path(&self, user: Username) -> PathBuf {
        self.0.join(format!("{user}{SUFFIX}"))
    }
}

#[cfg(test)]
mod tests;
