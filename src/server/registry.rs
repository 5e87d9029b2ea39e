//! Every TempID that was issued, in memory. It has no clock and no randomness.

use std::hash::BuildHasher;
use std::hint::black_box;

use hashbrown::DefaultHashBuilder;
use hashbrown::hash_table::Entry as Place;

use super::temp_id_tables::TempIdTables;
use super::users::{UserNumber, Users};
use crate::protocol::{ContactRecord, TempId, Timestamp, Username};

/// TempIDs that a tick issues at most: 1,024 events, with a batch of 100 each.
const ISSUED_PER_TICK: usize = 128 * 1024;

/// Every TempID that was ever issued, and to whom.
///
/// It holds millions: 32 bytes an entry in the order of issue, and a table of indices to find them
/// by TempID. It holds only what is on stable storage.
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

impl Registry {
    /// How many entries had best be added at a time: enough to wait for memory together, and so few
    /// that the first is still in the cache when the last is there.
    pub const BATCH: usize = 128;

    /// Makes room for `count` more entries at once, if there is so much memory.
    pub fn reserve(&mut self, count: usize) {
        if self.entries.try_reserve_exact(count).is_ok() {
            let (entries, hasher) = (&self.entries, &self.hasher);
            self.by_temp_id.reserve(count, |index| hash_of(hasher, entries, *index));
        }
    }

    /// The memory that it takes when it grows next, in bytes; none if there is room for all that
    /// one tick issues.
    pub fn next_growth_bytes(&self) -> u64 {
        let capacity = self.entries.capacity();
        let has_room = capacity - self.entries.len() >= ISSUED_PER_TICK;
        if has_room { 0 } else { (2 * capacity * size_of::<Entry>()) as u64 }
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

    /// Adds what was issued earlier, in this order, and gives the positions of what was passed
    /// over, as its TempID was there already.
    ///
    /// With millions of entries, adding one mostly means to wait for memory. The entries of a
    /// [`BATCH`](Self::BATCH) wait together: all that they need is asked for before any is added.
    pub fn insert_all(&mut self, issued: &[(Username, ContactRecord)]) -> Vec<usize> {
        let users = self.users.numbers(issued.iter().map(|(user, _)| *user));
        let hashes: Vec<u64> =
            issued.iter().map(|(_, record)| self.hasher.hash_one(record.temp_id)).collect();
        self.fetch_places(&hashes);
        let mut repeated = Vec::new();
        for (position, (_, record)) in issued.iter().enumerate() {
            if !self.insert_at(hashes[position], users[position], *record) {
                repeated.push(position);
            }
        }
        repeated
    }

    /// Brings into the cache what adding these TempIDs will read: a [`BATCH`](Self::BATCH) at most.
    pub fn fetch(&self, temp_ids: impl Iterator<Item = TempId>) {
        let hashes: Vec<u64> = temp_ids.map(|temp_id| self.hasher.hash_one(temp_id)).collect();
        // One alone would not be there any sooner.
        if hashes.len() > 1 {
            self.fetch_places(&hashes);
        }
    }

    /// Reads what looking for these hashes will read, so that it is in the cache by then.
    fn fetch_places(&self, hashes: &[u64]) {
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

    /// Adds what was issued just now to one user, and says whether nobody had any of these TempIDs
    /// before; what is new is added in either case. It is faster after [`fetch`](Self::fetch).
    pub fn insert_issued(&mut self, user: Username, records: &[ContactRecord]) -> bool {
        let user = self.users.number(user);
        let mut are_new = true;
        for record in records {
            are_new &= self.insert_at(self.hasher.hash_one(record.temp_id), user, *record);
        }
        are_new
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

#[cfg(test)]
mod tests;
