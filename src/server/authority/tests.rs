use std::time::Duration;

use rand::SeedableRng;

use super::super::key_file::{KEY_BYTES, Key};
use super::super::passwords::Passwords;
use super::super::user_numbers::UserNumbers;
use super::*;

fn authority() -> Authority {
    let accounts = Accounts::new(Passwords::default(), Duration::ZERO);
    let rng = ChaCha12Rng::seed_from_u64(1);
    Authority::new(accounts, Registry::default(), 900, rng)
}

/// What TempIDs are encrypted with, for a server that has started anew with these keys and users.
fn encryption(keys: &[u8], users: &[Username]) -> Encryption {
    let keys: Vec<Key> = keys.iter().map(|byte| Key::new([*byte; KEY_BYTES])).collect();
    let mut numbers = UserNumbers::default();
    for user in users {
        numbers.of(*user);
        numbers.stored(*user);
    }
    Encryption { cipher: TempIdCipher::new(&keys), numbers }
}

fn user(name: &str) -> Username {
    Username::decode(name.as_bytes()).expect("a name")
}

fn noon() -> Timestamp {
    Timestamp::decode(b"13/05/2020 12:00:00").expect("a time")
}

fn records(drawn: Result<Drawn, Refusal>) -> Box<[ContactRecord]> {
    let drawn = drawn.expect("TempIDs");
    let (Drawn::ToStore(records) | Drawn::Final(records) | Drawn::ToNumber(_, records)) = drawn;
    records
}

#[test]
fn drawn_windows_follow_each_other_without_gap_or_overlap() {
    let mut encrypted = authority();
    encrypted.set_encryption(TempIdKind::Encrypted, encryption(&[1], &[]));
    for mut authority in [authority(), encrypted] {
        let records = records(authority.draw(user("+61410888888"), 100, noon()));
        assert_eq!((records.len(), records[0].start), (100, noon()));
        for pair in records.windows(2) {
            assert_eq!(pair[0].expiry.after_seconds(1), pair[1].start);
            assert_eq!(pair[0].expiry.seconds_since(pair[0].start), 899);
            assert_ne!(pair[0].temp_id, pair[1].temp_id);
        }
    }
}

#[test]
fn temp_ids_of_either_kind_are_found_whatever_is_made_now() {
    let (ann, bob) = (user("ann"), user("bob"));
    let mut authority = authority();
    let random = records(authority.draw(ann, 1, noon()));
    assert!(authority.issue(ann, &random));
    authority.set_encryption(TempIdKind::Encrypted, encryption(&[1], &[ann, bob]));
    let encrypted = records(authority.draw(bob, 1, noon()));
    authority.set_encryption(TempIdKind::Random, encryption(&[2, 1], &[ann, bob]));
    assert_eq!(authority.find(&random[0]), Some((ann, random[0])));
    assert_eq!(authority.find(&encrypted[0]), Some((bob, encrypted[0])));
    let start = noon().after_seconds(1);
    assert_eq!(authority.find(&ContactRecord { start, ..encrypted[0] }), None);
    // The server knows its own expiry, whatever the phone says.
    let expiry = noon();
    let altered = ContactRecord { expiry, ..encrypted[0] };
    assert_eq!(authority.find(&altered), Some((bob, encrypted[0])));
    authority.replace_cipher(encryption(&[2], &[]).cipher);
    assert_eq!(authority.find(&encrypted[0]), None);
}
