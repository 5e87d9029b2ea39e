use super::*;

#[test]
fn token_is_read_back_and_nothing_else_is_one() {
    let token = DeviceToken::new([0xa9; DeviceToken::BYTES]);
    assert_eq!(DeviceToken::decode(token.as_str().as_bytes()), Ok(token.clone()));
    let longer = format!("{}0", token.as_str());
    let shorter = &token.as_str()[1..];
    let upper = token.as_str().replace("a9", "A9");
    for text in [&longer, shorter, &upper, DeviceToken::PREFIX, "comp3331", ""] {
        assert_eq!(DeviceToken::decode(text.as_bytes()), Err(DeviceTokenError), "{text}");
    }
    assert!(!format!("{token:?}").contains("a9"));
}
