//! `users.txt`: the number of each user, which encrypted TempIDs stand for.
//!
//! A line is `<username> <number>`, the number in eight digits, so that no line that a crash has
//! torn is another whole one. The file is only appended to: a number that was given once
//! belongs to that user for ever, also when the user has left `credentials.txt`, because TempIDs
//! with it may come back in contact logs. A number is on stable storage before any TempID has it.

use std::hash::BuildHasher;
use std::io::Write;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::journal::LineReader;
use super::temp_id_cipher::USERS;
use crate::protocol::Username;

/// The name of the file in the data directory.
pub const FILE_NAME: &str = "users.txt";

/// Numbers that a line may leave out. The store may lose a number, which then stays free; a large
/// gap is a typing error that would take memory.
const MAX_GAP: usize = 1_000_000;

/// Digits of a number.
const DIGITS: usize = (USERS - 1).ilog10() as usize + 1;

/// The number of each user.
#[derive(Debug, Default)]
pub struct UserNumbers {
    /// By number.
    holders: Vec<Holder>,
    by_name: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

/// Who has a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holder {
    /// A crash or a fault lost the number before it was stored. It is not given again.
    Nobody,
    /// This user is to have it once it is stored.
    Unstored(Username),
    /// This user has it.
    Stored(Username),
}

/// The number of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserNumber {
    /// On stable storage.
    Stored(u32),
    /// To be stored before anybody is told a TempID with it.
    Unstored(u32),
}

impl UserNumbers {
    /// Number of numbers given, stored or not.
    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    /// Whether nobody has a number.
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// The number of a user, the next free one if the user has none; `None` if none is free.
    pub fn of(&mut self, user: Username) -> Option<UserNumber> {
        if let Some(number) = self.find(user) {
            return Some(match self.holders[number as usize] {
                Holder::Stored(_) => UserNumber::Stored(number),
                Holder::Unstored(_) | Holder::Nobody => UserNumber::Unstored(number),
            });
        }
        let number = u32::try_from(self.holders.len()).ok().filter(|number| *number < USERS)?;
        self.insert(number, Holder::Unstored(user), user);
        Some(UserNumber::Unstored(number))
    }

    /// Takes note that the number of a user is on stable storage.
    pub fn stored(&mut self, user: Username) {
        if let Some(number) = self.find(user) {
            self.holders[number as usize] = Holder::Stored(user);
        }
    }

    /// The user with this number on stable storage.
    pub fn user(&self, number: u32) -> Option<Username> {
        match self.holders.get(number as usize)? {
            Holder::Stored(user) => Some(*user),
            Holder::Unstored(_) | Holder::Nobody => None,
        }
    }

    fn find(&self, user: Username) -> Option<u32> {
        let is_it = |number: &u32| self.holders[*number as usize].user() == Some(user);
        self.by_name.find(self.hasher.hash_one(user), is_it).copied()
    }

    fn insert(&mut self, number: u32, holder: Holder, user: Username) {
        let Self { holders, by_name, hasher } = self;
        let index = number as usize;
        if holders.len() <= index {
            holders.resize(index + 1, Holder::Nobody);
        }
        holders[index] = holder;
        let hash = hasher.hash_one(user);
        by_name.insert_unique(hash, number, |number| {
            hasher.hash_one(holders[*number as usize].user().expect("only users are in the table"))
        });
    }

    /// Enters a line of the file.
    fn enter(&mut self, number: u32, user: Username) -> Result<(), String> {
        if number as usize > self.holders.len() + MAX_GAP {
            return Err(format!("more than {MAX_GAP} numbers are missing before {number}"));
        }
        let holder = self.holders.get(number as usize).and_then(|holder| holder.user());
        match (holder, self.find(user)) {
            (None, None) => {
                self.insert(number, Holder::Stored(user), user);
                Ok(())
            }
            // A store that does not answer is asked again.
            (Some(holder), _) if holder == user => Ok(()),
            (Some(_), _) => Err(format!("an earlier line gives {number} to somebody else")),
            (None, Some(_)) => Err("an earlier line gives this user another number".to_owned()),
        }
    }
}

impl Holder {
    fn user(self) -> Option<Username> {
        match self {
            Self::Nobody => None,
            Self::Unstored(user) | Self::Stored(user) => Some(user),
        }
    }
}

impl LineReader for UserNumbers {
    const EXPECTED: &'static str =
        "\"<username> <number of 8 digits>\" with one space, such as \"+61410888888 00000000\"";

    fn take(&mut self, _number: u64, line: &[u8]) -> Result<(), String> {
        let blank = memchr::memchr(b' ', line).ok_or("it is one word")?;
        let (name, digits) = (&line[..blank], &line[blank + 1..]);
        let user = Username::decode(name).map_err(|error| error.to_string())?;
        if digits.len() != DIGITS || !digits.iter().all(u8::is_ascii_digit) {
            return Err(format!("the number has not {DIGITS} digits"));
        }
        let digit = |number, digit: &u8| number * 10 + u32::from(digit - b'0');
        self.enter(digits.iter().fold(0, digit), user)
    }
}

/// Appends the line of a user.
pub fn encode_line(number: u32, user: Username, out: &mut Vec<u8>) {
    writeln!(out, "{user} {number:0DIGITS$}").expect("a Vec takes every byte");
}

#[cfg(test)]
mod tests;
