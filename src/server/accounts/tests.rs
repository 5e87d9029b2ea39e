use proptest::prelude::*;

use super::*;
use crate::server::hashing::HashResult;
use crate::server::password_hash::{Cost, PasswordHash, Workspace};

const BLOCK: Duration = Duration::from_secs(60);
const WRONG: &str = "wrong";

fn execute(attempt: &Attempt) -> HashResult {
    attempt.order().execute(Cost::LEAST, &mut Workspace::default())
}

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
        match self.accounts.judge(Credentials { user, password }, self.now) {
            Judgement::Final(verdict) => verdict,
            Judgement::ToHash(mut attempt) => loop {
                let HashResult::Checked(has_hash) = execute(&attempt) else { panic!("a check") };
                if let Some(verdict) = self.accounts.conclude(&mut attempt, has_hash, self.now) {
                    break verdict;
                }
            },
        }
    }

    fn blocked(user: &str) -> Self {
        let mut fixture = Self::new();
        assert_eq!(fixture.attempt(user, WRONG), Verdict::WrongPassword);
        assert_eq!(fixture.attempt(user, WRONG), Verdict::WrongPassword);
        assert_eq!(fixture.attempt(user, WRONG), Verdict::NowBlocked);
        fixture
    }

    fn probe(&mut self, probe: Probe) -> Option<Verdict> {
        match probe {
            Probe::Name => return Some(self.attempt("ann", WRONG)),
            Probe::Junk(number) => return Some(self.attempt(&format!("junk{number}"), WRONG)),
            Probe::Wait(seconds) => self.now += Duration::from_secs(seconds),
            Probe::Reload => {
                let same = Arc::clone(self.accounts.passwords());
                self.accounts.replace_passwords(same);
            }
        }
        None
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

/// What somebody does who wants to learn whether a name is that of a user.
#[derive(Debug, Clone, Copy)]
enum Probe {
    /// Tries a wrong password under the name.
    Name,
    /// Tries one under a name that nobody has.
    Junk(u16),
    /// Waits for so many seconds.
    Wait(u64),
    /// Has the list of passwords read again.
    Reload,
}

fn any_probe() -> impl Strategy<Value = Probe> {
    prop_oneof![
        4 => Just(Probe::Name),
        8 => (0..200_u16).prop_map(Probe::Junk),
        1 => (0..100_u64).prop_map(Probe::Wait),
        1 => Just(Probe::Reload),
    ]
}

proptest! {
    #[test]
    fn user_and_stranger_are_told_the_same_whatever_was_tried_before(
        probes in prop::collection::vec(any_probe(), 0..600),
    ) {
        // With room for a few names only, so that junk makes the table forget.
        let failures = FailureTable::small();
        let user_is_ann = Fixture::new();
        let nobody_is_ann = Fixture {
            accounts: Accounts::new(Passwords::default(), BLOCK),
            ..user_is_ann
        };
        let mut fixtures = [user_is_ann, nobody_is_ann];
        for fixture in &mut fixtures {
            fixture.accounts.failures = failures.clone();
        }
        for probe in probes {
            let [of_user, of_stranger] = fixtures.each_mut().map(|fixture| fixture.probe(probe));
            prop_assert_eq!(of_user, of_stranger, "{:?}", probe);
        }
    }
}

#[test]
fn new_passwords_keep_failures_and_blocks() {
    let mut fixture = Fixture::blocked("ann");
    let mut passwords = Passwords::default();
    passwords.add_line(b"ann new").expect("a user");
    fixture.accounts.replace_passwords(Arc::new(passwords));
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
    fixture.accounts.replace_passwords(Arc::new(passwords));
    assert_eq!(fixture.attempt("bob", "secret"), Verdict::Blocked);
    assert_eq!(fixture.attempt("ann", WRONG), Verdict::WrongPassword);
    assert_eq!(fixture.attempt("ann", WRONG), Verdict::NowBlocked);
    fixture.now += BLOCK;
    assert!(matches!(fixture.attempt("bob", "secret"), Verdict::Admitted(_)));
    // Who is admitted has no failures left, under whatever list.
    fixture.accounts.replace_passwords(Arc::default());
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
    fixture.accounts.replace_passwords(Arc::new(passwords));
    assert!(fixture.admits_ann());
    for (user, password) in [("bob", "a"), ("cyd", "much-longer-than-others"), ("dan", "b")] {
        assert!(matches!(fixture.attempt(user, password), Verdict::Admitted(_)));
        assert_eq!(fixture.attempt(user, "secret"), Verdict::WrongPassword);
    }
}

/// Accounts of which some have hashes: `ann` and `cyd`, but not `bob`.
fn mixed() -> Fixture {
    let fixture = Fixture::new();
    let list = mixed_list(&[("ann", Some(1)), ("bob", None), ("cyd", Some(2))]);
    Fixture { accounts: Accounts::new(list, BLOCK), ..fixture }
}

/// Users with the password `secret`, hashed where there is a salt.
fn mixed_list(users: &[(&str, Option<u8>)]) -> Passwords {
    let mut passwords = Passwords::default();
    for (user, salt) in users {
        let hash = |salt| {
            PasswordHash::make(b"secret", &[salt; 16], Cost::LEAST, &mut Workspace::default())
        };
        let secret = salt.map_or("secret".to_owned(), |salt| hash(salt).as_str().to_owned());
        passwords.add_line(format!("{user} {secret}").as_bytes()).expect("a user");
    }
    passwords
}

/// An attempt that has to be hashed.
fn begun(fixture: &mut Fixture, user: &str, password: &str) -> Box<Attempt> {
    let (user, password) = (user.as_bytes(), password.as_bytes());
    match fixture.accounts.judge(Credentials { user, password }, fixture.now) {
        Judgement::ToHash(attempt) => attempt,
        Judgement::Final(verdict) => panic!("{verdict:?} without a hash"),
    }
}

fn concluded(fixture: &mut Fixture, mut attempt: Box<Attempt>) -> Option<Verdict> {
    let HashResult::Checked(has_hash) = execute(&attempt) else { panic!("a check") };
    fixture.accounts.conclude(&mut attempt, has_hash, fixture.now)
}

#[test]
fn mixed_list_admits_everybody_with_the_password_only() {
    for user in ["ann", "bob", "cyd"] {
        let mut fixture = mixed();
        assert_eq!(fixture.attempt(user, "Secret"), Verdict::WrongPassword);
        assert!(matches!(fixture.attempt(user, "secret"), Verdict::Admitted(_)));
    }
    let mut fixture = mixed();
    for stranger in ["dan", "a/b", ""] {
        assert_eq!(fixture.attempt(stranger, "secret"), Verdict::WrongPassword);
    }
}

#[test]
fn hash_is_no_password() {
    let mut fixture = mixed();
    let passwords = Arc::clone(fixture.accounts.passwords());
    let user = Username::decode(b"ann").expect("a name");
    let hash = str::from_utf8(passwords.of(user).expect("a user")).expect("ASCII");
    for user in ["ann", "bob", "dan"] {
        assert_eq!(fixture.attempt(user, hash), Verdict::WrongPassword);
    }
}

#[test]
fn everybody_is_hashed_with_the_same_work_if_anybody_has_a_hash_and_nobody_else() {
    let mut fixture = mixed();
    for name in ["ann", "bob", "cyd", "dan", "a/b", ""] {
        for password in ["secret", WRONG] {
            let order = begun(&mut fixture, name, password).order();
            assert!(matches!(order, crate::server::hashing::HashOrder::Check { .. }));
        }
    }
    let blocked = "ann";
    for _ in 0..3 {
        fixture.attempt(blocked, WRONG);
    }
    let credentials = Credentials { user: blocked.as_bytes(), password: b"secret" };
    let judgement = fixture.accounts.judge(credentials, fixture.now);
    assert_eq!(judgement, Judgement::Final(Verdict::Blocked), "nothing is hashed in a block");
    let mut plain = Fixture::new();
    let credentials = Credentials { user: b"dan", password: b"secret" };
    let judgement = plain.accounts.judge(credentials, plain.now);
    assert_eq!(judgement, Judgement::Final(Verdict::WrongPassword));
}

#[test]
fn attempts_at_the_same_time_have_no_more_guesses_than_three() {
    let mut fixture = mixed();
    let guesses = ["a", "b", "c", "secret", "d"];
    let attempts = guesses.map(|password| begun(&mut fixture, "ann", password));
    let verdicts = attempts.map(|attempt| concluded(&mut fixture, attempt));
    let blocked = Some(Verdict::Blocked);
    let wrong = Some(Verdict::WrongPassword);
    assert_eq!(verdicts, [wrong, wrong, Some(Verdict::NowBlocked), blocked, blocked]);
}

#[test]
fn right_password_at_the_same_time_on_many_connections_is_right_on_all() {
    let mut fixture = mixed();
    let attempts = [(); 9].map(|()| begun(&mut fixture, "ann", "secret"));
    for attempt in attempts {
        assert!(matches!(concluded(&mut fixture, attempt), Some(Verdict::Admitted(_))));
    }
}

#[test]
fn user_who_is_gone_or_has_another_password_is_not_let_in_by_an_earlier_attempt() {
    for (list, expected) in [
        ("bob secret", Some(Verdict::WrongPassword)),
        ("ann other\nbob secret", Some(Verdict::WrongPassword)),
    ] {
        let mut fixture = mixed();
        let attempt = begun(&mut fixture, "ann", "secret");
        let mut passwords = Passwords::default();
        list.lines().for_each(|line| passwords.add_line(line.as_bytes()).expect("a user"));
        fixture.accounts.replace_passwords(Arc::new(passwords));
        assert_eq!(concluded(&mut fixture, attempt), expected);
    }
}

#[test]
fn user_with_another_hash_of_the_same_password_is_hashed_again_and_let_in() {
    for user in ["ann", "bob", "dan"] {
        let mut fixture = mixed();
        let mut attempt = begun(&mut fixture, user, "secret");
        let fresh = mixed_list(&[("ann", Some(3)), ("bob", Some(4)), ("dan", Some(5))]);
        fixture.accounts.replace_passwords(Arc::new(fresh));
        let HashResult::Checked(has_hash) = execute(&attempt) else { panic!("a check") };
        assert_eq!(fixture.accounts.conclude(&mut attempt, has_hash, fixture.now), None);
        assert!(matches!(concluded(&mut fixture, attempt), Some(Verdict::Admitted(_))));
    }
}

#[test]
fn attempt_shows_no_password() {
    let attempt = begun(&mut mixed(), "ann", "secret");
    assert_eq!(format!("{:?}", Judgement::ToHash(attempt)), "ToHash(Attempt)");
}
