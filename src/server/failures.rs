//! Failed logins by name, in bounded memory. No clock.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::time::Instant;

/// Lists of names; a hash of the name chooses one.
const LISTS: usize = 64 * 1024;

/// Names with too few failures for a block that a list holds, and as many blocked names. All lists
/// together hold a million names in 25 MB.
const NAMES_PER_KIND: usize = 8;

/// Failed logins by name, whether a user has the name or nobody has.
///
/// Anybody can make up any number of names, so a full list forgets one when another comes. Counts
/// and blocks have places of their own, so that neither drives out the other: a count takes the
/// place of the count that is unchanged for longest; a block that of one that is over, or else of
/// the oldest. To make the table forget failures, one has to fail under about half a million other
/// names after them; to make it forget a block, to block about as many names in the time of it.
/// Names are kept as hashes under a secret key, so that nobody can choose names for one list, or
/// find out from what is forgotten which name is whose.
#[derive(Debug, Clone)]
pub(super) struct FailureTable {
    hasher: RandomState,
    /// `None` until the first failure of one of its names.
    lists: Vec<Option<Box<List>>>,
}

/// The names of a list: the latest change of each kind comes first.
type List = [[Option<Entry>; NAMES_PER_KIND]; 2];

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
        list.iter().flatten().flatten().find(|entry| entry.key == key).map(|entry| entry.failures)
    }

    /// Sets the failures of a name. Another name may be forgotten for it.
    pub(super) fn remember(&mut self, key: Key, failures: Failures, now: Instant) {
        self.forget(key);
        let number = self.list_number(key);
        let [counts, blocks] = &mut **self.lists[number].get_or_insert_default();
        let places = match failures {
            Failures::Counted(_) => counts,
            Failures::BlockedUntil(_) => blocks,
        };
        let is_free = |place: &Option<Entry>| place.is_none_or(|entry| entry.failures.is_over(now));
        let place = places.iter().rposition(is_free).unwrap_or(NAMES_PER_KIND - 1);
        places[..=place].rotate_right(1);
        places[0] = Some(Entry { key, failures });
    }

    /// Clears the failures of a name.
    pub(super) fn forget(&mut self, key: Key) {
        let number = self.list_number(key);
        if let Some(list) = &mut self.lists[number] {
            let is_it = |entry: &&mut Option<Entry>| entry.is_some_and(|entry| entry.key == key);
            list.iter_mut().flatten().find(is_it).map(Option::take);
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
    /// A number below `count` that belongs to the name, for those who need any that is always the
    /// same.
    pub(super) fn pick(self, count: usize) -> Option<usize> {
        // The high bits: the low ones choose the list.
        (self.0 >> 32).checked_rem(count as u64).map(|number| number as usize)
    }
}

impl Failures {
    fn is_over(self, now: Instant) -> bool {
        matches!(self, Self::BlockedUntil(end) if end <= now)
    }
}

#[cfg(test)]
pub(super) mod tests;
