//! Checks of what phones are told.

use std::time::Duration;

use crate::protocol::{ContactRecord, TempId, Timestamp, Username};
use crate::server::accounts::MAX_FAILURES;
use crate::workload::caller::Fact;
use crate::workload::{Oracle, Repeats};
use crate::world::ids::PersonId;
use crate::world::phone::{Learned, username};

/// Everything that phones were told, with the checks of the [`Oracle`] and these, for which one has
/// to see into the server or know its settings:
///
/// - every TempID that was told is on the disk, also after a crash,
/// - nobody is let in during a block, and nobody is kept out without one.
#[derive(Debug)]
pub struct Ledger {
    block_duration: Duration,
    /// Longest time from sending a login until the server judges it.
    judged_within: Duration,
    oracle: Oracle<(PersonId, ContactRecord)>,
    /// Latest start of the server. A reply to an earlier request may still be on its way, and does
    /// not reflect failures and blocks since then.
    started_at: Duration,
    /// Accounts, by person.
    accounts: Vec<Account>,
    logins: u64,
    uploaded: u64,
    blocked: u64,
}

/// What can be known of an account from outside the server.
#[derive(Debug, Clone, Default)]
struct Account {
    has_logged_in: bool,
    /// Failures that the server may have counted; some may not have reached it.
    failures: u8,
    /// Time until which a block is certain.
    blocked_until: Duration,
    /// Time from which there is certainly no block.
    may_be_blocked_until: Duration,
}

/// Answer of the server to a login.
#[derive(Debug, Clone, Copy)]
enum Judgement {
    LetIn,
    Refused,
    NowBlocked,
    Blocked,
}

impl Ledger {
    /// An empty ledger of `phones` phones, whose accounts are blocked for `block_duration`. The
    /// server judges a login within `judged_within`, or never.
    pub fn new(
        phones: u32,
        block_duration: Duration,
        judged_within: Duration,
        repeats: Repeats,
    ) -> Self {
        Self {
            block_duration,
            judged_within,
            oracle: Oracle::new(repeats),
            started_at: Duration::ZERO,
            accounts: vec![Account::default(); phones as usize],
            logins: 0,
            uploaded: 0,
            blocked: 0,
        }
    }

    /// Number of TempIDs told.
    pub fn temp_ids(&self) -> usize {
        self.oracle.told().len()
    }

    /// To whom a TempID was told, and from when it is valid.
    pub fn owner_of(&self, temp_id: TempId) -> Option<(PersonId, Timestamp)> {
        self.oracle.note_of(temp_id).map(|(person, record)| (*person, record.start))
    }

    /// Number of successful logins.
    pub fn logins(&self) -> u64 {
        self.logins
    }

    /// Number of records uploaded.
    pub fn uploaded(&self) -> u64 {
        self.uploaded
    }

    /// Number of blocks.
    pub fn blocked(&self) -> u64 {
        self.blocked
    }

    /// Number of phones that have never been logged in.
    pub fn kept_out(&self) -> usize {
        self.accounts.iter().filter(|account| !account.has_logged_in).count()
    }

    /// Notes an attempt of a phone to log in.
    pub fn attempted(&mut self, person: PersonId, with_right_password: bool, now: Duration) {
        let account = &mut self.accounts[person.index()];
        if !with_right_password {
            account.failures = account.failures.saturating_add(1);
            if account.failures >= MAX_FAILURES {
                account.may_be_blocked_until = now + self.judged_within + self.block_duration;
            }
        }
    }

    /// Notes what a phone learned at `now`.
    ///
    /// # Errors
    ///
    /// A message if a check fails.
    pub fn enter(
        &mut self,
        person: PersonId,
        learned: Learned,
        now: Duration,
    ) -> Result<(), String> {
        let Learned { fact, asked_at } = learned;
        let judgement = match &fact {
            Fact::LoggedIn { .. } => {
                self.logins += 1;
                self.accounts[person.index()].has_logged_in = true;
                Some(Judgement::LetIn)
            }
            Fact::WrongPassword { with_right_password: true } => {
                return Err(format!("{person} is told that the right password is wrong"));
            }
            Fact::WrongPassword { with_right_password: false } => Some(Judgement::Refused),
            Fact::NowBlocked => {
                self.blocked += 1;
                Some(Judgement::NowBlocked)
            }
            Fact::Blocked => Some(Judgement::Blocked),
            Fact::Uploaded(taken) => {
                self.uploaded += *taken as u64;
                None
            }
            Fact::TempIds(_)
            | Fact::Answered
            | Fact::Refused { .. }
            | Fact::Notice(_)
            | Fact::Acknowledged(_)
            | Fact::NotAcknowledged(_)
            | Fact::LoggedOut
            | Fact::Broken(_) => None,
        };
        let promises = self.oracle.enter(&fact, |record| (person, *record));
        promises.map_err(|promise| format!("{person}: {promise}"))?;
        judgement.map_or(Ok(()), |judgement| self.judged(person, judgement, asked_at, now))
    }

    /// Checks the answer to a login against earlier failures and blocks.
    fn judged(
        &mut self,
        person: PersonId,
        judgement: Judgement,
        asked_at: Duration,
        now: Duration,
    ) -> Result<(), String> {
        let account = &mut self.accounts[person.index()];
        let Account { blocked_until, may_be_blocked_until, .. } = *account;
        if asked_at < self.started_at {
            return Ok(());
        }
        match judgement {
            Judgement::LetIn | Judgement::Refused if now < blocked_until => {
                return Err(format!(
                    "{person} asked at {asked_at:?}, {judgement:?} by {now:?}, but blocked until {blocked_until:?}"
                ));
            }
            Judgement::NowBlocked | Judgement::Blocked if may_be_blocked_until <= asked_at => {
                return Err(format!(
                    "{person} asked at {asked_at:?}, {judgement:?}, but not from {may_be_blocked_until:?} on"
                ));
            }
            Judgement::LetIn => account.failures = 0,
            Judgement::NowBlocked => {
                account.failures = 0;
                // It was judged between its sending and now.
                account.blocked_until = asked_at + self.block_duration;
                account.may_be_blocked_until = now + self.block_duration;
            }
            Judgement::Refused | Judgement::Blocked => {}
        }
        Ok(())
    }

    /// Notes a restart of the server at `now`, after which it knows only what is on the disk.
    ///
    /// # Errors
    ///
    /// A message if the server does not know a TempID that a phone was told.
    pub fn restarted(
        &mut self,
        find: impl Fn(&ContactRecord) -> Option<(Username, ContactRecord)>,
        now: Duration,
    ) -> Result<(), String> {
        self.started_at = now;
        for account in &mut self.accounts {
            *account = Account { has_logged_in: account.has_logged_in, ..Account::default() };
        }
        self.check(find)
    }

    /// Compares the TempIDs that phones were told with what the server finds.
    ///
    /// # Errors
    ///
    /// A message if the server does not know a TempID that a phone was told.
    pub fn check(
        &self,
        find: impl Fn(&ContactRecord) -> Option<(Username, ContactRecord)>,
    ) -> Result<(), String> {
        let is_lost = |(_, (person, record)): &(&TempId, &(PersonId, ContactRecord))| {
            find(record) != Some((username(*person), *record))
        };
        // The same one in each run, whatever the order of the table.
        match self.oracle.told().filter(is_lost).min_by_key(|(temp_id, _)| **temp_id) {
            None => Ok(()),
            Some((_, (person, record))) => {
                let known = find(record);
                Err(format!("{person} was told {record:?}, but the server knows {known:?}"))
            }
        }
    }
}

#[cfg(test)]
mod tests;
