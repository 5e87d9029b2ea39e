use std::fmt;

use subtle::ConstantTimeEq;
use thiserror::Error;

/// Permission to upload a contact log once, which the operator of the server gives to a user.
pub type UploadCode = DigitCode<8>;

/// Proof that whoever registers a number reads its messages.
pub type RegistrationCode = DigitCode<6>;

/// A code of `N` decimal digits, for people to type.
#[derive(Clone, Copy)]
pub struct DigitCode<const N: usize>([u8; N]);

/// The bytes are no code of so many digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("expected a code of {0} decimal digits")]
pub struct DigitCodeError(usize);

impl<const N: usize> DigitCode<N> {
    /// Digits of a code.
    pub const DIGITS: usize = N;

    /// How many codes there are.
    pub const COUNT: u32 = 10_u32.pow(N as u32);

    /// The code with the digits of `number`, unless that is not below [`COUNT`](Self::COUNT).
    pub fn from_number(number: u32) -> Option<Self> {
        Self::decode(format!("{number:0N$}").as_bytes()).ok()
    }

    /// Reads a code.
    ///
    /// # Errors
    ///
    /// [`DigitCodeError`] if these are not `N` digits.
    pub fn decode(bytes: &[u8]) -> Result<Self, DigitCodeError> {
        let digits: [u8; N] = bytes.try_into().map_err(|_| DigitCodeError(N))?;
        let is_code = digits.iter().all(u8::is_ascii_digit);
        if is_code { Ok(Self(digits)) } else { Err(DigitCodeError(N)) }
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).expect("digits")
    }
}

/// Compares in a time that does not depend on the digits.
impl<const N: usize> PartialEq for DigitCode<N> {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl<const N: usize> Eq for DigitCode<N> {}

/// Without the digits, as they are a secret.
impl<const N: usize> fmt::Debug for DigitCode<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DigitCode(…)")
    }
}

#[cfg(test)]
mod tests;
