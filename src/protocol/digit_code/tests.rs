use super::*;

#[test]
fn code_is_eight_digits() {
    assert_eq!(UploadCode::from_number(42).expect("in range").as_str(), "00000042");
    assert_eq!(UploadCode::from_number(UploadCode::COUNT), None);
    assert_eq!(UploadCode::decode(b"01234567").expect("a code").as_str(), "01234567");
    for bytes in [&b""[..], b"1234567", b"123456789", b"1234567x", b"-1234567"] {
        let error = UploadCode::decode(bytes).expect_err("no code").to_string();
        assert_eq!(error, "expected a code of 8 decimal digits");
    }
}

#[test]
fn nobody_reads_it_in_a_log() {
    let code = UploadCode::decode(b"01234567").expect("a code");
    assert!(!format!("{code:?}").contains("0123"));
}
