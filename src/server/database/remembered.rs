//! What a server that starts has to know of earlier runs.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::{Connection, Row};

use crate::protocol::{Notice, Username};

/// What the server keeps in memory of what the database holds.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// Notices that were not acknowledged, in the order of their numbers.
    pub notices: Vec<(Username, Notice)>,
}

pub(super) fn remembered(database: &Connection) -> rusqlite::Result<Remembered> {
    Ok(Remembered { notices: unseen_notices(database)? })
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
        let notice =
            Notice { number: row.get(0)?, contact_on: row.get(2)?, text: Arc::clone(text) };
        Ok((row.get(1)?, notice))
    };
    statement.query_map([], notice)?.collect()
}
