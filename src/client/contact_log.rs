//! The beacons that a phone remembers. No file, no clock.

use std::collections::VecDeque;
use std::hash::BuildHasher;
use std::time::{Duration, Instant};

use hashbrown::{DefaultHashBuilder, HashTable};
use slab::Slab;

use crate::clock::Now;
use crate::protocol::{ContactRecord, TempId, Timestamp};

/// Most entries of a log. Honest phones never come near it; whoever sends more beacons than that
/// pushes out the oldest.
pub const MAX_ENTRIES: usize = 65_536;

/// The valid beacons that a phone received, each for a limited time.
///
/// An entry leaves a fixed time after its beacon was received. The same TempID received again does
/// not add an entry but starts that time anew. Its record stays what was heard first: the server gives a
/// TempID one pair of times, so that another one is forged, and nobody shall change what is in the log.
#[derive(Debug)]
pub struct ContactLog {
    retention: Duration,
    entries: Slab<Entry>,
    /// Where the entry of a TempID is among them.
    by_temp_id: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// In the order of leaving. A TempID that was received again stands here more than once; the
    /// place with the entry's own number counts.
    order: VecDeque<Place>,
    last_number: u64,
    /// Where the entry is that has the last number, if it is still there.
    newest: u32,
}

/// One contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// What the beacon said.
    pub record: ContactRecord,
    /// When it was received last, as a file can keep it.
    pub received: Timestamp,
    leaves: Instant,
    number: u64,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    entry: u32,
    number: u64,
}

/// What became of a beacon in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// There is one more entry.
    New,
    /// There is one more entry, and the oldest had to go for it.
    InsteadOfOldest,
    /// The entry was there and stays longer now.
    Again,
}

impl ContactLog {
    /// An empty log that keeps entries for `retention`.
    pub fn new(retention: Duration) -> Self {
        Self {
            retention,
            entries: Slab::new(),
            by_temp_id: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            order: VecDeque::new(),
            last_number: 0,
            newest: 0,
        }
    }

    /// An empty log that keeps entries for as long as this one.
    pub fn emptied(&self) -> Self {
        Self::new(self.retention)
    }

    /// Removes every entry.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.by_temp_id.clear();
        self.order.clear();
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entry of a TempID.
    pub fn find(&self, temp_id: TempId) -> Option<&Entry> {
        self.entries.get(self.key_of(temp_id)? as usize)
    }

