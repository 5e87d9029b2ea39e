//! The file `authority.db`, opened to write.

use std::fs::{self, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::apply::apply;
use super::error::DatabaseError;
use super::remembered::{Remembered, remembered};
use super::schema::{BUSY_TIMEOUT, prepare};
use crate::server::change::{Applied, Change};
use crate::server::place::Place;
use crate::text_file::FileError;
use crate::whole_file::{PRIVATE, sync_directory};

/// The database, to write.
///
/// A transaction that was committed survives any crash (a write-ahead log that is synced in full).
/// Programs that read see whole transactions and wait for nobody.
#[derive(Debug)]
pub struct Database {
    connection: Connection,
    place: Place,
    log: Place,
    /// The lengths of both when they were last checked. Inserting makes neither shorter.
    lens: [u64; 2],
}

impl Database {
    /// Opens the database at `path` to write, or makes one that nobody else can read.
    ///
    /// # Errors
    ///
    /// [`FileError`] if the system refuses, or the file is not a database that this program knows,
    /// or is damaged.
    pub fn open(path: &Path) -> Result<Self, FileError> {
        let open = || {
            check_log(path)?;
            // SQLite would make a file that others can read.
            let mut options = OpenOptions::new();
            let file = options.read(true).write(true).create(true).truncate(false);
            let metadata = file.mode(PRIVATE).open(path)?.metadata()?;
            check_is_file(&metadata)?;
            sync_directory(path)?;
            let place = Place::new(path, &metadata);
            let mut connection = connect(path)?;
            prepare(&mut connection)?;
            place.check()?;
            let log = log_of(path);
            let log = Place::new(&log, &log.metadata()?);
            Ok(Self { connection, place, log, lens: [0; 2] })
        };
        open().map_err(|error: DatabaseError| with_path(path, error))
    }

    /// Applies changes in their order, all of them or none, so that they survive a crash. Returns
    /// what became of each.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`], after which they may be stored or not.
    pub fn apply<'a>(
        &mut self,
        changes: impl IntoIterator<Item = &'a Change>,
    ) -> Result<Vec<Applied>, DatabaseError> {
        self.check_places()?;
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let applied = changes
            .into_iter()
            .map(|change| apply(change, &transaction))
            .collect::<Result<_, _>>()?;
        transaction.commit()?;
        // Once more: a file that was moved meanwhile is not what a restart reads.
        self.check_places()?;
        Ok(applied)
    }

    /// What the server has to know of earlier runs.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`], also if a value has the wrong form.
    pub fn remembered(&self) -> Result<Remembered, DatabaseError> {
        Ok(remembered(&self.connection)?)
    }

    fn check_places(&mut self) -> Result<(), DatabaseError> {
        let file = self.place.check()?;
        let log = self.log.check().map_err(|_| DatabaseError::LogGone)?;
        let lens = [file.len(), log.len()];
        if lens.iter().zip(&self.lens).any(|(len, earlier)| len < earlier) {
            return Err(DatabaseError::Cut);
        }
        self.lens = lens;
        Ok(())
    }
}

pub(super) fn with_path(path: &Path, error: DatabaseError) -> FileError {
    let source = match error {
        DatabaseError::Io(error) => error,
        DatabaseError::Sqlite(error) if error.sqlite_error_code() == Some(ErrorCode::ReadOnly) => {
            io::Error::other(DatabaseError::ReadOnly)
        }
        error => io::Error::other(error),
    };
    FileError::io(path, source)
}

pub(super) fn connect(path: &Path) -> Result<Connection, DatabaseError> {
    // To write also for a reader, as the last program that closes the database removes the files
    // beside it. There is no mutex, as one thread has the connection.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(connection)
}

/// The path of the write-ahead log of the database at `path`.
fn log_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// Checks that there is no log of a database that was moved away: SQLite would delete it.
pub(super) fn check_log(path: &Path) -> Result<(), DatabaseError> {
    let has_content = |path: &Path| fs::metadata(path).is_ok_and(|file| file.len() > 0);
    if has_content(&log_of(path)) && !has_content(path) {
        return Err(DatabaseError::LogWithoutDatabase);
    }
    Ok(())
}

pub(super) fn check_is_file(metadata: &Metadata) -> io::Result<()> {
    if metadata.is_file() {
        Ok(())
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"))
    }
}

#[cfg(test)]
mod tests;
