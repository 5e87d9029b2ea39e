//! Ids of people, phones, posts, cases and adversaries.
//!
//! People are all who have a number: adversaries with phones count as people here, with ids above
//! those of all people. The phones of people come first, in the order of their owners, and then
//! those of adversaries. Only this module computes with ids.

use std::ops::Range;

use crate::world::ids::ids;
pub use crate::world::ids::{PersonId, PhoneId};

ids! {
    /// A post of an adversary: the position of a radio that listens or sends.
    PostId,
    /// A person who falls ill, in the order of the tests.
    CaseId,
    /// An adversary that only listens.
    SnifferId,
    /// An adversary that sends beacons again; all replays come before all relays.
    RepeaterId,
    /// An adversary that guesses passwords.
    GuesserId,
    /// An adversary that uploads a contact log of its own making.
    ForgerId,
    /// An adversary that opens many connections.
    FlooderId,
}

/// Phones with consecutive ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhoneRange {
    first: u32,
    len: u32,
}

impl PhoneRange {
    /// Takes `count` phones from `free`, the numbers that no phone has yet.
    pub fn take(free: &mut Range<u32>, count: u32) -> Self {
        let first = free.start;
        free.start += count;
        Self { first, len: count }
    }

    /// The phones in ascending order.
    pub fn iter(self) -> impl Iterator<Item = PhoneId> {
        (self.first..self.first + self.len).map(PhoneId::new)
    }

    /// Phone at an index, which starts again after the last one.
    pub fn cycle(self, index: u64) -> PhoneId {
        PhoneId::new(self.first + (index % u64::from(self.len)) as u32)
    }

    /// Index of a phone, if it is one of these.
    pub fn index_of(self, phone: PhoneId) -> Option<usize> {
        let index = phone.number().checked_sub(self.first).filter(|index| *index < self.len)?;
        Some(index as usize)
    }
}

/// Who owns which phone.
#[derive(Debug)]
pub struct Owners {
    /// Phone of each person.
    phone_of: Vec<Option<PhoneId>>,
    /// Owner of each phone of a person.
    people: Vec<PersonId>,
}

impl Owners {
    /// A phone for each person who has the app.
    pub fn new(has_app: &[bool]) -> Self {
        let mut owners = Self { phone_of: Vec::with_capacity(has_app.len()), people: Vec::new() };
        for (person, has_app) in (0..).map(PersonId::new).zip(has_app) {
            let phone = has_app.then_some(PhoneId::new(owners.people.len() as u32));
            owners.phone_of.push(phone);
            owners.people.extend(phone.map(|_| person));
        }
        owners
    }

    /// Owners of the phones of people, by phone.
    pub fn of_phones(&self) -> &[PersonId] {
        &self.people
    }

    /// Number of people.
    pub fn people(&self) -> u32 {
        self.phone_of.len() as u32
    }

    /// Number of phones of people.
    pub fn phones(&self) -> u32 {
        self.people.len() as u32
    }

    /// The phones of people.
    pub fn phones_of_people(&self) -> PhoneRange {
        PhoneRange { first: 0, len: self.phones() }
    }

    /// Numbers for the phones of adversaries.
    pub fn free(&self) -> Range<u32> {
        self.phones()..u32::MAX
    }

    /// Whether the phone belongs to an adversary.
    pub fn is_adversary(&self, phone: PhoneId) -> bool {
        phone.number() >= self.phones()
    }

    /// Phone of a person, if there is one.
    pub fn phone_of(&self, person: PersonId) -> Option<PhoneId> {
        self.phone_of[person.index()]
    }

    /// Owner of a phone.
    pub fn owner_of(&self, phone: PhoneId) -> PersonId {
        match self.people.get(phone.index()) {
            Some(person) => *person,
            None => PersonId::new(self.phone_of.len() as u32 + (phone.number() - self.phones())),
        }
    }

    /// Name of the phone of a person or of an adversary.
    pub fn name_of(&self, owner: PersonId) -> String {
        match owner.number().checked_sub(self.phone_of.len() as u32) {
            None => format!("phone {owner}"),
            Some(adversary) => format!("adversary {adversary}"),
        }
    }
}

#[cfg(test)]
mod tests;
