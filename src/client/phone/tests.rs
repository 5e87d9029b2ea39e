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
