//! Changes as statements of a transaction.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};

use crate::protocol::{Notice, Timestamp, UploadCode, Username};
use crate::server::change::{Applied, CaseNumber, Change, Permit, Rejection};
use crate::server::contact_tracing::{ContactTrace, TracedEntry, names};
use crate::server::members::MAX_TOKENS;

/// Wrong codes after which the code of a user is valid no more. Whoever guesses finds it with a
/// chance of 1 in 10 million.
pub const MAX_WRONG_CODES: u32 = 10;

/// Notices of a user that no phone has acknowledged, at most. Whoever has so many learns nothing
/// from another one.
pub const MAX_UNSEEN: u32 = 100;

/// Applies a change within a transaction, and says what became of it.
///
/// # Errors
///
/// What SQLite says; then nothing of the transaction may be committed.
pub(super) fn apply(change: &Change, database: &Connection) -> rusqlite::Result<Applied> {
    match change {
        Change::TakeLog { trace, permit, notice } => {
            if !is_permitted(trace, *permit, database)? {
                return Ok(Applied::Rejected(Rejection::WrongCode));
            }
            let case = add_case(trace, database)?;
            if *permit != Permit::NotNeeded {
                database
                    .prepare_cached("UPDATE upload_codes SET case_number = ? WHERE user = ?")?
                    .execute(params![case, trace.uploader])?;
            }
            let notices = match notice {
                Some(text) => notify(case, text, trace.uploaded_at, database)?,
                None => Vec::new(),
            };
            Ok(Applied::LogTaken { case, notices })
        }
        Change::MakeCode { user, code, expiry } => {
            database
                .prepare_cached(
                    "INSERT OR REPLACE INTO upload_codes (user, code, expiry) VALUES (?, ?, ?)",
                )?
                .execute(params![user, code.as_str(), expiry])?;
            Ok(Applied::Done)
        }
        Change::Notify { case, text, at } => {
            let mut exists = database.prepare_cached("SELECT 1 FROM cases WHERE number = ?")?;
            if !exists.exists([case])? {
                return Ok(Applied::Rejected(Rejection::NoSuchCase));
            }
            Ok(Applied::Notified(notify(*case, text, *at, database)?))
        }
        Change::Acknowledge { user, notice, at } => {
            // The phone may ask twice, if the first reply was lost.
            let rows = database
                .prepare_cached(
                    "UPDATE notices SET seen_at = coalesce(seen_at, ?) WHERE number = ? AND user = ?",
                )?
                .execute(params![at, notice, user])?;
            if rows == 0 {
                return Ok(Applied::Rejected(Rejection::NoSuchNotice));
            }
            Ok(Applied::Done)
        }
        Change::AddToken { user, token: _, digest, at } => {
            // The account may have been closed after the user was let in.
            let rows = database
                .prepare_cached(
                    "INSERT INTO tokens (user, digest, made_at) SELECT ?1, ?2, ?3
                     WHERE ?1 NOT IN (SELECT user FROM accounts WHERE closed_at IS NOT NULL)",
                )?
                .execute(params![user, digest.0, at])?;
            if rows == 0 {
                return Ok(Applied::Rejected(Rejection::Closed));
            }
            database
                .prepare_cached(
                    "DELETE FROM tokens WHERE user = ?1 AND number NOT IN (
                         SELECT number FROM tokens WHERE user = ?1 ORDER BY number DESC LIMIT ?2)",
                )?
                .execute(params![user, MAX_TOKENS as i64])?;
            Ok(Applied::Done)
        }
        Change::Register { user, hash } => {
            database
                .prepare_cached(
                    "INSERT INTO accounts (user, password) VALUES (?1, ?2)
                     ON CONFLICT (user) DO UPDATE SET password = ?2, closed_at = NULL",
                )?
                .execute(params![user, hash.as_str()])?;
            delete("tokens", *user, database)?;
            Ok(Applied::Done)
        }
        Change::Close { user, at, forgotten_until } => {
            close(*user, *at, *forgotten_until, database)?;
            Ok(Applied::Done)
        }
        Change::Reopen { user } => {
            let rows = database
                .prepare_cached(
                    "UPDATE accounts SET closed_at = NULL WHERE user = ? AND closed_at IS NOT NULL
                         AND (password IS NOT NULL OR forgotten_until IS NULL)",
                )?
                .execute([user])?;
            if rows == 0 {
                return Ok(Applied::Rejected(Rejection::HasLeft));
            }
            Ok(Applied::Done)
        }
    }
}

