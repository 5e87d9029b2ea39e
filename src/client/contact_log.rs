//! The beacons that a phone remembers. No file, no clock.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use hashbrown::{HashMap, hash_map};

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
    entries: HashMap<TempId, Entry>,
    /// In the order of leaving. A TempID that was received again stands here more than once; the
    /// place with the entry's own number counts.
    order: VecDeque<Place>,
    last_number: u64,
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
    temp_id: TempId,
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
        Self { retention, entries: HashMap::new(), order: VecDeque::new(), last_number: 0 }
    }

    /// An empty log that keeps entries for as long as this one.
    pub fn emptied(&self) -> Self {
        Self::new(self.retention)
    }

    /// Removes every entry.
    pub fn clear(&mut self) {
        self.entries.clear();
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
        self.entries.get(&temp_id)
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
        self.entries.retain(|temp_id, _| is_kept(temp_id));
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
        let temp_id = record.temp_id;
        match self.entries.entry(temp_id) {
            hash_map::Entry::Occupied(entry) => {
                let entry = entry.into_mut();
                entry.received = received;
                entry.leaves = leaves;
                // Who stays nearby is heard again and again, and is the last to leave already.
                if self.order.back().is_none_or(|last| last.number != entry.number) {
                    self.last_number += 1;
                    entry.number = self.last_number;
                    self.order.push_back(Place { temp_id, number: entry.number });
                    self.drop_stale_places();
                }
                Added::Again
            }
            hash_map::Entry::Vacant(entry) => {
                self.last_number += 1;
                let number = self.last_number;
                entry.insert(Entry { record, received, leaves, number });
                self.order.push_back(Place { temp_id, number });
                if self.len() <= MAX_ENTRIES {
                    return Added::New;
                }
                self.remove_oldest();
                self.drop_stale_places();
                Added::InsteadOfOldest
            }
        }
    }

    fn remove_oldest(&mut self) {
        while let Some(place) = self.order.pop_front() {
            if self.entry_at(&place).is_some() {
                self.entries.remove(&place.temp_id);
                return;
            }
        }
    }

    fn drop_stale_places(&mut self) {
        // Half of them at least are stale then, so that each costs a constant on average.
        if self.order.len() > 2 * self.entries.len() + 16 {
            let entries = &self.entries;
            self.order.retain(|place| {
                entries.get(&place.temp_id).is_some_and(|entry| entry.number == place.number)
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
        self.entries.get(&place.temp_id).filter(|entry| entry.number == place.number)
    }
}

#[cfg(test)]
mod tests {
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
