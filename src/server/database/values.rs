//! Values of the protocol as those of SQLite, and back.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

use crate::protocol::{TempId, Timestamp, UploadCode, Username};
use crate::server::contact_tracing::Oddity;
use crate::server::password_hash::PasswordHash;

/// Oddities of an entry, as they are stored.
pub(super) struct Marks(pub(super) Vec<Oddity>);

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

impl FromSql for UploadCode {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Self::decode(value.as_bytes()?).map_err(FromSqlError::other)
    }
}

impl FromSql for PasswordHash {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Self::decode(value.as_bytes()?).map_err(|problem| FromSqlError::Other(problem.into()))
    }
}
