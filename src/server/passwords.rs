//! `credentials.txt`: the form of a line, and every password or hash in memory.
//!
//! A line is a user, blank, or a comment, which begins with `#`.

use std::path::Path;

use subtle::{Choice, ConstantTimeEq};

use super::failures::Key;
use super::password_hash::PasswordHash;
use super::users::{UserNumber, Users};
use crate::protocol::request::Credentials;
use crate::protocol::{DeviceToken, Username};
use crate::text_file::{FileError, read_lines};

/// The form of a line, for messages.
pub(super) const FORM: &str = "\"<username> <password>\" with one space, such as \
    \"+61410888888 password\", or a hash such as $argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash> in \
    place of the password";
/// What a line begins with that is passed over.
const COMMENT: &[u8] = b"#";

/// Longest password, in bytes: it must fit into the largest request before login.
const MAX_PASSWORD_BYTES: usize = 512;

/// The content of `credentials.txt`.
#[derive(Default)]
pub struct Passwords {
    users: Users,
    /// All passwords behind each other, in the order of the users' numbers: an allocation for each
    /// would cost more than most passwords.
    bytes: Vec<u8>,
    /// Where in `bytes` the password of each user ends.
    ends: Vec<u32>,
    /// The users who have a hash in place of the password.
    hashed: Vec<UserNumber>,
}

impl Passwords {
    /// Reads `credentials.txt`, and says whether its last line has an end.
    ///
    /// # Errors
    ///
    /// [`FileError`] if it cannot be read, or names the first line that is malformed or has a
    /// username that an earlier line has.
    pub fn read(path: &Path) -> Result<(Self, bool), FileError> {
        let mut passwords = Self::default();
        let has_end = read_users(path, |user, password| passwords.insert(user, password))?;
        Ok((passwords, has_end))
    }

    /// Number of users.
    pub fn len(&self) -> usize {
        self.users.len()
    }

    /// Whether there are no users.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a user with a password, or with a hash where it [is meant](PasswordHash::is_meant_by).
    ///
    /// # Errors
    ///
    /// A message if there is a user of that name, the hash cannot be used, or all passwords
    /// together are too long.
    pub fn insert(&mut self, user: Username, password: &[u8]) -> Result<(), String> {
        let is_hash = PasswordHash::is_meant_by(password);
        if is_hash {
            PasswordHash::decode(password)?;
        }
        let Ok(end) = u32::try_from(self.bytes.len() + password.len()) else {
            return Err("the passwords up to here have more than 4 GiB".to_owned());
        };
        let earlier = self.users.len();
        let number = self.users.number(user);
        if self.users.len() == earlier {
            return Err(format!("an earlier line has the username {user} already"));
        }
        self.bytes.extend_from_slice(password);
        self.ends.push(end);
        if is_hash {
            self.hashed.push(number);
        }
        Ok(())
    }

    /// All users.
    pub fn users(&self) -> impl Iterator<Item = Username> {
        self.users.names()
    }

    /// The password or hash of a user, if there is such a user.
    pub fn of(&self, user: Username) -> Option<&[u8]> {
        self.users.find(user).map(|number| self.password(number))
    }

    /// The hash with which a password given for a name has to be compared before anybody says
    /// whether it is right: that of the user, or that of another one, which tells nothing but takes
    /// as long. `None` if nobody has a hash. `key`, that of the name, chooses the other one.
    pub(super) fn hash_for(&self, name: &[u8], key: Key) -> Option<PasswordHash> {
        let another = self.hashed[key.pick(self.hashed.len())?];
        let own = Username::decode(name).ok().and_then(|user| self.of(user));
        let own = own.filter(|password| PasswordHash::is_meant_by(password));
        Some(PasswordHash::decoded(own.unwrap_or_else(|| self.password(another))))
    }

    /// The user with this name and password in plain text, if there is one.
    ///
    /// The time tells nobody whether a user has the name: whatever the outcome, one name is looked
    /// up that has a password, one that has none, and one password is compared. `key`, that of the
    /// name, chooses a user for a name that has none.
    pub(super) fn verify(&self, credentials: Credentials<'_>, key: Key) -> Option<Username> {
        let user = Username::decode(credentials.user).ok()?;
        let number = self.users.find(user);
        let compared = match number {
            Some(number) => {
                self.users.find_nobody(user);
                number
            }
            None => {
                let other = self.users.name(self.users.nth(key.pick(self.len())?));
                self.users.find(other)?
            }
        };
        let password = self.password(compared);
        let is_right = is_same(password, credentials.password);
        // A hash is no password: whoever has read the file must not get in with what is there.
        (is_right & number.is_some() && !PasswordHash::is_meant_by(password)).then_some(user)
    }

    fn password(&self, number: UserNumber) -> &[u8] {
        let index = self.users.index(number);
        let start = index.checked_sub(1).map_or(0, |previous| self.ends[previous]);
        &self.bytes[start as usize..self.ends[index] as usize]
    }
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Passwords({} users)", self.len())
    }
}

/// Gives each user of a `credentials.txt` to `take`, and says whether the last line has an end.
///
/// # Errors
///
/// [`FileError`] if the file cannot be read, or names the first line that is malformed or that
/// `take` does not take. It quotes no password.
pub fn read_users(
    path: &Path,
    mut take: impl FnMut(Username, &[u8]) -> Result<(), String>,
) -> Result<bool, FileError> {
    read_lines(path, FORM, |line| {
        decode(line.text)?.map_or(Ok(()), |(user, password)| take(user, password))
    })
}

/// The user and password of a line; `None` if it is a comment.
///
/// # Errors
///
/// A message if the line is malformed.
pub(super) fn decode(line: &[u8]) -> Result<Option<(Username, &[u8])>, String> {
    if line.starts_with(COMMENT) { Ok(None) } else { decode_line(line).map(Some) }
}

fn decode_line(line: &[u8]) -> Result<(Username, &[u8]), String> {
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
    if DeviceToken::is_meant_by(password) {
        let prefix = DeviceToken::PREFIX;
        return Err(format!("the password begins with {prefix:?}, as tokens of devices do"));
    }
    Ok((user, password))
}

/// Compares in a time that depends on `given` only, which the sender knows anyway.
fn is_same(password: &[u8], given: &[u8]) -> bool {
    let same_length = password.len().ct_eq(&given.len());
    let compare = |same: Choice, (index, byte): (usize, &u8)| {
        same & password.get(index).unwrap_or(&0).ct_eq(byte)
    };
    given.iter().enumerate().fold(same_length, compare).into()
}

#[cfg(test)]
mod tests;
