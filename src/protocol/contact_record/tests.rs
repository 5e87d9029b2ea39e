use proptest::prelude::*;

use super::*;

/// The second line of the assignment's sample of `tempIDs.txt`.
const SAMPLE_LINE: &[u8] = b"12345678901234567891 13/05/2020 17:54:06 13/05/2020 18:09:05";
const SAMPLE_WIRE: &[u8] = b"1234567890123456789113/05/2020 17:54:0613/05/2020 18:09:05";

pub(crate) fn any_record() -> impl Strategy<Value = ContactRecord> {
    let seconds = Timestamp::MIN.unix_seconds()..=Timestamp::MAX.unix_seconds();
    (0..TempId::COUNT, seconds.clone(), seconds).prop_map(|(number, start, expiry)| ContactRecord {
        temp_id: TempId::from_number(number).expect("in range"),
        start: Timestamp::from_unix_seconds(start),
        expiry: Timestamp::from_unix_seconds(expiry),
    })
}

#[test]
fn sample_line_and_its_wire_form_are_the_same_record() {
    let record = ContactRecord::decode_line(SAMPLE_LINE).expect("the assignment's own");
    assert_eq!(ContactRecord::decode(SAMPLE_WIRE), Ok(record));
    assert_eq!(record.expiry.seconds_since(record.start), 899);
}

#[test]
fn validity_includes_both_ends() {
    let record = ContactRecord::decode(SAMPLE_WIRE).expect("58 bytes");
    let (start, expiry) = (record.start.unix_seconds(), record.expiry.unix_seconds());
    let valid_at = |seconds| record.is_valid_at(Timestamp::from_unix_seconds(seconds));
    assert!(valid_at(start) && valid_at(expiry));
    assert!(!valid_at(start - 1) && !valid_at(expiry + 1));
}

#[test]
fn wrong_field_is_named() {
    for (at, error) in [
        (0, ContactRecordError::TempId),
        (20, ContactRecordError::Start),
        (57, ContactRecordError::Expiry),
    ] {
        let mut wire = SAMPLE_WIRE.to_vec();
        wire[at] = b'x';
        assert_eq!(ContactRecord::decode(&wire), Err(error));
    }
    assert_eq!(ContactRecord::decode(&SAMPLE_WIRE[..57]), Err(ContactRecordError::Length));
}

#[test]
fn line_of_another_length_or_with_other_separators_is_refused() {
    let mut tab = SAMPLE_LINE.to_vec();
    tab[TempId::LEN] = b'\t';
    let long = [SAMPLE_LINE, b" "].concat();
    for line in [&b""[..], &SAMPLE_LINE[..59], &long, &tab] {
        assert_eq!(ContactRecord::decode_line(line), Err(ContactRecordError::Length));
    }
}

#[test]
fn wrong_record_among_many_is_counted_from_one() {
    let mut wire = SAMPLE_WIRE.repeat(3);
    wire[2 * ContactRecord::LEN + 1] = b'x';
    let error = ContactRecord::decode_all(&wire).expect_err("the third is wrong");
    assert_eq!(error.to_string(), "3: the TempID is not 20 decimal digits");
    let error = ContactRecord::decode_all(&wire[..60]).expect_err("the second is cut");
    assert_eq!(error.position, 2);
}

proptest! {
    #[test]
    fn decoding_an_encoded_record_gives_it_back(record in any_record()) {
        let (mut wire, mut line) = (Vec::new(), Vec::new());
        record.encode(&mut wire);
        record.encode_line(&mut line);
        prop_assert_eq!((wire.len(), line.len()), (ContactRecord::LEN, ContactRecord::LINE_LEN));
        prop_assert_eq!(ContactRecord::decode(&wire), Ok(record));
        prop_assert_eq!(ContactRecord::decode_line(&line), Ok(record));
    }

    #[test]
    fn any_bytes_are_refused_or_encoded_the_same(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
        if let Ok(records) = ContactRecord::decode_all(&bytes) {
            let mut wire = Vec::new();
            records.iter().for_each(|record| record.encode(&mut wire));
            prop_assert_eq!(wire, bytes);
        }
    }
}
