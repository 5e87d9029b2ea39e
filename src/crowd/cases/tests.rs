use std::sync::Arc;

use super::*;
use crate::protocol::{ContactRecord, Timestamp};
use crate::reactor::Token;
use crate::server::change::{Change, Permit};
use crate::server::contact_tracing::tests::trace;
use crate::server::database::ChangeStore;
use crate::server::registry::Registry;
use crate::server::waits::{Operation, Waits};

const ANN: PersonId = PersonId::new(0);

/// A contact log that differs from those of other numbers, not in its length.
fn log(number: u8) -> [ContactRecord; 1] {
    let line = format!("0000000000000000000{number} 13/05/2020 17:54:06 13/05/2020 18:09:05");
    [ContactRecord::decode_line(line.as_bytes()).expect("a record")]
}

/// A disk with cases of one user.
pub(in crate::crowd) fn disk(numbers: &[u8]) -> DatabaseDisk {
    let (mut disk, mut waits) = (DatabaseDisk::default(), Waits::default());
    for number in numbers {
        let now = Timestamp::from_unix_seconds(0);
        let trace = Arc::new(trace(username(ANN), &log(*number), &Registry::default(), now));
        let change = Change::TakeLog { trace, permit: Permit::NotNeeded, notice: None };
        let ticket = waits.begin(Token::permanent(0), Operation::Change(change.clone()));
        disk.submit(ticket, &change);
    }
    disk.begin_commit();
    disk
}

/// What was sent, and whether it was acknowledged.
fn cases(uploads: &[(u8, bool)]) -> Cases {
    let mut cases = Cases::new(1);
    for (number, is_acknowledged) in uploads {
        let mut bytes = Vec::new();
        log(*number)[0].encode(&mut bytes);
        cases.sent(ANN, &bytes);
        if *is_acknowledged {
            cases.acknowledged(ANN);
        }
    }
    cases
}

#[track_caller]
fn assert_violation(uploads: &[(u8, bool)], stored: &[u8], problem: &str) {
    let found = cases(uploads).check(&disk(stored)).expect_err("a violation");
    assert!(found.contains(problem), "{found}");
}

#[test]
fn acknowledged_log_that_is_not_there_is_a_violation() {
    assert_eq!(cases(&[(1, true), (2, true)]).check(&disk(&[2, 1])), Ok(()));
    assert_violation(&[(1, true), (2, true)], &[1], "is missing");
    assert_violation(&[(1, true), (1, true)], &[1], "is missing");
    assert_violation(&[(1, true), (2, false)], &[2, 2], "is missing");
}

#[test]
fn log_that_was_not_acknowledged_may_be_there_and_no_more_often_than_it_was_sent() {
    for stored in [&[][..], &[1], &[1, 1]] {
        assert_eq!(cases(&[(1, false), (1, false)]).check(&disk(stored)), Ok(()));
    }
    assert_violation(&[(1, true), (2, false)], &[1, 1], "sent 1 times and stored 2 times");
    assert_violation(&[(1, true)], &[1, 3], "never sent");
}
