use proptest::prelude::*;

use super::*;

#[test]
fn leading_zeros_are_digits_like_others() {
    let temp_id = TempId::decode(b"00000000000000000042").expect("20 digits");
    assert_eq!(TempId::from_number(42), Some(temp_id));
    assert_eq!(temp_id.to_string(), "00000000000000000042");
}

#[test]
fn number_of_21_digits_is_refused() {
    assert!(TempId::from_number(TempId::COUNT - 1).is_some());
    assert_eq!(TempId::from_number(TempId::COUNT), None);
}

#[test]
fn text_that_is_not_20_digits_is_refused() {
    for text in ["", "1234567890123456789", "123456789012345678901", "1234567890123456789x"] {
        assert_eq!(TempId::decode(text.as_bytes()), Err(TempIdError), "{text:?}");
    }
    assert!(TempId::decode(b"1234567890123456789/").is_err());
    assert!(TempId::decode(b"1234567890123456789:").is_err());
}

#[test]
fn debug_form_hides_most_digits() {
    let temp_id = TempId::decode(b"12345678901234567890").expect("20 digits");
    assert_eq!(format!("{temp_id:?}"), "TempId(1234…)");
}

proptest! {
    #[test]
    fn decoding_an_encoded_temp_id_gives_it_back(number in 0..TempId::COUNT) {
        let temp_id = TempId::from_number(number).expect("in range");
        let mut text = Vec::new();
        temp_id.encode(&mut text);
        prop_assert_eq!(String::from_utf8(text.clone()).expect("ASCII"), format!("{number:020}"));
        prop_assert_eq!(TempId::decode(&text), Ok(temp_id));
        prop_assert_eq!(temp_id.to_string().into_bytes(), text);
    }
}
