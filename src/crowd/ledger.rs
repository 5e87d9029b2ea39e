//! Checks of what phones are told.

use std::collections::HashMap;
use std::time::Duration;

use crate::protocol::{ContactRecord, TempId};
use crate::server::accounts::MAX_FAILURES;
use crate::server::registry::Registry;
use crate::world::phone::{Learned, username};

/// Everything that phones were told, with these checks:
///
/// - no TempID is told twice,
/// - every TempID that was told is on the disk, also after a crash,
/// - nobody is logged in with a wrong password,
/// - nobody is let in during a block, and nobody is kept out without one,
/// - an upload is accepted whole.
#[derive(Debug)]
pub struct Ledger {
    block_duration: Duration,
    /// Longest time from sending a login until the server judges it.
    judged_within: Duration,
    told: HashMap<TempId, (u32, ContactRecord)>,
    /// Latest start of the server. A reply to an earlier request may still be on its way, and does not reflect
    /// failures and blocks since then.
    started_at: Duration,
    /// Accounts, by the number of the phone.
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
    /// An empty ledger of `phones` phones, whose accounts are blocked for `block_duration`. The server judges
    /// a login within `judged_within`, or never.
    pub fn new(phones: u32, block_duration: Duration, judged_within: Duration) -> Self {
        Self {
            block_duration,
            judged_within,
            told: HashMap::new(),
            started_at: Duration::ZERO,
            accounts: vec![Account::default(); phones as usize],
            logins: 0,
            uploaded: 0,
            blocked: 0,
        }
    }

