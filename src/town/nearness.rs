//! The encounters that last at the moment.

use hashbrown::HashMap;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use slab::Slab;
use smallvec::SmallVec;
use std::time::Duration;

use super::draws::{self, Purpose};
use super::ids::{PersonId, PhoneId, PostId};
use super::outcome;

/// Neighbours that a list holds inline. Most phones have no more; a longer list is on the heap,
/// which costs another cache miss.
const MOST_INLINE: usize = 2;

/// The encounters that last at the moment, and the neighbours of each phone and post.
#[derive(Debug)]
pub struct Nearness {
    seed: u64,
    encounters: Slab<Encounter>,
    by_number: HashMap<u64, u32>,
    /// Neighbours of each handset, by its number.
    near_handset: Vec<SmallVec<[Near; MOST_INLINE]>>,
    /// Handsets near each post, each once.
    near_post: Vec<Vec<PhoneId>>,
}

/// An encounter of two people.
#[derive(Debug)]
pub struct Encounter {
    /// Unique number.
    pub number: u64,
    /// Begin, from the start of the run.
    pub from: Duration,
    /// The two people.
    pub people: [PersonId; 2],
    /// Phones of the two, if both have one.
    pub handsets: Option<[PhoneId; 2]>,
    /// Whether each of the two phones has recorded the other.
    pub has_recorded: [bool; 2],
    /// Whether the two phones hear each other at all.
    pub is_captured: bool,
    /// Random numbers for the beacons of each of the two.
    pub radio: [Xoshiro256PlusPlus; 2],
}

/// A neighbour of a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Near {
    /// Another phone, in an encounter.
    Handset {
        /// The phone.
        phone: PhoneId,
        /// Key of the encounter.
        encounter: u32,
    },
    /// The post of an adversary.
    Post(PostId),
}

impl Near {
    /// Whether the neighbour is a phone.
    pub fn is_handset(&self) -> bool {
        match self {
            Self::Handset { .. } => true,
            Self::Post(_) => false,
        }
    }
}

impl Nearness {
    /// No encounters.
    pub fn new(seed: u64, handsets: usize, posts: usize) -> Self {
        Self {
            seed,
            encounters: Slab::new(),
            by_number: HashMap::new(),
            near_handset: vec![SmallVec::new(); handsets],
            near_post: vec![Vec::new(); posts],
        }
    }

    /// Begins an encounter. `capture` is the probability that the two phones hear each other at
    /// all.
    pub fn begin(
        &mut self,
        number: u64,
        people: [PersonId; 2],
        from: Duration,
        handsets: Option<[PhoneId; 2]>,
        capture: f64,
    ) {
        let stream = |purpose, number| draws::stream(self.seed, purpose, number);
        let encounter = self.encounters.insert(Encounter {
            number,
            from,
            people,
            handsets,
            has_recorded: [false; 2],
            is_captured: stream(Purpose::Capture, number).random::<f64>() < capture,
            radio: [0, 1].map(|direction| stream(Purpose::Radio, 2 * number + direction)),
        }) as u32;
        self.by_number.insert(number, encounter);
        if let Some([a, b]) = handsets {
            self.near_handset[a.index()].push(Near::Handset { phone: b, encounter });
            self.near_handset[b.index()].push(Near::Handset { phone: a, encounter });
        }
    }

    /// Ends an encounter. `None` if there is none of this number.
    pub fn end(&mut self, number: u64) -> Option<Encounter> {
        let key = self.by_number.remove(&number)?;
        let encounter = self.encounters.remove(key as usize);
        if let Some(handsets) = encounter.handsets {
            for handset in handsets {
                self.near_handset[handset.index()].retain(|near| match near {
                    Near::Handset { encounter, .. } => *encounter != key,
                    Near::Post(_) => true,
                });
            }
        }
        Some(encounter)
    }

    /// Puts a phone near a post.
    pub fn begin_at_post(&mut self, handset: PhoneId, post: PostId) {
        self.near_handset[handset.index()].push(Near::Post(post));
        self.near_post[post.index()].push(handset);
    }

    /// Takes a phone away from a post.
    pub fn end_at_post(&mut self, handset: PhoneId, post: PostId) {
        self.near_handset[handset.index()].retain(|near| *near != Near::Post(post));
        self.near_post[post.index()].retain(|near| *near != handset);
    }

    /// Neighbours of a phone.
    pub fn near(&self, handset: PhoneId) -> &[Near] {
        &self.near_handset[handset.index()]
    }

    /// Phones near a post.
    pub fn near_post(&self, post: PostId) -> &[PhoneId] {
        &self.near_post[post.index()]
    }

    /// The encounter with this key, if it lasts.
    pub fn encounter(&mut self, key: u32) -> Option<&mut Encounter> {
        self.encounters.get_mut(key as usize)
    }

    /// Key of the encounter with this number, if it lasts.
    pub fn find(&self, number: u64) -> Option<u32> {
        self.by_number.get(&number).copied()
    }

    /// All encounters that last, in an order without meaning that is the same in each run.
    pub fn iter(&self) -> impl Iterator<Item = &Encounter> {
        self.encounters.iter().map(|(_, encounter)| encounter)
    }
}

impl Encounter {
    /// Index of this phone in the arrays of the encounter.
    pub fn side_of(&self, handset: PhoneId) -> usize {
        usize::from(self.handsets.is_some_and(|[_, second]| second == handset))
    }

    /// The record of the encounter, which ended at `until`.
    pub fn record(&self, until: Duration) -> outcome::Encounter {
        let [a_recorded, b_recorded] = self.has_recorded;
        outcome::Encounter {
            from: self.from.as_secs_f64(),
            until: until.as_secs_f64(),
            a: self.people[0],
            b: self.people[1],
            is_possible: self.handsets.is_some(),
            a_recorded,
            b_recorded,
        }
    }
}

#[cfg(test)]
mod tests;
