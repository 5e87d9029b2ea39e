use super::*;

#[test]
fn text_alone_says_whether_there_is_an_account() {
    let code = RegistrationCode::decode(b"012345").expect("a code");
    assert_eq!(
        text(code, false),
        "BlueTrace code: 012345. It is valid for 10 minutes; tell it nobody."
    );
    assert!(text(code, true).ends_with("whose password you can change with it."));
}
