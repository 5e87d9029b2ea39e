//! A copy of the end of a journal, beside it.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::whole_file::{PRIVATE, sync_directory};

/// Keeps `bytes`, which the file at `path` has from `offset` on, in a new file beside it that
/// survives a crash, and returns its path.
///
/// # Errors
///
/// What the system says.
pub fn set_aside(path: &Path, offset: u64, bytes: &[u8]) -> io::Result<PathBuf> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(PRIVATE);
    for number in 1_u32.. {
        let mut copy = path.as_os_str().to_owned();
        copy.push(match number {
            1 => format!(".torn-{offset}"),
            // What an earlier crash left there is not overwritten.
            _ => format!(".torn-{offset}-{number}"),
        });
        match options.open(&copy) {
            Ok(mut file) => {
                file.write_all(bytes).and_then(|()| file.sync_all())?;
                sync_directory(path)?;
                return Ok(copy.into());
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

#[cfg(test)]
mod tests;
