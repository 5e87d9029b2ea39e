//! Files that are there whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::text_file::FileError;

/// Writes the file at `path` with what `write` says, under another name that it gives up at the end. An
/// older file stays what it is until then, and if anything goes wrong.
pub(super) fn write_whole(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), FileError> {
    let temporary = temporary(path);
    let written = try_write(&temporary, write).and_then(|()| fs::rename(&temporary, path));
    written.map_err(|error| {
        // It may not be there at all; what went wrong before is what counts.
        let _ = fs::remove_file(&temporary);
        FileError::io(path, error)
    })
}

fn try_write(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    write(&mut file)?;
    // Otherwise a crash of the machine could leave the name with nothing in it.
    file.into_inner()?.sync_all()
}

fn temporary(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failing_writer_leaves_the_old_file_and_nothing_else() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("table.csv");
        write_whole(&path, |file| file.write_all(b"old")).expect("written");
        let error = write_whole(&path, |file| {
            file.write_all(b"new")?;
            Err(io::Error::other("no more"))
        })
        .expect_err("what the writer says");
        assert_eq!(error.to_string(), format!("{}: no more", path.display()));
        assert_eq!(fs::read(&path).expect("the file"), b"old");
        assert_eq!(fs::read_dir(directory.path()).expect("the directory").count(), 1);
    }

    #[test]
    fn directory_that_is_not_there_is_an_error_with_the_file() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("nowhere").join("table.csv");
        let error = write_whole(&path, |_| Ok(())).expect_err("no directory");
        assert!(error.to_string().starts_with(&format!("{}: ", path.display())), "{error}");
    }
}
