//! The state that all sessions share.

use std::sync::Arc;
use std::time::Instant;

use rand::RngExt;
use rand::rngs::ChaCha12Rng;

use super::accounts::{Accounts, Judgement};
use super::database::Remembered;
use super::members::TokenDigest;
use super::memory::Memory;
use super::notices::{self, Notices};
use super::origins::Origin;
use super::registration::Registration;
use super::registry::Registry;
use super::waits::Registering;
use crate::protocol::refusal::Refusal;
use crate::protocol::request::Credentials;
use crate::protocol::{
    ContactRecord, DeviceToken, RegistrationCode, TempId, Timestamp, UploadCode, Username,
};

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
    /// Codes of those who register; `None` if nobody may.
    registration: Option<Registration>,
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
        let (memory, notices, registration, policy) = Default::default();
        Self { accounts, registry, temp_id_lifetime, rng, memory, notices, registration, policy }
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
        for (user, member) in remembered.members {
            self.accounts.members.change(user, |account| *account = member);
        }
    }

    /// Lets people register. From now on every password is hashed before anything is said of it.
    pub fn allow_registration(&mut self) {
        self.registration = Some(Registration::default());
        self.accounts.always_hashes = true;
    }

    /// Begins to register a number, for somebody at `peer`. Returns the code to send it, unless it
    /// was sent enough of them.
    ///
    /// # Errors
    ///
    /// [`Refusal::NoRegistration`] if nobody may register here.
    pub fn begin_registration(
        &mut self,
        number: Username,
        peer: Origin,
        now: Instant,
    ) -> Result<Option<RegistrationCode>, Refusal> {
        let registration = self.registration.as_mut().ok_or(Refusal::NoRegistration)?;
        let code = self.rng.random_range(0..RegistrationCode::COUNT);
        let code = RegistrationCode::from_number(code).expect("in range");
        Ok(registration.begin(number, code, peer, now).then_some(code))
    }

    /// Ends the registration of a number with the code that it was sent and a password, of which a
    /// hash is to be made.
    ///
    /// # Errors
    ///
    /// [`Refusal::WrongCode`], [`Refusal::NoRegistration`]
    pub fn confirm_registration(
        &mut self,
        number: Username,
        code: RegistrationCode,
        password: &[u8],
        peer: Origin,
        now: Instant,
    ) -> Result<Registering, Refusal> {
        let registration = self.registration.as_mut().ok_or(Refusal::NoRegistration)?;
        let pending = registration.take(number, code, now).ok_or(Refusal::WrongCode)?;
        Ok(Registering::new(number, password, self.rng.random(), pending, peer))
    }

    /// Gives back the code of a registration of which nothing came.
    pub fn give_back(&mut self, Registering { user, pending, .. }: &Registering, now: Instant) {
        if let Some(registration) = &mut self.registration {
            registration.give_back(*user, *pending, now);
        }
    }

    /// Makes a token for a user who is logged in; `None` if the account is closed.
    pub fn draw_token(&mut self, user: Username) -> Option<(DeviceToken, TokenDigest)> {
        let token = DeviceToken::new(self.rng.random());
        let secret = self.accounts.secret_of(user)?;
        let digest = TokenDigest::new(token.as_str().as_bytes(), secret);
        Some((token, digest))
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
