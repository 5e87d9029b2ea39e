use proptest::prelude::*;

use super::super::contact_record::tests::any_record;
use super::*;

const SAMPLE: &[u8] = b"1234567890123456789113/05/2020 17:54:0613/05/2020 18:09:051";

#[test]
fn datagram_of_another_length_is_refused() {
    for len in [0, 1, 58] {
        assert_eq!(Beacon::decode(&SAMPLE[..len]), Err(BeaconError::Length(len)));
    }
    let longer = [SAMPLE, b"1"].concat();
    assert_eq!(Beacon::decode(&longer), Err(BeaconError::Length(60)));
}

#[test]
fn another_version_is_refused() {
    let mut datagram = SAMPLE.to_vec();
    datagram[58] = b'2';
    assert_eq!(Beacon::decode(&datagram), Err(BeaconError::Version(b'2')));
}

#[test]
fn wrong_record_is_refused() {
    let mut datagram = SAMPLE.to_vec();
    datagram[20] = b'4';
    assert_eq!(Beacon::decode(&datagram), Err(ContactRecordError::Start.into()));
}

proptest! {
    #[test]
    fn decoding_an_encoded_beacon_gives_it_back(record in any_record()) {
        let mut datagram = Vec::new();
        Beacon(record).encode(&mut datagram);
        prop_assert_eq!(datagram.len(), Beacon::LEN);
        prop_assert_eq!(Beacon::decode(&datagram), Ok(Beacon(record)));
    }

    #[test]
    fn any_datagram_is_refused_or_encoded_the_same(bytes in prop::collection::vec(any::<u8>(), 0..70)) {
        if let Ok(beacon) = Beacon::decode(&bytes) {
            let mut datagram = Vec::new();
            beacon.encode(&mut datagram);
            prop_assert_eq!(datagram, bytes);
        }
    }
}
