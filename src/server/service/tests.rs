use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::ChaCha12Rng;

use super::super::accounts::Accounts;
use super::super::journal::Journal;
use super::super::journal::tests::Flaky;
use super::super::passwords::Passwords;
use super::*;
use crate::protocol::{Timestamp, Username};

fn service() -> Service<Journal<Flaky>> {
    let accounts = Accounts::new(Passwords::default(), Duration::ZERO);
    let rng = ChaCha12Rng::seed_from_u64(1);
    let authority = Authority::new(accounts, Registry::default(), 900, rng);
    Service::new(authority, Journal::new(Flaky::default()))
}

#[test]
#[expect(clippy::disallowed_methods, reason = "any moment will do")]
fn store_that_fails_is_reported_once_and_once_when_it_works_again() {
    const FAILS: &str = "fails";
    const WORKS: &str = "works";
    let (mut service, now) = (service(), Instant::now());
    let user = Username::decode(b"ann").expect("a name");
    for (state, reported) in [
        (WORKS, None),
        (FAILS, Some(FAILS)),
        (FAILS, None),
        (FAILS, None),
        (WORKS, Some(WORKS)),
        (WORKS, None),
        (FAILS, Some(FAILS)),
    ] {
        service.store.storage().sync_fails = state == FAILS;
        let records = service.authority.draw(1, Timestamp::from_unix_seconds(0));
        service.waits.begin(Token::permanent(0), Operation::Issue { user, records });
        service.commit(now);
        assert!(service.next_settled(now).is_some() && service.next_settled(now).is_none());
        let found = match &service.decisions.take()[..] {
            [] => None,
            [Decision::StoreFailed(_)] => Some(FAILS),
            [Decision::StoreWorks] => Some(WORKS),
            others => panic!("{others:?}"),
        };
        assert_eq!(found, reported);
    }
}
