//! The schema of `authority.db`.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{
    Connection, ErrorCode, OpenFlags, OptionalExtension, Row, TransactionBehavior, params,
};
use thiserror::Error;

use crate::protocol::{ContactRecord, TempId, Timestamp, Username};
use crate::server::contact_tracing::{ContactTrace, Issued, Oddity, TracedEntry, names};
use crate::server::place::Place;
use crate::server::waits::STORE_TIMEOUT;
use crate::text_file::FileError;
use crate::whole_file::{PRIVATE, sync_directory};

/// The name of the file in the data directory.
pub const FILE_NAME: &str = "authority.db";

/// The database of a BlueTrace server, in its field `application_id`: "BTrc".
const APPLICATION_ID: i32 = 0x4254_7263;

/// The version of [`SCHEMA`], in the field `user_version`.
const VERSION: i32 = 1;

/// Times are seconds since 1970, UTC. The number of a case is never used again. An entry is one of
/// the contact log, in its order; `contact`, `issued_start` and `issued_expiry` are the server's
/// own record of the TempID, and NULL if it was never issued. `marks` are [names](Oddity::name),
/// separated by blanks.
const SCHEMA: &str = "
    CREATE TABLE cases (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        uploader TEXT NOT NULL,
        uploaded_at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE entries (
        case_number INTEGER NOT NULL REFERENCES cases (number),
        position INTEGER NOT NULL,
        temp_id TEXT NOT NULL,
        start INTEGER NOT NULL,
        expiry INTEGER NOT NULL,
        contact TEXT,
        issued_start INTEGER,
        issued_expiry INTEGER,
        marks TEXT NOT NULL,
        PRIMARY KEY (case_number, position)
    ) STRICT, WITHOUT ROWID;
";

const INSERT_CASE: &str = "INSERT INTO cases (uploader, uploaded_at) VALUES (?, ?)";

const INSERT_ENTRY: &str = "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// How long to wait for another program that holds the database.
const BUSY_TIMEOUT: Duration = Duration::from_secs(4);

/// Whoever comes while a transaction waits is told the reason after the next one has waited as
/// well.
const _: () = assert!(2 * BUSY_TIMEOUT.as_secs() < STORE_TIMEOUT.as_secs());

/// The database of the cases, to write.
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

/// The database of the cases, to read, while a server writes to it or not.
#[derive(Debug)]
pub struct Archive(Connection);

/// Why the database does not do what it should.
#[derive(Debug, Error)]
pub enum DatabaseError {
    /// What SQLite says.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// What the system says of the file, or that it is not in its place any more.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is the database of another program.
    #[error("it is not a BlueTrace database; move it away, or choose another data directory")]
    Foreign,
    /// A later version of this program made it.
    #[error("its schema has version {0}, and this program knows none after {VERSION}; update it")]
    Newer(i32),
    /// The file system has no shared memory.
    #[error("its file system cannot have a write-ahead log; choose another data directory")]
    NoLog,
    /// The user may not write all of its files.
    #[error("it, {FILE_NAME}-wal or {FILE_NAME}-shm cannot be written by this user")]
    ReadOnly,
    /// Somebody removed the write-ahead log while the server used it.
    #[error(
        "its write-ahead log ({FILE_NAME}-wal) was moved or deleted; move it back, or end the \
         server with SIGTERM, which saves what the log holds, and start it again"
    )]
    LogGone,
    /// Somebody made the database or its log shorter while the server used it.
    #[error(
        "it or its write-ahead log ({FILE_NAME}-wal) was cut by another program; end the server, \
         and restore a copy if the database does not open again"
    )]
    Cut,
    /// Cases are in the write-ahead log of a database that was moved away.
    #[error(
        "it is missing or empty, but its write-ahead log ({FILE_NAME}-wal) holds cases; \
         move the database back, or the log away"
    )]
    LogWithoutDatabase,
}

