//! What the phones were told, where the user wants it.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::StormError;

/// A file with a line for each TempID that a phone was told, in the form of `tempIDs.txt`.
#[derive(Debug)]
pub(super) struct ToldFile {
    path: PathBuf,
    file: File,
}

impl ToldFile {
    /// An empty file.
    ///
    /// # Errors
    ///
    /// [`StormError::Output`] if it cannot be written.
    pub(super) fn create(path: &Path) -> Result<Self, StormError> {
        match File::create(path) {
            Ok(file) => Ok(Self { path: path.to_owned(), file }),
            Err(source) => Err(StormError::Output { path: path.to_owned(), source }),
        }
    }

    /// Adds lines.
    ///
    /// # Errors
    ///
    /// [`StormError::Output`] if they cannot be written.
    pub(super) fn write(&mut self, lines: &[u8]) -> Result<(), StormError> {
        let with_path = |source| StormError::Output { path: self.path.clone(), source };
        self.file.write_all(lines).map_err(with_path)
    }
}
