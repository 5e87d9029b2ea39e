//! Every TempID that was issued, in memory. It has no clock, and the randomness comes from its caller.

use std::hash::BuildHasher;
use std::hint::black_box;

use hashbrown::DefaultHashBuilder;
use hashbrown::hash_table::Entry as Place;
use rand::{Rng, RngExt};

use super::temp_id_tables::TempIdTables;
use super::users::{UserNumber, Users};
use crate::protocol::{ContactRecord, TempId, Timestamp, Username};

/// Every TempID that was ever issued, and to whom.
///
/// It holds millions: 32 bytes an entry in the order of issue, and a table of indices to find them
/// by TempID. It can take back the latest ones, those that did not reach the disk.
#[derive(Debug, Default)]
pub struct Registry {
    entries: Vec<Entry>,
    by_temp_id: TempIdTables,
    hasher: DefaultHashBuilder,
    users: Users,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    start: Timestamp,
    expiry: Timestamp,
    user: UserNumber,
    temp_id: TempId,
}

/// TempIDs that were issued together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Issue {
    first: u32,
    count: u8,
}

impl Registry {
    /// How many entries [`insert_all`](Self::insert_all) had best be given: enough to wait for
    /// memory together, and so few that the first is still in the cache when the last is there.
    pub const BATCH: usize = 128;

    /// Makes room for `count` more entries at once, if there is so much memory.
    pub fn reserve(&mut self, count: usize) {
        if self.entries.try_reserve_exact(count).is_ok() {
            let (entries, hasher) = (&self.entries, &self.hasher);
            self.by_temp_id.reserve(count, |index| hash_of(hasher, entries, *index));
        }
    }

    /// How many TempIDs there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// To whom a TempID was issued, and for which time.
    pub fn find(&self, temp_id: TempId) -> Option<(Username, ContactRecord)> {
        let hash = self.hasher.hash_one(temp_id);
        let is_it = |index: &u32| self.entries[*index as usize].temp_id == temp_id;
        let entry = &self.entries[*self.by_temp_id.of(hash).find(hash, is_it)? as usize];
        Some((self.users.name(entry.user), entry.record()))
    }

    /// Adds what was issued earlier, unless its TempID is there already.
    pub fn insert(&mut self, user: Username, record: ContactRecord) -> bool {
        let user = self.users.number(user);
        self.insert_at(self.hasher.hash_one(record.temp_id), user, record)
    }

    /// Adds what was issued earlier, in this order, and gives the positions of what was passed
    /// over, as its TempID was there already.
    ///
    /// With millions of entries, adding one mostly means to wait for memory. The entries of a
    /// [`BATCH`](Self::BATCH) wait together: all that they need is asked for before any is added.
    pub fn insert_all(&mut self, issued: &[(Username, ContactRecord)]) -> Vec<usize> {
        let users = self.users.numbers(issued.iter().map(|(user, _)| *user));
        let hashes: Vec<u64> =
            issued.iter().map(|(_, record)| self.hasher.hash_one(record.temp_id)).collect();
        self.fetch(&hashes);
        let mut repeated = Vec::new();
        for (position, (_, record)) in issued.iter().enumerate() {
            if !self.insert_at(hashes[position], users[position], *record) {
                repeated.push(position);
            }
        }
        repeated
    }

    /// Reads what looking for these hashes will read, so that it is in the cache by then.
    fn fetch(&self, hashes: &[u64]) {
        let alike: Vec<Option<u32>> = hashes
            .iter()
            .map(|hash| self.by_temp_id.of(*hash).find(*hash, |_| true).copied())
            .collect();
        for index in alike.into_iter().flatten() {
            black_box(self.entries[index as usize].user);
        }
    }

    fn insert_at(&mut self, hash: u64, user: UserNumber, record: ContactRecord) -> bool {
        let ContactRecord { temp_id, start, expiry } = record;
        let Self { entries, by_temp_id, hasher, .. } = self;
        let is_it = |index: &u32| entries[*index as usize].temp_id == temp_id;
        match by_temp_id.of_mut(hash).entry(hash, is_it, |index| hash_of(hasher, entries, *index)) {
            Place::Occupied(_) => false,
            Place::Vacant(place) => {
                place.insert(next_index(entries));
                entries.push(Entry { start, expiry, user, temp_id });
                true
            }
        }
    }

    /// Issues TempIDs for `count` windows in a row, the first from `start`. A window of `lifetime`
    /// seconds includes both its ends, so it expires `lifetime` - 1 seconds after its start.
    pub fn issue(
        &mut self,
        user: Username,
        count: u8,
        start: Timestamp,
        lifetime: u32,
        rng: &mut impl Rng,
    ) -> Issue {
        let first = next_index(&self.entries);
        let user = self.users.number(user);
        let drawn = self.draw_together(count, rng);
        for window in 0..u64::from(count) {
            let start = start.after_seconds(window * u64::from(lifetime));
            let expiry = start.after_seconds(u64::from(lifetime) - 1);
            let mut temp_id = drawn.get(window as usize).copied().unwrap_or_else(|| random(rng));
            let record = |temp_id| ContactRecord { temp_id, start, expiry };
            while !self.insert_at(self.hasher.hash_one(temp_id), user, record(temp_id)) {
                temp_id = random(rng);
            }
        }
        Issue { first, count }
    }

