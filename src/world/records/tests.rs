use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::protocol::{ContactRecord, DeviceToken, TempId};
use crate::server::contact_tracing::{Issued, TracedEntry};
use crate::server::database::{Database, FILE_NAME};
use crate::server::members::{Members, TokenDigest};

fn user(number: u8) -> Username {
    Username::decode(format!("user{number}").as_bytes()).expect("a name")
}

fn code(number: u8) -> UploadCode {
    UploadCode::from_number(number.into()).expect("in range")
}

fn time(days: u8) -> Timestamp {
    Timestamp::from_unix_seconds(1_600_000_000).after_seconds(u64::from(days) * 24 * 60 * 60)
}

/// A contact log that names users, with the days of the contacts.
fn trace(uploader: u8, at: u8, contacts: &[(Option<u8>, u8)]) -> Arc<ContactTrace> {
    let entry = |(contact, day): &(Option<u8>, u8)| {
        let (start, expiry) = (time(*day), time(*day).after_seconds(899));
        let temp_id = TempId::from_number(u128::from(*day)).expect("in range");
        let issued = contact.map(|number| Issued { user: user(number), start, expiry });
        TracedEntry { record: ContactRecord { temp_id, start, expiry }, issued }
    };
    let entries = contacts.iter().map(entry).collect();
    let (uploader, uploaded_at) = (user(uploader), time(at));
    Arc::new(ContactTrace { uploader, uploaded_at, entries, oddities: Vec::new() })
}

fn any_change() -> impl Strategy<Value = Change> {
    let user_number = 0..3_u8;
    let permit = prop_oneof![
        Just(Permit::NotNeeded),
        (0..2_u8).prop_map(|number| Permit::Code(code(number))),
        (1..6_i64, 0..2_u8).prop_map(|(case, number)| Permit::Continues(case, code(number))),
    ];
    let contacts = proptest::collection::vec((proptest::option::of(0..3_u8), 0..5_u8), 0..4);
    prop_oneof![
        (user_number.clone(), 0..5_u8, contacts, permit, any::<bool>()).prop_map(
            |(uploader, at, contacts, permit, notifies)| Change::TakeLog {
                trace: trace(uploader, at, &contacts),
                permit,
                notice: notifies.then(|| "at once".into()),
            }
        ),
        (user_number.clone(), 0..2_u8, 0..5_u8).prop_map(|(number, of, expiry)| {
            Change::MakeCode { user: user(number), code: code(of), expiry: time(expiry) }
        }),
        (1..6_i64).prop_map(|case| Change::Notify { case, text: "later".into(), at: time(5) }),
        (user_number.clone(), 1..6_i64).prop_map(|(number, notice)| Change::Acknowledge {
            user: user(number),
            notice,
            at: time(6),
        }),
        any_change_of_an_account(),
    ]
}

fn any_change_of_an_account() -> impl Strategy<Value = Change> {
    (0..3_u8, 0..6_u8, any::<u8>()).prop_map(|(number, kind, byte)| {
        let user = user(number);
        match kind {
            0 => Change::Register { user, hash: Members::nobodys_hash() },
            1 => Change::Close { user, at: time(1), forgotten_until: Some(time(byte)) },
            2 => Change::Close { user, at: time(byte), forgotten_until: None },
            3 => Change::Reopen { user },
            _ => Change::AddToken {
                user,
                token: DeviceToken::new([byte; 32]),
                digest: TokenDigest([byte; 32]),
                at: time(1),
            },
        }
    })
}

