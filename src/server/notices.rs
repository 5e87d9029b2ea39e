//! Notices to people whom a case names. No clock.

use std::collections::{HashMap, VecDeque};

use crate::protocol::{Notice, Username};

/// Notices that a user is told at a time; the others follow as these are acknowledged. All of them,
/// of the greatest length, fit into a reply that a phone takes.
pub const NOTICES_AT_ONCE: usize = 8;

/// What a notice says unless the operator has words of their own.
pub const DEFAULT_TEXT: &str = "You were near a person who has since been found to be ill. \
     Please stay at home, and call your health authority.";

/// The notices that no phone has acknowledged yet. All of them are on stable storage.
#[derive(Debug, Default)]
pub struct Notices {
    by_user: HashMap<Username, VecDeque<Notice>>,
}

impl Notices {
    /// Adds a notice for a user.
    pub fn add(&mut self, user: Username, notice: Notice) {
        self.by_user.entry(user).or_default().push_back(notice);
    }

    /// Those that a user is told now, the oldest first.
    pub fn of(&self, user: Username) -> impl Iterator<Item = &Notice> {
        self.by_user.get(&user).into_iter().flatten().take(NOTICES_AT_ONCE)
    }

    /// Takes away a notice that was acknowledged, and returns the one that is told in its place, if
    /// there is one.
    pub fn acknowledge(&mut self, user: Username, number: i64) -> Option<&Notice> {
        let unseen = self.by_user.get_mut(&user)?;
        let index = unseen.iter().position(|unseen| unseen.number == number)?;
        unseen.remove(index);
        if unseen.is_empty() {
            self.by_user.remove(&user);
        }
        // Those behind the first ones are told when they are made.
        let is_among_the_first = index < NOTICES_AT_ONCE;
        self.by_user.get(&user)?.get(NOTICES_AT_ONCE - 1).filter(|_| is_among_the_first)
    }

    /// Forgets the notices of a user who has left.
    pub fn forget(&mut self, user: Username) {
        self.by_user.remove(&user);
    }
}

#[cfg(test)]
mod tests;
