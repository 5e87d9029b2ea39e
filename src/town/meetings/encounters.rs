//! From who is near whom at some moment to what has changed since the last one.

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::time::Duration;

use super::{Body, Change, ChangeKind, post_encounter};

/// A person and another body, the smaller number first: posts have larger ones than people.
pub(super) type Pair = (Body, Body);

/// All encounters that go on, and the changes that nobody has taken yet.
#[derive(Debug)]
pub(super) struct Encounters {
    numbers: Numbers,
    /// In ascending order of their pairs.
    ongoing: Vec<Encounter>,
    /// The same after the change, kept for its memory.
    next: Vec<Encounter>,
    begun: Vec<Change>,
    changes: VecDeque<Change>,
}

/// Gives each encounter its number. Those with posts are counted by post: a post changes neither the
/// numbers of people's encounters nor those of other posts.
#[derive(Debug)]
pub(super) struct Numbers {
    people: u32,
    between_people: u64,
    with_posts: Vec<u64>,
}

#[derive(Debug, Clone, Copy)]
struct Encounter {
    pair: Pair,
    number: u64,
}

impl Encounters {
    /// Nobody is near anybody yet, of so many people and posts.
    pub(super) fn new(people: u32, posts: usize) -> Self {
        Self {
            numbers: Numbers::new(people, posts),
            ongoing: Vec::new(),
            next: Vec::new(),
            begun: Vec::new(),
            changes: VecDeque::new(),
        }
    }

    /// From `at` on exactly these pairs are near each other; each of them is there once. They are
    /// brought into order.
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
                let encounter = Encounter { pair, number: self.numbers.next(pair.1) };
                self.begun.push(encounter.begins(at));
                self.next.push(encounter);
            }
        }
        self.changes.extend(self.ongoing[before..].iter().map(|encounter| encounter.ends(at)));
        self.changes.extend(self.begun.drain(..));
        std::mem::swap(&mut self.ongoing, &mut self.next);
    }

    /// The next change that nobody has taken yet.
    pub(super) fn take(&mut self) -> Option<Change> {
        self.changes.pop_front()
    }
}

impl Numbers {
    /// Nobody has met yet, of so many people and posts.
    pub(super) fn new(people: u32, posts: usize) -> Self {
        Self { people, between_people: 0, with_posts: vec![0; posts] }
    }

    /// The number of an encounter of a person with `other` that begins.
    pub(super) fn next(&mut self, other: Body) -> u64 {
        let post = other.checked_sub(self.people);
        let count = match post {
            None => &mut self.between_people,
            Some(post) => &mut self.with_posts[post as usize],
        };
        let number = *count;
        *count += 1;
        post.map_or(number, |post| post_encounter(post, number))
    }
}

impl Encounter {
    fn begins(self, at: Duration) -> Change {
        self.change(at, ChangeKind::Begins)
    }

    fn ends(self, at: Duration) -> Change {
        self.change(at, ChangeKind::Ends)
    }

    fn change(self, at: Duration, kind: ChangeKind) -> Change {
        Change { at, encounter: self.number, a: self.pair.0, b: self.pair.1, kind }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes_after(encounters: &mut Encounters, at: u64, mut pairs: Vec<Pair>) -> Vec<Change> {
        encounters.become_near(Duration::from_secs(at), &mut pairs);
        std::iter::from_fn(|| encounters.take()).collect()
    }

    fn change(at: u64, encounter: u64, (a, b): Pair, kind: ChangeKind) -> Change {
        Change { at: Duration::from_secs(at), encounter, a, b, kind }
    }

    #[test]
    fn pairs_that_change_end_first_and_the_others_go_on() {
        use ChangeKind::{Begins, Ends};
        let mut encounters = Encounters::new(4, 1);
        assert_eq!(
            changes_after(&mut encounters, 0, vec![(2, 3), (0, 1), (1, 4)]),
            [
                change(0, 0, (0, 1), Begins),
                change(0, post_encounter(0, 0), (1, 4), Begins),
                change(0, 1, (2, 3), Begins)
            ]
        );
        assert_eq!(
            changes_after(&mut encounters, 7, vec![(1, 4), (0, 2), (1, 3)]),
            [
                change(7, 0, (0, 1), Ends),
                change(7, 1, (2, 3), Ends),
                change(7, 2, (0, 2), Begins),
                change(7, 3, (1, 3), Begins)
            ]
        );
        assert_eq!(changes_after(&mut encounters, 8, Vec::new()).len(), 3);
        assert_eq!(changes_after(&mut encounters, 9, Vec::new()), []);
    }
}
