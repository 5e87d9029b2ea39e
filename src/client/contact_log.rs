//! The beacons that a phone remembers. No file, no clock.

mod senders;

use std::collections::VecDeque;
use std::hash::BuildHasher;
use std::time::{Duration, Instant};

use hashbrown::{DefaultHashBuilder, HashTable};
use slab::Slab;

use self::senders::Senders;
pub use self::senders::{NEW_ENTRIES_AT_ONCE, NEW_ENTRIES_PER_SECOND, Sender};
use crate::clock::Now;
use crate::protocol::{ContactRecord, TempId};

/// Entries of a log, at most. Honest phones never come near it.
pub const MAX_ENTRIES: usize = 65_536;

/// The valid beacons that a phone received, each for a limited time.
///
/// An entry leaves a fixed time after its beacon was received. The same TempID received again does
/// not add an entry but starts that time anew. Its record stays what was heard first: the server
/// gives a TempID one pair of times, so that another one is forged, and nobody shall change what is
/// in the log.
///
/// Forged beacons look like honest ones. So that a flood of them pushes nothing honest out, each
/// sender's new entries are limited in rate, and a log that is full makes room where one sender
/// takes up the most of it.
#[derive(Debug)]
pub struct ContactLog {
    retention: Duration,
    entries: Slab<Entry>,
    /// Index of the entry of each TempID.
    by_temp_id: HashTable<u32>,
    hasher: DefaultHashBuilder,
    senders: Senders,
    /// Entries in the order of leaving. A TempID that was received again stands here more than
    /// once; the place with the entry's own number counts.
    order: VecDeque<Place>,
    last_number: u64,
    /// Index of the entry that has the last number, if it is still there.
    newest: u32,
}

/// One received TempID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Record of the beacon that was received first.
    pub record: ContactRecord,
    leaves: Instant,
    number: u64,
    sender: Sender,
}

/// A reception, which becomes an entry or changes one.
#[derive(Debug, Clone, Copy)]
struct Received {
    record: ContactRecord,
    leaves: Instant,
    sender: Sender,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    entry: u32,
    number: u64,
}

/// Effect of a beacon on the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// A new entry was added.
    New,
    /// A new entry was added, and an old one removed to make room.
    InsteadOfOldest,
    /// The time of an existing entry begins anew.
    Again,
    /// Nothing was added, as the sender has added too many new entries in too short a time.
    TooMany,
}

impl ContactLog {
    /// Creates an empty log that keeps entries for `retention`.
    pub fn new(retention: Duration) -> Self {
        Self {
            retention,
            entries: Slab::new(),
            by_temp_id: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            senders: Senders::default(),
            order: VecDeque::new(),
            last_number: 0,
            newest: 0,
        }
    }

    /// Creates an empty log with the retention of this one.
    pub fn emptied(&self) -> Self {
        Self::new(self.retention)
    }

