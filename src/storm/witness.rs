//! What the phones of a storm were told, all together: what one phone alone cannot find wrong.

use std::collections::HashSet;

use rand::RngExt;
use rand::rngs::ChaCha12Rng;

use crate::protocol::{ContactRecord, TempId};

/// Records that are remembered to be uploaded by others.
const REMEMBERED_RECORDS: usize = 4096;

/// Everything that the phones were told.
#[derive(Debug, Default)]
pub struct Witness {
    told: HashSet<TempId>,
    /// Some of the records, as phones that met would have them in their contact logs.
    met: Vec<ContactRecord>,
    next: usize,
}

impl Witness {
    /// How many TempIDs were told.
    pub fn temp_ids(&self) -> usize {
        self.told.len()
    }

    /// A phone was told these TempIDs. Says whether nobody had been told any of them before.
    pub fn told(&mut self, records: &[ContactRecord]) -> bool {
        let mut are_new = true;
        for record in records {
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

    /// A contact log: records that phones were told. There must be some.
    pub fn contact_log(&self, len: usize, rng: &mut ChaCha12Rng) -> Vec<ContactRecord> {
        (0..len).map(|_| self.met[rng.random_range(0..self.met.len())]).collect()
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;
    use crate::protocol::Timestamp;

    fn record(number: u128) -> ContactRecord {
        let temp_id = TempId::from_number(number).expect("in range");
        let start = Timestamp::from_unix_seconds(0);
        ContactRecord { temp_id, start, expiry: start.after_seconds(899) }
    }

    #[test]
    fn temp_id_that_was_told_before_is_noticed() {
        let mut witness = Witness::default();
        assert!(witness.told(&[record(1), record(2)]));
        assert!(!witness.told(&[record(3), record(2)]));
        assert!(!witness.told(&[record(4), record(4)]));
        assert_eq!(witness.temp_ids(), 4);
    }

    #[test]
    fn contact_logs_hold_what_others_were_told() {
        let (mut witness, mut rng) = (Witness::default(), ChaCha12Rng::seed_from_u64(1));
        let count = REMEMBERED_RECORDS as u128 + 10;
        (0..count).for_each(|number| assert!(witness.told(&[record(number)])));
        let log = witness.contact_log(1000, &mut rng);
        assert!(log.iter().all(|entry| (10..count).any(|number| record(number) == *entry)));
    }
}