    /// Number of TempIDs told.
    pub fn temp_ids(&self) -> usize {
        self.told.len()
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
    pub fn attempted(&mut self, phone: u32, with_right_password: bool, now: Duration) {
        let account = &mut self.accounts[phone as usize];
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
    pub fn enter(&mut self, phone: u32, learned: Learned, now: Duration) -> Result<(), String> {
        match learned {
            Learned::LoggedIn { with_right_password, asked_at } => {
                self.logins += 1;
                self.accounts[phone as usize].has_logged_in = true;
                if !with_right_password {
                    return Err(format!("{phone} is logged in with a wrong password"));
                }
                self.judged(phone, Judgement::LetIn, asked_at, now)
            }
            Learned::WrongPassword { asked_at } => {
                self.judged(phone, Judgement::Refused, asked_at, now)
            }
            Learned::NowBlocked { asked_at } => {
                self.blocked += 1;
                self.judged(phone, Judgement::NowBlocked, asked_at, now)
            }
            Learned::Blocked { asked_at } => self.judged(phone, Judgement::Blocked, asked_at, now),
            Learned::TempIds(records) => records.into_iter().try_for_each(|record| {
                match self.told.insert(record.temp_id, (phone, record)) {
                    None => Ok(()),
                    Some((other, _)) => Err(format!("{phone} is told a TempID of {other}")),
                }
            }),
            Learned::Uploaded { taken, sent } => {
                self.uploaded += taken as u64;
                if taken == sent { Ok(()) } else { Err(format!("{taken} of {sent} records taken")) }
            }
            Learned::Refused => Ok(()),
            Learned::Nonsense(text) => Err(format!("{phone} is told {text:?}")),
        }
    }

    /// Checks the answer to a login against earlier failures and blocks.
    fn judged(
        &mut self,
        phone: u32,
        judgement: Judgement,
        asked_at: Duration,
        now: Duration,
    ) -> Result<(), String> {
        let account = &mut self.accounts[phone as usize];
        let Account { blocked_until, may_be_blocked_until, .. } = *account;
        if asked_at < self.started_at {
            return Ok(());
        }
        match judgement {
            Judgement::LetIn | Judgement::Refused if now < blocked_until => {
                return Err(format!(
                    "{phone} asked at {asked_at:?}, {judgement:?} by {now:?}, but blocked until {blocked_until:?}"
                ));
            }
            Judgement::NowBlocked | Judgement::Blocked if may_be_blocked_until <= asked_at => {
                return Err(format!(
                    "{phone} asked at {asked_at:?}, {judgement:?}, but not from {may_be_blocked_until:?} on"
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
    pub fn restarted(&mut self, registry: &Registry, now: Duration) -> Result<(), String> {
        self.started_at = now;
        for account in &mut self.accounts {
            *account = Account { has_logged_in: account.has_logged_in, ..Account::default() };
        }
        self.check(registry)
    }

    /// Compares the TempIDs that phones were told with the registry.
    ///
    /// # Errors
    ///
    /// A message if the server does not know a TempID that a phone was told.
    pub fn check(&self, registry: &Registry) -> Result<(), String> {
        let known = |temp_id| registry.find(temp_id);
        let is_lost = |(temp_id, (phone, record)): &(&TempId, &(u32, ContactRecord))| {
            known(**temp_id) != Some((username(*phone), *record))
        };
        // The same one in each run, whatever the order of the table.
        match self.told.iter().filter(is_lost).min_by_key(|(temp_id, _)| **temp_id) {
            None => Ok(()),
            Some((temp_id, (phone, record))) => {
                let known = known(*temp_id);
                Err(format!("{phone} was told {record:?}, but the server knows {known:?}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Timestamp;

    const BLOCK: Duration = Duration::from_secs(60);
    const JUDGED_WITHIN: Duration = Duration::from_secs(2);
    const RIGHT: bool = true;
    const WRONG: bool = false;

    fn at(second: u64) -> Duration {
        Duration::from_secs(second)
    }

    fn ledger() -> Ledger {
        Ledger::new(2, BLOCK, JUDGED_WITHIN)
    }

    /// A ledger in which phone 0 sent three wrong passwords, the last at 10 s.
    fn after_three_failures() -> Ledger {
        let mut ledger = ledger();
        (0..3).for_each(|_| ledger.attempted(0, WRONG, at(10)));
        ledger
    }

    /// The same, told of the block at 12 s.
    fn blocked() -> Ledger {
        let mut ledger = after_three_failures();
        assert_eq!(ledger.enter(0, Learned::NowBlocked { asked_at: at(10) }, at(12)), Ok(()));
        ledger
    }

    fn record(number: u128) -> ContactRecord {
        let start = Timestamp::from_unix_seconds(1_600_000_000);
        let temp_id = TempId::from_number(number).expect("in range");
        ContactRecord { temp_id, start, expiry: start.after_seconds(899) }
    }

    fn logged_in(with_right_password: bool, second: u64) -> Learned {
        Learned::LoggedIn { with_right_password, asked_at: at(second) }
    }

    #[test]
    fn wrong_password_that_is_let_in_is_a_violation() {
        assert!(ledger().enter(0, logged_in(RIGHT, 1), at(1)).is_ok());
        assert!(ledger().enter(0, logged_in(WRONG, 1), at(1)).is_err());
    }

    #[test]
    fn login_during_a_block_is_a_violation_and_after_it_is_none() {
        assert!(blocked().enter(0, logged_in(RIGHT, 20), at(69)).is_err());
        assert!(blocked().enter(0, logged_in(RIGHT, 20), at(70)).is_ok());
        assert!(blocked().enter(1, logged_in(RIGHT, 20), at(20)).is_ok());
    }

    #[test]
    fn wrong_password_during_a_block_that_is_not_told_of_it_is_a_violation() {
        let wrong = || Learned::WrongPassword { asked_at: at(20) };
        assert!(blocked().enter(0, wrong(), at(69)).is_err());
        assert!(blocked().enter(0, wrong(), at(70)).is_ok());
    }

    #[test]
    fn block_without_three_failures_is_a_violation() {
        let mut ledger = ledger();
        (0..2).for_each(|_| ledger.attempted(0, WRONG, at(10)));
        assert!(ledger.enter(0, Learned::NowBlocked { asked_at: at(10) }, at(12)).is_err());
        assert!(ledger.enter(0, Learned::Blocked { asked_at: at(10) }, at(12)).is_err());
    }

    #[test]
    fn login_between_failures_makes_a_block_a_violation() {
        let mut ledger = ledger();
        (0..2).for_each(|_| ledger.attempted(0, WRONG, at(1)));
        assert!(ledger.enter(0, logged_in(RIGHT, 2), at(2)).is_ok());
        ledger.attempted(0, WRONG, at(3));
        assert!(ledger.enter(0, Learned::NowBlocked { asked_at: at(3) }, at(4)).is_err());
    }

    #[test]
    fn block_that_cannot_be_in_force_any_more_is_a_violation() {
        let blocked_at = |second| Learned::Blocked { asked_at: at(second) };
        // Nobody told the phone; the server may have judged until 12 s.
        assert!(after_three_failures().enter(0, blocked_at(71), at(99)).is_ok());
        assert!(after_three_failures().enter(0, blocked_at(72), at(99)).is_err());
        assert!(blocked().enter(0, blocked_at(71), at(99)).is_ok());
        assert!(blocked().enter(0, blocked_at(72), at(99)).is_err());
    }

    #[test]
    fn restart_ends_blocks() {
        let mut ledger = blocked();
        assert!(ledger.restarted(&Registry::default(), at(15)).is_ok());
        assert!(ledger.enter(0, Learned::Blocked { asked_at: at(20) }, at(21)).is_err());
        assert!(ledger.enter(0, logged_in(RIGHT, 20), at(21)).is_ok());
    }

    #[test]
    fn reply_of_before_a_restart_says_nothing_of_blocks_since() {
        let mut ledger = after_three_failures();
        ledger.restarted(&Registry::default(), at(15)).expect("nothing was told");
        assert!(ledger.enter(0, Learned::NowBlocked { asked_at: at(10) }, at(16)).is_ok());
        assert!(ledger.enter(0, logged_in(RIGHT, 17), at(17)).is_ok());
    }

    #[test]
    fn temp_id_told_twice_is_a_violation() {
        for other in [0, 1] {
            let mut ledger = ledger();
            assert!(ledger.enter(0, Learned::TempIds(vec![record(1), record(2)]), at(1)).is_ok());
            assert!(ledger.enter(other, Learned::TempIds(vec![record(2)]), at(1)).is_err());
        }
    }

    #[test]
    fn told_temp_id_that_a_crash_lost_or_changed_is_a_violation() {
        let mut ledger = ledger();
        ledger.enter(0, Learned::TempIds(vec![record(1)]), at(1)).expect("told once");
        let with = |phone, record| {
            let mut registry = Registry::default();
            registry.insert(username(phone), record);
            registry
        };
        assert!(ledger.restarted(&with(0, record(1)), at(2)).is_ok());
        assert!(ledger.restarted(&Registry::default(), at(2)).is_err());
        assert!(ledger.check(&with(1, record(1))).is_err());
        let expiry = record(1).start;
        assert!(ledger.check(&with(0, ContactRecord { expiry, ..record(1) })).is_err());
    }

    #[test]
    fn upload_that_is_not_taken_whole_and_nonsense_are_violations() {
        assert!(ledger().enter(0, Learned::Uploaded { taken: 2, sent: 2 }, at(1)).is_ok());
        assert!(ledger().enter(0, Learned::Uploaded { taken: 1, sent: 2 }, at(1)).is_err());
        assert!(ledger().enter(0, Learned::Nonsense("x".to_owned()), at(1)).is_err());
    }

    #[test]
    fn phone_that_never_logged_in_is_kept_out() {
        let mut ledger = ledger();
        ledger.enter(1, logged_in(RIGHT, 1), at(1)).expect("it may");
        assert_eq!(ledger.kept_out(), 1);
    }
}
