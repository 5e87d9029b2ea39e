//! Who may log in: failures and blocks. It has no clock.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::time::{Duration, Instant};

use subtle::{Choice, ConstantTimeEq};

use super::passwords::Passwords;
use crate::protocol::Username;
use crate::protocol::request::Credentials;

/// Consecutive failures that block an account.
pub const MAX_FAILURES: u8 = 3;

/// Names of nobody whose failures are remembered for certain; at most twice as many are, in about 25
/// MB. Whoever fails under more names than that makes the server forget the first of them, and could
/// tell them from users, whose failures it never forgets.
const MAX_RECENT_STRANGERS: usize = 256 * 1024;

/// Who may log in, and who failed to.
///
/// Failures are counted per username, whatever connection or address they come from, and survive a
/// new list of passwords. A name that nobody has is counted and blocked like any other, so that the
/// answers do not tell which numbers are registered.
#[derive(Debug)]
pub struct Accounts {
    passwords: Passwords,
    block_duration: Duration,
    failures: HashMap<Username, Failures>,
    strangers: Strangers,
}

/// What became of an attempt to log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The password is that of this user.
    Admitted(Username),
    /// It is not, or there is no such user.
    WrongPassword,
    /// The same, for the third time: the account is blocked from now on.
    NowBlocked,
    /// The account is blocked, whatever the password.
    Blocked,
}

/// The failures of one name. Whoever has none is not in any table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failures {
    Counted(u8),
    BlockedUntil(Instant),
}

impl Accounts {
    /// Accounts without a failure. A block lasts `block_duration`.
    pub fn new(passwords: Passwords, block_duration: Duration) -> Self {
        Self {
            passwords,
            block_duration,
            failures: HashMap::new(),
            strangers: Strangers::default(),
        }
    }

    /// How many users there are.
    pub fn user_count(&self) -> usize {
        self.passwords.len()
    }

    /// Uses another list of passwords from now on. Failures and blocks stay, also those of names that
    /// become users or are users no more.
    pub fn replace_passwords(&mut self, passwords: Passwords) {
        self.passwords = passwords;
        let removed = self.failures.extract_if(|user, _| self.passwords.of(*user).is_none());
        for (user, failures) in removed {
            self.strangers.remember(user.as_str().as_bytes(), failures);
        }
        for user in self.passwords.users() {
            if let Some(failures) = self.strangers.forget(user.as_str().as_bytes()) {
                self.failures.insert(user, failures);
            }
        }
    }

    /// Judges an attempt to log in, and counts it.
    pub fn judge(&mut self, credentials: Credentials<'_>, now: Instant) -> Verdict {
        let user = Username::decode(credentials.user).ok();
        let account = user.and_then(|user| Some((user, self.passwords.of(user)?)));
        // Somebody who is not there has a password too, so that both take the same time.
        let password = account.map_or(&[0; 8][..], |(_, password)| password);
        let is_right = is_same(password, credentials.password);
        match account {
            Some((user, _)) => self.judge_user(user, is_right, now),
            None => self.judge_stranger(credentials.user, now),
        }
    }

    fn judge_user(&mut self, user: Username, is_right: bool, now: Instant) -> Verdict {
        let earlier = self.failures.get(&user).copied();
        if is_blocked(earlier, now) {
            return Verdict::Blocked;
        }
        if is_right {
            if earlier.is_some() {
                self.failures.remove(&user);
            }
            return Verdict::Admitted(user);
        }
        let (failures, verdict) = one_more(earlier, now, self.block_duration);
        self.failures.insert(user, failures);
        verdict
    }

