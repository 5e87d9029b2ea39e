//! Turns the pairs that are near each other at each check into changes.

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::time::Duration;

use super::{Change, ChangeKind, Meeting, Pair};
use crate::town::ids::{PersonId, PostId};

/// The ongoing encounters, and the changes not yet taken.
#[derive(Debug)]
pub(super) struct Encounters {
    numbers: Numbers,
    /// Ongoing encounters, in ascending order of their pairs.
    ongoing: Vec<Encounter>,
    /// Buffer for the next state of `ongoing`.
    next: Vec<Encounter>,
    begun: Vec<Change>,
    changes: VecDeque<Change>,
}

/// Numbers the encounters between people. Posts do not affect the numbers.
#[derive(Debug)]
pub(super) struct Numbers {
    people: u32,
    encounters: u64,
}

#[derive(Debug, Clone, Copy)]
struct Encounter {
    pair: Pair,
    meeting: Meeting,
}

impl Encounters {
    /// No encounters among `people` people.
    pub(super) fn new(people: u32) -> Self {
        Self {
            numbers: Numbers::new(people),
            ongoing: Vec::new(),
            next: Vec::new(),
            begun: Vec::new(),
            changes: VecDeque::new(),
        }
    }

    /// Notes that exactly these pairs are near each other from `at` on. Each is there once. Sorts
    /// `pairs`.
    pub(super) fn become_near(&mut self, at: Duration, pairs: &mut [Pair]) {
        pairs.sort_unstable();
        self.next.clear();
        let mut before = 0;
        for &pair in &*pairs {
            while let Some(&encounter) = self.ongoing.get(before) {
                match encounter.pair.cmp(&pair) {
                    Ordering::Less => self.changes.push_back(encounter.ends(at)),
                    Ordering::Equal => self.next.push(encounter),
                    Ordering::Greater => break,
                }
                before += 1;
            }
            if self.next.last().is_none_or(|last| last.pair != pair) {
                let encounter = Encounter { pair, meeting: self.numbers.meeting(pair) };
                self.begun.push(encounter.begins(at));
                self.next.push(encounter);
            }
        }
        self.changes.extend(self.ongoing[before..].iter().map(|encounter| encounter.ends(at)));
        self.changes.extend(self.begun.drain(..));
        std::mem::swap(&mut self.ongoing, &mut self.next);
    }

    /// Takes the next change.
    pub(super) fn take(&mut self) -> Option<Change> {
        self.changes.pop_front()
    }
}

impl Numbers {
    /// No encounters yet among `people` people.
    pub(super) fn new(people: u32) -> Self {
        Self { people, encounters: 0 }
    }

    /// The meeting of a pair, with a new number.
    pub(super) fn meeting(&mut self, (a, b): Pair) -> Meeting {
        match b.checked_sub(self.people) {
            Some(post) => Meeting::AtPost { person: PersonId::new(a), post: PostId::new(post) },
            None => {
                let number = self.encounters;
                self.encounters += 1;
                Meeting::Encounter { number, people: [a, b].map(PersonId::new) }
            }
        }
    }
}

impl Encounter {
    fn begins(self, at: Duration) -> Change {
        Change { at, meeting: self.meeting, kind: ChangeKind::Begins }
    }

    fn ends(self, at: Duration) -> Change {
        Change { at, meeting: self.meeting, kind: ChangeKind::Ends }
    }
}

#[cfg(test)]
mod tests;
