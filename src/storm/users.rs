//! The users that phones log in as.

use std::borrow::Cow;
use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::protocol::Username;
use crate::server::password_hash::PasswordHash;
use crate::server::passwords;
use crate::text_file::FileError;

/// Number of users that the pattern has.
pub const MAX_PATTERN_USERS: u32 = 100_000_000;

/// The form that [`parse_range`] reads, for messages.
const EXPECTED_RANGE: &str =
    "expected a number of users from 1 to 100000000 or a range of them such as 1000..2000";

/// The users of a storm: those of a `credentials.txt`, or those of a pattern.
///
/// User number `n` of the pattern is `+614` and `n` in eight digits, with the password `storm-` and
/// the same eight digits: `+61400000042 storm-00000042`.
#[derive(Clone)]
pub enum Users {
    /// The users of the pattern with these numbers.
    Pattern(Range<u32>),
    /// The users of a file.
    Listed {
        /// Path of the file.
        path: PathBuf,
        /// Users and passwords, in the order of the file.
        accounts: Vec<(Username, String)>,
    },
}

impl Users {
    /// Reads the users of a `credentials.txt`.
    ///
    /// # Errors
    ///
    /// [`FileError`] if it cannot be read, or names the first line that is malformed, or whose
    /// password is not UTF-8.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let mut accounts = Vec::new();
        passwords::read_users(path, |user, password| {
            if PasswordHash::is_meant_by(password) {
                return Err("it has a hash, from which no phone can tell the password".to_owned());
            }
            let password =
                str::from_utf8(password).map_err(|_| "the password is not UTF-8".to_owned())?;
            accounts.push((user, password.to_owned()));
            Ok(())
        })?;
        Ok(Self::Listed { path: path.to_owned(), accounts })
    }

    /// Number of users.
    pub fn len(&self) -> usize {
        match self {
            Self::Pattern(numbers) => numbers.len(),
            Self::Listed { accounts, .. } => accounts.len(),
        }
    }

    /// Whether there are no users.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Username and password of the user at `index`, counted from 0.
    ///
    /// # Panics
    ///
    /// If `index` is not below [`len`](Self::len).
    pub fn account(&self, index: usize) -> (Username, Cow<'_, str>) {
        match self {
            Self::Pattern(numbers) => {
                assert!(index < numbers.len(), "user {index} of {}", numbers.len());
                let (user, password) = of_pattern(numbers.start + index as u32);
                (user, Cow::Owned(password))
            }
            Self::Listed { accounts, .. } => {
                let (user, password) = &accounts[index];
                (*user, Cow::Borrowed(password))
            }
        }
    }

    /// Writes the `credentials.txt` of these users.
    ///
    /// # Errors
    ///
    /// The error of the writer.
    pub fn write(&self, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
        (0..self.len())
            .map(|index| self.account(index))
            .try_for_each(|(user, password)| writeln!(out, "{user} {password}"))
    }
}

impl std::fmt::Debug for Users {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Users({})", self.len())
    }
}

/// The user of the pattern with this number, below [`MAX_PATTERN_USERS`].
fn of_pattern(number: u32) -> (Username, String) {
    let name = format!("+614{number:08}");
    let user = Username::decode(name.as_bytes()).expect("a phone number");
    (user, format!("storm-{number:08}"))
}

/// Reads `N`, the first `N` users of the pattern, or `A..B`, those from number `A` up to before
/// `B`.
///
/// # Errors
///
/// A message that says what was expected.
pub fn parse_range(text: &str) -> Result<Range<u32>, String> {
    let number = |text: &str| {
        let number = text.trim().parse().ok().filter(|number| *number <= MAX_PATTERN_USERS);
        number.ok_or_else(|| EXPECTED_RANGE.to_owned())
    };
    let range = match text.split_once("..") {
        Some((start, end)) => number(start)?..number(end)?,
        None => 0..number(text)?,
    };
    if range.is_empty() {
        return Err(format!("there is no user in it; {EXPECTED_RANGE}"));
    }
    Ok(range)
}

#[cfg(test)]
mod tests;
