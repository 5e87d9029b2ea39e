//! The state that all sessions share.

use std::time::Instant;

use rand::RngExt;
use rand::rngs::ChaCha12Rng;

use super::accounts::{Accounts, Verdict};
use super::encryption::Encryption;
use super::memory::Memory;
use super::registry::Registry;
use super::temp_id_cipher::TempIdCipher;
use super::user_numbers::UserNumber;
use crate::protocol::refusal::Refusal;
use crate::protocol::request::Credentials;
use crate::protocol::{ContactRecord, TempId, Timestamp, Username};

/// How TempIDs are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TempIdKind {
    /// 20 random digits, which are stored.
    Random,
    /// The number of the user and the start, encrypted; nothing is stored.
    Encrypted,
}

/// TempIDs that were made for a user and not told yet.
#[derive(Debug)]
pub enum Drawn {
    /// They can be told.
    Final(Box<[ContactRecord]>),
    /// They are to be stored, then [issued](Authority::issue), before anybody is told.
    ToStore(Box<[ContactRecord]>),
    /// This number of the user is to be stored, then [confirmed](Authority::number_stored), before
    /// anybody is told.
    ToNumber(u32, Box<[ContactRecord]>),
}

/// What TempIDs are made from and traced with.
#[derive(Debug)]
enum Making {
    /// Random ones. Encrypted ones are traced where their keys are known.
    Random(Option<Encryption>),
    Encrypted(Encryption),
}

/// TempIDs that are forgotten in a tick, in about a millisecond.
const FORGOTTEN_PER_TICK: usize = 4096;

/// How long TempIDs are kept after their expiry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Days of 24 hours.
    pub days: u32,
}

impl Retention {
    /// The moment from which on TempIDs are kept at `now`.
    pub fn kept_since(self, now: Timestamp) -> Timestamp {
        const SECONDS_PER_DAY: i64 = 24 * 60 * 60;
        Timestamp::from_unix_seconds(now.unix_seconds() - i64::from(self.days) * SECONDS_PER_DAY)
    }
}

/// The state that all sessions share: accounts, and issued TempIDs.
#[derive(Debug)]
pub struct Authority {
    accounts: Accounts,
    registry: Registry,
    /// Lifetime of a TempID, in seconds.
    temp_id_lifetime: u32,
    rng: ChaCha12Rng,
    making: Making,
    retention: Option<Retention>,
    memory: Memory,
}

impl Authority {
    /// Makes an authority that issues TempIDs for `temp_id_lifetime` seconds from the random
    /// numbers of `rng`, a cryptographic generator: TempIDs that are known must not reveal others.
    pub fn new(
        accounts: Accounts,
        registry: Registry,
        temp_id_lifetime: u32,
        rng: ChaCha12Rng,
    ) -> Self {
        let (making, memory) = (Making::Random(None), Memory::default());
        Self { accounts, registry, temp_id_lifetime, rng, making, retention: None, memory }
    }

    /// Keeps TempIDs for so long after their expiry.
    pub fn keep_for(&mut self, retention: Retention) {
        self.retention = Some(retention);
    }

    /// The moment from which on TempIDs are kept: those that expired before name nobody.
    pub fn kept_since(&self, now: Timestamp) -> Timestamp {
        self.retention.map_or(Timestamp::MIN, |retention| retention.kept_since(now))
    }

    /// Forgets a part of the random TempIDs that expired before `since`, as much as delays nobody.
    /// Returns whether there may be more.
    pub fn forget_some(&mut self, since: Timestamp) -> bool {
        self.registry.forget(since, FORGOTTEN_PER_TICK) || self.registry.shrink()
    }

    /// Makes TempIDs of `kind` from now on, and traces encrypted ones with `encryption`.
    pub fn set_encryption(&mut self, kind: TempIdKind, encryption: Encryption) {
        self.making = match kind {
            TempIdKind::Random => Making::Random(Some(encryption)),
            TempIdKind::Encrypted => Making::Encrypted(encryption),
        };
    }

    /// Encrypts and decrypts with other keys from now on, where TempIDs may be encrypted.
    pub fn replace_cipher(&mut self, cipher: TempIdCipher) {
        match &mut self.making {
            Making::Random(Some(encryption)) | Making::Encrypted(encryption) => {
                encryption.cipher = cipher;
            }
            Making::Random(None) => {}
        }
    }