/// What a list of cases says of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The number of the case, from 1.
    pub number: i64,
    /// Who uploaded it.
    pub uploader: Username,
    /// When it arrived.
    pub uploaded_at: Timestamp,
    /// Its entries.
    pub entries: i64,
    /// The different users whom it names, besides the uploader.
    pub contacts: i64,
    /// Entries with a TempID that was never issued here.
    pub unknown: i64,
    /// Entries that are odd.
    pub odd: i64,
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

    /// Stores cases, all of them or none, so that they survive a crash.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`], after which they may be stored or not.
    pub fn add<'a>(
        &mut self,
        cases: impl IntoIterator<Item = &'a ContactTrace>,
    ) -> Result<(), DatabaseError> {
        self.check_places()?;
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut new_case = transaction.prepare(INSERT_CASE)?;
            let mut new_entry = transaction.prepare(INSERT_ENTRY)?;
            for case in cases {
                let number = new_case.insert(params![case.uploader, case.uploaded_at])?;
                for (index, TracedEntry { record, issued }) in case.entries.iter().enumerate() {
                    new_entry.execute(params![
                        number,
                        index as i64 + 1,
                        record.temp_id,
                        record.start,
                        record.expiry,
                        issued.map(|issued| issued.user),
                        issued.map(|issued| issued.start),
                        issued.map(|issued| issued.expiry),
                        names(case.oddities_of(index)),
                    ])?;
                }
            }
        }
        transaction.commit()?;
        // Once more: a file that was moved meanwhile is not what a restart reads.
        self.check_places()
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

impl Archive {
    /// Opens the database at `path`.
    ///
    /// # Errors
    ///
    /// [`FileError`], also if there is none.
    pub fn open(path: &Path) -> Result<Self, FileError> {
        let open = || {
            check_log(path)?;
            // SQLite does not say which error of the system it met.
            check_is_file(&File::open(path)?.metadata()?)?;
            let connection = connect(path)?;
            connection.pragma_update(None, "query_only", true)?;
            match version(&connection)? {
                Some(VERSION) => Ok(Self(connection)),
                Some(version) => Err(DatabaseError::Newer(version)),
                None => Err(DatabaseError::Foreign),
            }
        };
        open().map_err(|error| with_path(path, error))
    }

    /// The numbers of all cases, in their order.
    ///
    /// # Errors
    ///
    /// [`DatabaseError::Sqlite`]
    pub fn numbers(&self) -> Result<Vec<i64>, DatabaseError> {
        let mut statement = self.0.prepare("SELECT number FROM cases ORDER BY number")?;
        let numbers = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(numbers)
    }

    /// All cases, in the order of their numbers.
    ///
    /// # Errors
    ///
    /// [`DatabaseError::Sqlite`], also if a value has the wrong form.
    pub fn summaries(&self) -> Result<Vec<Summary>, DatabaseError> {
        let mut statement = self.0.prepare(
            "SELECT number, uploader, uploaded_at, count(position),
                 count(DISTINCT nullif(contact, uploader)),
                 count(position) - count(contact), count(nullif(marks, ''))
             FROM cases LEFT JOIN entries ON case_number = number GROUP BY number",
        )?;
        let summary = |row: &Row<'_>| {
            Ok(Summary {
                number: row.get(0)?,
                uploader: row.get(1)?,
                uploaded_at: row.get(2)?,
                entries: row.get(3)?,
                contacts: row.get(4)?,
                unknown: row.get(5)?,
                odd: row.get(6)?,
            })
        };
        let summaries = statement.query_map([], summary)?.collect::<Result<_, _>>()?;
        Ok(summaries)
    }

    /// The case of this number, if there is one.
    ///
    /// # Errors
    ///
    /// [`DatabaseError::Sqlite`], also if a value has the wrong form.
    pub fn case(&self, number: i64) -> Result<Option<ContactTrace>, DatabaseError> {
        let head = self.0.query_row(
            "SELECT uploader, uploaded_at FROM cases WHERE number = ?",
            [number],
            |row| Ok((row.get(0)?, row.get(1)?)),
        );
        let Some((uploader, uploaded_at)) = head.optional()? else { return Ok(None) };
        let mut case =
            ContactTrace { uploader, uploaded_at, entries: Vec::new(), oddities: Vec::new() };
        let mut statement = self.0.prepare(
            "SELECT temp_id, start, expiry, contact, issued_start, issued_expiry, marks
             FROM entries WHERE case_number = ? ORDER BY position",
        )?;
        let mut rows = statement.query([number])?;
        while let Some(row) = rows.next()? {
            let (temp_id, start, expiry) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let issued = match row.get(3)? {
                Some(user) => Some(Issued { user, start: row.get(4)?, expiry: row.get(5)? }),
                None => None,
            };
            let Marks(oddities) = row.get(6)?;
            let index = case.entries.len();
            case.oddities.extend(oddities.into_iter().map(|oddity| (index, oddity)));
            let record = ContactRecord { temp_id, start, expiry };
            case.entries.push(TracedEntry { record, issued });
        }
        Ok(Some(case))
    }
}

