//! `credentials.txt`: the form of a line, and every password in memory.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;
use std::path::Path;

use crate::protocol::Username;
use crate::text_file::{FileError, read_lines};

/// The form of a line of `credentials.txt`.
pub const EXPECTED: &str =
    "\"<username> <password>\" with one space, such as \"+61410888888 password\"";

/// Longest password, in bytes: it must fit into the largest request before login.
const MAX_PASSWORD_BYTES: usize = 512;

/// The content of `credentials.txt`.
#[derive(Default)]
pub struct Passwords {
    /// All passwords behind each other: an allocation for each would cost more than most passwords.
    bytes: Vec<u8>,
    /// Where in `bytes` that of a user is.
    places: HashMap<Username, Range<u32>>,
}

impl Passwords {
    /// Reads `credentials.txt`.
    ///
    /// # Errors
    ///
    /// [`FileError`] if it cannot be read, or names the first line that is malformed or has a
    /// username that an earlier line has.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let mut passwords = Self::default();
        read_lines(path, EXPECTED, |line| passwords.add_line(line.text))?;
        Ok(passwords)
    }

    /// How many users there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is no user.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Adds a user.
    ///
    /// # Errors
    ///
    /// In words, why not: there is one of that name, or too much of all passwords.
    pub fn insert(&mut self, user: Username, password: &[u8]) -> Result<(), String> {
        let Entry::Vacant(place) = self.places.entry(user) else {
            return Err(format!("an earlier line has the username {user} already"));
        };
        let (start, end) = (self.bytes.len(), self.bytes.len() + password.len());
        let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(end)) else {
            return Err("the passwords up to here have more than 4 GiB".to_owned());
        };
        self.bytes.extend_from_slice(password);
        place.insert(start..end);
        Ok(())
    }

    /// All users, in no order.
    pub fn users(&self) -> impl Iterator<Item = Username> {
        self.places.keys().copied()
    }

    /// The password of a user, if there is such a user.
    pub fn of(&self, user: Username) -> Option<&[u8]> {
        let place = self.places.get(&user)?;
        Some(&self.bytes[place.start as usize..place.end as usize])
    }

    /// Adds the user of a line of `credentials.txt`, without its end.
    ///
    /// # Errors
    ///
    /// In words, why not; they do not quote the password.
    pub fn add_line(&mut self, line: &[u8]) -> Result<(), String> {
        let (user, password) = decode_line(line)?;
        self.insert(user, password)
    }
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Passwords({} users)", self.len())
    }
}

/// Reads a line of `credentials.txt`, without its end: who, and with which password.
///
/// # Errors
///
/// What is wrong with it, without a word of it.
pub fn decode_line(line: &[u8]) -> Result<(Username, &[u8]), String> {
    let mut words = line.split(|byte| *byte == b' ');
    let (Some(user), Some(password), None) = (words.next(), words.next(), words.next()) else {
        let count = line.iter().filter(|byte| **byte == b' ').count();
        let problem = if count == 0 { "it has no space" } else { "it has more than one space" };
        return Err(problem.to_owned());
    };
    let user = Username::decode(user).map_err(|error| error.to_string())?;
    if password.is_empty() || password.iter().any(u8::is_ascii_control) {
        return Err("the password is empty or has a control character".to_owned());
    }
    if password.len() > MAX_PASSWORD_BYTES {
        return Err(format!("the password is longer than {MAX_PASSWORD_BYTES} bytes"));
    }
    Ok((user, password))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_lines_are_refused_without_quoting_the_password() {
        for line in ["ann", "ann ", " secret", "ann  secret", "ann secret more", "a/b secret"] {
            let error = Passwords::default().add_line(line.as_bytes()).expect_err(line);
            assert!(!error.contains("secret"), "{error}");
        }
        let mut passwords = Passwords::default();
        assert_eq!(passwords.add_line(b"ann secret"), Ok(()));
        assert!(passwords.add_line(b"ann other").is_err());
    }
}