/// Applies the changes to a database, which is opened again for each group of them.
fn applied_by_database(path: &Path, changes: &[Change]) -> (Vec<Applied>, Remembered) {
    let apply = |group: &[Change]| {
        let mut database = Database::open(path).expect("a database");
        database.apply(group).expect("stored")
    };
    let applied = changes.chunks(15).flat_map(apply).collect();
    let database = Database::open(path).expect("a database");
    (applied, database.remembered().expect("readable"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn records_in_memory_agree_with_the_database(
        changes in proptest::collection::vec(any_change(), 0..60),
    ) {
        let directory = tempfile::tempdir().expect("a directory");
        let (applied, remembered) =
            applied_by_database(&directory.path().join(FILE_NAME), &changes);
        let mut records = Records::default();
        let expected: Vec<Applied> = changes.iter().map(|change| records.apply(change)).collect();
        prop_assert_eq!(applied, expected);
        prop_assert_eq!(remembered, records.remembered());
    }
}

#[test]
fn code_allows_one_upload_and_its_further_parts() {
    let mut records = Records::default();
    let mut take =
        |permit| records.apply(&Change::TakeLog { trace: trace(0, 1, &[]), permit, notice: None });
    let wrong = Applied::Rejected(Rejection::WrongCode);
    assert_eq!(take(Permit::Code(code(1))), wrong);
    records.apply(&Change::MakeCode { user: user(0), code: code(1), expiry: time(1) });
    let mut take =
        |permit| records.apply(&Change::TakeLog { trace: trace(0, 1, &[]), permit, notice: None });
    let taken = |case| Applied::LogTaken { case, notices: Vec::new() };
    assert_eq!(take(Permit::Continues(1, code(1))), wrong);
    assert_eq!(take(Permit::Code(code(2))), wrong);
    assert_eq!(take(Permit::Code(code(1))), taken(1));
    assert_eq!(take(Permit::Code(code(1))), wrong);
    assert_eq!(take(Permit::Continues(1, code(1))), taken(2));
    assert_eq!(take(Permit::Continues(1, code(1))), wrong);
    assert_eq!(take(Permit::Continues(2, code(1))), taken(3));
}

#[test]
fn code_is_over_after_a_day_and_after_ten_wrong_ones() {
    for (tries, at, is_taken) in [(0, 1, true), (0, 2, false), (9, 1, true), (10, 1, false)] {
        let mut records = Records::default();
        records.apply(&Change::MakeCode { user: user(0), code: code(1), expiry: time(1) });
        let take = |number| Change::TakeLog {
            trace: trace(0, at, &[]),
            permit: Permit::Code(code(number)),
            notice: None,
        };
        (0..tries).for_each(|_| {
            records.apply(&take(2));
        });
        let applied = records.apply(&take(1));
        assert_eq!(matches!(applied, Applied::LogTaken { .. }), is_taken, "{tries} {at}");
    }
}

#[test]
fn account_that_is_closed_gets_no_token_and_one_that_was_left_is_not_reopened() {
    let close = |forgotten_until| Change::Close { user: user(0), at: time(1), forgotten_until };
    let token = Change::AddToken {
        user: user(0),
        token: DeviceToken::new([1; 32]),
        digest: TokenDigest([1; 32]),
        at: time(1),
    };
    let mut records = Records::default();
    records.apply(&close(None));
    assert_eq!(records.apply(&token), Applied::Rejected(Rejection::Closed));
    assert_eq!(records.apply(&Change::Reopen { user: user(0) }), Applied::Done);
    assert_eq!(records.apply(&token), Applied::Done);
    records.apply(&close(Some(time(2))));
    let reopened = records.apply(&Change::Reopen { user: user(0) });
    assert_eq!(reopened, Applied::Rejected(Rejection::HasLeft));
}

#[test]
fn nobody_is_told_who_has_left_or_has_a_hundred_notices() {
    let mut records = Records::default();
    let take = |days: &[(Option<u8>, u8)]| Change::TakeLog {
        trace: trace(0, 5, days),
        permit: Permit::NotNeeded,
        notice: Some("told".into()),
    };
    for case in 1..=101 {
        let Applied::LogTaken { notices, .. } = records.apply(&take(&[(Some(1), 1)])) else {
            panic!("not taken")
        };
        assert_eq!(notices.len(), usize::from(case <= MAX_UNSEEN));
    }
    let forgotten_until = Some(time(2));
    records.apply(&Change::Close { user: user(1), at: time(2), forgotten_until });
    for (day, is_told) in [(2, false), (3, true)] {
        let Applied::LogTaken { notices, .. } = records.apply(&take(&[(Some(1), day)])) else {
            panic!("not taken")
        };
        assert_eq!(!notices.is_empty(), is_told, "{day}");
    }
}
