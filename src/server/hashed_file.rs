//! `credentials.txt` with hashes in place of passwords. It is no part of a running server.

use std::fs::{self, File, Permissions, TryLockError};
use std::io;
use std::ops::Range;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;

use rand::rngs::{ChaCha12Rng, SysRng};
use rand::{RngExt, SeedableRng};
use rustix::process::geteuid;

use super::data_directory::CREDENTIALS;
use super::file_version::FileVersion;
use super::password_hash::{Cost, PasswordHash, SALT_BYTES, Workspace};
use super::passwords::{self, Passwords};
use super::reload::being_changed;
use crate::numbers::counted;
use crate::print;
use crate::text_file::{self, BYTE_ORDER_MARK, FileError};
use crate::whole_file;

/// Replaces each password in the `credentials.txt` of the directory `data` by its hash, and prints
/// how many there were. Comments, hashes, the order of lines and their ends stay; nobody but the
/// owner can read the file then. It is there whole at any moment, and unchanged if anything fails.
///
/// # Errors
///
/// A message, if the file is malformed, has no user, belongs to another user of the machine, is
/// changed meanwhile, or cannot be written, or if the output cannot.
pub fn rewrite(data: &Path) -> Result<(), String> {
    let path = data.join(CREDENTIALS);
    let outcome = rewrite_file(&path).map_err(|error| error.to_string())?;
    let Outcome { hashed, were_hashed, has_end } = outcome;
    let earlier = if were_hashed == 0 { String::new() } else { format!(", {were_hashed} before") };
    let count = counted(hashed, "password");
    print::print(|out| {
        writeln!(out, "{}: {count} hashed now{earlier}", path.display())?;
        if hashed > 0 {
            let first = if has_end { "" } else { "Its last line has no end: add one first. " };
            writeln!(
                out,
                "{first}A running server reads the file again on SIGHUP, \
                 and then ends the sessions of these users."
            )?;
        }
        Ok(())
    })
    .map_err(|error| format!("{}: {error}", print::NAME))
}

/// How many users had a password and a hash.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    hashed: usize,
    were_hashed: usize,
    /// Whether the last line has an end.
    has_end: bool,
}

fn rewrite_file(path: &Path) -> Result<Outcome, FileError> {
    let with_path = |error| FileError::io(path, error);
    let file = text_file::open(path).map_err(with_path)?;
    // Another one that is at work writes to the same temporary name.
    file.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => with_path(io::Error::other("it is being hashed already")),
        TryLockError::Error(error) => with_path(error),
    })?;
    protect(path, &file).map_err(with_path)?;
    let version = FileVersion::of(path)?;
    let content = fs::read(path).map_err(with_path)?;
    let Found { passwords, hashes: were_hashed, has_end } = find_passwords(path, &content)?;
    let outcome = Outcome { hashed: passwords.len(), were_hashed, has_end };
    if passwords.is_empty() {
        return Ok(outcome);
    }
    let mut rng =
        ChaCha12Rng::try_from_rng(&mut SysRng).map_err(io::Error::other).map_err(with_path)?;
    let salts: Vec<_> = passwords.iter().map(|_| rng.random()).collect();
    let jobs: Vec<_> = passwords.iter().map(|range| &content[range.clone()]).zip(salts).collect();
    let hashes = hash_all(&jobs);
    // What somebody has written meanwhile would be lost.
    if FileVersion::of(path)? != version {
        return Err(being_changed(path));
    }
    let owner = file.metadata().map_err(with_path)?;
    whole_file::replace(path, whole_file::PRIVATE, |out| {
        let mut rest = 0;
        for (Range { start, end }, hash) in passwords.iter().zip(&hashes) {
            out.write_all(&content[rest..*start])?;
            out.write_all(hash.as_str().as_bytes())?;
            rest = *end;
        }
        out.write_all(&content[rest..])
    })
    .and_then(|()| std::os::unix::fs::chown(path, Some(owner.uid()), Some(owner.gid())))
    .and_then(|()| whole_file::sync_directory(path))
    .map_err(with_path)?;
    Ok(outcome)
}

