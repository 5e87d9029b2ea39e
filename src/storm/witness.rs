//! What all phones of a storm were told: checked, and kept for uploads and for a file.

use std::hash::{DefaultHasher, Hash, Hasher};

use rand::{Rng, RngExt};

use crate::protocol::{ContactRecord, Username};
use crate::server::journal;
use crate::workload::caller::Fact;
use crate::workload::{BrokenPromise, Oracle, Repeats};

/// Number of records kept for uploads by other phones.
const REMEMBERED_RECORDS: usize = 4096;

/// What all phones of a storm were told.
#[derive(Debug)]
pub struct Witness {
    oracle: Oracle<Told>,
    /// Some of the records, to make up contact logs.
    met: Vec<ContactRecord>,
    next: usize,
    /// Lines for the file of `--told`, if there is one.
    lines: Option<Vec<u8>>,
}

/// A hash of what a TempID was told with, whom and for which time. Four bytes, as there may be
/// millions.
type Told = [u8; 4];

impl Witness {
    /// Number of TempIDs told.
    pub fn temp_ids(&self) -> usize {
        self.oracle.told().len()
    }

    /// A witness of nothing yet. `keeps_lines` keeps a line for each TempID told.
    pub fn new(keeps_lines: bool, repeats: Repeats) -> Self {
        let lines = keeps_lines.then(Vec::new);
        Self { oracle: Oracle::new(repeats), met: Vec::new(), next: 0, lines }
    }

    /// Takes the lines since the last call, in the form of `tempIDs.txt`.
    pub fn take_lines(&mut self) -> Vec<u8> {
        self.lines.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Notes what a phone of `user` learned.
    ///
    /// # Errors
    ///
    /// The promise that the server broke.
    pub fn enter(&mut self, user: Username, fact: &Fact) -> Result<(), BrokenPromise> {
        let Self { oracle, met, next, lines } = self;
        oracle.enter(fact, |record| {
            if let Some(lines) = lines {
                journal::encode_line(user, record, lines);
            }
            if met.len() < REMEMBERED_RECORDS {
                met.push(*record);
            } else {
                met[*next] = *record;
                *next = (*next + 1) % REMEMBERED_RECORDS;
            }
            hash_of(user, record)
        })
    }

    /// A contact log of records that phones were told. There must be at least one.
    pub fn contact_log(&self, len: usize, rng: &mut impl Rng) -> Vec<ContactRecord> {
        (0..len).map(|_| self.met[rng.random_range(0..self.met.len())]).collect()
    }
}

fn hash_of(user: Username, record: &ContactRecord) -> Told {
    let mut hasher = DefaultHasher::new();
    (user, record).hash(&mut hasher);
    (hasher.finish() as u32).to_ne_bytes()
}

#[cfg(test)]
mod tests;
