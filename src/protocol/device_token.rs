use std::fmt;
use std::fmt::Write;

/// A secret that a device logs in with in place of a password: [`PREFIX`](DeviceToken::PREFIX) and
/// 64 hexadecimal digits.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceToken(String);

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
