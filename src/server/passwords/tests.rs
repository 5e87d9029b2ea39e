use super::*;

impl Passwords {
    /// Adds the user of a line, for those who have no file.
    pub(in crate::server) fn add_line(&mut self, line: &[u8]) -> Result<(), String> {
        let (user, password) = decode_line(line)?;
        self.insert(user, password)
    }
}

fn read(content: &str) -> Result<(Passwords, bool), String> {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), content).expect("written");
    Passwords::read(file.path()).map_err(|error| error.to_string())
}

#[test]
fn malformed_lines_are_refused_without_quoting_the_password() {
    for line in ["ann", "ann ", " secret", "ann  secret", "ann secret more", "a/b secret"] {
        let error = read(line).expect_err(line);
        assert!(!error.contains("secret"), "{error}");
    }
    let error = read("ann secret\nbob other\nann other").expect_err("a name twice");
    assert!(error.contains(":3: an earlier line"), "{error}");
}

#[test]
fn comments_and_a_byte_order_mark_are_passed_over() {
    let content = "\u{feff}# users\nann secret\n#bob secret\n\ncyd # \n";
    let error = read(content).expect_err("no comment behind a name");
    assert!(error.contains(":5: "), "{error}");
    let (passwords, has_end) = read(&content.replace("cyd # ", "cyd #")).expect("users");
    assert_eq!((passwords.len(), has_end), (2, true));
    let user = |name: &[u8]| Username::decode(name).expect("a name");
    assert_eq!(passwords.of(user(b"ann")), Some(&b"secret"[..]));
    assert_eq!(passwords.of(user(b"cyd")), Some(&b"#"[..]));
}

#[test]
fn comment_is_no_account_and_a_mark_alone_is_no_line() {
    assert_eq!(read("\u{feff}#").expect("a comment").0.len(), 0);
    assert_eq!(read("\u{feff}").expect("nothing").0.len(), 0);
}

#[test]
fn malformed_line_is_told_with_what_is_wrong() {
    for (line, problem) in [
        ("ann", "it has no space"),
        ("ann  secret", "it has more than one space"),
        ("ann secret more", "it has more than one space"),
        ("ann ", "the password is empty or has a control character"),
        ("ann sec\tret", "the password is empty or has a control character"),
    ] {
        let error = read(line).expect_err(line);
        assert!(error.contains(&format!(":1: {problem};")), "{error}");
    }
}

#[test]
fn longest_password_is_taken_and_a_longer_one_is_not() {
    let line = |len| format!("ann {}", "x".repeat(len));
    assert_eq!(read(&line(MAX_PASSWORD_BYTES)).expect("a user").0.len(), 1);
    let error = read(&line(MAX_PASSWORD_BYTES + 1)).expect_err("too long");
    assert!(error.contains("the password is longer than 512 bytes"), "{error}");
}

#[test]
fn hashes_and_passwords_are_read_in_any_mixture() {
    const HASH: &str =
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    let content =
        format!("\u{feff}ann {HASH}\r\n# a comment\nbob secret\ncyd $ecret\ndan {HASH}\n");
    let (passwords, _) = read(&content).expect("users");
    assert_eq!((passwords.len(), passwords.hashed.len()), (4, 2));
    for (line, problem) in [
        (format!("bob {}", HASH.replace("argon2id", "argon2i")), "the kind \"argon2i\""),
        ("bob $2b$12$secret".to_owned(), "the kind \"2b\""),
        (format!("bob {}", HASH.replace("t=2", "t=99")), "t=99, which is more than 10"),
    ] {
        let error = read(&format!("ann secret\n{line}\n")).expect_err("it cannot be checked");
        assert!(error.contains(":2: ") && error.contains(problem), "{error}");
        assert!(error.contains("expected") && error.contains("$argon2id$v=19$m="), "{error}");
    }
}

#[test]
fn token_of_a_device_is_no_password() {
    let error = read("ann bluetrace-token-0123").expect_err("a token");
    assert!(error.contains(":1: the password begins with \"bluetrace-token-\""), "{error}");
    read("ann bluetrace-toke").expect("no token");
}