    /// The entries, those received first coming first.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.order.iter().filter_map(|place| self.entry_at(place))
    }

    /// Adds what was received now.
    pub fn add(&mut self, record: ContactRecord, now: Now) -> Added {
        self.insert(record, now.wall, now.monotonic + self.retention)
    }

    /// Adds what was received earlier, in another run, before all that is here, whose times are known
    /// better. An age that cannot be, as somebody has set the clock back, counts as none.
    pub fn restore(&mut self, mut earlier: Vec<(ContactRecord, Timestamp)>, now: Now) {
        let here: Vec<Entry> = self.iter().copied().collect();
        earlier.retain(|(record, _)| self.find(record.temp_id).is_none());
        // Those received first leave first.
        earlier.sort_by_key(|(_, received)| *received);
        self.clear();
        for (record, received) in earlier {
            let age = Duration::from_secs(now.wall.seconds_since(received));
            let remaining = self.retention.saturating_sub(age);
            self.insert(record, received.min(now.wall), now.monotonic + remaining);
        }
        for entry in here {
            self.insert(entry.record, entry.received, entry.leaves);
        }
    }

    /// Keeps only the entries for whose TempID `is_kept` says so.
    pub fn retain(&mut self, is_kept: impl Fn(&TempId) -> bool) {
        let entries = &mut self.entries;
        self.by_temp_id.retain(|key| {
            let is_kept = is_kept(&entries[*key as usize].record.temp_id);
            if !is_kept {
                entries.remove(*key as usize);
            }
            is_kept
        });
        self.drop_stale_places();
    }

    /// When the next entry leaves.
    pub fn next_leaving(&self) -> Option<Instant> {
        self.iter().next().map(|entry| entry.leaves)
    }

    /// Removes the entries whose time has come, and says whether there were any.
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

    fn insert(&mut self, record: ContactRecord, received: Timestamp, leaves: Instant) -> Added {
        // Who stays nearby is heard again and again, and is the last to leave already.
        if let Some(entry) = self.entries.get_mut(self.newest as usize)
            && entry.number == self.last_number
            && entry.record.temp_id == record.temp_id
        {
            (entry.received, entry.leaves) = (received, leaves);
            return Added::Again;
        }
        self.last_number += 1;
        let number = self.last_number;
        let known = self.key_of(record.temp_id);
        let key = match known {
            Some(key) => {
                let entry = &mut self.entries[key as usize];
                (entry.received, entry.leaves, entry.number) = (received, leaves, number);
                key
            }
            None => self.insert_new(Entry { record, received, leaves, number }),
        };
        self.newest = key;
        self.order.push_back(Place { entry: key, number });
        let added = match known {
            Some(_) => Added::Again,
            None if self.len() <= MAX_ENTRIES => return Added::New,
            None => {
                self.remove_oldest();
                Added::InsteadOfOldest
            }
        };
        self.drop_stale_places();
        added
    }

    fn insert_new(&mut self, entry: Entry) -> u32 {
        let (entries, hasher) = (&mut self.entries, &self.hasher);
        let hash = hasher.hash_one(entry.record.temp_id);
        let key = entries.insert(entry) as u32;
        let hash_of = |key: &u32| hasher.hash_one(entries[*key as usize].record.temp_id);
        self.by_temp_id.insert_unique(hash, key, hash_of);
        key
    }

    fn remove_oldest(&mut self) {
        while let Some(place) = self.order.pop_front() {
            if let Some(entry) = self.entry_at(&place) {
                let hash = self.hasher.hash_one(entry.record.temp_id);
                let found = self.by_temp_id.find_entry(hash, |key| *key == place.entry);
                found.expect("every entry is found by its TempID").remove();
                self.entries.remove(place.entry as usize);
                return;
            }
        }
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RETENTION: Duration = Duration::from_secs(180);

    #[expect(clippy::disallowed_methods, reason = "only the distance to it matters")]
    fn start() -> Now {
        Now { monotonic: Instant::now(), wall: Timestamp::from_unix_seconds(1_600_000_000) }
    }

    fn later(now: Now, seconds: u64) -> Now {
        Now {
            monotonic: now.monotonic + Duration::from_secs(seconds),
            wall: now.wall.after_seconds(seconds),
        }
    }

    fn record(number: u128) -> ContactRecord {
        ContactRecord {
            temp_id: TempId::from_number(number).expect("in range"),
            start: start().wall,
            expiry: start().wall,
        }
    }

    fn numbers(log: &ContactLog) -> Vec<String> {
        log.iter().map(|entry| entry.record.temp_id.to_string()[18..].to_owned()).collect()
    }

    #[test]
    fn entry_leaves_when_its_time_has_come_and_not_before() {
        let (mut log, now) = (ContactLog::new(RETENTION), start());
        assert_eq!(log.add(record(1), now), Added::New);
        let leaving = log.next_leaving().expect("one entry");
        assert_eq!(leaving, now.monotonic + RETENTION);
        assert!(!log.expire(leaving - Duration::from_nanos(1)));
        assert!(log.expire(leaving) && log.is_empty());
        assert_eq!(log.next_leaving(), None);
    }

    #[test]
    fn entry_received_again_stays_longer_and_is_one() {
        let (mut log, now) = (ContactLog::new(RETENTION), start());
        log.add(record(1), now);
        log.add(record(2), later(now, 10));
        assert_eq!(log.add(record(1), later(now, 100)), Added::Again);
        assert_eq!(numbers(&log), ["02", "01"]);
        assert!(log.expire(later(now, 190).monotonic));
        assert_eq!(numbers(&log), ["01"]);
        assert!(log.expire(later(now, 280).monotonic));
    }

    #[test]
    fn entry_received_again_with_other_times_keeps_its_own() {
        let (mut log, now) = (ContactLog::new(RETENTION), start());
        log.add(record(1), now);
        let forged = ContactRecord { expiry: later(now, 99).wall, ..record(1) };
        assert_eq!(log.add(forged, later(now, 1)), Added::Again);
        let entry = log.find(record(1).temp_id).expect("an entry");
        assert_eq!((entry.record, entry.received), (record(1), later(now, 1).wall));
    }

    /// What may happen to a log, some seconds after what happened before.
    #[derive(Debug, Clone)]
    enum Happening {
        Received(u128),
        TimePassed,
        /// Only those are kept whose bit is set.
        Kept(u8),
        Cleared,
        /// These come back from a file, whose seconds of reception are so many ago.
        Restored(Vec<(u128, u64)>),
    }

    fn happenings() -> impl Strategy<Value = Vec<(u64, Happening)>> {
        let happening = prop_oneof![
            8 => (0..8_u128).prop_map(Happening::Received),
            1 => Just(Happening::TimePassed),
            1 => any::<u8>().prop_map(Happening::Kept),
            1 => Just(Happening::Cleared),
            1 => prop::collection::vec((0..8_u128, 0..200_u64), 0..4).prop_map(Happening::Restored),
        ];
        prop::collection::vec((0..90_u64, happening), 0..60)
    }

    proptest! {
        #[test]
        fn log_is_a_list_in_the_order_of_the_last_reception(happenings in happenings()) {
            let (mut log, mut now) = (ContactLog::new(RETENTION), start());
            // Numbers, when they were received last, and when they leave.
            let mut list: Vec<(u128, Timestamp, Instant)> = Vec::new();
            for (seconds, happening) in happenings {
                now = later(now, seconds);
                match happening {
                    Happening::Received(number) => {
                        let before = list.len();
                        list.retain(|(other, ..)| *other != number);
                        let is_new = list.len() == before;
                        list.push((number, now.wall, now.monotonic + RETENTION));
                        let added = log.add(record(number), now);
                        prop_assert_eq!(added, if is_new { Added::New } else { Added::Again });
                    }
                    Happening::TimePassed => {
                        log.expire(now.monotonic);
                        // In order: nobody leaves before who stands in front.
                        let staying = list.iter().position(|(.., leaves)| now.monotonic < *leaves);
                        list.drain(..staying.unwrap_or(list.len()));
                    }
                    Happening::Kept(bits) => {
                        let is_kept = |number: u128| bits >> number & 1 == 1;
                        log.retain(|temp_id| (0..8).any(|number| {
                            record(number).temp_id == *temp_id && is_kept(number)
                        }));
                        list.retain(|(number, ..)| is_kept(*number));
                    }
                    Happening::Cleared => {
                        log.clear();
                        list.clear();
                    }
                    Happening::Restored(mut earlier) => {
                        let received = |age| Timestamp::from_unix_seconds(
                            now.wall.unix_seconds() - i64::try_from(age).expect("small"),
                        );
                        let of_file = |(number, age): &(u128, u64)| (record(*number), received(*age));
                        log.restore(earlier.iter().map(of_file).collect(), now);
                        earlier.retain(|(number, _)| list.iter().all(|(here, ..)| here != number));
                        earlier.sort_by_key(|(_, age)| std::cmp::Reverse(*age));
                        let here = std::mem::take(&mut list);
                        for (number, age) in earlier {
                            list.retain(|(other, ..)| *other != number);
                            let left = RETENTION.saturating_sub(Duration::from_secs(age));
                            list.push((number, received(age), now.monotonic + left));
                        }
                        list.extend(here);
                    }
                }
                let expected: Vec<_> =
                    list.iter().map(|(number, at, _)| (record(*number).temp_id, *at)).collect();
                let entries: Vec<_> =
                    log.iter().map(|entry| (entry.record.temp_id, entry.received)).collect();
                prop_assert_eq!(entries, expected);
                prop_assert_eq!(log.len(), list.len());
                for number in 0..8 {
                    let is_there = list.iter().any(|(other, ..)| *other == number);
                    prop_assert_eq!(log.find(record(number).temp_id).is_some(), is_there);
                }
            }
        }
    }

    #[test]
    fn full_log_drops_the_oldest() {
        let (mut log, now) = (ContactLog::new(RETENTION), start());
        for number in 0..MAX_ENTRIES as u128 {
            assert_eq!(log.add(record(number), now), Added::New);
        }
        assert_eq!(log.add(record(0), now), Added::Again);
        assert_eq!(log.add(record(1 << 40), now), Added::InsteadOfOldest);
        assert_eq!(log.len(), MAX_ENTRIES);
        assert!(log.find(record(1).temp_id).is_none());
        assert!(log.find(record(0).temp_id).is_some());
    }

    #[test]
    fn one_beacon_received_for_ever_takes_bounded_memory() {
        let (mut log, now) = (ContactLog::new(RETENTION), start());
        for second in 0..10_000 {
            log.add(record(1), later(now, second));
            log.add(record(2), later(now, second));
        }
        assert!(log.order.len() < 100, "{} places", log.order.len());
    }

    #[test]
    fn restored_entry_leaves_as_if_there_had_been_no_restart() {
        let (mut log, now) = (ContactLog::new(RETENTION), start());
        log.restore(vec![(record(1), now.wall)], later(now, 100));
        assert_eq!(log.next_leaving(), Some(later(now, 180).monotonic));
        let (mut log, late) = (ContactLog::new(RETENTION), later(now, 500));
        log.restore(vec![(record(2), now.wall)], late);
        assert!(log.find(record(2).temp_id).is_some_and(|entry| entry.leaves == late.monotonic));
    }

    #[test]
    fn restored_entries_come_before_those_that_are_here_and_do_not_change_them() {
        let (mut log, now) = (ContactLog::new(RETENTION), start());
        log.add(record(1), later(now, 50));
        log.restore(vec![(record(2), later(now, 20).wall), (record(1), now.wall)], later(now, 60));
        assert_eq!(numbers(&log), ["02", "01"]);
        assert!(log.expire(later(now, 200).monotonic));
        assert_eq!(log.next_leaving(), Some(later(now, 230).monotonic));
    }

    #[test]
    fn restored_entry_from_the_future_is_as_if_received_now() {
        let (mut log, now) = (ContactLog::new(RETENTION), start());
        log.restore(vec![(record(1), later(now, 9_999).wall)], now);
        assert_eq!(log.next_leaving(), Some(now.monotonic + RETENTION));
    }
}
