//! Encounters that begin and end at any time, brought into order.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::{AT_POST, Body, Change, ChangeKind};

/// Who is near whom at the moment, and the changes to that which are still to be told. For meetings that
/// look at who is near whom now and then.
#[derive(Debug)]
pub struct Pending {
    people: u32,
    /// The encounters that last, by the two bodies.
    lasting: BTreeMap<(Body, Body), u64>,
    changes: VecDeque<Change>,
    encounters: u64,
    encounters_at_posts: u64,
}

impl Pending {
    /// Nobody is near anybody. The first `people` bodies are people.
    pub fn new(people: u32) -> Self {
        Self {
            people,
            lasting: BTreeMap::new(),
            changes: VecDeque::new(),
            encounters: 0,
            encounters_at_posts: 0,
        }
    }

    /// The next change.
    pub fn pop(&mut self) -> Option<Change> {
        self.changes.pop_front()
    }

    /// From now on exactly these pairs are near each other; in each the lower number is first, and they
    /// are in ascending order.
    pub fn set(&mut self, near: &[(Body, Body)], at: Duration) {
        let ended: Vec<_> =
            self.lasting.keys().filter(|pair| near.binary_search(pair).is_err()).copied().collect();
        for (a, b) in ended {
            if let Some(encounter) = self.lasting.remove(&(a, b)) {
                self.changes.push_back(Change { at, encounter, a, b, kind: ChangeKind::Ends });
            }
        }
        for (a, b) in near {
            if !self.lasting.contains_key(&(*a, *b)) {
                let encounter = self.next_number(*b);
                self.lasting.insert((*a, *b), encounter);
                let kind = ChangeKind::Begins;
                self.changes.push_back(Change { at, encounter, a: *a, b: *b, kind });
            }
        }
    }

    fn next_number(&mut self, b: Body) -> u64 {
        let (count, mark) = if b < self.people {
            (&mut self.encounters, 0)
        } else {
            (&mut self.encounters_at_posts, AT_POST)
        };
        *count += 1;
        (*count - 1) | mark
    }
}
