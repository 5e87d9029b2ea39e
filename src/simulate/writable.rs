//! Whether files can be written, asked without writing anything: a run that is interrupted leaves nothing.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::Path;

use rustix::fs::{Access, access};

/// Whether a directory can be made, with all above it, or written into if it is there.
///
/// # Errors
///
/// What stands in the way.
pub(super) fn directory(path: &Path) -> io::Result<()> {
    for ancestor in path.ancestors() {
        match fs::metadata(named(ancestor)) {
            Ok(found) if found.is_dir() => return may_write_into(ancestor),
            Ok(_) => return Err(ErrorKind::NotADirectory.into()),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Err(ErrorKind::NotFound.into())
}

/// Whether a file can be made in a directory that is there, or overwritten.
///
/// # Errors
///
/// What stands in the way.
pub(super) fn file(path: &Path) -> io::Result<()> {
    match File::options().append(true).open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            may_write_into(path.parent().unwrap_or(path))
        }
        opened => opened.map(drop),
    }
}

fn may_write_into(directory: &Path) -> io::Result<()> {
    Ok(access(named(directory), Access::WRITE_OK | Access::EXEC_OK)?)
}

/// The current directory has an empty path above `file`.
fn named(path: &Path) -> &Path {
    if path.as_os_str().is_empty() { Path::new(".") } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_made_is_not_made() {
        let place = tempfile::tempdir().expect("a directory");
        directory(place.path()).expect("it is there");
        directory(&place.path().join("a/b/c")).expect("it can be made");
        file(&place.path().join("new")).expect("it can be made");
        directory(Path::new("nothing/of/that/name")).expect("it can be made here");
        assert_eq!(fs::read_dir(place.path()).expect("the directory").count(), 0);
    }

    #[test]
    fn what_cannot_be_written_is_refused() {
        let place = tempfile::tempdir().expect("a directory");
        let there = place.path().join("file");
        fs::write(&there, "content").expect("written");
        file(&there).expect("it can be overwritten");
        assert_eq!(fs::read(&there).expect("the file"), b"content");
        let kind = |result: io::Result<()>| result.expect_err("refused").kind();
        assert_eq!(kind(directory(&there)), ErrorKind::NotADirectory);
        assert_eq!(kind(directory(&there.join("below"))), ErrorKind::NotADirectory);
        assert_eq!(kind(file(place.path())), ErrorKind::IsADirectory);
        assert_eq!(kind(file(&place.path().join("no/file"))), ErrorKind::NotFound);
    }
}