    fn judge_stranger(&mut self, name: &[u8], now: Instant) -> Verdict {
        let earlier = self.strangers.failures(name);
        if is_blocked(earlier, now) {
            return Verdict::Blocked;
        }
        let (failures, verdict) = one_more(earlier, now, self.block_duration);
        self.strangers.remember(name, failures);
        verdict
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

/// Compares in a time that depends on `given` only, which the sender knows anyway.
fn is_same(password: &[u8], given: &[u8]) -> bool {
    let same_length = password.len().ct_eq(&given.len());
    let compare = |same: Choice, (index, byte): (usize, &u8)| {
        same & password.get(index).unwrap_or(&0).ct_eq(byte)
    };
    given.iter().enumerate().fold(same_length, compare).into()
}

/// Failures under names that nobody has, of which anybody can make up any number.
///
/// Names are kept as keyed hashes, in two generations: when the recent one is full, it becomes the
/// older one and what was older is forgotten.
#[derive(Debug, Default)]
struct Strangers {
    hasher: RandomState,
    recent: HashMap<u64, Failures>,
    older: HashMap<u64, Failures>,
}

impl Strangers {
    fn failures(&self, name: &[u8]) -> Option<Failures> {
        let key = self.hasher.hash_one(name);
        self.recent.get(&key).or_else(|| self.older.get(&key)).copied()
    }

    fn remember(&mut self, name: &[u8], failures: Failures) {
        if self.recent.len() >= MAX_RECENT_STRANGERS {
            // In the place of the oldest: a new table would stand still each time it grows.
            std::mem::swap(&mut self.older, &mut self.recent);
            self.recent.clear();
        }
        self.recent.insert(self.hasher.hash_one(name), failures);
    }

    fn forget(&mut self, name: &[u8]) -> Option<Failures> {
        let key = self.hasher.hash_one(name);
        let older = self.older.remove(&key);
        self.recent.remove(&key).or(older)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: Duration = Duration::from_secs(60);
    const WRONG: &str = "wrong";

    /// Accounts and a clock that only the test moves.
    struct Fixture {
        accounts: Accounts,
        now: Instant,
    }

    impl Fixture {
        #[expect(clippy::disallowed_methods, reason = "only the distance to it matters")]
        fn new() -> Self {
            let mut passwords = Passwords::default();
            passwords.add_line(b"ann secret").expect("a user");
            Self { accounts: Accounts::new(passwords, BLOCK), now: Instant::now() }
        }

        fn attempt(&mut self, user: &str, password: &str) -> Verdict {
            let (user, password) = (user.as_bytes(), password.as_bytes());
            self.accounts.judge(Credentials { user, password }, self.now)
        }

        fn blocked(user: &str) -> Self {
            let mut fixture = Self::new();
            assert_eq!(fixture.attempt(user, WRONG), Verdict::WrongPassword);
            assert_eq!(fixture.attempt(user, WRONG), Verdict::WrongPassword);
            assert_eq!(fixture.attempt(user, WRONG), Verdict::NowBlocked);
            fixture
        }

        fn admits_ann(&mut self) -> bool {
            matches!(self.attempt("ann", "secret"), Verdict::Admitted(user) if user.as_str() == "ann")
        }
    }

    #[test]
    fn fresh_account_is_admitted_with_its_password_only() {
        let mut fixture = Fixture::new();
        for wrong in ["", "s", "secre", "secrets", "SECRET", "secret\0"] {
            assert_eq!(Fixture::new().attempt("ann", wrong), Verdict::WrongPassword, "{wrong:?}");
        }
        assert!(fixture.admits_ann());
        assert_eq!(fixture.attempt("Ann", "secret"), Verdict::WrongPassword);
    }

    #[test]
    fn blocked_account_refuses_the_right_password_until_the_block_ends() {
        let mut fixture = Fixture::blocked("ann");
        assert_eq!(fixture.attempt("ann", "secret"), Verdict::Blocked);
        fixture.now += BLOCK - Duration::from_nanos(1);
        assert_eq!(fixture.attempt("ann", "secret"), Verdict::Blocked);
        fixture.now += Duration::from_nanos(1);
        assert!(fixture.admits_ann());
    }

    #[test]
    fn attempts_during_a_block_do_not_prolong_it() {
        let mut fixture = Fixture::blocked("ann");
        fixture.now += BLOCK / 2;
        assert_eq!(fixture.attempt("ann", WRONG), Verdict::Blocked);
        fixture.now += BLOCK / 2;
        assert!(fixture.admits_ann());
    }

    #[test]
    fn ended_block_starts_the_count_again_at_zero() {
        let mut fixture = Fixture::blocked("ann");
        fixture.now += BLOCK;
        assert_eq!(fixture.attempt("ann", WRONG), Verdict::WrongPassword);
        assert_eq!(fixture.attempt("ann", WRONG), Verdict::WrongPassword);
        assert_eq!(fixture.attempt("ann", WRONG), Verdict::NowBlocked);
    }

    #[test]
    fn success_clears_the_failures() {
        let mut fixture = Fixture::new();
        for _ in 0..3 {
            assert_eq!(fixture.attempt("ann", WRONG), Verdict::WrongPassword);
            assert_eq!(fixture.attempt("ann", WRONG), Verdict::WrongPassword);
            assert!(fixture.admits_ann());
        }
    }

    #[test]
    fn stranger_is_answered_like_a_user() {
        for name in ["nobody", "", "not a username", "a-name-longer-than-any-username"] {
            let mut fixture = Fixture::blocked(name);
            assert_eq!(fixture.attempt(name, WRONG), Verdict::Blocked);
            fixture.now += BLOCK;
            assert_eq!(fixture.attempt(name, WRONG), Verdict::WrongPassword);
        }
    }

    #[test]
    fn flood_of_strangers_takes_bounded_memory_and_unblocks_nobody() {
        let mut fixture = Fixture::blocked("ann");
        for name in 0..5 * MAX_RECENT_STRANGERS {
            fixture.attempt(&name.to_string(), WRONG);
        }
        let strangers = &fixture.accounts.strangers;
        assert!(strangers.recent.len() + strangers.older.len() <= 2 * MAX_RECENT_STRANGERS);
        assert_eq!(fixture.attempt("ann", "secret"), Verdict::Blocked);
    }

    #[test]
    fn new_passwords_keep_failures_and_blocks() {
        let mut fixture = Fixture::blocked("ann");
        let mut passwords = Passwords::default();
        passwords.add_line(b"ann new").expect("a user");
        fixture.accounts.replace_passwords(passwords);
        assert_eq!(fixture.attempt("ann", "new"), Verdict::Blocked);
        fixture.now += BLOCK;
        assert_eq!(fixture.attempt("ann", "secret"), Verdict::WrongPassword);
        assert!(matches!(fixture.attempt("ann", "new"), Verdict::Admitted(_)));
    }

    #[test]
    fn new_passwords_keep_failures_and_blocks_of_names_that_become_users_or_are_none_any_more() {
        let mut fixture = Fixture::blocked("bob");
        fixture.attempt("ann", WRONG);
        let mut passwords = Passwords::default();
        passwords.add_line(b"bob secret").expect("a user");
        fixture.accounts.replace_passwords(passwords);
        assert_eq!(fixture.attempt("bob", "secret"), Verdict::Blocked);
        assert_eq!(fixture.attempt("ann", WRONG), Verdict::WrongPassword);
        assert_eq!(fixture.attempt("ann", WRONG), Verdict::NowBlocked);
        fixture.now += BLOCK;
        assert!(matches!(fixture.attempt("bob", "secret"), Verdict::Admitted(_)));
        // Who is admitted has no failures left, under whatever list.
        fixture.accounts.replace_passwords(Passwords::default());
        for _ in 1..MAX_FAILURES {
            assert_eq!(fixture.attempt("bob", WRONG), Verdict::WrongPassword);
        }
    }

    #[test]
    fn users_have_the_password_of_their_own_line() {
        let mut fixture = Fixture::new();
        let mut passwords = Passwords::default();
        for line in ["ann secret", "bob a", "cyd much-longer-than-others", "dan b"] {
            passwords.add_line(line.as_bytes()).expect(line);
        }
        fixture.accounts.replace_passwords(passwords);
        assert!(fixture.admits_ann());
        for (user, password) in [("bob", "a"), ("cyd", "much-longer-than-others"), ("dan", "b")] {
            assert!(matches!(fixture.attempt(user, password), Verdict::Admitted(_)));
            assert_eq!(fixture.attempt(user, "secret"), Verdict::WrongPassword);
        }
    }
}
