use super::*;

const SALT: [u8; SALT_BYTES] = [7; SALT_BYTES];

/// `echo -n password | argon2 somesalt -id -v 13 -t 2 -k 65536 -p 1 -l 24` of the reference
/// implementation, from its test vectors.
const OF_THE_REFERENCE: &str =
    "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";

fn is_of(hash: &PasswordHash, password: &str) -> bool {
    hash.is_of(password.as_bytes(), &mut Workspace::default())
}

#[test]
fn hash_of_the_reference_implementation_is_that_of_its_password_only() {
    let hash = PasswordHash::decode(OF_THE_REFERENCE.as_bytes()).expect("a hash");
    assert!(is_of(&hash, "password"));
    assert!(!is_of(&hash, "Password") && !is_of(&hash, ""));
}

#[test]
fn hash_that_was_made_is_read_back_and_is_that_of_its_password_only() {
    let workspace = &mut Workspace::default();
    for cost in [Cost::LEAST, Cost::RECOMMENDED] {
        let made = PasswordHash::make(b"secret", &SALT, cost, workspace);
        let read = PasswordHash::decode(made.as_str().as_bytes()).expect("well-formed");
        assert_eq!(read, made);
        assert!(is_of(&read, "secret") && !is_of(&read, "Secret"));
    }
    let made = PasswordHash::make(b"secret", &SALT, Cost::RECOMMENDED, workspace);
    assert!(made.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{made:?}");
}

#[test]
fn workspace_of_a_larger_hash_serves_a_smaller_one_and_again_when_it_was_freed() {
    let workspace = &mut Workspace::default();
    let costs = [Cost::RECOMMENDED, Cost::LEAST];
    let hashes = costs.map(|cost| PasswordHash::make(b"secret", &SALT, cost, workspace));
    for _ in 0..2 {
        assert!(hashes.iter().all(|hash| hash.is_of(b"secret", workspace)));
        workspace.free();
    }
}

#[test]
fn hash_that_cannot_be_checked_is_told_with_what_is_wrong() {
    let with = |from: &str, to: &str| OF_THE_REFERENCE.replace(from, to);
    for (text, problem) in [
        (with("argon2id", "argon2i"), "a hash of the kind \"argon2i\" cannot be checked"),
        ("$2b$12$abcdefghijklmnopqrstuv".to_owned(), "a hash of the kind \"2b\" cannot be checked"),
        (with("v=19", "v=16"), "the hash is of another version of Argon2"),
        (with("$v=19", ""), "the hash is of another version of Argon2"),
        (with("m=65536", "m=262145"), "the hash has m=262145, which is more than 262144"),
        (with("t=2", "t=11"), "the hash has t=11, which is more than 10"),
        (with("p=1", "p=17"), "the hash has p=17, which is more than 16"),
        (with("m=65536", "m=7"), "the hash has parameters that Argon2 does not have"),
        (with("t=2", "t=0"), "the hash has parameters that Argon2 does not have"),
        (with("t=2", "x=2"), "the hash has parameters that Argon2 does not have"),
        (with("p=1", "p=one"), "the hash has parameters that Argon2 does not have"),
        ("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ".to_owned(), "the hash is cut off"),
        ("$argon2id$v=19$m=65536,t=2,p=1".to_owned(), "the hash is cut off"),
        ("$argon2id$".to_owned(), "the hash is malformed"),
        (format!("{OF_THE_REFERENCE}$more"), "the hash is malformed"),
        (with("c29tZXNhbHQ", "!"), "the hash is malformed"),
    ] {
        assert_eq!(PasswordHash::decode(text.as_bytes()).err().as_deref(), Some(problem), "{text}");
    }
    // Every hash that the end of a file cuts is refused, or is that of no password.
    for len in 0..OF_THE_REFERENCE.len() {
        if let Ok(cut) = PasswordHash::decode(&OF_THE_REFERENCE.as_bytes()[..len]) {
            assert!(!is_of(&cut, "password"), "{cut:?}");
        }
    }
}

#[test]
fn password_with_a_dollar_is_no_hash() {
    for password in ["$", "$$", "$ecret", "pa$$word", "a$b$c", "$ret!$", "$$a$"] {
        assert!(!PasswordHash::is_meant_by(password.as_bytes()), "{password}");
    }
    for hash in [OF_THE_REFERENCE, "$2b$", "$6$", "$scrypt$x", "$bcrypt-sha256$v=2"] {
        assert!(PasswordHash::is_meant_by(hash.as_bytes()), "{hash}");
    }
}
