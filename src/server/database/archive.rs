//! Reading `authority.db`, while a server writes to it or not.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Row};

use super::error::DatabaseError;
use super::file::{check_is_file, check_log, connect, with_path};
use super::remembered::members;
use super::schema::{PEOPLE_SINCE, VERSION, newer, version};
use super::values::Marks;
use crate::protocol::{ContactRecord, Timestamp, Username};
use crate::server::contact_tracing::{ContactTrace, Issued, TracedEntry};
use crate::server::members::Member;
use crate::text_file::FileError;

/// The database of the cases, to read, while a server writes to it or not.
#[derive(Debug)]
pub struct Archive {
    connection: Connection,
    /// Of its schema, which reading does not change: an older server may be running.
    version: i32,
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

/// What became of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// When it was made.
    pub notified_at: Timestamp,
    /// When a phone has shown it.
    pub seen_at: Option<Timestamp>,
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
                Some(version) if version > VERSION => Err(newer(version)),
                Some(version) => Ok(Self { connection, version }),
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
        let mut statement = self.connection.prepare("SELECT number FROM cases ORDER BY number")?;
        let numbers = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(numbers)
    }

    /// All cases, in the order of their numbers.
    ///
    /// # Errors
    ///
    /// [`DatabaseError::Sqlite`], also if a value has the wrong form.
    pub fn summaries(&self) -> Result<Vec<Summary>, DatabaseError> {
        let mut statement = self.connection.prepare(
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

    /// Accounts that are not what `credentials.txt` says.
    ///
    /// # Errors
    ///
    /// [`DatabaseError::Sqlite`], also if a value has the wrong form.
    pub fn members(&self) -> Result<BTreeMap<Username, Member>, DatabaseError> {
        if self.version < PEOPLE_SINCE {
            return Ok(BTreeMap::new());
        }
        Ok(members(&self.connection)?)
    }

    /// When each user whom a case names was told of it, if so, and has seen it.
    ///
    /// # Errors
    ///
    /// [`DatabaseError::Sqlite`], also if a value has the wrong form.
    pub fn notices_of(&self, case: i64) -> Result<BTreeMap<Username, Told>, DatabaseError> {
        if self.version < PEOPLE_SINCE {
            return Ok(BTreeMap::new());
        }
        let mut statement = self
            .connection
            .prepare("SELECT user, made_at, seen_at FROM notices WHERE case_number = ?")?;
        let told = |row: &Row<'_>| {
            let told = Told { notified_at: row.get(1)?, seen_at: row.get(2)? };
            Ok((row.get(0)?, told))
        };
        Ok(statement.query_map([case], told)?.collect::<Result<_, _>>()?)
    }

    /// The case of this number, if there is one.
    ///
    /// # Errors
    ///
    /// [`DatabaseError::Sqlite`], also if a value has the wrong form.
    pub fn case(&self, number: i64) -> Result<Option<ContactTrace>, DatabaseError> {
        let head = self.connection.query_row(
            "SELECT uploader, uploaded_at FROM cases WHERE number = ?",
            [number],
            |row| Ok((row.get(0)?, row.get(1)?)),
        );
        let Some((uploader, uploaded_at)) = head.optional()? else { return Ok(None) };
        let mut case =
            ContactTrace { uploader, uploaded_at, entries: Vec::new(), oddities: Vec::new() };
        let mut statement = self.connection.prepare(
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