    /// Limits the memory that requests may take.
    pub fn limit_memory(&mut self, memory: Memory) {
        self.memory = memory;
    }

    /// The memory that requests may take.
    pub fn memory(&self) -> Memory {
        self.memory
    }

    /// Whether there is memory for more TempIDs.
    pub fn has_room(&self) -> bool {
        self.memory.has_room_for(self.registry.next_growth_bytes())
    }

    /// Judges an attempt to log in.
    pub fn judge(&mut self, credentials: Credentials<'_>, now: Instant) -> Verdict {
        self.accounts.judge(credentials, now)
    }

    /// The accounts.
    pub fn accounts(&mut self) -> &mut Accounts {
        &mut self.accounts
    }

    /// The issued TempIDs, all of which are on stable storage.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Makes TempIDs of `user` for `count` windows in a row, the first from `now`. A window of `L`
    /// seconds includes both its ends, so it expires `L` - 1 seconds after its start.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotRecorded`] if the user has no number and none is left.
    pub fn draw(&mut self, user: Username, count: u8, now: Timestamp) -> Result<Drawn, Refusal> {
        let Self { temp_id_lifetime, rng, making, .. } = self;
        let lifetime = *temp_id_lifetime;
        match making {
            Making::Random(_) => {
                let temp_id =
                    |_| TempId::from_number(rng.random_range(0..TempId::COUNT)).expect("in range");
                Ok(Drawn::ToStore(windows(count, now, lifetime, temp_id)))
            }
            Making::Encrypted(encryption) => {
                let none_left = || Refusal::NotRecorded("all numbers of users are taken".into());
                let (number, temp_id) = encryption.temp_ids_of(user).ok_or_else(none_left)?;
                let records = windows(count, now, lifetime, temp_id);
                Ok(match number {
                    UserNumber::Stored(_) => Drawn::Final(records),
                    UserNumber::Unstored(number) => Drawn::ToNumber(number, records),
                })
            }
        }
    }

    /// Takes note that the number of a user, for which encrypted TempIDs stand, is stored.
    pub fn number_stored(&mut self, user: Username) {
        match &mut self.making {
            Making::Random(Some(encryption)) | Making::Encrypted(encryption) => {
                encryption.numbers.stored(user);
            }
            Making::Random(None) => {}
        }
    }

    /// To whom the TempID of `record` was issued, and for which time: one that was stored, or one
    /// that was encrypted with the start of `record`.
    pub fn find(&self, record: &ContactRecord) -> Option<(Username, ContactRecord)> {
        let encrypted = || {
            let user = self.encryption()?.find(record)?;
            Some((user, window(record.temp_id, record.start, self.temp_id_lifetime)))
        };
        self.registry.find(record.temp_id).or_else(encrypted)
    }

    /// Most look-ups and decryptions that [`find`](Authority::find) does.
    pub fn steps_to_find(&self) -> usize {
        1 + self.encryption().map_or(0, |encryption| encryption.cipher.keys())
    }

    fn encryption(&self) -> Option<&Encryption> {
        match &self.making {
            Making::Random(encryption) => encryption.as_ref(),
            Making::Encrypted(encryption) => Some(encryption),
        }
    }

    /// Issues random TempIDs that were drawn for `user` and stored, so that they can be traced.
    /// Returns
    /// whether all of them are new. Otherwise they must not be told: chance repeats a number of 20
    /// digits once in some billions of billions of draws.
    pub fn issue(&mut self, user: Username, records: &[ContactRecord]) -> bool {
        self.registry.insert_issued(user, records)
    }
}

/// TempIDs for `count` windows in a row, the first from `now`, made by `temp_id` from their starts.
fn windows(
    count: u8,
    now: Timestamp,
    lifetime: u32,
    mut temp_id: impl FnMut(Timestamp) -> TempId,
) -> Box<[ContactRecord]> {
    let starts =
        (0..count).map(|number| now.after_seconds(u64::from(number) * u64::from(lifetime)));
    starts.map(|start| window(temp_id(start), start, lifetime)).collect()
}

fn window(temp_id: TempId, start: Timestamp, lifetime: u32) -> ContactRecord {
    ContactRecord { temp_id, start, expiry: start.after_seconds(u64::from(lifetime) - 1) }
}

#[cfg(test)]
mod tests;
