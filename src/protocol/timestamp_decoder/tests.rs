use proptest::prelude::*;

use super::*;

/// What chrono makes of a text of this form, bytes and meaning.
fn plain(text: &[u8]) -> Result<Timestamp, TimestampError> {
    let text = str::from_utf8(text).map_err(|_| TimestampError)?;
    let moment = chrono::NaiveDateTime::parse_from_str(text, "%d/%m/%Y %H:%M:%S");
    let moment = moment.map_err(|_| TimestampError)?.and_utc().timestamp();
    let timestamp = Timestamp::from_unix_seconds(moment);
    // It also takes signs, leap seconds and fewer digits; what we take is written the same.
    if timestamp.to_string() == text { Ok(timestamp) } else { Err(TimestampError) }
}

/// Valid times with few dates, and such with one byte or the length wrong.
fn any_text() -> impl Strategy<Value = Vec<u8>> {
    let range = Timestamp::MIN.unix_seconds()..=Timestamp::MAX.unix_seconds();
    let seconds = prop_oneof![range, 1_589_241_600_i64..1_589_500_800];
    let text = seconds.prop_map(|s| Timestamp::from_unix_seconds(s).to_string().into_bytes());
    let digit = prop_oneof![b'0'..=b'9', any::<u8>()];
    (text, 0..2 * Timestamp::LEN, digit, 0..=Timestamp::LEN + 1).prop_map(
        |(mut text, at, byte, len)| {
            match text.get_mut(at) {
                Some(place) => *place = byte,
                None if len % 2 == 0 => {}
                None => text.resize(len, b'0'),
            }
            text
        },
    )
}

#[test]
fn refused_date_does_not_replace_the_one_before() {
    let mut decoder = TimestampDecoder::default();
    let sample = b"13/05/2020 17:54:06";
    for text in [&sample[..], b"31/02/2020 17:54:06", sample, b"13/05/2020 17:54:60", sample] {
        assert_eq!(decoder.decode(text), Timestamp::decode(text));
    }
}

proptest! {
    #[test]
    fn times_in_any_order_are_read_as_one_by_one(
        texts in prop::collection::vec(any_text(), 1..20),
    ) {
        let mut decoder = TimestampDecoder::default();
        for text in texts {
            let expected = plain(&text);
            prop_assert_eq!(Timestamp::decode(&text), expected);
            prop_assert_eq!(decoder.decode(&text), expected);
        }
    }
}
