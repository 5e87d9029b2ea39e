use std::fmt;

use thiserror::Error;

/// A temporary identifier: 20 decimal digits, random or encrypted, that stand for a phone number
/// for 15 minutes.
///
/// On the wire and in files it is 20 ASCII digits, leading zeros included. In memory it is packed
/// decimal, two digits a byte, because a server keeps millions of them.
///
/// `Debug` shows the first four digits only: whoever holds a whole TempID can replay it, so it must
/// not get into a diagnostic by accident. `Display` shows all of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TempId([u8; TempId::LEN / 2]);

/// The number of values of half the digits: 10^10.
const HALF: u128 = 10_000_000_000;

impl TempId {
    /// Length of the text form, in bytes.
    pub const LEN: usize = 20;

    /// Number of possible TempIDs: 10^20.
    pub const COUNT: u128 = 100_000_000_000_000_000_000;

    /// The TempID whose digits are the decimal digits of `number`, or `None` from 10^20 on.
    pub fn from_number(number: u128) -> Option<Self> {
        if number >= Self::COUNT {
            return None;
        }
        // Divisions of 64 bits take a fraction of those of 128.
        let halves = [number / HALF, number % HALF].map(|half| half as u64);
        let mut pairs = [0; Self::LEN / 2];
        for (pairs, mut rest) in pairs.chunks_exact_mut(Self::LEN / 4).zip(halves) {
            for pair in pairs.iter_mut().rev() {
                *pair = (rest % 100) as u8;
                rest /= 100;
            }
        }
        Some(Self(pairs))
    }

    /// The number whose decimal digits it has, below [`COUNT`](Self::COUNT).
    pub fn number(self) -> u128 {
        let half = |pairs: &[u8]| pairs.iter().fold(0, |half, pair| half * 100 + u64::from(*pair));
        let (high, low) = self.0.split_at(Self::LEN / 4);
        u128::from(half(high)) * HALF + u128::from(half(low))
    }

    /// Reads the text form.
    ///
    /// # Errors
    ///
    /// [`TempIdError`] if `text` is anything but 20 ASCII digits.
    pub fn decode(text: &[u8]) -> Result<Self, TempIdError> {
        let text: &[u8; Self::LEN] = text.try_into().map_err(|_| TempIdError)?;
        if !text.iter().all(u8::is_ascii_digit) {
            return Err(TempIdError);
        }
        Ok(Self(std::array::from_fn(|at| {
            let (tens, ones) = (text[2 * at] - b'0', text[2 * at + 1] - b'0');
            tens * 10 + ones
        })))
    }

    /// Appends the text form.
    pub fn encode(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.text());
    }

    fn text(self) -> [u8; Self::LEN] {
        let mut text = [0; Self::LEN];
        for (digits, pair) in text.chunks_exact_mut(2).zip(self.0) {
            digits[0] = b'0' + pair / 10;
            digits[1] = b'0' + pair % 10;
        }
        text
    }
}

impl fmt::Display for TempId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|pair| write!(f, "{pair:02}"))
    }
}

impl fmt::Debug for TempId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TempId({:02}{:02}…)", self.0[0], self.0[1])
    }
}

/// The bytes are no TempID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a TempID is 20 decimal digits")]
pub struct TempIdError;

#[cfg(test)]
mod tests;
