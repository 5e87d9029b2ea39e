use std::os::unix::fs::symlink;

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::*;

#[test]
fn file_that_can_be_made_is_gone_again_and_one_that_is_there_left_alone() {
    let place = tempfile::tempdir().expect("a directory");
    let (new, there) = (place.path().join("new"), place.path().join("there"));
    fs::write(&there, "content").expect("written");
    try_file(&new).expect("it can be made");
    try_file(&there).expect("it can be overwritten");
    assert!(!new.exists());
    assert_eq!(fs::read(&there).expect("the file"), b"content");
}

#[test]
fn file_that_cannot_be_written_is_refused_and_nothing_left() {
    let place = tempfile::tempdir().expect("a directory");
    let at = |name| place.path().join(name);
    symlink(at("nowhere/x"), at("dangling")).expect("a link");
    let kind = |name| try_file(&at(name)).expect_err("refused").kind();
    assert_eq!(kind(""), ErrorKind::IsADirectory);
    assert_eq!(kind("new/"), ErrorKind::IsADirectory);
    assert_eq!(kind("no/file"), ErrorKind::NotFound);
    assert_eq!(kind("dangling"), ErrorKind::AlreadyExists);
    assert_eq!(fs::read_dir(place.path()).expect("the directory").count(), 1);
}

#[test]
fn pipe_is_not_opened() {
    let place = tempfile::tempdir().expect("a directory");
    let path = place.path().join("pipe");
    mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a pipe");
    // Nobody reads it, so that this would wait for ever.
    try_file(&path).expect("it may be written");
}

#[test]
fn same_file_is_known_by_any_of_its_names() {
    let place = tempfile::tempdir().expect("a directory");
    let at = |name| place.path().join(name);
    fs::write(at("file"), "content").expect("written");
    symlink(at("file"), at("link")).expect("a link");
    for (one, other) in [("file", "file"), ("link", "file"), ("./new", "new")] {
        assert!(is_same_file(&at(one), &at(other)), "{one} {other}");
    }
    for (one, other) in [("file", "new"), ("no/new", "new"), ("new", "newer")] {
        assert!(!is_same_file(&at(one), &at(other)), "{one} {other}");
    }
    let null = Path::new("/dev/null");
    assert!(!is_same_file(null, null), "it takes whatever one wants");
}