    /// Draws TempIDs for many windows, and lets them wait for memory together. One alone would not be
    /// there sooner, and is drawn when it is needed.
    fn draw_together(&self, count: u8, rng: &mut impl Rng) -> Vec<TempId> {
        if count <= 1 {
            return Vec::new();
        }
        let drawn: Vec<TempId> = (0..count).map(|_| random(rng)).collect();
        let hashes: Vec<u64> = drawn.iter().map(|temp_id| self.hasher.hash_one(temp_id)).collect();
        self.fetch(&hashes);
        drawn
    }

    /// The records of an issue that was not taken back.
    pub fn records(&self, issue: Issue) -> impl Iterator<Item = ContactRecord> {
        let first = issue.first as usize;
        self.entries[first..first + usize::from(issue.count)].iter().map(Entry::record)
    }

    /// Takes back all entries but the first `len`.
    pub fn truncate(&mut self, len: usize) {
        for index in len..self.entries.len() {
            let hash = self.hasher.hash_one(self.entries[index].temp_id);
            let entry =
                self.by_temp_id.of_mut(hash).find_entry(hash, |other| *other as usize == index);
            entry.expect("every entry is in the table").remove();
        }
        self.entries.truncate(len);
    }
}

impl Entry {
    fn record(&self) -> ContactRecord {
        ContactRecord { temp_id: self.temp_id, start: self.start, expiry: self.expiry }
    }
}

fn next_index(entries: &[Entry]) -> u32 {
    u32::try_from(entries.len()).expect("memory ends long before four billion TempIDs")
}

fn hash_of(hasher: &DefaultHashBuilder, entries: &[Entry], index: u32) -> u64 {
    hasher.hash_one(entries[index as usize].temp_id)
}

fn random(rng: &mut impl Rng) -> TempId {
    TempId::from_number(rng.random_range(0..TempId::COUNT)).expect("in range")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::ChaCha12Rng;

    use super::*;

    fn user(name: &str) -> Username {
        Username::decode(name.as_bytes()).expect("a name")
    }

    fn noon() -> Timestamp {
        Timestamp::decode(b"13/05/2020 12:00:00").expect("a time")
    }

    fn issue(registry: &mut Registry, name: &str, count: u8, seed: u64) -> Vec<ContactRecord> {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        let issue = registry.issue(user(name), count, noon(), 900, &mut rng);
        registry.records(issue).collect()
    }

    #[test]
    fn issued_temp_ids_are_found_with_their_user() {
        let mut registry = Registry::default();
        let records =
            [issue(&mut registry, "ann", 3, 1), issue(&mut registry, "bob", 2, 2)].concat();
        for (index, record) in records.iter().enumerate() {
            let name = if index < 3 { "ann" } else { "bob" };
            assert_eq!(registry.find(record.temp_id), Some((user(name), *record)));
        }
        assert_eq!(registry.find(TempId::from_number(42).expect("in range")), None);
    }

    #[test]
    fn windows_follow_each_other_without_gap_or_overlap() {
        let records = issue(&mut Registry::default(), "ann", 100, 1);
        assert_eq!(records[0].start, noon());
        for pair in records.windows(2) {
            assert_eq!(pair[0].expiry.after_seconds(1), pair[1].start);
            assert_eq!(pair[0].expiry.seconds_since(pair[0].start), 899);
        }
    }

    #[test]
    fn repeated_random_numbers_do_not_repeat_a_temp_id() {
        let mut registry = Registry::default();
        let first = issue(&mut registry, "ann", 50, 7);
        let again = issue(&mut registry, "ann", 50, 7);
        assert!(again.iter().all(|record| first.iter().all(|f| f.temp_id != record.temp_id)));
    }

    #[test]
    fn truncated_entries_are_gone_and_their_place_is_used_again() {
        let mut registry = Registry::default();
        let kept = issue(&mut registry, "ann", 10, 1);
        let lost = issue(&mut registry, "bob", 10, 2);
        registry.truncate(kept.len());
        assert!(lost.iter().all(|record| registry.find(record.temp_id).is_none()));
        assert!(kept.iter().all(|record| registry.find(record.temp_id).is_some()));
        let again = issue(&mut registry, "cyd", 10, 2);
        assert_eq!(registry.find(again[9].temp_id), Some((user("cyd"), again[9])));
    }

    /// Of few users and few TempIDs, so that many are repeated.
    fn any_issued() -> impl Strategy<Value = (Username, ContactRecord)> {
        (0..8_u32, 0..200_u32, 0..1000_u64).prop_map(|(name, number, seconds)| {
            let temp_id = TempId::from_number(number.into()).expect("in range");
            let start = noon().after_seconds(seconds);
            let record = ContactRecord { temp_id, start, expiry: start.after_seconds(899) };
            (user(&name.to_string()), record)
        })
    }

    proptest! {
        #[test]
        fn many_inserted_at_once_are_as_inserted_one_by_one(
            issued in prop::collection::vec(any_issued(), 0..300),
            batch in 1..100_usize,
        ) {
            let (mut registry, mut expected) = (Registry::default(), Registry::default());
            for batch in issued.chunks(batch) {
                let repeated = registry.insert_all(batch);
                let is_new = batch.iter().map(|(user, record)| expected.insert(*user, *record));
                let positions = is_new.enumerate().filter(|(_, is_new)| !is_new);
                prop_assert_eq!(repeated, positions.map(|(at, _)| at).collect::<Vec<_>>());
            }
            prop_assert_eq!(registry.len(), expected.len());
            for (index, entry) in registry.entries.iter().enumerate() {
                prop_assert_eq!(entry.record(), expected.entries[index].record());
                prop_assert_eq!(registry.find(entry.temp_id), expected.find(entry.temp_id));
            }
        }
    }
}
