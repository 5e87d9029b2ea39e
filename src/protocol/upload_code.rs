use std::fmt;

use thiserror::Error;

/// Permission to upload a contact log once: 8 decimal digits, which the operator of the server gives
/// to a user.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct UploadCode([u8; Self::DIGITS]);

/// The bytes are no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("an upload code is {} decimal digits", UploadCode::DIGITS)]
pub struct UploadCodeError;

impl UploadCode {
    /// Digits of a code.
    pub const DIGITS: usize = 8;

    /// How many codes there are.
    pub const COUNT: u32 = 10_u32.pow(Self::DIGITS as u32);

    /// The code with the digits of `number`, unless that is not below [`COUNT`](Self::COUNT).
    pub fn from_number(number: u32) -> Option<Self> {
        let text = format!("{number:0width$}", width = Self::DIGITS);
        Self::decode(text.as_bytes()).ok()
    }

    /// Reads a code.
    ///
    /// # Errors
    ///
    /// [`UploadCodeError`] if these are not 8 digits.
    pub fn decode(bytes: &[u8]) -> Result<Self, UploadCodeError> {
        let digits: [u8; Self::DIGITS] = bytes.try_into().map_err(|_| UploadCodeError)?;
        let is_code = digits.iter().all(u8::is_ascii_digit);
        if is_code { Ok(Self(digits)) } else { Err(UploadCodeError) }
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).expect("digits")
    }
}

/// Without the digits, as whoever knows them may upload.
impl fmt::Debug for UploadCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UploadCode(…)")
    }
}

#[cfg(test)]
mod tests;
