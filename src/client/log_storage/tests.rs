use std::os::unix::fs::PermissionsExt;

use super::*;

fn directory() -> (tempfile::TempDir, LogDirectory) {
    let directory = tempfile::tempdir().expect("a directory");
    let storage = LogDirectory::new(directory.path().into());
    (directory, storage)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("a file").mode() & 0o777
}

#[test]
fn lock_is_one_program_s_until_it_is_dropped_and_leaves_no_file() {
    let (directory, mut storage) = directory();
    let lock = storage.lock("a.lock").expect("a lock").expect("free");
    assert!(storage.lock("a.lock").expect("a lock").is_none());
    assert!(storage.lock("b.lock").expect("a lock").is_some(), "of another user");
    drop(lock);
    assert_eq!(fs::read_dir(directory.path()).expect("a directory").count(), 0);
    // What a crash leaves.
    fs::write(directory.path().join("a.lock"), "").expect("written");
    assert!(storage.lock("a.lock").expect("a lock").is_some());
}

#[test]
fn lock_file_that_somebody_removes_locks_nobody_out() {
    let (directory, mut storage) = directory();
    let _removed = storage.lock("a.lock").expect("a lock").expect("free");
    fs::remove_file(directory.path().join("a.lock")).expect("removed");
    let _second = storage.lock("a.lock").expect("a lock").expect("free");
    assert!(storage.lock("a.lock").expect("a lock").is_none());
}

#[test]
fn new_file_is_private_and_replacing_keeps_the_mode() {
    let (directory, mut storage) = directory();
    let path = directory.path().join("a.txt");
    storage.append("a.txt", b"1\n").expect("appended");
    assert_eq!(mode(&path), 0o600);
    fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).expect("changed");
    storage.replace("a.txt", b"2\n").expect("replaced");
    storage.replace("b.txt", b"2\n").expect("replaced");
    assert_eq!((mode(&path), mode(&directory.path().join("b.txt"))), (0o640, 0o600));
}

#[test]
fn lines_are_appended_on_a_new_line() {
    let (directory, mut storage) = directory();
    fs::write(directory.path().join("a.txt"), "1").expect("written");
    storage.append("a.txt", b"2\n").expect("appended");
    storage.append("a.txt", b"3\n").expect("appended");
    let content = storage.read("a.txt").expect("read");
    assert_eq!(content.as_deref(), Some(&b"1\n2\n3\n"[..]));
}

#[test]
fn what_is_no_file_or_too_large_is_not_read() {
    let (directory, storage) = directory();
    assert!(storage.read("a.txt").expect("read").is_none());
    fs::create_dir(directory.path().join("a.txt")).expect("made");
    assert!(storage.read("a.txt").is_err());
    let large = File::create(directory.path().join("b.txt")).expect("made");
    large.set_len(MAX_FILE_BYTES + 1).expect("sparse");
    let error = storage.read("b.txt").expect_err("too large");
    assert_eq!(error.to_string(), "it has more than 16777216 bytes");
}

#[test]
fn uptime_of_a_real_machine_is_known() {
    let uptime = directory().1.uptime().expect("Linux says it");
    assert!(uptime.seconds > 0 && uptime.boot.len() > 30, "{uptime:?}");
}
