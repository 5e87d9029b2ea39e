use std::fmt;

use thiserror::Error;

/// The name of a user: an international phone number such as `+61410888888`.
///
/// 1 to 16 printable ASCII characters without blanks and without `/`, of which the first is no `#`,
/// compared byte by byte. Sixteen is the length of the longest international number (E.164: `+` and
/// 15 digits); the characters are what can be a word of `credentials.txt`, where `#` begins a
/// comment, and a part of a file name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Username([u8; Username::MAX_LEN]);

impl Username {
    /// Length of the longest username, in bytes.
    pub const MAX_LEN: usize = 16;

    /// Reads a username.
    ///
    /// # Errors
    ///
    /// [`UsernameError`] says which rule `text` breaks.
    pub fn decode(text: &[u8]) -> Result<Self, UsernameError> {
        if text.is_empty() {
            return Err(UsernameError::Empty);
        }
        if !text.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'/') {
            return Err(UsernameError::Character);
        }
        if text.starts_with(b"#") {
            return Err(UsernameError::Comment);
        }
        let mut padded = [0; Self::MAX_LEN];
        padded.get_mut(..text.len()).ok_or(UsernameError::TooLong)?.copy_from_slice(text);
        Ok(Self(padded))
    }

    /// The username as text.
    pub fn as_str(&self) -> &str {
        let len = self.0.iter().position(|byte| *byte == 0).unwrap_or(Self::MAX_LEN);
        str::from_utf8(&self.0[..len]).expect("printable ASCII")
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Username({})", self.as_str())
    }
}

/// Why some bytes are no [`Username`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UsernameError {
    /// No bytes at all.
    #[error("the username is empty")]
    Empty,
    /// More than [`Username::MAX_LEN`] bytes.
    #[error("the username is longer than 16 characters, an international phone number")]
    TooLong,
    /// A blank, a control character, a `/` or a byte beyond ASCII.
    #[error("the username has a character that is no printable ASCII, or a slash")]
    Character,
    /// A `#` in front, as of a comment.
    #[error("the username begins with #, as a comment does")]
    Comment,
}

#[cfg(test)]
mod tests;
