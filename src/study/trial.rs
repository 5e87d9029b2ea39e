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
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn names(path: &Path) -> usize {
        fs::read_dir(path).expect("a directory").count()
    }

    #[test]
    fn directory_that_can_be_made_is_gone_again() {
        let place = tempfile::tempdir().expect("a directory");
        for path in ["", "a", "a/b/c", "a/", "a/../b"] {
            let path = place.path().join(path);
            let trial = Trial::of_directory(&path).expect("it can be made");
            assert!(path.is_dir());
            drop(trial);
            assert_eq!(names(place.path()), 0, "{}", path.display());
        }
    }

    #[test]
    fn directory_that_cannot_be_made_is_refused_and_nothing_left() {
        let place = tempfile::tempdir().expect("a directory");
        let at = |name| place.path().join(name);
        fs::write(at("file"), "content").expect("written");
        symlink(at("nowhere/x"), at("dangling")).expect("a link");
        let kind = |name| Trial::of_directory(&at(name)).expect_err("refused").kind();
        assert_eq!(kind("file"), ErrorKind::NotADirectory);
        assert_eq!(kind("file/below"), ErrorKind::NotADirectory);
        assert_eq!(kind("dangling"), ErrorKind::AlreadyExists);
        assert_eq!(names(place.path()), 2);
    }
}
