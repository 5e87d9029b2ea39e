use std::fs::{self, Permissions};
use std::path::PathBuf;

use tempfile::TempDir;

use super::*;

fn noon() -> Timestamp {
    Timestamp::decode(b"13/05/2020 12:00:00").expect("a time")
}

fn key(byte: u8) -> Key {
    Key::new([byte; KEY_BYTES])
}

/// A file with this text that only its owner may read.
fn file(text: &str) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("keys");
    fs::write(&path, text).expect("our own file");
    fs::set_permissions(&path, Permissions::from_mode(PRIVATE)).expect("our own file");
    (directory, path)
}

fn refusal(text: &str) -> String {
    let (_directory, path) = file(text);
    let error = read(&path).expect_err("a refusal").to_string();
    error.replace(&path.display().to_string(), "keys")
}

#[test]
fn no_file_and_a_new_key_make_a_private_file() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("keys");
    assert_eq!(add(&path, &key(0xA5), noon()).expect("written"), 1);
    assert_eq!(fs::metadata(&path).expect("it is there").permissions().mode() & 0o777, PRIVATE);
    let line = format!("{} 13/05/2020 12:00:00\n", "a5".repeat(KEY_BYTES));
    assert_eq!(fs::read_to_string(&path).expect("text"), format!("{HEADING}{line}"));
    assert_eq!(read(&path).expect("keys"), [key(0xA5)]);
}

#[test]
fn file_with_keys_and_a_new_one_has_the_new_one_first_and_keeps_comments() {
    let (_directory, path) = file(&format!("# ours\r\n{}# old", line(&key(1), noon())));
    assert_eq!(add(&path, &key(2), noon()).expect("written"), 2);
    assert_eq!(read(&path).expect("keys"), [key(2), key(1)]);
    let text = fs::read_to_string(&path).expect("text");
    let expected = format!("# ours\r\n{}{}# old", line(&key(2), noon()), line(&key(1), noon()));
    assert_eq!(text, expected);
}

#[test]
fn full_file_and_a_new_key_stay_as_they_are() {
    let text: String = (0..MAX_KEYS).map(|number| line(&key(number as u8), noon())).collect();
    let (_directory, path) = file(&text);
    let error = add(&path, &key(99), noon()).expect_err("it is full").to_string();
    assert!(error.contains("16 keys, and that is the limit"), "{error}");
    assert_eq!(fs::read_to_string(&path).expect("text"), text);
    let error = refusal(&(text + &line(&key(99), noon())));
    assert!(error.starts_with("keys:17: it is key number 17, and 16 may be; expected"), "{error}");
}

#[test]
fn file_that_others_can_read_is_refused() {
    let (_directory, path) = file(&line(&key(1), noon()));
    fs::set_permissions(&path, Permissions::from_mode(0o640)).expect("our own file");
    let error = read(&path).expect_err("a refusal").to_string();
    assert!(error.contains("others can use it (mode 640)"), "{error}");
    assert!(add(&path, &key(2), noon()).is_err());
}

#[test]
fn malformed_line_is_refused_with_its_number_and_not_quoted() {
    let good = line(&key(0xAB), noon());
    for (bad, problem) in [
        ("abab", "it is no key and time"),
        (&good[..64], "it is no key and time"),
        (&good.replace("ab", "+1"), "the key is not 64 hexadecimal digits"),
        (&good.replace("13/05", "31/02"), "a time is DD/MM/YYYY HH:MM:SS"),
        (&good, "an earlier line has the same key"),
    ] {
        let error = refusal(&format!("# comment\n{good}{bad}"));
        assert_eq!(error, format!("keys:3: {problem}; expected {EXPECTED}"));
    }
    assert!(refusal("# none\n").starts_with("keys: it has no key; expected"));
}

#[test]
fn key_is_not_in_its_debug_form() {
    assert_eq!(format!("{:?}", key(7)), "Key(…)");
}
