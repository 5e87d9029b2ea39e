use super::*;

#[test]
fn phone_number_is_a_username() {
    let user = Username::decode(b"+61410888888").expect("the assignment's own");
    assert_eq!(user.as_str(), "+61410888888");
    assert_eq!(Username::decode(b"+123456789012345").expect("16 bytes").as_str().len(), 16);
}

#[test]
fn other_text_is_refused_with_its_reason() {
    assert_eq!(Username::decode(b""), Err(UsernameError::Empty));
    assert_eq!(Username::decode(b"+1234567890123456"), Err(UsernameError::TooLong));
    assert_eq!(Username::decode(b"#+6141088888"), Err(UsernameError::Comment));
    assert!(Username::decode(b"+#").is_ok());
    for text in ["a b", "a\tb", "../etc", "caf\u{e9}", "a\0"] {
        assert_eq!(Username::decode(text.as_bytes()), Err(UsernameError::Character), "{text:?}");
    }
}

#[test]
fn letters_differ_by_case() {
    assert_ne!(Username::decode(b"Ann"), Username::decode(b"ann"));
}