    /// Removes every entry.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.by_temp_id.clear();
        self.order.clear();
        self.senders.forget_entries();
    }

    /// Returns the number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns the entry of a TempID.
    pub fn find(&self, temp_id: TempId) -> Option<&Entry> {
        self.entries.get(self.key_of(temp_id)? as usize)
    }

    /// Iterates over the entries in the order of their last reception.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.order.iter().filter_map(|place| self.entry_at(place))
    }

    /// Adds a record that was received now from a sender without limits.
    pub fn add(&mut self, record: ContactRecord, now: Now) -> Added {
        self.add_from(Sender::UNKNOWN, record, now)
    }

    /// Adds a record that was received now from `sender`, unless that one has added too many.
    pub fn add_from(&mut self, sender: Sender, record: ContactRecord, now: Now) -> Added {
        let is_new = self.key_of(record.temp_id).is_none();
        if is_new && !self.senders.admit(sender, now.monotonic) {
            return Added::TooMany;
        }
        self.insert(Received { record, leaves: now.monotonic + self.retention, sender })
    }

    /// Adds records that were received in an earlier run, with their ages. Entries that exist keep
    /// their times, which are known better.
    pub fn restore(&mut self, earlier: &[(ContactRecord, Duration)], now: Instant) {
        let mut all: Vec<Received> = Vec::with_capacity(earlier.len() + self.len());
        for (record, age) in earlier {
            if self.find(record.temp_id).is_none() {
                let leaves = now + self.retention.saturating_sub(*age);
                all.push(Received { record: *record, leaves, sender: Sender::UNKNOWN });
            }
        }
        all.extend(self.iter().map(|entry| Received {
            record: entry.record,
            leaves: entry.leaves,
            sender: entry.sender,
        }));
        // Those received first leave first.
        all.sort_by_key(|received| received.leaves);
        self.clear();
        for received in all {
            self.insert(received);
        }
    }

    /// Returns the time since the last reception of an entry.
    pub fn age(&self, entry: &Entry, now: Instant) -> Duration {
        self.retention.saturating_sub(entry.leaves.saturating_duration_since(now))
    }

    /// Keeps only the entries whose TempID satisfies `is_kept`.
    pub fn retain(&mut self, is_kept: impl Fn(&TempId) -> bool) {
        let (entries, senders) = (&mut self.entries, &mut self.senders);
        self.by_temp_id.retain(|key| {
            let is_kept = is_kept(&entries[*key as usize].record.temp_id);
            if !is_kept {
                senders.lost_entry(entries.remove(*key as usize).sender);
            }
            is_kept
        });
        self.drop_stale_places();
    }

    /// Returns when the next entry leaves.
    pub fn next_leaving(&self) -> Option<Instant> {
        self.iter().next().map(|entry| entry.leaves)
    }

    /// Removes the entries whose time is over, and returns whether there were any.
    pub fn expire(&mut self, now: Instant) -> bool {
        let before = self.len();
        while let Some(place) = self.order.front() {
            match self.entry_at(place) {
                Some(entry) if now < entry.leaves => break,
                Some(_) => self.remove_oldest(),
                None => {
                    self.order.pop_front();
                }
            }
        }
        self.len() < before
    }

    fn insert(&mut self, received: Received) -> Added {
        let Received { record, leaves, sender } = received;
        // Who stays nearby is heard again and again, and is the last to leave already.
        if let Some(entry) = self.entries.get_mut(self.newest as usize)
            && entry.number == self.last_number
            && entry.record.temp_id == record.temp_id
        {
            entry.leaves = leaves;
            return Added::Again;
        }
        self.last_number += 1;
        let number = self.last_number;
        let known = self.key_of(record.temp_id);
        let key = match known {
            Some(key) => {
                let entry = &mut self.entries[key as usize];
                (entry.leaves, entry.number) = (leaves, number);
                key
            }
            None => self.insert_new(Entry { record, leaves, number, sender }),
        };
        self.newest = key;
        self.order.push_back(Place { entry: key, number });
        let added = match known {
            Some(_) => Added::Again,
            None if self.len() <= MAX_ENTRIES => return Added::New,
            None => {
                self.make_room();
                Added::InsteadOfOldest
            }
        };
        self.drop_stale_places();
        added
    }

    fn insert_new(&mut self, entry: Entry) -> u32 {
        let (entries, hasher) = (&mut self.entries, &self.hasher);
        let hash = hasher.hash_one(entry.record.temp_id);
        self.senders.made_entry(entry.sender);
        let key = entries.insert(entry) as u32;
        let hash_of = |key: &u32| hasher.hash_one(entries[*key as usize].record.temp_id);
        self.by_temp_id.insert_unique(hash, key, hash_of);
        key
    }

    /// Removes the oldest entry of the sender that takes up the most of the log, or the oldest of
    /// all where nobody takes up much.
    fn make_room(&mut self) {
        let Some(greediest) = self.senders.greediest() else { return self.remove_oldest() };
        let oldest = self
            .order
            .iter()
            .position(|place| self.entry_at(place).is_some_and(|entry| entry.sender == greediest));
        match oldest.and_then(|at| self.order.remove(at)) {
            Some(place) => self.remove(place),
            None => self.remove_oldest(),
        }
    }

    fn remove_oldest(&mut self) {
        while let Some(place) = self.order.pop_front() {
            if self.entry_at(&place).is_some() {
                return self.remove(place);
            }
        }
    }

    fn remove(&mut self, Place { entry: key, .. }: Place) {
        let entry = self.entries.remove(key as usize);
        let hash = self.hasher.hash_one(entry.record.temp_id);
        let found = self.by_temp_id.find_entry(hash, |other| *other == key);
        found.expect("every entry is found by its TempID").remove();
        self.senders.lost_entry(entry.sender);
    }

    fn drop_stale_places(&mut self) {
        // Half of them at least are stale then, so that each costs a constant on average.
        if self.order.len() > 2 * self.entries.len() + 16 {
            let entries = &self.entries;
            self.order.retain(|place| {
                entries.get(place.entry as usize).is_some_and(|it| it.number == place.number)
            });
        }
        // Stale places in front would make the next leaving expensive to find.
        while let Some(place) = self.order.front() {
            if self.entry_at(place).is_some() {
                break;
            }
            self.order.pop_front();
        }
    }

    fn entry_at(&self, place: &Place) -> Option<&Entry> {
        self.entries.get(place.entry as usize).filter(|entry| entry.number == place.number)
    }

    fn key_of(&self, temp_id: TempId) -> Option<u32> {
        let is_its = |key: &u32| self.entries[*key as usize].record.temp_id == temp_id;
        self.by_temp_id.find(self.hasher.hash_one(temp_id), is_its).copied()
    }
}

#[cfg(test)]
mod tests;
