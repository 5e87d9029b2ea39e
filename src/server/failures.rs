//! Failed logins by name, in bounded memory. No clock.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::time::Instant;

/// Lists of names; a hash of the name chooses one.
const LISTS: usize = 64 * 1024;

/// Names that a list holds. All lists together hold a million names in 25 MB.
const NAMES_PER_LIST: usize = 16;

/// Failed logins by name, whether a user has the name or nobody has.
///
/// Anybody can make up any number of names, so a full list forgets one when another comes: first a
/// block that is over, then the name with the fewest failures, the longest unchanged among equals.
/// To make the table forget a block, one would have to block about a million names in the time of it.
/// Names are kept as hashes under a secret key, so that nobody can choose names for one list, or find
/// out from what is forgotten which name is whose.
#[derive(Debug, Clone)]
pub(super) struct FailureTable {
    hasher: RandomState,
    /// `None` until the first failure of one of its names.
    lists: Vec<Option<Box<List>>>,
}

/// The latest change comes first.
type List = [Option<Entry>; NAMES_PER_LIST];

#[derive(Debug, Clone, Copy)]
struct Entry {
    key: Key,
    failures: Failures,
}

/// Stands for a name in the [`FailureTable`] that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key(u64);

/// The failures of one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failures {
    /// So many in a row, too few for a block.
    Counted(u8),
    /// Enough for a block, which ends then.
    BlockedUntil(Instant),
}

impl FailureTable {
    fn new(lists: usize, hasher: RandomState) -> Self {
        Self { hasher, lists: vec![None; lists] }
    }

    /// The key of a name, of whatever bytes.
    pub(super) fn key(&self, name: &[u8]) -> Key {
        Key(self.hasher.hash_one(name))
    }

    /// The failures of a name, if it has any that are not forgotten.
    pub(super) fn of(&self, key: Key) -> Option<Failures> {
        let list = self.lists[self.list_number(key)].as_ref()?;
        list.iter().flatten().find(|entry| entry.key == key).map(|entry| entry.failures)
    }

    /// Sets the failures of a name. Another name may be forgotten for it.
    pub(super) fn remember(&mut self, key: Key, failures: Failures, now: Instant) {
        let number = self.list_number(key);
        let list = self.lists[number].get_or_insert_default();
        let worth = |entry: &Option<Entry>| match entry {
            // The place of the name itself, if it has one.
            Some(entry) if entry.key == key => 0,
            None => 1,
            Some(entry) => 1 + entry.failures.worth(now),
        };
        let by_age = (0..NAMES_PER_LIST).rev();
        let place = by_age.min_by_key(|place| worth(&list[*place])).expect("no empty list");
        list[..=place].rotate_right(1);
        list[0] = Some(Entry { key, failures });
    }

    /// Clears the failures of a name.
    pub(super) fn forget(&mut self, key: Key) {
        let number = self.list_number(key);
        if let Some(list) = &mut self.lists[number] {
            let is_it = |entry: &&mut Option<Entry>| entry.is_some_and(|entry| entry.key == key);
            list.iter_mut().find(is_it).map(Option::take);
        }
    }

    fn list_number(&self, Key(hash): Key) -> usize {
        hash as usize % self.lists.len()
    }
}

impl Default for FailureTable {
    fn default() -> Self {
        Self::new(LISTS, RandomState::new())
    }
}

impl Key {
    /// A number below `count` that belongs to the name, for those who need any that is always the same.
    pub(super) fn pick(self, count: usize) -> Option<usize> {
        // The high bits: the low ones choose the list.
        (self.0 >> 32).checked_rem(count as u64).map(|number| number as usize)
    }
}

impl Failures {
    /// How much is lost if it is forgotten.
    fn worth(self, now: Instant) -> u8 {
        match self {
            Self::BlockedUntil(end) if end <= now => 0,
            Self::Counted(count) => count,
            Self::BlockedUntil(_) => u8::MAX - 1,
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
