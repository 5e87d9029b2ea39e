//! What goes wrong with `authority.db`.

use std::io;

use thiserror::Error;

/// The name of the file in the data directory.
pub const FILE_NAME: &str = "authority.db";

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
    #[error("its schema has version {found}, and this program knows none after {known}; update it")]
    Newer {
        /// The version of the database.
        found: i32,
        /// The latest version that this program knows.
        known: i32,
    },
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
