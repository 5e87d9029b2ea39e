//! The state that all sessions share.

use std::sync::Arc;
use std::time::Instant;

use rand::RngExt;
use rand::rngs::ChaCha12Rng;

use super::accounts::{Accounts, Judgement};
use super::database::Remembered;
use super::encryption::Encryption;
use super::members::TokenDigest;
use super::memory::Memory;
use super::notices::{self, Notices};
use super::origins::Origin;
use super::registration::Registration;
use super::registry::Registry;
use super::temp_id_cipher::TempIdCipher;
use super::user_numbers::UserNumber;
use super::waits::Registering;
use crate::protocol::refusal::Refusal;
use crate::protocol::request::{Credentials, MAX_TEMP_IDS};
use crate::protocol::{
    ContactRecord, DeviceToken, RegistrationCode, TempId, Timestamp, UploadCode, Username,
};

/// Time for which an upload code is valid, in seconds: a day.
const CODE_LIFETIME_SECONDS: u64 = 24 * 60 * 60;

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
        Self {
            accounts,
            registry,
            temp_id_lifetime,
            rng,
            making: Making::Random(None),
            retention: None,
            memory,
            notices,
            registration,
            policy,
        }
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

    /// When the window of the last TempID begins that somebody may have been given by `now`: the
    /// last of the longest batch.
    pub fn last_start(&self, now: Timestamp) -> Timestamp {
        now.after_seconds(u64::from(MAX_TEMP_IDS) * u64::from(self.temp_id_lifetime))
    }

    /// Draws an upload code, and says until when it is valid.
    pub fn draw_code(&mut self, now: Timestamp) -> (UploadCode, Timestamp) {
        let number = self.rng.random_range(0..UploadCode::COUNT);
        let code = UploadCode::from_number(number).expect("in range");
        (code, now.after_seconds(CODE_LIFETIME_SECONDS))
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
        let found = self.registry.find(record.temp_id).or_else(encrypted);
        // Whoever has left is named no more.
        found.filter(|(user, issued)| {
            let member = self.accounts.members.of(*user);
            member.is_none_or(|member| member.forgotten_until < Some(issued.start))
        })
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
    /// Returns whether all of them are new. Otherwise they must not be told: chance repeats a
    /// number of 20 digits once in some billions of billions of draws.
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
