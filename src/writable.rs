//! Whether files can be written, asked before long runs.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::Path;

/// Tries whether a file can be made, or overwritten if it is there. What is made for that goes
/// again at once, so that a run which is interrupted leaves nothing.
///
/// # Errors
///
/// What stands in the way.
pub(crate) fn try_file(path: &Path) -> io::Result<()> {
    // Who reads a pipe would take the end of the trial for that of everything.
    if fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        return Ok(());
    }
    match File::options().append(true).open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            File::create_new(path)?;
            fs::remove_file(path)
        }
        opened => opened.map(drop),
    }
}

/// Whether two paths lead to the same file on a disk, there already or not.
pub(crate) fn is_same_file(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        fs::canonicalize(path)
            .ok()
            .or_else(|| Some(fs::canonicalize(folder).ok()?.join(path.file_name()?)))
    };
    let is_device = fs::metadata(one).is_ok_and(|found| !found.is_file());
    !is_device && place(one).is_some_and(|place_of_one| place(other) == Some(place_of_one))
}

#[cfg(test)]
mod tests;
