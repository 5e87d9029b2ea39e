use std::fmt;
use std::fmt::Write;

use thiserror::Error;

/// A secret that a device logs in with in place of a password: [`PREFIX`](DeviceToken::PREFIX) and
/// 64 hexadecimal digits.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceToken(String);

/// The bytes are no device token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("expected {prefix} and {digits} hexadecimal digits", prefix = DeviceToken::PREFIX,
    digits = 2 * DeviceToken::BYTES)]
pub struct DeviceTokenError;

impl DeviceToken {
    /// What a token begins with, and no password may.
    pub const PREFIX: &str = "bluetrace-token-";

    /// Random bytes of a token.
    pub const BYTES: usize = 32;

    /// The token of these bytes, which come from a cryptographic generator.
    pub fn new(bytes: [u8; Self::BYTES]) -> Self {
        let mut text = Self::PREFIX.to_owned();
        for byte in bytes {
            write!(text, "{byte:02x}").expect("a String takes every text");
        }
        Self(text)
    }

    /// Reads a token.
    ///
    /// # Errors
    ///
    /// [`DeviceTokenError`] if this is not the prefix and 64 hexadecimal digits in lower case.
    pub fn decode(text: &[u8]) -> Result<Self, DeviceTokenError> {
        let digits = text.strip_prefix(Self::PREFIX.as_bytes()).ok_or(DeviceTokenError)?;
        let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if digits.len() != 2 * Self::BYTES || !digits.iter().all(is_digit) {
            return Err(DeviceTokenError);
        }
        String::from_utf8(text.to_vec()).map(Self).map_err(|_| DeviceTokenError)
    }

    /// Whether something given in the place of a password is meant as a token.
    pub fn is_meant_by(password: &[u8]) -> bool {
        password.starts_with(Self::PREFIX.as_bytes())
    }

    /// The token as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Without the digits, as they are a secret.
impl fmt::Debug for DeviceToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceToken(…)")
    }
}

#[cfg(test)]
mod tests;
