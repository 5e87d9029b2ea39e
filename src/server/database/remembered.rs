//! What a server that starts has to know of earlier runs.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rusqlite::{Connection, Row};

use crate::protocol::{Notice, Timestamp, Username};
use crate::server::members::{Member, TokenDigest};

/// What the server keeps in memory of what the database holds.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// Notices that were not acknowledged, in the order of their numbers.
    pub notices: Vec<(Username, Notice)>,
    /// Accounts that are not what `credentials.txt` says.
    pub members: BTreeMap<Username, Member>,
}

pub(super) fn remembered(database: &Connection) -> rusqlite::Result<Remembered> {
    Ok(Remembered { notices: unseen_notices(database)?, members: members(database)? })
}

fn unseen_notices(database: &Connection) -> rusqlite::Result<Vec<(Username, Notice)>> {
    let mut statement = database.prepare(
        "SELECT number, user, contact_on, text FROM notices WHERE seen_at IS NULL ORDER BY number",
    )?;
    // Most notices have the same text.
    let mut texts: HashMap<String, Arc<str>> = HashMap::new();
    let notice = |row: &Row<'_>| {
        let text: String = row.get(3)?;
        let text = texts.entry(text).or_insert_with_key(|text| text.as_str().into());
        let number = row.get(0)?;
        if number < 1 {
            return Err(rusqlite::Error::IntegralValueOutOfRange(0, number));
        }
        let notice = Notice { number, contact_on: row.get(2)?, text: Arc::clone(text) };
        Ok((row.get(1)?, notice))
    };
    statement.query_map([], notice)?.collect()
}

pub(super) fn members(database: &Connection) -> rusqlite::Result<BTreeMap<Username, Member>> {
    let mut members: BTreeMap<Username, Member> = BTreeMap::new();
    let mut accounts =
        database.prepare("SELECT user, password, closed_at, forgotten_until FROM accounts")?;
    let mut rows = accounts.query([])?;
    while let Some(row) = rows.next()? {
        let closed_at: Option<Timestamp> = row.get(2)?;
        let (hash, forgotten_until) = (row.get(1)?, row.get(3)?);
        let is_closed = closed_at.is_some();
        let member = Member { hash, is_closed, forgotten_until, ..Member::default() };
        members.insert(row.get(0)?, member);
    }
    let mut tokens = database.prepare("SELECT user, digest FROM tokens ORDER BY number")?;
    let mut rows = tokens.query([])?;
    while let Some(row) = rows.next()? {
        members.entry(row.get(0)?).or_default().add_token(TokenDigest(row.get(1)?));
    }
    members.retain(|_, member| *member != Member::default());
    Ok(members)
}
