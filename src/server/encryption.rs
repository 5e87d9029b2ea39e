//! Encrypted TempIDs of numbered users: what they are made from and traced with.

use super::temp_id_cipher::TempIdCipher;
use super::user_numbers::{UserNumber, UserNumbers};
use crate::protocol::{ContactRecord, TempId, Timestamp, Username};

/// The keys of encrypted TempIDs, and the numbers of the users.
#[derive(Debug)]
pub struct Encryption {
    /// The keys.
    pub cipher: TempIdCipher,
    /// The numbers.
    pub numbers: UserNumbers,
}

impl Encryption {
    /// The number of a user, and a function from starts to that user's TempIDs. `None` if every
    /// number is taken.
    pub fn temp_ids_of(
        &mut self,
        user: Username,
    ) -> Option<(UserNumber, impl FnMut(Timestamp) -> TempId)> {
        let number = self.numbers.of(user)?;
        let (UserNumber::Stored(plain) | UserNumber::Unstored(plain)) = number;
        Some((number, move |start| self.cipher.encrypt(plain, start)))
    }

    /// To whom the TempID of a record was given from its start on.
    pub fn find(&self, record: &ContactRecord) -> Option<Username> {
        self.numbers.user(self.cipher.decrypt(record.temp_id, record.start)?)
    }
}
