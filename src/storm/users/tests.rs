use super::*;

#[test]
fn pattern_users_have_the_documented_names_and_passwords() {
    let users = Users::Pattern(41..44);
    let (user, password) = users.account(1);
    assert_eq!((user.as_str(), &*password), ("+61400000042", "storm-00000042"));
    assert_eq!(users.len(), 3);
}

#[test]
fn written_credentials_are_read_back() {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let users = Users::Pattern(7..107);
    users.write(&mut file.as_file()).expect("written");
    let read = Users::read(file.path()).expect("read");
    assert_eq!(read.len(), users.len());
    assert!((0..100).all(|index| read.account(index) == users.account(index)));
}

#[test]
fn ranges_are_read_and_nonsense_is_refused() {
    assert_eq!(parse_range("5"), Ok(0..5));
    assert_eq!(parse_range("5..7"), Ok(5..7));
    assert_eq!(parse_range("100000000"), Ok(0..MAX_PATTERN_USERS));
    for text in ["", "0", "x", "7..5", "5..", "100000001", "-1", "1..2..3"] {
        let error = parse_range(text).expect_err(text);
        assert!(error.contains("expected a number of users"), "{error}");
    }
}

#[test]
fn user_with_a_hash_is_refused_with_the_line() {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let hash =
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    std::fs::write(file.path(), format!("ann secret\nbob {hash}\n")).expect("written");
    let error = Users::read(file.path()).expect_err("no password").to_string();
    assert!(error.contains(":2: it has a hash, from which no phone can tell"), "{error}");
}
