use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::ChaCha12Rng;

use super::super::accounts::{Accounts, Judgement, Verdict};
use super::super::authority::Drawn;
use super::super::change::Permit;
use super::super::contact_tracing::tests::log_of_the_assignment;
use super::super::database::tests::KeptChanges;
use super::super::embedded::Embedded;
use super::super::hashing::tests::Shared;
use super::super::journal::Journal;
use super::super::journal::tests::Flaky;
use super::super::password_hash::{Cost, PasswordHash, Workspace};
use super::super::passwords::Passwords;
use super::super::waits::STORE_TIMEOUT;
use super::*;
use crate::protocol::request::Credentials;
use crate::protocol::{Timestamp, Username};

fn service() -> Service<Embedded<Flaky, KeptChanges>> {
    let accounts = Accounts::new(Passwords::default(), Duration::ZERO);
    let rng = ChaCha12Rng::seed_from_u64(1);
    let authority = Authority::new(accounts, Registry::default(), 900, rng);
    let journal = Journal::new(Flaky::default());
    let embedded = Embedded { journal, users: None, database: KeptChanges::default() };
    Service::new(authority, embedded, Box::new(Shared::default()))
}

/// A service whose user `ann` has a hash, and who hashes.
fn hashing_service() -> (Service<Embedded<Flaky, KeptChanges>>, Shared) {
    let (mut service, hasher) = (service(), Shared::default());
    service.hasher = Box::new(hasher.clone());
    replace(&mut service, &[("ann", 1)]);
    (service, hasher)
}

/// Puts a list of users with hashes of `secret` in force.
fn replace(service: &mut Service<Embedded<Flaky, KeptChanges>>, users: &[(&str, u8)]) {
    let mut passwords = Passwords::default();
    for (user, salt) in users {
        let workspace = &mut Workspace::default();
        let hash = PasswordHash::make(b"secret", &[*salt; 16], Cost::LEAST, workspace);
        passwords.add_line(format!("{user} {}", hash.as_str()).as_bytes()).expect("a user");
    }
    service.authority.accounts().replace_passwords(passwords.into());
}

fn log_in(service: &mut Service<Embedded<Flaky, KeptChanges>>, password: &str, now: Instant) {
    let credentials = Credentials { user: b"ann", password: password.as_bytes() };
    let Judgement::ToHash(attempt) = service.authority.judge(credentials, now) else {
        panic!("no hash")
    };
    let peer = Origin::new([192, 0, 2, 1].into());
    service.waits.begin(Token::permanent(0), Operation::LogIn { attempt, peer });
    service.commit(now);
}

fn outcome(service: &mut Service<Embedded<Flaky, KeptChanges>>, now: Instant) -> Option<Outcome> {
    service.next_settled(now).map(|settled| settled.outcome)
}

/// Lets the store work or fail.
fn set_failing(service: &mut Service<Embedded<Flaky, KeptChanges>>, is_failing: bool) {
    let Embedded { journal, users: _, database } = &mut service.store;
    journal.storage().sync_fails = is_failing;
    database.problem = is_failing.then_some("full");
}

/// Begins an operation of a kind.
fn begin(service: &mut Service<Embedded<Flaky, KeptChanges>>, kind: Kind) {
    let operation = match kind {
        Kind::TempIds => {
            let (user, now) = (Username::decode(b"ann").expect("a name"), Timestamp::MIN);
            let drawn = service.authority.draw(user, 1, now).expect("random numbers");
            let Drawn::ToStore(records) = drawn else { panic!("{drawn:?} is not random") };
            Operation::Issue { user, records }
        }
        Kind::UserNumber => unreachable!("TempIDs are random here"),
        Kind::Change => Operation::Change(Change::TakeLog {
            trace: log_of_the_assignment().into(),
            permit: Permit::NotNeeded,
            notice: None,
        }),
        Kind::Login => panic!("it goes to no store"),
    };
    service.waits.begin(Token::permanent(0), operation);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "any moment will do")]
fn store_that_fails_is_reported_once_and_once_when_it_works_again() {
    const FAILS: &str = "fails";
    const WORKS: &str = "works";
    for kind in [Kind::TempIds, Kind::Change] {
        let (mut service, now) = (service(), Instant::now());
        for (state, reported) in [
            (WORKS, None),
            (FAILS, Some(FAILS)),
            (FAILS, None),
            (FAILS, None),
            (WORKS, Some(WORKS)),
            (WORKS, None),
            (FAILS, Some(FAILS)),
        ] {
            set_failing(&mut service, state == FAILS);
            begin(&mut service, kind);
            service.commit(now);
            assert!(service.next_settled(now).is_some() && service.next_settled(now).is_none());
            let reports = service.decisions.take().into_iter().filter_map(|it| match it {
                Decision::StoreFailed(of, _) => Some((of, FAILS)),
                Decision::StoreWorks(of) => Some((of, WORKS)),
                _ => None,
            });
            assert!(reports.eq(reported.map(|reported| (kind, reported))));
        }
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "any moment will do")]
fn one_kind_that_fails_leaves_the_other_alone() {
    let (mut service, now) = (service(), Instant::now());
    service.store.database.problem = Some("full");
    for kind in [Kind::Change, Kind::TempIds, Kind::Change] {
        begin(&mut service, kind);
    }
    service.commit(now);
    while service.next_settled(now).is_some() {}
    let decisions = service.decisions.take();
    assert!(matches!(&decisions[..], [Decision::StoreFailed(Kind::Change, _)]), "{decisions:?}");
    assert_eq!((service.authority.registry().len(), service.statistics.contact_logs), (1, 0));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "any moment will do")]