fn close(
    user: Username,
    at: Timestamp,
    forgotten_until: Option<Timestamp>,
    database: &Connection,
) -> rusqlite::Result<()> {
    database
        .prepare_cached(
            "INSERT INTO accounts (user, closed_at) VALUES (?1, ?2)
             ON CONFLICT (user) DO UPDATE SET closed_at = ?2",
        )?
        .execute(params![user, at])?;
    delete("tokens", user, database)?;
    delete("upload_codes", user, database)?;
    if let Some(forgotten_until) = forgotten_until {
        database
            .prepare_cached(
                "UPDATE accounts SET password = NULL, forgotten_until = ? WHERE user = ?",
            )?
            .execute(params![forgotten_until, user])?;
        delete("notices", user, database)?;
    }
    Ok(())
}

/// Deletes what a table has of a user.
fn delete(table: &str, user: Username, database: &Connection) -> rusqlite::Result<()> {
    database.prepare_cached(&format!("DELETE FROM {table} WHERE user = ?"))?.execute([user])?;
    Ok(())
}

fn is_permitted(
    trace: &ContactTrace,
    permit: Permit,
    database: &Connection,
) -> rusqlite::Result<bool> {
    let (code, continued) = match permit {
        Permit::NotNeeded => return Ok(true),
        Permit::Code(code) => (code, None),
        Permit::Continues(case, code) => (code, Some(case)),
    };
    let mut find = database.prepare_cached(
        "SELECT code, expiry, wrong, case_number FROM upload_codes WHERE user = ?",
    )?;
    let found = find.query_row([trace.uploader], |row| {
        let case: Option<CaseNumber> = row.get(3)?;
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, case))
    });
    let Some((expected, expiry, wrong, case)): Option<(UploadCode, Timestamp, u32, _)> =
        found.optional()?
    else {
        return Ok(false);
    };
    if code != expected {
        database
            .prepare_cached("UPDATE upload_codes SET wrong = wrong + 1 WHERE user = ?")?
            .execute([trace.uploader])?;
        return Ok(false);
    }
    let is_live = wrong < MAX_WRONG_CODES && trace.uploaded_at <= expiry;
    Ok(case == continued && (continued.is_some() || is_live))
}

fn add_case(trace: &ContactTrace, database: &Connection) -> rusqlite::Result<CaseNumber> {
    let number = database
        .prepare_cached("INSERT INTO cases (uploader, uploaded_at) VALUES (?, ?)")?
        .insert(params![trace.uploader, trace.uploaded_at])?;
    let mut new_entry =
        database.prepare_cached("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")?;
    for (index, TracedEntry { record, issued }) in trace.entries.iter().enumerate() {
        new_entry.execute(params![
            number,
            index as i64 + 1,
            record.temp_id,
            record.start,
            record.expiry,
            issued.map(|issued| issued.user),
            issued.map(|issued| issued.start),
            issued.map(|issued| issued.expiry),
            names(trace.oddities_of(index)),
        ])?;
    }
    Ok(number)
}

/// Makes the notices of a case that there are not yet. Whoever has uploaded it needs none.
fn notify(
    case: CaseNumber,
    text: &Arc<str>,
    at: Timestamp,
    database: &Connection,
) -> rusqlite::Result<Vec<(Username, Notice)>> {
    let mut contacts = database.prepare_cached(
        "SELECT contact, max(issued_start) FROM entries JOIN cases ON number = case_number
         WHERE case_number = ?1 AND contact IS NOT NULL AND contact <> uploader
             AND contact NOT IN (SELECT user FROM notices WHERE case_number = ?1)
             AND NOT EXISTS (
                 SELECT 1 FROM accounts WHERE user = contact AND forgotten_until >= issued_start)
             AND (SELECT count(*) FROM notices WHERE user = contact AND seen_at IS NULL) < ?2
         GROUP BY contact ORDER BY contact",
    )?;
    let contacts: Vec<(Username, Timestamp)> = contacts
        .query_map(params![case, MAX_UNSEEN], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let mut new_notice = database.prepare_cached(
        "INSERT INTO notices (user, case_number, contact_on, text, made_at)
         VALUES (?, ?, ?, ?, ?)",
    )?;
    let mut make = |(user, latest): (Username, Timestamp)| {
        let contact_on = latest.start_of_day();
        let number = new_notice.insert(params![user, case, contact_on, text, at])?;
        Ok((user, Notice { number, contact_on, text: Arc::clone(text) }))
    };
    contacts.into_iter().map(&mut make).collect()
}
