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
mod tests {
    use rand::SeedableRng;
    use rand::rngs::Xoshiro256PlusPlus;

    use super::*;
    use crate::protocol::Timestamp;

    fn record(number: u128) -> ContactRecord {
        let temp_id = TempId::from_number(number).expect("in range");
        let start = Timestamp::from_unix_seconds(0);
        ContactRecord { temp_id, start, expiry: start.after_seconds(899) }
    }

    fn user() -> Username {
        Username::decode(b"+61410888888").expect("a name")
    }

    #[test]
    fn lines_are_those_of_the_file_and_taken_once() {
        let mut witness = Witness::new(true);
        witness.told(user(), &[record(7)]);
        let line = "+61410888888 00000000000000000007 01/01/1970 00:00:00 01/01/1970 00:14:59\n";
        assert_eq!(witness.take_lines(), line.as_bytes());
        assert_eq!(witness.take_lines(), b"");
    }

    #[test]
    fn temp_id_that_was_told_before_is_noticed() {
        let mut witness = Witness::default();
        assert!(witness.told(user(), &[record(1), record(2)]));
        assert!(!witness.told(user(), &[record(3), record(2)]));
        assert!(!witness.told(user(), &[record(4), record(4)]));
        assert_eq!(witness.temp_ids(), 4);
    }

    #[test]
    fn contact_logs_hold_what_others_were_told() {
        let (mut witness, mut rng) = (Witness::default(), Xoshiro256PlusPlus::seed_from_u64(1));
        let count = REMEMBERED_RECORDS as u128 + 10;
        (0..count).for_each(|number| assert!(witness.told(user(), &[record(number)])));
        let log = witness.contact_log(1000, &mut rng);
        assert!(log.iter().all(|entry| (10..count).any(|number| record(number) == *entry)));
    }
}
