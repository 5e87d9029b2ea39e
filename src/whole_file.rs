//! Files that are there whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

/// The mode of a file that everybody may read, before the user's mask.
pub const PUBLIC: u32 = 0o666;

/// The mode of a file that only its owner may read.
pub const PRIVATE: u32 = 0o600;

/// Writes the file at `path` under a temporary name, which replaces an older file at the end. The
/// older file stays as it is until then, and if anything goes wrong. A new file gets `mode`, one
/// that replaces another the mode of that.
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

/// Lets the names in the directory of the file at `path` survive a crash.
///
/// # Errors
///
/// What the system says.
pub fn sync_directory(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |directory| File::open(directory)?.sync_all())
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
mod tests;