/// Keeps others from reading the file, and what replaces it.
fn protect(path: &Path, file: &File) -> io::Result<()> {
    let metadata = file.metadata()?;
    let us = geteuid();
    if !us.is_root() && metadata.uid() != us.as_raw() {
        return Err(io::Error::other("it belongs to another user, who could not read it then"));
    }
    if metadata.permissions().mode() & 0o777 != whole_file::PRIVATE {
        fs::set_permissions(path, Permissions::from_mode(whole_file::PRIVATE))?;
    }
    Ok(())
}

/// What is in a file.
struct Found {
    /// Where the passwords are.
    passwords: Vec<Range<usize>>,
    /// How many users have a hash instead.
    hashes: usize,
    /// Whether the last line has an end.
    has_end: bool,
}

fn find_passwords(path: &Path, content: &[u8]) -> Result<Found, FileError> {
    let (mut users, mut found, mut hashes) = (Passwords::default(), Vec::new(), 0);
    let has_end = text_file::read_lines_of(content, path, passwords::FORM, |line| {
        let Some((user, password)) = passwords::decode(line.text)? else { return Ok(()) };
        users.insert(user, password)?;
        if PasswordHash::is_meant_by(password) {
            hashes += 1;
            return Ok(());
        }
        let start = line.offset as usize;
        let mark = content[start..].starts_with(BYTE_ORDER_MARK) && line.number == 1;
        let end = start + if mark { BYTE_ORDER_MARK.len() } else { 0 } + line.text.len();
        found.push(end - password.len()..end);
        Ok(())
    })?;
    if users.is_empty() {
        let problem = format!("it has no user; expected lines of {}", passwords::FORM);
        return Err(FileError::io(path, io::Error::other(problem)));
    }
    Ok(Found { passwords: found, hashes, has_end })
}

/// Hashes passwords with their salts on all cores, in their order.
fn hash_all(jobs: &[(&[u8], [u8; SALT_BYTES])]) -> Vec<PasswordHash> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(jobs.len());
    let next = &AtomicUsize::new(0);
    let (sender, results) = channel();
    thread::scope(|scope| {
        for sender in vec![sender; threads] {
            scope.spawn(move || {
                let mut workspace = Workspace::default();
                while let number = next.fetch_add(1, Ordering::Relaxed)
                    && let Some((password, salt)) = jobs.get(number)
                {
                    let hash =
                        PasswordHash::make(password, salt, Cost::RECOMMENDED, &mut workspace);
                    // The other end is there until all threads have ended.
                    let _ = sender.send((number, hash));
                }
            });
        }
        let progress = Progress::new(jobs.len());
        let mut hashes: Vec<_> = results.iter().inspect(|_| progress.advance()).collect();
        hashes.sort_unstable_by_key(|(number, _)| *number);
        hashes.into_iter().map(|(_, hash)| hash).collect()
    })
}

/// A bar on the terminal, in builds that have bars.
struct Progress {
    #[cfg(any(feature = "simulate", feature = "storm"))]
    bar: indicatif::ProgressBar,
}

#[cfg(any(feature = "simulate", feature = "storm"))]
impl Progress {
    fn new(steps: usize) -> Self {
        use crate::progress_bar;
        let bar = progress_bar::new(steps as u64);
        bar.set_style(progress_bar::style(
            "{elapsed} [{wide_bar}] {human_pos} of {human_len} passwords, {eta} left",
        ));
        Self { bar }
    }

    fn advance(&self) {
        self.bar.inc(1);
    }
}

#[cfg(any(feature = "simulate", feature = "storm"))]
impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(not(any(feature = "simulate", feature = "storm")))]
impl Progress {
    fn new(_steps: usize) -> Self {
        Self {}
    }

    fn advance(&self) {}
}

#[cfg(test)]
mod tests;
