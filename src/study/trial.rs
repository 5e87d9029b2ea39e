//! Trial creation of directories.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

/// Directories created for a trial. Dropping it removes them, so that an interrupted run leaves
/// nothing.
#[derive(Debug, Default)]
pub(super) struct Trial {
    made: Vec<PathBuf>,
}

impl Trial {
    /// Creates a directory and its parents, as far as they are missing.
    ///
    /// # Errors
    ///
    /// The error of the system.
    pub(super) fn of_directory(path: &Path) -> io::Result<Self> {
        let mut trial = Self::default();
        let is_missing = |path: &&Path| {
            let found = fs::metadata(path);
            !path.as_os_str().is_empty()
                && found.is_err_and(|error| error.kind() == ErrorKind::NotFound)
        };
        let missing: Vec<_> = path.ancestors().take_while(is_missing).collect();
        for directory in missing.into_iter().rev() {
            match fs::create_dir(directory) {
                Ok(()) => trial.made.push(directory.to_owned()),
                // The parent of one that was just made.
                Err(_) if directory.is_dir() => {}
                Err(error) => return Err(error),
            }
        }
        if !fs::metadata(path)?.is_dir() {
            return Err(ErrorKind::NotADirectory.into());
        }
        access(path, Access::WRITE_OK | Access::EXEC_OK)?;
        Ok(trial)
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        for directory in self.made.iter().rev() {
            // Who has put something into it meanwhile wants to keep it.
            let _ = fs::remove_dir(directory);
        }
    }
}

#[cfg(test)]
mod tests;