fn contact_log_is_taken_when_it_is_stored_and_counted() {
    let (mut service, now) = (service(), Instant::now());
    begin(&mut service, Kind::Change);
    assert!(service.decisions.take().is_empty());
    service.commit(now);
    let settled = service.next_settled(now).expect("stored");
    assert!(matches!(settled.outcome, Outcome::Taken { records: 2, .. }));
    let decisions = service.decisions.take();
    assert_eq!(decisions, [Decision::ContactLogTaken(log_of_the_assignment().into())]);
    assert_eq!(service.statistics.contact_logs, 1);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "any moment will do")]
fn what_is_stored_too_late_for_whoever_asked_counts_all_the_same() {
    let (mut service, now) = (service(), Instant::now());
    let notice = Notice { number: 1, contact_on: Timestamp::MIN, text: "Stay at home.".into() };
    let user = Username::decode(b"ann").expect("a name");
    let notices = vec![(user, notice.clone())];
    service.store.database.next = Some(Applied::LogTaken { case: 1, notices });
    service.store.database.is_late = true;
    begin(&mut service, Kind::Change);
    let close = Change::Close { user, at: Timestamp::MIN, forgotten_until: None };
    service.waits.begin(Token::permanent(0), Operation::Change(close));
    service.commit(now);
    assert!(service.next_settled(now).is_none());
    for refusal in [Refusal::NotTaken, Refusal::NotStored] {
        let settled = service.next_settled(now + STORE_TIMEOUT).expect("the time is over");
        assert!(matches!(settled.outcome, Outcome::Refused(refused) if refused == refusal));
    }
    service.store.database.is_late = false;
    let mut ends = Vec::new();
    while let Some(settled) = service.next_settled(now + STORE_TIMEOUT) {
        ends.extend(settled.ends);
    }
    assert_eq!(ends, [user]);
    assert!(service.authority.notices.of(user).eq([&notice]));
    assert_eq!(service.take_news(), [(user, notice)]);
    assert!(service.authority.accounts().members.of(user).is_some_and(|ann| ann.is_closed));
    assert!(service.late.is_empty());
}

#[test]
#[expect(clippy::disallowed_methods, reason = "any moment will do")]
fn login_is_judged_when_it_is_hashed_and_its_failure_recorded_then() {
    let ((mut service, hasher), now) = (hashing_service(), Instant::now());
    hasher.lazy().is_idle = true;
    log_in(&mut service, "wrong", now);
    assert!(outcome(&mut service, now).is_none() && service.decisions.take().is_empty());
    hasher.lazy().is_idle = false;
    let outcome = outcome(&mut service, now);
    assert!(matches!(outcome, Some(Outcome::Judged(Verdict::WrongPassword))), "{outcome:?}");
    assert!(matches!(service.decisions.take()[..], [Decision::LoginFailed { .. }]));
    assert_eq!((service.waits.len(), service.statistics.commits), (0, 0));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "any moment will do")]
fn login_of_a_user_who_is_given_another_hash_is_hashed_once_more() {
    let ((mut service, hasher), now) = (hashing_service(), Instant::now());
    log_in(&mut service, "secret", now);
    replace(&mut service, &[("ann", 2)]);
    let outcome = outcome(&mut service, now);
    assert!(matches!(outcome, Some(Outcome::Judged(Verdict::Admitted(_)))), "{outcome:?}");
    assert_eq!(hasher.lazy().executed, 2);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "any moment will do")]
fn login_that_nobody_hashes_in_time_is_refused_and_neither_counted_nor_hashed_later() {
    let ((mut service, hasher), now) = (hashing_service(), Instant::now());
    hasher.lazy().is_idle = true;
    (0..3).for_each(|_| log_in(&mut service, "wrong", now));
    assert!(outcome(&mut service, now).is_none());
    let late = now + STORE_TIMEOUT;
    for _ in 0..3 {
        let outcome = outcome(&mut service, late);
        assert!(matches!(outcome, Some(Outcome::Refused(Refusal::BusyWithPasswords))));
    }
    hasher.lazy().is_idle = false;
    log_in(&mut service, "secret", late);
    let outcome = outcome(&mut service, late);
    assert!(matches!(outcome, Some(Outcome::Judged(Verdict::Admitted(_)))), "{outcome:?}");
    assert_eq!(hasher.lazy().executed, 1);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "any moment will do")]
fn hashing_that_fails_is_reported_once_and_a_full_queue_not_at_all() {
    let ((mut service, hasher), now) = (hashing_service(), Instant::now());
    let fails = || Some(HashResult::Failed("no thread".into()));
    for (trouble, reports) in
        [(Some(HashResult::Busy), 0), (fails(), 1), (fails(), 0), (None, 1), (None, 0)]
    {
        let works = trouble.is_none();
        hasher.lazy().trouble = trouble;
        log_in(&mut service, "secret", now);
        match outcome(&mut service, now) {
            Some(Outcome::Refused(Refusal::BusyWithPasswords)) => assert!(!works),
            Some(Outcome::Judged(Verdict::Admitted(_))) => assert!(works),
            other => panic!("{other:?}"),
        }
        assert_eq!(service.decisions.take().len(), reports);
    }
}
