use super::*;
use crate::client::breach::Breach;
use crate::protocol::Timestamp;

const ANN: PersonId = PersonId::new(0);
const BOB: PersonId = PersonId::new(1);
const BLOCK: Duration = Duration::from_secs(60);
const JUDGED_WITHIN: Duration = Duration::from_secs(2);
const RIGHT: bool = true;
const WRONG: bool = false;

fn at(second: u64) -> Duration {
    Duration::from_secs(second)
}

fn ledger() -> Ledger {
    Ledger::new(2, BLOCK, JUDGED_WITHIN, Repeats::Never)
}

/// A ledger in which Ann sent three wrong passwords, the last at 10 s.
fn after_three_failures() -> Ledger {
    let mut ledger = ledger();
    (0..3).for_each(|_| ledger.attempted(ANN, WRONG, at(10)));
    ledger
}

/// The same, told of the block at 12 s.
fn blocked() -> Ledger {
    let mut ledger = after_three_failures();
    assert_eq!(ledger.enter(ANN, learned(Fact::NowBlocked, 10), at(12)), Ok(()));
    ledger
}

fn record(number: u128) -> ContactRecord {
    let start = Timestamp::from_unix_seconds(1_600_000_000);
    let temp_id = TempId::from_number(number).expect("in range");
    ContactRecord { temp_id, start, expiry: start.after_seconds(899) }
}

fn learned(fact: Fact, second: u64) -> Learned {
    Learned { fact, asked_at: at(second) }
}

fn logged_in(with_right_password: bool, second: u64) -> Learned {
    learned(Fact::LoggedIn { with_right_password }, second)
}

#[test]
fn wrong_password_that_is_let_in_is_a_violation() {
    assert!(ledger().enter(ANN, logged_in(RIGHT, 1), at(1)).is_ok());
    assert!(ledger().enter(ANN, logged_in(WRONG, 1), at(1)).is_err());
}

#[test]
fn login_during_a_block_is_a_violation_and_after_it_is_none() {
    assert!(blocked().enter(ANN, logged_in(RIGHT, 20), at(69)).is_err());
    assert!(blocked().enter(ANN, logged_in(RIGHT, 20), at(70)).is_ok());
    assert!(blocked().enter(BOB, logged_in(RIGHT, 20), at(20)).is_ok());
}

#[test]
fn wrong_password_during_a_block_that_is_not_told_of_it_is_a_violation() {
    let wrong = || learned(Fact::WrongPassword { with_right_password: false }, 20);
    assert!(blocked().enter(ANN, wrong(), at(69)).is_err());
    assert!(blocked().enter(ANN, wrong(), at(70)).is_ok());
}

#[test]
fn block_without_three_failures_is_a_violation() {
    let mut ledger = ledger();
    (0..2).for_each(|_| ledger.attempted(ANN, WRONG, at(10)));
    assert!(ledger.enter(ANN, learned(Fact::NowBlocked, 10), at(12)).is_err());
    assert!(ledger.enter(ANN, learned(Fact::Blocked, 10), at(12)).is_err());
}

#[test]
fn login_between_failures_makes_a_block_a_violation() {
    let mut ledger = ledger();
    (0..2).for_each(|_| ledger.attempted(ANN, WRONG, at(1)));
    assert!(ledger.enter(ANN, logged_in(RIGHT, 2), at(2)).is_ok());
    ledger.attempted(ANN, WRONG, at(3));
    assert!(ledger.enter(ANN, learned(Fact::NowBlocked, 3), at(4)).is_err());
}

#[test]
fn block_that_cannot_be_in_force_any_more_is_a_violation() {
    let blocked_at = |second| learned(Fact::Blocked, second);
    // Nobody told the phone; the server may have judged until 12 s.
    assert!(after_three_failures().enter(ANN, blocked_at(71), at(99)).is_ok());
    assert!(after_three_failures().enter(ANN, blocked_at(72), at(99)).is_err());
    assert!(blocked().enter(ANN, blocked_at(71), at(99)).is_ok());
    assert!(blocked().enter(ANN, blocked_at(72), at(99)).is_err());
}

#[test]
fn restart_ends_blocks() {
    let mut ledger = blocked();
    assert!(ledger.restarted(|_| None, at(15)).is_ok());
    assert!(ledger.enter(ANN, learned(Fact::Blocked, 20), at(21)).is_err());
    assert!(ledger.enter(ANN, logged_in(RIGHT, 20), at(21)).is_ok());
}

#[test]
fn reply_of_before_a_restart_says_nothing_of_blocks_since() {
    let mut ledger = after_three_failures();
    ledger.restarted(|_| None, at(15)).expect("nothing was told");
    assert!(ledger.enter(ANN, learned(Fact::NowBlocked, 10), at(16)).is_ok());
    assert!(ledger.enter(ANN, logged_in(RIGHT, 17), at(17)).is_ok());
}

#[test]
fn temp_id_told_twice_is_a_violation() {
    for other in [ANN, BOB] {
        let mut ledger = ledger();
        assert!(
            ledger.enter(ANN, learned(Fact::TempIds(vec![record(1), record(2)]), 1), at(1)).is_ok()
        );
        assert!(ledger.enter(other, learned(Fact::TempIds(vec![record(2)]), 1), at(1)).is_err());
    }
}

#[test]
fn told_temp_id_that_a_crash_lost_or_changed_is_a_violation() {
    let mut ledger = ledger();
    ledger.enter(ANN, learned(Fact::TempIds(vec![record(1)]), 1), at(1)).expect("told once");
    let with = |phone, record: ContactRecord| {
        move |asked: &ContactRecord| {
            (asked.temp_id == record.temp_id).then(|| (username(phone), record))
        }
    };
    assert!(ledger.restarted(with(ANN, record(1)), at(2)).is_ok());
    assert!(ledger.restarted(|_| None, at(2)).is_err());
    assert!(ledger.check(with(BOB, record(1))).is_err());
    let expiry = record(1).start;
    assert!(ledger.check(with(ANN, ContactRecord { expiry, ..record(1) })).is_err());
}

#[test]
fn right_password_that_is_refused_and_a_breach_are_violations() {
    let refused = |with_right_password| learned(Fact::WrongPassword { with_right_password }, 1);
    assert!(ledger().enter(ANN, refused(WRONG), at(1)).is_ok());
    assert!(ledger().enter(ANN, refused(RIGHT), at(1)).is_err());
    let breach = Fact::Broken(Breach::Unasked.into());
    assert!(ledger().enter(ANN, learned(breach, 1), at(1)).is_err());
}

#[test]
fn phone_that_never_logged_in_is_kept_out() {
    let mut ledger = ledger();
    ledger.enter(BOB, logged_in(RIGHT, 1), at(1)).expect("it may");
    assert_eq!(ledger.kept_out(), 1);
}
