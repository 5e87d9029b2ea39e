//! Files that are there whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

/// The mode of a file that everybody may read, before the user's mask.
pub const PUBLIC: u32 = 0o666;

/// Writes the file at `path` under a temporary name, which replaces an older file at the end. The older
/// file stays as it is until then, and if anything goes wrong. A new file gets `mode`, one that replaces
/// another the mode of that.
///
/// What is no regular file, such as a pipe or a device, is written in place.
///
/// # Errors
///
/// What `write` or the system says.
pub fn replace(
    path: &Path,
    mode: u32,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let old = fs::metadata(path).ok();
    if old.as_ref().is_some_and(|old| !old.is_file() && !old.is_dir()) {
        return finish(OpenOptions::new().write(true).open(path)?, write).map(drop);
    }
    // A name that links to a file goes on doing so.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let temporary = temporary(path);
    let written = create(&temporary, mode).and_then(|file| {
        if let Some(old) = old {
            file.set_permissions(old.permissions())?;
        }
        // Otherwise a crash of the machine could leave the name with nothing in it.
        finish(file, write)?.sync_all()?;
        fs::rename(&temporary, path)
    });
    written.inspect_err(|_| {
        // It may not be there at all; what went wrong before is what counts.
        let _ = fs::remove_file(&temporary);
    })
}

/// The name under which [`replace`] writes the file at `path`. A crash may leave it behind.
pub fn temporary(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    name.into()
}

/// Follows no link, as somebody else might have put one there.
fn create(path: &Path, mode: u32) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(mode);
    options.custom_flags(OFlags::NOFOLLOW.bits() as i32).open(path)
}

fn finish(file: File, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<File> {
    let mut file = BufWriter::new(file);
    write(&mut file)?;
    Ok(file.into_inner()?)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn write(path: &Path, content: &str) -> io::Result<()> {
        replace(path, 0o600, |file| file.write_all(content.as_bytes()))
    }

    #[test]
    fn failing_writer_leaves_the_old_file_and_nothing_else() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("table.csv");
        write(&path, "old").expect("written");
        let failed = replace(&path, PUBLIC, |file| {
            file.write_all(b"new")?;
            Err(io::Error::other("no more"))
        });
        assert_eq!(failed.expect_err("what the writer says").to_string(), "no more");
        assert_eq!(fs::read(&path).expect("the file"), b"old");
        assert_eq!(fs::read_dir(directory.path()).expect("the directory").count(), 1);
    }

    #[test]
    fn new_file_has_the_mode_and_the_next_that_of_the_old_one() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("table.csv");
        let mode = || fs::metadata(&path).expect("the file").permissions().mode() & 0o777;
        write(&path, "old").expect("written");
        assert_eq!(mode(), 0o600);
        fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).expect("changed");
        write(&path, "new").expect("written");
        assert_eq!(mode(), 0o640);
    }

    #[test]
    fn link_goes_on_leading_to_the_file() {
        let directory = tempfile::tempdir().expect("a directory");
        let [file, link] = ["file", "link"].map(|name| directory.path().join(name));
        write(&file, "old").expect("written");
        symlink(&file, &link).expect("a link");
        write(&link, "new").expect("written");
        assert!(fs::symlink_metadata(&link).expect("the link").is_symlink());
        assert_eq!(fs::read(&file).expect("the file"), b"new");
    }

    #[test]
    fn device_is_written_in_place() {
        let error = write(Path::new("/dev/full"), "content").expect_err("it is full");
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        write(Path::new("/dev/null"), "content").expect("it takes everything");
    }
}
