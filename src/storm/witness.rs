//! Checks across all phones of a storm, which a single phone cannot make.

use std::collections::HashSet;

use rand::{Rng, RngExt};

use crate::protocol::{ContactRecord, TempId, Username};
use crate::server::journal;

/// Number of records kept for uploads by other phones.
const REMEMBERED_RECORDS: usize = 4096;

/// All TempIDs that phones were told.
#[derive(Debug, Default)]
pub struct Witness {
    told: HashSet<TempId>,
    /// Some of the records, to make up contact logs.
    met: Vec<ContactRecord>,
    next: usize,
    /// Lines for the file of `--told`, if there is one.
    lines: Option<Vec<u8>>,
}

impl Witness {
    /// Number of TempIDs told.
    pub fn temp_ids(&self) -> usize {
        self.told.len()
    }

    /// A witness of nothing yet. `keeps_lines` keeps a line for each TempID told.
    pub fn new(keeps_lines: bool) -> Self {
        Self { lines: keeps_lines.then(Vec::new), ..Self::default() }
    }

    /// Takes the lines since the last call, in the form of `tempIDs.txt`.
    pub fn take_lines(&mut self) -> Vec<u8> {
        self.lines.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Notes TempIDs told to `user`. Returns whether all of them are new.
    pub fn told(&mut self, user: Username, records: &[ContactRecord]) -> bool {
        let mut are_new = true;
        for record in records {
            if let Some(lines) = &mut self.lines {
                journal::encode_line(user, record, lines);
            }
            are_new &= self.told.insert(record.temp_id);
            if self.met.len() < REMEMBERED_RECORDS {
                self.met.push(*record);
            } else {
                self.met[self.next] = *record;
                self.next = (self.next + 1) % REMEMBERED_RECORDS;
            }
        }
        are_new
    }

    /// A contact log of records that phones were told. There must be at least one.
    pub fn contact_log(&self, len: usize, rng: &mut impl Rng) -> Vec<ContactRecord> {
        (0..len).map(|_| self.met[rng.random_range(0..self.met.len())]).collect()
    }
}

#[cfg(test)]
mod tests;