fn with_path(path: &Path, error: DatabaseError) -> FileError {
    let source = match error {
        DatabaseError::Io(error) => error,
        DatabaseError::Sqlite(error) if error.sqlite_error_code() == Some(ErrorCode::ReadOnly) => {
            io::Error::other(DatabaseError::ReadOnly)
        }
        error => io::Error::other(error),
    };
    FileError::io(path, source)
}

fn connect(path: &Path) -> Result<Connection, DatabaseError> {
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
fn check_log(path: &Path) -> Result<(), DatabaseError> {
    let has_content = |path: &Path| fs::metadata(path).is_ok_and(|file| file.len() > 0);
    if has_content(&log_of(path)) && !has_content(path) {
        return Err(DatabaseError::LogWithoutDatabase);
    }
    Ok(())
}

fn check_is_file(metadata: &Metadata) -> io::Result<()> {
    if metadata.is_file() {
        Ok(())
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"))
    }
}

/// Checks a database, or gives it the schema if it is empty.
fn prepare(connection: &mut Connection) -> Result<(), DatabaseError> {
    match version(connection)? {
        Some(VERSION) => {}
        Some(version) => return Err(DatabaseError::Newer(version)),
        None => create(connection)?,
    }
    // Without it, a synced transaction could be rolled back after a power loss.
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode != "wal" {
        return Err(DatabaseError::NoLog);
    }
    connection.pragma_update(None, "synchronous", "full")?;
    // Whether the tables are there. The first access opens the log, for which there may be no
    // descriptor left when many phones have connected.
    connection.prepare(INSERT_CASE)?;
    connection.prepare(INSERT_ENTRY)?;
    connection.query_row("SELECT 1 FROM cases LIMIT 1", [], |_| Ok(())).optional()?;
    // Whether this user may write all of its files.
    connection.busy_timeout(Duration::ZERO)?;
    match connection.transaction_with_behavior(TransactionBehavior::Immediate) {
        Err(error) if error.sqlite_error_code() != Some(ErrorCode::DatabaseBusy) => {
            return Err(error.into());
        }
        Ok(_) | Err(_) => {}
    }
    Ok(connection.busy_timeout(BUSY_TIMEOUT)?)
}

fn create(connection: &mut Connection) -> Result<(), DatabaseError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let tables: u32 =
        transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables > 0 {
        return Err(DatabaseError::Foreign);
    }
    transaction.execute_batch(SCHEMA)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    Ok(transaction.commit()?)
}

/// The version of the schema, if it is a database of this program.
fn version(connection: &Connection) -> Result<Option<i32>, DatabaseError> {
    let value = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let is_ours = value("application_id")? == APPLICATION_ID;
    Ok(is_ours.then_some(value("user_version")?))
}

/// Oddities of an entry, as they are stored.
struct Marks(Vec<Oddity>);

impl FromSql for Marks {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let marks = value.as_str()?.split_whitespace();
        let oddity = |mark| {
            Oddity::ALL
                .into_iter()
                .find(|oddity| oddity.name() == mark)
                .ok_or_else(|| FromSqlError::Other(format!("there is no mark {mark:?}").into()))
        };
        marks.map(oddity).collect::<Result<_, _>>().map(Self)
    }
}

impl ToSql for Username {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.as_str().to_sql()
    }
}

impl FromSql for Username {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Self::decode(value.as_bytes()?).map_err(FromSqlError::other)
    }
}

impl ToSql for TempId {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.to_string().into())
    }
}

impl FromSql for TempId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Self::decode(value.as_bytes()?).map_err(FromSqlError::other)
    }
}

impl ToSql for Timestamp {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.unix_seconds().into())
    }
}

impl FromSql for Timestamp {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_i64().map(Self::from_unix_seconds)
    }
}

#[cfg(test)]
mod tests;
