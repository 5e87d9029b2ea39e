//! Accounts: passwords, failures and blocks. No clock, and nothing is hashed here.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::failures::{FailureTable, Failures, Key};
use super::hashing::HashOrder;
use super::members::{Member, Members, TokenDigest};
use super::password_hash::PasswordHash;
use super::passwords::Passwords;
use crate::protocol::refusal::Refusal;
use crate::protocol::request::Credentials;
use crate::protocol::{DeviceToken, Username};

/// Consecutive failures that block an account.
pub const MAX_FAILURES: u8 = 3;

/// Passwords of users, with failures and blocks of names.
///
/// Failures are counted per username, whatever connection or address they come from, and survive a
/// new list of passwords. A name that no user has is counted and blocked in the same table by the
/// same rules, so that neither an answer nor what the table forgets tells which numbers are
/// registered.
#[derive(Debug)]
pub struct Accounts {
    passwords: Arc<Passwords>,
    block_duration: Duration,
    failures: FailureTable,
    /// Accounts that are not what the passwords say.
    pub members: Members,
    /// Whether every password is hashed before anything is said of it, although nobody has a hash.
    pub always_hashes: bool,
}

/// What is to be done about an attempt to log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// Nothing but to tell the verdict.
    Final(Verdict),
    /// The password is to be hashed; then [`conclude`](Accounts::conclude) judges.
    ToHash(Box<Attempt>),
}

/// An attempt to log in whose password is being hashed.
#[derive(Clone, PartialEq, Eq)]
pub struct Attempt {
    name: Box<[u8]>,
    password: Arc<[u8]>,
    hash: PasswordHash,
}

/// Verdict on an attempt to log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The password is that of this user.
    Admitted(Username),
    /// The password is wrong, or there is no such user.
    WrongPassword,
    /// The third wrong password in a row: the account is blocked from now on.
    NowBlocked,
    /// The account is blocked, whatever the password.
    Blocked,
}

impl Accounts {
    /// Accounts without a failure. A block lasts `block_duration`.
    pub fn new(passwords: Passwords, block_duration: Duration) -> Self {
        let passwords = Arc::new(passwords);
        let failures = FailureTable::default();
        Self {
            passwords,
            block_duration,
            failures,
            members: Members::default(),
            always_hashes: false,
        }
    }

    /// The passwords in force.
    pub fn passwords(&self) -> &Arc<Passwords> {
        &self.passwords
    }

    /// Whether somebody may log in under this name.
    pub fn has(&self, user: Username) -> bool {
        self.secret_of(user).is_some()
    }

    /// The password or hash with which a user may log in.
    pub fn secret_of(&self, user: Username) -> Option<&[u8]> {
        match self.members.of(user) {
            Some(Member { is_closed: true, .. }) => None,
            Some(Member { hash: Some(hash), .. }) => Some(hash.as_str().as_bytes()),
            Some(Member { hash: None, .. }) | None => self.passwords.of(user),
        }
    }

    /// Puts another list of passwords in force and returns the earlier one, whose memory takes a
    /// while to free. Failures and blocks stay.
    pub fn replace_passwords(&mut self, passwords: Arc<Passwords>) -> Arc<Passwords> {
        std::mem::replace(&mut self.passwords, passwords)
    }

    /// Judges an attempt to log in, and counts it; unless any user has a hash, for then every
    /// password is hashed first.
    pub fn judge(&mut self, credentials: Credentials<'_>, now: Instant) -> Judgement {
        let key = self.failures.key(credentials.user);
        let earlier = self.failures.of(key);
        if is_blocked(earlier, now) {
            return Judgement::Final(Verdict::Blocked);
        }
        if DeviceToken::is_meant_by(credentials.password) {
            let admitted = self.verify_token(credentials);
            return Judgement::Final(self.count(key, earlier, admitted, now));
        }
        if let Some(hash) = self.hash_for(credentials.user, key) {
            let (name, password) = (credentials.user.into(), credentials.password.into());
            return Judgement::ToHash(Box::new(Attempt { name, password, hash }));
        }
        let admitted = self.verify_plain(credentials, key);
        Judgement::Final(self.count(key, earlier, admitted, now))
    }

    /// The user with this name and password in plain text, if there is one.
    fn verify_plain(&self, credentials: Credentials<'_>, key: Key) -> Option<Username> {
        let counts = |user: &Username| {
            self.members.of(*user).is_none_or(|member| !member.is_closed && member.hash.is_none())
        };
        self.passwords.verify(credentials, key).filter(counts)
    }

