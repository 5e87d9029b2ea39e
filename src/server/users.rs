//! Names by number. It knows nothing of what is kept about a user.

use std::hash::BuildHasher;
use std::hint::black_box;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::protocol::Username;

/// Names by number, so that a TempID needs four bytes for its user.
#[derive(Debug, Default)]
pub(super) struct Users {
    names: Vec<Username>,
    by_name: HashTable<UserNumber>,
    hasher: DefaultHashBuilder,
}

/// A user, to those [`Users`] that gave the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct UserNumber(u32);

impl Users {
    /// The name of a user.
    pub(super) fn name(&self, UserNumber(number): UserNumber) -> Username {
        self.names[number as usize]
    }

    /// How many users there are; their numbers count from 0.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// All names, in the order of their numbers.
    pub(super) fn names(&self) -> impl Iterator<Item = Username> {
        self.names.iter().copied()
    }

    /// The number of the user at an index below [`len`](Self::len).
    pub(super) fn nth(&self, index: usize) -> UserNumber {
        UserNumber(index as u32)
    }

    /// The index of a user: 0 for the first one who was given a number.
    pub(super) fn index(&self, UserNumber(number): UserNumber) -> usize {
        number as usize
    }

    /// The number of a user who has one.
    pub(super) fn find(&self, name: Username) -> Option<UserNumber> {
        let is_it = |number: &UserNumber| self.name(*number) == name;
        self.by_name.find(self.hasher.hash_one(name), is_it).copied()
    }

    /// Looks in vain, which takes as long as to [`find`](Self::find) out that a name has no number.
    pub(super) fn find_nobody(&self, name: Username) {
        let elsewhere = !self.hasher.hash_one(name);
        black_box(self.by_name.find(elsewhere, |_| false));
    }

    /// The number of a user, a new one if the user has none.
    pub(super) fn number(&mut self, name: Username) -> UserNumber {
        self.number_of(name, self.hasher.hash_one(name))
    }

    /// The numbers of several users, in their order. Their look-ups wait for memory together: each
    /// step is done for all of them before the next one.
    pub(super) fn numbers(
        &mut self,
        names: impl Iterator<Item = Username> + Clone,
    ) -> Vec<UserNumber> {
        let hashes: Vec<u64> = names.clone().map(|name| self.hasher.hash_one(name)).collect();
        let likely: Vec<Option<UserNumber>> =
            hashes.iter().map(|hash| self.by_name.find(*hash, |_| true).copied()).collect();
        let number = |((name, hash), likely): ((Username, u64), Option<UserNumber>)| match likely {
            Some(number) if self.name(number) == name => number,
            Some(_) | None => self.number_of(name, hash),
        };
        names.zip(hashes).zip(likely).map(number).collect()
    }

    fn number_of(&mut self, name: Username, hash: u64) -> UserNumber {
        let Self { names, by_name, hasher } = self;
        let is_it = |number: &UserNumber| names[number.0 as usize] == name;
        if let Some(number) = by_name.find(hash, is_it) {
            return *number;
        }
        let number = UserNumber(names.len() as u32);
        names.push(name);
        by_name.insert_unique(hash, number, |number| hasher.hash_one(names[number.0 as usize]));
        number
    }
}

#[cfg(test)]
mod tests;
