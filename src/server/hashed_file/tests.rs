use super::*;
use crate::protocol::Username;

/// A file with a content and a mode, and what rewriting it says.
fn rewritten(content: &str, mode: u32) -> (tempfile::TempDir, Result<Outcome, String>, String) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join(CREDENTIALS);
    fs::write(&path, content).expect("written");
    fs::set_permissions(&path, Permissions::from_mode(mode)).expect("our own file");
    let outcome = rewrite_file(&path).map_err(|error| error.to_string());
    let after = fs::read_to_string(&path).expect("it is there");
    assert_eq!(fs::read_dir(directory.path()).expect("a directory").count(), 1);
    (directory, outcome, after)
}

#[test]
fn passwords_are_replaced_by_their_hashes_and_all_else_stays() {
    let content = "\u{feff}ann secret\r\n# users\r\n\r\nbob other\ncyd $ecret";
    let (directory, outcome, after) = rewritten(content, 0o644);
    assert_eq!(outcome, Ok(Outcome { hashed: 3, were_hashed: 0, has_end: false }));
    let path = directory.path().join(CREDENTIALS);
    let mode = fs::metadata(&path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let (users, has_end) = Passwords::read(&path).expect("well-formed");
    assert_eq!((users.len(), has_end), (3, false));
    let mut restored = after;
    for (user, password) in [("ann", "secret"), ("bob", "other"), ("cyd", "$ecret")] {
        let text = users.of(Username::decode(user.as_bytes()).expect("a name")).expect("a user");
        let hash = PasswordHash::decode(text).expect("a hash");
        assert!(hash.is_of(password.as_bytes(), &mut Workspace::default()));
        restored = restored.replace(hash.as_str(), password);
    }
    assert_eq!(restored, content);
}

#[test]
fn hashed_file_stays_as_it_is() {
    let (directory, _, first) = rewritten("ann secret\n", 0o600);
    let path = directory.path().join(CREDENTIALS);
    let outcome = rewrite_file(&path).expect("well-formed");
    assert_eq!(outcome, Outcome { hashed: 0, were_hashed: 1, has_end: true });
    assert_eq!(fs::read_to_string(&path).expect("it is there"), first);
    fs::write(&path, format!("{first}bob secret\n")).expect("written");
    let outcome = rewrite_file(&path).expect("well-formed");
    assert_eq!(outcome, Outcome { hashed: 1, were_hashed: 1, has_end: true });
    assert!(fs::read_to_string(&path).expect("it is there").starts_with(&first));
}

#[test]
fn equal_passwords_have_different_hashes() {
    let (_directory, _, after) = rewritten("ann secret\nbob secret\n", 0o600);
    let hashes: Vec<_> = after.lines().map(|line| line.split(' ').nth(1)).collect();
    assert_ne!(hashes[0], hashes[1]);
}

#[test]
fn malformed_or_empty_file_is_refused_and_stays() {
    for (content, problem) in [
        ("ann secret\nbob\n", ":2: it has no space"),
        ("ann secret\nann other\n", ":2: an earlier line has the username"),
        ("ann $2b$12$x\n", ":1: a hash of the kind \"2b\""),
        ("# nobody\n", "it has no user; expected lines of"),
    ] {
        let (_directory, outcome, after) = rewritten(content, 0o600);
        let error = outcome.expect_err(problem);
        assert!(error.contains(problem), "{error}");
        assert_eq!(after, content);
    }
}

#[test]
fn file_that_another_one_hashes_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join(CREDENTIALS);
    fs::write(&path, "ann secret\n").expect("written");
    let other = File::open(&path).expect("it is there");
    other.try_lock().expect("free");
    let error = rewrite_file(&path).expect_err("locked").to_string();
    assert!(error.ends_with("it is being hashed already"), "{error}");
}
