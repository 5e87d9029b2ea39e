//! The directory of the server: its lock, and what is read at the start.

use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::StartError;
use super::console::Console;
use super::database::{self, Database, Remembered};
use super::journal::{self, Journal, JournalFile, Mended, Storage};
use super::memory::{self, Memory};
use super::passwords::Passwords;
use super::registry::Registry;
use super::user_numbers::{self, UserNumber, UserNumbers};
use crate::protocol::Timestamp;
use crate::text_file::FileError;

/// The name of the file with the users and their passwords.
pub(super) const CREDENTIALS: &str = "credentials.txt";

/// The permissions in the mode of a file.
const MODE_BITS: u32 = 0o777;

/// The permissions to read of everybody but the owner.
const READ_BY_OTHERS: u32 = 0o044;

/// Their permissions to write.
const WRITE_BY_OTHERS: u32 = 0o022;

/// The directory with `credentials.txt`, `tempIDs.txt`, `users.txt` and `authority.db`, held by one
/// server at a time.
#[derive(Debug)]
pub struct DataDirectory {
    path: PathBuf,
    /// Locked as long as it is open, so also until a crash. It is the directory itself, so that no
    /// lock file is left behind.
    lock: File,
}

impl DataDirectory {
    /// Takes the directory for this process.
    ///
    /// # Errors
    ///
    /// [`StartError`] if it cannot be opened or another server has it.
    pub fn open(path: &Path) -> Result<Self, StartError> {
        let lock = File::open(path).map_err(|error| FileError::io(path, error))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), lock }),
            // Of two servers in the same directory, "." would tell nobody anything.
            Err(TryLockError::WouldBlock) => Err(StartError::InUse(absolute(path))),
            Err(TryLockError::Error(error)) => Err(FileError::io(path, error).into()),
        }
    }

    /// The directory itself.
    pub fn file(&self) -> &File {
        &self.lock
    }

    /// The path of `credentials.txt`.
    pub fn credentials(&self) -> PathBuf {
        self.path.join(CREDENTIALS)
    }

    /// Warns of files that hold secrets and that others on this machine can read or change.
    ///
    /// # Errors
    ///
    /// [`FileError`]
    pub fn check_modes(&self, console: &mut Console) -> Result<(), FileError> {
        let names = [CREDENTIALS, journal::FILE_NAME, database::FILE_NAME, user_numbers::FILE_NAME];
        for name in names {
            let path = self.path.join(name);
            if name == user_numbers::FILE_NAME && !path.exists() {
                continue;
            }
            let metadata = path.metadata().map_err(|error| FileError::io(&path, error))?;
            let mode = metadata.permissions().mode() & MODE_BITS;
            let what = match (mode & READ_BY_OTHERS != 0, mode & WRITE_BY_OTHERS != 0) {
                (false, false) => continue,
                (true, false) => "read",
                (false, true) => "change",
                (true, true) => "read and change",
            };
            console.diagnostic(format_args!(
                "{}: others can {what} it (mode {mode:03o}); chmod 600 keeps them out",
                path.display()
            ));
        }
        Ok(())
    }

    /// Opens the database, or makes an empty one, and reads what the server has to remember.
    ///
    /// # Errors
    ///
    /// [`FileError`]
    pub fn open_database(&self) -> Result<(Database, Remembered), FileError> {
        let path = self.path.join(database::FILE_NAME);
        let database = Database::open(&path)?;
        let remembered =
            database.remembered().map_err(|error| FileError::io(&path, io::Error::other(error)))?;
        Ok((database, remembered))
    }

    /// Opens the journal, makes an empty one if there is none, and reads what it holds, but for
    /// TempIDs that expired before `since`. What a crash damaged is cut out, which `console` is
    /// told.
    ///
    /// # Errors
    ///
    /// [`FileError`]
    pub fn open_journal(
        &self,
        since: Timestamp,
        memory: Memory,
        console: &mut Console,
    ) -> Result<(Journal<JournalFile>, Registry), FileError> {
        let path = self.path.join(journal::FILE_NAME);
        // A line of 74 bytes takes 41 to 68 in memory.
        let (storage, source) = open(&path, memory, |size| size - size / 4)?;
        let (journal, registry, replayed) =
            Journal::recover_since(storage, source, &path, since, |offset, bytes| {
                journal::set_aside(&path, offset, bytes)
            })?;
        for line in &replayed.repeated {
            let path = path.display();
            console.diagnostic(format_args!(
                "{path}:{line}: an earlier line has the same TempID; this one is passed over"
            ));
        }
        tell_of_mending(&path, replayed.mended, console);
        Ok((journal, registry))
    }

    /// Opens the numbers of users, makes an empty file if there is none, and gives a number to
    /// everybody in `passwords`, so that nobody waits for one later.
    ///
    /// # Errors
    ///
    /// [`FileError`]
    pub fn open_users(
        &self,
        passwords: &Passwords,
        memory: Memory,
        console: &mut Console,
    ) -> Result<(Journal<JournalFile>, UserNumbers), FileError> {
        let path = self.path.join(user_numbers::FILE_NAME);
        // A line of 15 to 25 bytes takes 22 to 60 in memory.
        let (storage, source) = open(&path, memory, |size| 4 * size)?;
        let mut numbers = UserNumbers::default();
        let (mut journal, replayed) =
            Journal::recover_lines(storage, source, &path, &mut numbers, |offset, bytes| {
                journal::set_aside(&path, offset, bytes)
            })?;
        tell_of_mending(&path, replayed.mended, console);
        let mut new = Vec::new();
        let mut lines = Vec::new();
        for user in passwords.users() {
            // Once no number is free, those who ask for a TempID are told.
            if let Some(UserNumber::Unstored(number)) = numbers.of(user) {
                user_numbers::encode_line(number, user, &mut lines);
                new.push(user);
            }
        }
        journal.append(&lines).map_err(|error| FileError::io(&path, error))?;
        new.into_iter().for_each(|user| numbers.stored(user));
        Ok((journal, numbers))
    }
}

/// Opens a journal, and its bytes to be read, if there is so much memory as its size needs.
fn open(
    path: &Path,
    memory: Memory,
    needed: impl FnOnce(u64) -> u64,
) -> Result<(JournalFile, File), FileError> {
    let with_path = |error| FileError::io(path, error);
    let storage = JournalFile::open(path).map_err(with_path)?;
    let size = storage.size().map_err(with_path)?;
    if !memory.has_room_for(needed(size)) {
        return Err(with_path(memory::too_large()));
    }
    let source = storage.reader().map_err(with_path)?;
    Ok((storage, source))
}

fn tell_of_mending(path: &Path, mended: Option<Mended>, console: &mut Console) {
    let Some(Mended { offset, cut_out, kept, copy }) = mended else { return };
    let path = path.display();
    let copy = match copy {
        Some(copy) => format!("a copy of what was there is in {}", copy.display()),
        None => "they held nothing but zeros".to_owned(),
    };
    console.diagnostic(format_args!(
        "{path}: torn by a crash at byte {offset}; lines cut out: {cut_out}, kept behind it: {kept}; {copy}"
    ));
}

fn absolute(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}
