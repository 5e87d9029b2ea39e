use super::*;
use crate::protocol::{BeaconError, ContactRecord, Timestamp};

const SENDER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

fn record(number: u128) -> ContactRecord {
    let start = Timestamp::from_unix_seconds(1_589_392_446);
    let temp_id = TempId::from_number(number).expect("in range");
    ContactRecord { temp_id, start, expiry: start.after_seconds(899) }
}

fn datagram(number: u128) -> Vec<u8> {
    let mut bytes = Vec::new();
    Beacon(record(number)).encode(&mut bytes);
    bytes
}

#[test]
fn own_beacons_are_known_by_their_temp_ids() {
    let mut heard = Heard::default();
    assert!(!heard.is_own(&datagram(1)));
    heard.note_own(record(1).temp_id);
    heard.note_own(record(2).temp_id);
    assert!(heard.is_own(&datagram(1)) && heard.is_own(&datagram(2)));
    assert!(!heard.is_own(&datagram(3)) && !heard.is_own(b"hello"));
}

#[test]
fn own_temp_ids_are_remembered_for_a_day() {
    let mut heard = Heard::default();
    for number in 0..97 {
        (0..15).for_each(|_| heard.note_own(record(number).temp_id));
    }
    assert_eq!(heard.own.len(), MAX_OWN);
    assert!(!heard.is_own(&datagram(0)) && heard.is_own(&datagram(1)));
}

#[test]
fn valid_beacon_is_news_if_it_is_new_to_the_log() {
    let mut heard = Heard::default();
    for (added, is_news) in [
        (Added::New, true),
        (Added::Again, false),
        (Added::Again, false),
        (Added::InsteadOfOldest, true),
        (Added::New, true),
    ] {
        assert_eq!(heard.is_news(&Reception::Valid(record(1), added), SENDER), is_news);
    }
}

#[test]
fn what_is_not_logged_is_news_the_first_time() {
    let mut heard = Heard::default();
    for reception in [
        Reception::Valid(record(1), Added::TooMany),
        Reception::Invalid(record(1)),
        Reception::Invalid(record(2)),
        Reception::Refused(BeaconError::Length(5)),
    ] {
        assert!(heard.is_news(&reception, SENDER));
        assert!(!heard.is_news(&reception, SENDER));
        assert!(heard.is_news(&reception, "::1".parse().expect("an address")));
    }
    // Another TempID of a sender of too many.
    assert!(!heard.is_news(&Reception::Valid(record(2), Added::TooMany), SENDER));
}

#[test]
fn flood_takes_bounded_memory() {
    let mut heard = Heard::default();
    for length in 0..10_000 {
        assert!(heard.is_news(&Reception::Refused(BeaconError::Length(length)), SENDER));
    }
    assert_eq!(heard.shown.len(), MAX_SHOWN);
}
