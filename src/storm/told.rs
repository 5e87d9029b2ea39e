//! The file of `--told`.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::StormError;
use crate::writable;

/// A file with a line for each TempID that a phone was told, in the form of `tempIDs.txt`. It
/// replaces an older file when the first TempID is told, or at the end of the storm.
#[derive(Debug)]
pub(super) struct ToldFile {
    path: PathBuf,
    file: Option<File>,
}

impl ToldFile {
    /// Checks that the file can be written, and leaves it as it is for now.
    ///
    /// # Errors
    ///
    /// [`StormError::Output`] if it cannot.
    pub(super) fn new(path: &Path) -> Result<Self, StormError> {
        let told = Self { path: path.to_owned(), file: None };
        writable::try_file(path).map_err(|source| told.error(source))?;
        Ok(told)
    }

    /// Adds lines.
    ///
    /// # Errors
    ///
    /// [`StormError::Output`] if they cannot be written.
    pub(super) fn write(&mut self, lines: &[u8]) -> Result<(), StormError> {
        if lines.is_empty() {
            return Ok(());
        }
        self.begin()?.write_all(lines).map_err(|source| self.error(source))
    }

    /// Ends the file, and creates it if nobody was told a TempID.
    ///
    /// # Errors
    ///
    /// [`StormError::Output`] if it cannot be written.
    pub(super) fn end(mut self) -> Result<(), StormError> {
        self.begin().map(drop)
    }

    fn begin(&mut self) -> Result<&File, StormError> {
        if self.file.is_none() {
            self.file = Some(File::create(&self.path).map_err(|source| self.error(source))?);
        }
        Ok(self.file.as_ref().expect("just made"))
    }

    fn error(&self, source: std::io::Error) -> StormError {
        StormError::Output { path: self.path.clone(), source }
    }
}

#[cfg(test)]
mod tests;