    /// The user with this name and token, if there is one.
    fn verify_token(&self, credentials: Credentials<'_>) -> Option<Username> {
        let user = Username::decode(credentials.user).ok();
        let secret = user.and_then(|user| self.secret_of(user)).unwrap_or_default();
        // Also for a name that nobody has, so that it takes as long.
        let digest = TokenDigest::new(credentials.password, secret);
        user.filter(|user| self.members.of(*user).is_some_and(|member| member.has_token(digest)))
    }

    /// The hash with which a password given for a name has to be compared before anybody says
    /// whether it is right; `None` if nothing is hashed.
    fn hash_for(&self, name: &[u8], key: Key) -> Option<PasswordHash> {
        let user = Username::decode(name).ok();
        let member = user.and_then(|user| self.members.of(user));
        match member {
            Some(Member { is_closed: false, hash: Some(hash), .. }) => Some(hash.clone()),
            Some(_) | None => self.passwords.hash_for(name, key).or_else(|| {
                let is_needed = self.always_hashes || self.members.have_hashes();
                is_needed.then(Members::nobodys_hash)
            }),
        }
    }

    /// Judges an attempt whose password `has_hash` or has not, and counts it.
    ///
    /// The list in force decides. If the user was given another hash meanwhile, the password has to
    /// be hashed once more: then the attempt has that hash and there is no verdict. Of several
    /// attempts for one name that were hashed at the same time, those behind the third failure are
    /// refused whatever the password, so that nobody has more guesses than one after the other.
    pub fn conclude(
        &mut self,
        attempt: &mut Attempt,
        has_hash: bool,
        now: Instant,
    ) -> Option<Verdict> {
        let Attempt { name, password, hash } = attempt;
        let key = self.failures.key(name);
        let earlier = self.failures.of(key);
        if is_blocked(earlier, now) {
            return Some(Verdict::Blocked);
        }
        let user = Username::decode(name).ok();
        let in_force = user.and_then(|user| self.secret_of(user));
        let admitted = match in_force {
            Some(text) if text == hash.as_str().as_bytes() => user.filter(|_| has_hash),
            Some(text) if PasswordHash::is_meant_by(text) => {
                *hash = PasswordHash::decoded(text);
                return None;
            }
            Some(_) | None => self.verify_plain(Credentials { user: name, password }, key),
        };
        Some(self.count(key, earlier, admitted, now))
    }

    /// Counts an attempt of a name that is not blocked.
    fn count(
        &mut self,
        key: Key,
        earlier: Option<Failures>,
        admitted: Option<Username>,
        now: Instant,
    ) -> Verdict {
        match admitted {
            Some(user) => {
                self.failures.forget(key);
                Verdict::Admitted(user)
            }
            None => {
                let (failures, verdict) = one_more(earlier, now, self.block_duration);
                self.failures.remember(key, failures, now);
                verdict
            }
        }
    }
}

impl Verdict {
    /// What is told to somebody who is not let in.
    pub fn refusal(self) -> Option<Refusal> {
        match self {
            Self::Admitted(_) => None,
            Self::WrongPassword => Some(Refusal::WrongPassword),
            Self::NowBlocked => Some(Refusal::NowBlocked),
            Self::Blocked => Some(Refusal::Blocked),
        }
    }
}

impl Attempt {
    /// What has to be hashed.
    pub fn order(&self) -> HashOrder {
        HashOrder::Check { password: Arc::clone(&self.password), hash: self.hash.clone() }
    }
}

impl std::fmt::Debug for Attempt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Attempt")
    }
}

fn is_blocked(failures: Option<Failures>, now: Instant) -> bool {
    matches!(failures, Some(Failures::BlockedUntil(end)) if now < end)
}

fn one_more(earlier: Option<Failures>, now: Instant, block: Duration) -> (Failures, Verdict) {
    let count = match earlier {
        Some(Failures::Counted(count)) => count + 1,
        // A block that is over has cleared the count.
        Some(Failures::BlockedUntil(_)) | None => 1,
    };
    if count < MAX_FAILURES {
        (Failures::Counted(count), Verdict::WrongPassword)
    } else {
        (Failures::BlockedUntil(now + block), Verdict::NowBlocked)
    }
}

#[cfg(test)]
mod tests;
