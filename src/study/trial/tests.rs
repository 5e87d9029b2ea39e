use std::os::unix::fs::symlink;

use super::*;

fn names(path: &Path) -> usize {
    fs::read_dir(path).expect("a directory").count()
}

#[test]
fn directory_that_can_be_made_is_gone_again() {
    let place = tempfile::tempdir().expect("a directory");
    for path in ["", "a", "a/b/c", "a/", "a/../b"] {
        let path = place.path().join(path);
        let trial = Trial::of_directory(&path).expect("it can be made");
        assert!(path.is_dir());
        drop(trial);
        assert_eq!(names(place.path()), 0, "{}", path.display());
    }
}

#[test]
fn directory_that_cannot_be_made_is_refused_and_nothing_left() {
    let place = tempfile::tempdir().expect("a directory");
    let at = |name| place.path().join(name);
    fs::write(at("file"), "content").expect("written");
    symlink(at("nowhere/x"), at("dangling")).expect("a link");
    let kind = |name| Trial::of_directory(&at(name)).expect_err("refused").kind();
    assert_eq!(kind("file"), ErrorKind::NotADirectory);
    assert_eq!(kind("file/below"), ErrorKind::NotADirectory);
    assert_eq!(kind("dangling"), ErrorKind::AlreadyExists);
    assert_eq!(names(place.path()), 2);
}
