//! TempIDs that are encrypted, so that nothing has to be stored to trace them.

use std::fmt;

use aes::Aes256;
use aes::cipher::KeyInit;

use super::key_file::Key;
use crate::ff1::Ff1;
use crate::protocol::{TempId, Timestamp};

/// Digits of a TempID that hold the start.
const START_DIGITS: u32 = 12;

/// Values of the digits that hold the start: 10^12. The years 0001 to 9999 have 3.2 x 10^11
/// seconds.
const STARTS: u128 = 10_u128.pow(START_DIGITS);

/// Users that a TempID can tell apart: 10^8, eight digits.
pub const USERS: u32 = 10_u32.pow(TempId::LEN as u32 - START_DIGITS);

/// The keys of encrypted TempIDs.
///
/// A TempID is the FF1 encryption, with AES-256 and without a tweak, of 20 decimal digits:
///
/// | Offset | Digits | Content |
/// |---|---|---|
/// | 0 | 8 | number of the user |
/// | 8 | 12 | start, in seconds since 01/01/0001 00:00:00 UTC |
///
/// Whoever lacks the key cannot tell the TempIDs of one user from those of another. A user who
/// asks twice within a second is given the same TempID twice; no two users have the same one under
/// the same key.
///
/// A guess, which decrypts to any 20 digits with equal probability, is traced to somebody only if
/// the first eight are a user's number and the others the start that the guess came with. With a
/// million users, that is one guess in 10^14, for each key.
pub struct TempIdCipher {
    /// The newest first; there is at least one.
    keys: Vec<Ff1<Aes256>>,
}

impl TempIdCipher {
    /// A cipher that encrypts with the first of `keys`.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn new(keys: &[Key]) -> Self {
        assert!(!keys.is_empty(), "no key");
        let ff1 = |key: &Key| Ff1::new(Aes256::new(key.bytes().into()), TempId::LEN as u32, b"");
        Self { keys: keys.iter().map(ff1).collect() }
    }

    /// Number of keys.
    pub fn keys(&self) -> usize {
        self.keys.len()
    }

    /// The TempID of the user with this number, below [`USERS`], from `start` on.
    pub fn encrypt(&self, user: u32, start: Timestamp) -> TempId {
        let number = u128::from(user) * STARTS + u128::from(start.seconds_since(Timestamp::MIN));
        TempId::from_number(self.keys[0].encrypt(number)).expect("twenty digits")
    }

    /// The number of the user to whom one of the keys gave this TempID from `start` on, if one did;
    /// there may be no user with that number. The newest key is tried first.
    pub fn decrypt(&self, temp_id: TempId, start: Timestamp) -> Option<u32> {
        let (number, start) = (temp_id.number(), u128::from(start.seconds_since(Timestamp::MIN)));
        let plain = |key: &Ff1<Aes256>| key.decrypt(number);
        let is_of_start = |plain: &u128| plain % STARTS == start;
        let plain = self.keys.iter().map(plain).find(is_of_start)?;
        Some((plain / STARTS) as u32)
    }
}

impl fmt::Debug for TempIdCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TempIdCipher({} keys)", self.keys.len())
    }
}

#[cfg(test)]
mod tests;
