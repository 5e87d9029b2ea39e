//! The state that all sessions share.

use std::sync::Arc;
use std::time::Instant;

use rand::RngExt;
use rand::rngs::ChaCha12Rng;

use super::accounts::{Accounts, Judgement};
use super::database::Remembered;
use super::memory::Memory;
use super::notices::{self, Notices};
use super::registry::Registry;
use crate::protocol::request::Credentials;
use crate::protocol::{ContactRecord, TempId, Timestamp, UploadCode, Username};

/// Time for which an upload code is valid, in seconds: a day.
const CODE_LIFETIME_SECONDS: u64 = 24 * 60 * 60;

/// The state that all sessions share: accounts, and issued TempIDs.
#[derive(Debug)]
pub struct Authority {
    accounts: Accounts,
    registry: Registry,
    /// Lifetime of a TempID, in seconds.
    temp_id_lifetime: u32,
    rng: ChaCha12Rng,
    memory: Memory,
    /// Notices that no phone has acknowledged.
    pub notices: Notices,
    /// What the operator wants done with contact logs.
    pub policy: Policy,
}

/// What the operator wants done with contact logs.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Whether an upload needs a code.
    pub upload_codes: bool,
    /// Whether everybody whom an upload names is told at once.
    pub notify_at_once: bool,
    /// What notices say.
    pub notice_text: Arc<str>,
}

impl Default for Policy {
    fn default() -> Self {
        let notice_text = notices::DEFAULT_TEXT.into();
        Self { upload_codes: false, notify_at_once: false, notice_text }
    }
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
        let (memory, notices, policy) = Default::default();
        Self { accounts, registry, temp_id_lifetime, rng, memory, notices, policy }
    }

    /// Limits the memory that requests may take.
    pub fn limit_memory(&mut self, memory: Memory) {
        self.memory = memory;
    }

    /// Takes over what is known from earlier runs.
    pub fn remember(&mut self, remembered: Remembered) {
        for (user, notice) in remembered.notices {
            self.notices.add(user, notice);
        }
    }

    /// The memory that requests may take.
    pub fn memory(&self) -> Memory {
        self.memory
    }

    /// Whether there is memory for more TempIDs.
    pub fn has_room(&self) -> bool {
        self.memory.has_room_for(self.registry.next_growth_bytes())
    }

    /// Judges an attempt to log in, if that needs no hash.
    pub fn judge(&mut self, credentials: Credentials<'_>, now: Instant) -> Judgement {
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

    /// Draws TempIDs for `count` windows in a row, the first from `now`. A window of `L` seconds
    /// includes both its ends, so it expires `L` - 1 seconds after its start.
    ///
    /// [`issue`](Authority::issue) issues them when they are on stable storage. Until then they
    /// must not leave the server.
    pub fn draw(&mut self, count: u8, now: Timestamp) -> Box<[ContactRecord]> {
        let Self { temp_id_lifetime, rng, .. } = self;
        let lifetime = u64::from(*temp_id_lifetime);
        let window = |number| {
            let temp_id =
                TempId::from_number(rng.random_range(0..TempId::COUNT)).expect("in range");
            let start = now.after_seconds(u64::from(number) * lifetime);
            ContactRecord { temp_id, start, expiry: start.after_seconds(lifetime - 1) }
        };
        (0..count).map(window).collect()
    }

    /// Draws an upload code, and says until when it is valid.
    pub fn draw_code(&mut self, now: Timestamp) -> (UploadCode, Timestamp) {
        let number = self.rng.random_range(0..UploadCode::COUNT);
        let code = UploadCode::from_number(number).expect("in range");
        (code, now.after_seconds(CODE_LIFETIME_SECONDS))
    }

    /// Issues TempIDs that were drawn for `user` and stored, so that they can be traced. Returns
    /// whether all of them are new. Otherwise they must not be told: chance repeats a number of 20
    /// digits once in some billions of billions of draws.
    pub fn issue(&mut self, user: Username, records: &[ContactRecord]) -> bool {
        self.registry.insert_issued(user, records)
    }
}

#[cfg(test)]
mod tests;
