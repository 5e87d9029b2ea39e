//! Every TempID that was issued, in memory. It has no clock and no randomness.

use std::hash::BuildHasher;
use std::hint::black_box;

use hashbrown::DefaultHashBuilder;
use hashbrown::hash_table::Entry as Place;

use super::entries::{Entries, Entry};
use super::temp_id_tables::TempIdTables;
use super::users::{UserNumber, Users};
use crate::protocol::{ContactRecord, TempId, Timestamp, Username};

/// TempIDs that a tick issues at most: 1,024 events, with a batch of 100 each.
const ISSUED_PER_TICK: usize = 1024 * 100;

/// Every TempID that was issued and is not forgotten, and to whom.
///
/// It holds millions: 32 bytes an entry in the order of issue, and a table of indices to find them
/// by TempID. It holds only what is on stable storage.
#[derive(Debug, Default)]
pub struct Registry {
    entries: Entries,
    by_temp_id: TempIdTables,
    hasher: DefaultHashBuilder,
    users: Users,
}

impl Registry {
    /// How many entries had best be added at a time: enough to wait for memory together, and so few
    /// that the first is still in the cache when the last is there.
    pub const BATCH: usize = 128;

    /// Makes room for `count` more entries at once, if there is so much memory.
    pub fn reserve(&mut self, count: usize) {
        let (entries, hasher) = (&self.entries, &self.hasher);
        self.by_temp_id.reserve(count, |index| hash_of(hasher, entries, *index));
    }

    /// Forgets up to `count` TempIDs that expired before `since`, and returns whether it forgot so
    /// many, so that there may be more. Those that were issued together with later ones stay for
    /// some days more.
    pub fn forget(&mut self, since: Timestamp, count: usize) -> bool {
        let Self { entries, by_temp_id, hasher, .. } = self;
        for _ in 0..count {
            let Some((index, entry)) = entries.forget_one(since) else { return false };
            let hash = hasher.hash_one(entry.temp_id);
            by_temp_id.remove(hash, index);
        }
        true
    }

    /// Gives memory that forgotten TempIDs have left back, a part at a time. Returns whether there
    /// may be more.
    pub fn shrink(&mut self) -> bool {
        let (entries, hasher) = (&self.entries, &self.hasher);
        self.by_temp_id.shrink_one(|index| hash_of(hasher, entries, *index))
    }

    /// The memory that it takes when it grows next, in bytes; none if there is room for all that
    /// one tick issues.
    pub fn next_growth_bytes(&self) -> u64 {
        self.entries.next_growth_bytes(ISSUED_PER_TICK)
    }

    /// How many TempIDs the tables have room for.
    #[cfg(test)]
    pub(super) fn room(&self) -> usize {
        self.by_temp_id.room()
    }

    /// How many TempIDs there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// To whom a TempID was issued, and for which time.
    pub fn find(&self, temp_id: TempId) -> Option<(Username, ContactRecord)> {
        let hash = self.hasher.hash_one(temp_id);
        let is_it = |index: &u32| self.entries.get(*index).temp_id == temp_id;
        let entry = self.entries.get(*self.by_temp_id.of(hash).find(hash, is_it)?);
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
            black_box(self.entries.get(index).user);
        }
    }

    fn insert_at(&mut self, hash: u64, user: UserNumber, record: ContactRecord) -> bool {
        let ContactRecord { temp_id, start, expiry } = record;
        let Self { entries, by_temp_id, hasher, .. } = self;
        let is_it = |index: &u32| entries.get(*index).temp_id == temp_id;
        match by_temp_id.of_mut(hash).entry(hash, is_it, |index| hash_of(hasher, entries, *index)) {
            Place::Occupied(_) => false,
            Place::Vacant(place) => {
                place.insert(entries.push(Entry { start, expiry, user, temp_id }));
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

fn hash_of(hasher: &DefaultHashBuilder, entries: &Entries, index: u32) -> u64 {
    hasher.hash_one(entries.get(index).temp_id)
}

#[cfg(test)]
mod tests;
