//! Accounts: passwords, failures and blocks. No clock.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::failures::{FailureTable, Failures};
use super::passwords::Passwords;
use crate::protocol::Username;
use crate::protocol::request::Credentials;

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
        Self { passwords, block_duration, failures: FailureTable::default() }
    }

    /// The passwords in force.
    pub fn passwords(&self) -> &Arc<Passwords> {
        &self.passwords
    }

    /// Whether somebody may log in under this name.
    pub fn has(&self, user: Username) -> bool {
        self.passwords.of(user).is_some()
    }

    /// Puts another list of passwords in force and returns the earlier one, whose memory takes a
    /// while to free. Failures and blocks stay.
    pub fn replace_passwords(&mut self, passwords: Arc<Passwords>) -> Arc<Passwords> {
        std::mem::replace(&mut self.passwords, passwords)
    }

    /// Judges an attempt to log in, and counts it.
    pub fn judge(&mut self, credentials: Credentials<'_>, now: Instant) -> Verdict {
        let key = self.failures.key(credentials.user);
        let earlier = self.failures.of(key);
        if matches!(earlier, Some(Failures::BlockedUntil(end)) if now < end) {
            return Verdict::Blocked;
        }
        match self.passwords.verify(credentials, key) {
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
