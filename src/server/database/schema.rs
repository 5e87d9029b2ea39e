//! The schema of `authority.db`, and how databases of earlier versions get it.

use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OptionalExtension, TransactionBehavior};

use super::error::DatabaseError;
use crate::server::waits::STORE_TIMEOUT;

/// The database of a BlueTrace server, in its field `application_id`: "BTrc".
const APPLICATION_ID: i32 = 0x4254_7263;

/// How long to wait for another program that holds the database.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(4);

/// Whoever comes while a transaction waits is told the reason after the next one has waited as
/// well.
const _: () = assert!(2 * BUSY_TIMEOUT.as_secs() < STORE_TIMEOUT.as_secs());

/// What each version of the schema adds to the one before. The number of those that a database has
/// is in its field `user_version`.
///
/// Times are seconds since 1970, UTC.
const MIGRATIONS: [&str; 2] = [CASES, PEOPLE];

/// The version that has the tables of [`PEOPLE`].
pub(super) const PEOPLE_SINCE: i32 = 2;

/// The version of a database that this program writes.
pub(super) const VERSION: i32 = MIGRATIONS.len() as i32;

/// The number of a case is never used again. An entry is one of the contact log, in its order;
/// `contact`, `issued_start` and `issued_expiry` are the server's own record of the TempID, and
/// NULL if it was never issued. `marks` are
/// [names](crate::server::contact_tracing::Oddity::name), separated by blanks.
const CASES: &str = "
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

/// A user has one upload code; `case_number` is the latest case that it has allowed. A notice is
/// told until `seen_at` is set; `contact_on` is the first second of the day of the latest contact.
/// A user without a line in `accounts` is one of `credentials.txt`. A registered one has a
/// `password`, a PHC string. An account is closed while `closed_at` is set. TempIDs whose window
/// begins at `forgotten_until` or earlier name nobody. `digest` is that of a token.
const PEOPLE: &str = "
    CREATE TABLE upload_codes (
        user TEXT PRIMARY KEY,
        code TEXT NOT NULL,
        expiry INTEGER NOT NULL,
        wrong INTEGER NOT NULL DEFAULT 0,
        case_number INTEGER REFERENCES cases (number)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE notices (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        user TEXT NOT NULL,
        case_number INTEGER NOT NULL REFERENCES cases (number),
        contact_on INTEGER NOT NULL,
        text TEXT NOT NULL,
        made_at INTEGER NOT NULL,
        seen_at INTEGER,
        UNIQUE (case_number, user)
    ) STRICT;
    CREATE INDEX unseen_notices ON notices (user) WHERE seen_at IS NULL;
    CREATE TABLE accounts (
        user TEXT PRIMARY KEY,
        password TEXT,
        closed_at INTEGER,
        forgotten_until INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE tokens (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        user TEXT NOT NULL,
        digest BLOB NOT NULL,
        made_at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX tokens_of_user ON tokens (user);
";

/// A statement that can be prepared if there are all tables.
const TABLES: &str = "SELECT 1 FROM cases, entries, upload_codes, notices, accounts, tokens";

/// Checks a database, and gives it what its schema lacks.
pub(super) fn prepare(connection: &mut Connection) -> Result<(), DatabaseError> {
    match version(connection)? {
        Some(VERSION) => {}
        Some(version) if version > VERSION => return Err(newer(version)),
        Some(_) | None => migrate(connection)?,
    }
    // Without it, a synced transaction could be rolled back after a power loss.
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode != "wal" {
        return Err(DatabaseError::NoLog);
    }
    connection.pragma_update(None, "synchronous", "full")?;
    connection.prepare(TABLES)?;
    // The first access opens the log, for which there may be no descriptor left when many phones
    // have connected.
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

/// Gives a database what its schema lacks, all of it or nothing.
fn migrate(connection: &mut Connection) -> Result<(), DatabaseError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version = match version(&transaction)? {
        Some(version) => version,
        None => {
            let tables: u32 =
                transaction
                    .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
            if tables > 0 {
                return Err(DatabaseError::Foreign);
            }
            transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
            0
        }
    };
    let missing = usize::try_from(version).ok().and_then(|version| MIGRATIONS.get(version..));
    for migration in missing.ok_or_else(|| newer(version))? {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", VERSION)?;
    Ok(transaction.commit()?)
}

/// The version of the schema, if it is a database of this program.
pub(super) fn version(connection: &Connection) -> Result<Option<i32>, DatabaseError> {
    let value = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let is_ours = value("application_id")? == APPLICATION_ID;
    Ok(is_ours.then_some(value("user_version")?))
}

/// The error of a database of a later version of this program.
pub(super) fn newer(found: i32) -> DatabaseError {
    DatabaseError::Newer { found, known: VERSION }
}
