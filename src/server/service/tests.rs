use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::ChaCha12Rng;

use super::super::accounts::Accounts;
use super::super::authority::Drawn;
use super::super::cases::tests::KeptCases;
use super::super::contact_tracing::tests::log_of_the_assignment;
use super::super::embedded::Embedded;
use super::super::journal::Journal;
use super::super::journal::tests::Flaky;
use super::super::passwords::Passwords;
use super::*;
use crate::protocol::{Timestamp, Username};

fn service() -> Service<Embedded<Flaky, KeptCases>> {
    let accounts = Accounts::new(Passwords::default(), Duration::ZERO);
    let rng = ChaCha12Rng::seed_from_u64(1);
    let authority = Authority::new(accounts, Registry::default(), 900, rng);
    let journal = Journal::new(Flaky::default());
    Service::new(authority, Embedded { journal, users: None, cases: KeptCases::default() })
}

/// Lets the store work or fail.
fn set_failing(service: &mut Service<Embedded<Flaky, KeptCases>>, is_failing: bool) {
    let Embedded { journal, users: _, cases } = &mut service.store;
    journal.storage().sync_fails = is_failing;
    cases.problem = is_failing.then_some("full");
}

/// Begins an operation of a kind.
fn begin(service: &mut Service<Embedded<Flaky, KeptCases>>, kind: Kind) {
    let operation = match kind {
        Kind::TempIds => {
            let (user, now) = (Username::decode(b"ann").expect("a name"), Timestamp::MIN);
            let drawn = service.authority.draw(user, 1, now).expect("random numbers");
            let Drawn::ToStore(records) = drawn else { panic!("{drawn:?} is not random") };
            Operation::Issue { user, records }
        }
        Kind::UserNumber => unreachable!("TempIDs are random here"),
        Kind::Case => Operation::Take(log_of_the_assignment().into()),
    };
    service.waits.begin(Token::permanent(0), operation);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "any moment will do")]
fn store_that_fails_is_reported_once_and_once_when_it_works_again() {
    const FAILS: &str = "fails";
    const WORKS: &str = "works";
    for kind in [Kind::TempIds, Kind::Case] {
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
    service.store.cases.problem = Some("full");
    for kind in [Kind::Case, Kind::TempIds, Kind::Case] {
        begin(&mut service, kind);
    }
    service.commit(now);
    while service.next_settled(now).is_some() {}
    let decisions = service.decisions.take();
    assert!(matches!(&decisions[..], [Decision::StoreFailed(Kind::Case, _)]), "{decisions:?}");
    assert_eq!((service.authority.registry().len(), service.statistics.contact_logs), (1, 0));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "any moment will do")]
fn contact_log_is_taken_when_it_is_stored_and_counted() {
    let (mut service, now) = (service(), Instant::now());
    begin(&mut service, Kind::Case);
    assert!(service.decisions.take().is_empty());
    service.commit(now);
    let settled = service.next_settled(now).expect("stored");
    assert!(matches!(settled.outcome, Outcome::Taken { records: 2 }));
    let decisions = service.decisions.take();
    assert_eq!(decisions, [Decision::ContactLogTaken(log_of_the_assignment().into())]);
    assert_eq!(service.statistics.contact_logs, 1);
}
