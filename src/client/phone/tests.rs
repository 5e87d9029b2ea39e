use std::time::Instant;

use super::*;
use crate::protocol::Timestamp;

const BEACON: &[u8] = b"1234567890123456789113/05/2020 17:54:0613/05/2020 18:09:051";

#[expect(clippy::disallowed_methods, reason = "no duration is measured here")]
fn at(wall: &str) -> Now {
    let wall = Timestamp::decode(wall.as_bytes()).expect("a time");
    Now { monotonic: Instant::now(), wall }
}

fn phone() -> Phone {
    Phone::new(Duration::from_secs(180))
}

#[test]
fn beacon_received_in_its_time_is_logged() {
    let mut phone = phone();
    let reception = phone.receive(BEACON, at("13/05/2020 18:09:05"));
    assert!(matches!(reception, Reception::Valid(_, Added::New)));
    assert_eq!(phone.log().len(), 1);
}

#[test]
fn beacon_replayed_after_its_time_is_not_logged() {
    for wall in ["13/05/2020 17:54:05", "13/05/2020 18:09:06"] {
        let mut phone = phone();
        assert!(matches!(phone.receive(BEACON, at(wall)), Reception::Invalid(_)));
        assert!(phone.log().is_empty());
    }
}

#[test]
fn datagram_that_is_no_beacon_is_refused() {
    let reception = phone().receive(b"hello", at("13/05/2020 18:00:00"));
    assert_eq!(reception, Reception::Refused(BeaconError::Length(5)));
}

#[test]
fn phone_sends_the_temp_id_that_it_has_at_any_time() {
    let mut phone = phone();
    assert_eq!(phone.beacon(at("13/05/2020 18:00:00")), Outgoing::None);
    let beacon = Beacon::decode(BEACON).expect("a beacon");
    phone.use_temp_id(beacon.0);
    assert_eq!(phone.beacon(at("13/05/2020 18:00:00")), Outgoing::Valid(beacon));
    for wall in ["13/05/2020 17:54:05", "13/05/2020 18:10:00"] {
        assert_eq!(phone.beacon(at(wall)), Outgoing::NotValidNow(beacon), "{wall}");
    }
}

/// A record of the 15 minutes that begin at `start`, on the day of [`BEACON`].
fn record(number: u128, start: &str) -> ContactRecord {
    let start = Timestamp::decode(format!("13/05/2020 {start}").as_bytes()).expect("a time");
    let temp_id = crate::protocol::TempId::from_number(number).expect("in range");
    ContactRecord { temp_id, start, expiry: start.after_seconds(899) }
}

fn sent(phone: &Phone, time: &str) -> Outgoing {
    phone.beacon(at(&format!("13/05/2020 {time}")))
}

#[test]
fn phone_with_a_batch_sends_the_temp_id_of_the_window() {
    let mut phone = phone();
    let [first, second] = [record(1, "17:30:00"), record(2, "17:45:00")];
    phone.use_batch(&[first, second], at("13/05/2020 17:30:00"));
    assert_eq!(sent(&phone, "17:29:59"), Outgoing::NotValidNow(Beacon(first)));
    for (time, record) in [("17:30:00", first), ("17:44:59", first), ("17:45:00", second)] {
        assert_eq!(sent(&phone, time), Outgoing::Valid(Beacon(record)), "{time}");
    }
    assert_eq!(sent(&phone, "18:00:00"), Outgoing::NotValidNow(Beacon(second)));
}

#[test]
fn phone_with_a_batch_sends_a_downloaded_temp_id_as_long_as_it_is_valid() {
    let mut phone = phone();
    let (first, second) = (record(1, "17:30:00"), record(2, "17:45:00"));
    let downloaded = record(3, "17:31:00");
    phone.use_batch(&[first, second], at("13/05/2020 17:30:00"));
    phone.use_temp_id(downloaded);
    assert_eq!(sent(&phone, "17:45:59"), Outgoing::Valid(Beacon(downloaded)));
    assert_eq!(sent(&phone, "17:46:00"), Outgoing::Valid(Beacon(second)));
    assert_eq!(sent(&phone, "18:00:00"), Outgoing::NotValidNow(Beacon(downloaded)));
}

#[test]
fn phone_with_a_batch_given_another_uses_the_temp_id_of_the_window_to_its_end() {
    let mut phone = phone();
    let old = [record(1, "17:15:00"), record(2, "17:30:00"), record(3, "17:45:00")];
    phone.use_batch(&old, at("13/05/2020 17:15:00"));
    phone.use_batch(&[record(4, "17:40:00")], at("13/05/2020 17:40:00"));
    assert_eq!(phone.batch(), [old[1], record(4, "17:40:00")]);
    assert_eq!(sent(&phone, "17:44:59"), Outgoing::Valid(Beacon(old[1])));
    assert_eq!(sent(&phone, "17:45:00"), Outgoing::Valid(Beacon(record(4, "17:40:00"))));
}

#[test]
fn phone_of_another_user_has_no_temp_id_of_the_last() {
    let mut phone = phone();
    phone.use_batch(&[record(1, "17:30:00")], at("13/05/2020 17:30:00"));
    phone.reset();
    assert_eq!(sent(&phone, "17:30:00"), Outgoing::None);
}
