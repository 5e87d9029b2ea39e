use proptest::prelude::*;

use super::*;

#[test]
fn assignment_sample_is_read_as_utc() {
    let sample = Timestamp::decode(b"13/05/2020 17:54:06").expect("the assignment's own form");
    assert_eq!(sample.unix_seconds(), 1_589_392_446);
    assert_eq!(sample.to_string(), "13/05/2020 17:54:06");
}

#[test]
fn ends_of_the_range_have_four_digits_of_year() {
    assert_eq!(Timestamp::MIN.to_string(), "01/01/0001 00:00:00");
    assert_eq!(Timestamp::MAX.to_string(), "31/12/9999 23:59:59");
    assert_eq!(Timestamp::MAX.after_seconds(u64::MAX), Timestamp::MAX);
    assert_eq!(Timestamp::from_unix_seconds(i64::MIN), Timestamp::MIN);
}

#[test]
fn moments_that_do_not_exist_are_refused() {
    for text in [
        "30/02/2020 00:00:00",
        "29/02/2021 00:00:00",
        "00/01/2020 00:00:00",
        "01/13/2020 00:00:00",
        "01/01/0000 00:00:00",
        "01/01/2020 24:00:00",
        "01/01/2020 00:60:00",
        "31/12/2016 23:59:60",
    ] {
        assert_eq!(Timestamp::decode(text.as_bytes()), Err(TimestampError), "{text}");
    }
    assert!(Timestamp::decode(b"29/02/2020 23:59:59").is_ok());
}

#[test]
fn other_forms_are_refused() {
    for text in ["", "2020-05-13 17:54:06", "13/05/2020T17:54:06", "+3/05/2020 17:54:06"] {
        assert_eq!(Timestamp::decode(text.as_bytes()), Err(TimestampError), "{text}");
    }
}

proptest! {
    #[test]
    fn decoding_an_encoded_timestamp_gives_it_back(
        seconds in Timestamp::MIN.0..=Timestamp::MAX.0,
    ) {
        let timestamp = Timestamp::from_unix_seconds(seconds);
        let mut text = Vec::new();
        timestamp.encode(&mut text);
        prop_assert_eq!(text.len(), Timestamp::LEN);
        prop_assert_eq!(Timestamp::decode(&text), Ok(timestamp));
    }

    #[test]
    fn any_19_bytes_are_refused_or_encoded_the_same(text in any::<[u8; Timestamp::LEN]>()) {
        if let Ok(timestamp) = Timestamp::decode(&text) {
            prop_assert_eq!(timestamp.to_string().into_bytes(), text.to_vec());
        }
    }
}
