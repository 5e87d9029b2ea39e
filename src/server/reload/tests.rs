use super::*;

fn waker(poll: &mio::Poll) -> Arc<Waker> {
    Arc::new(Waker::new(poll.registry(), mio::Token(0)).expect("a waker"))
}

fn passwords(content: &str) -> Passwords {
    let mut passwords = Passwords::default();
    content.lines().for_each(|line| passwords.add_line(line.as_bytes()).expect("a user"));
    passwords
}

#[test]
fn users_who_are_gone_or_have_another_password_are_revoked() {
    let in_force = passwords("ann secret\nbob secret\ncyd secret");
    let reloaded = Reloaded::new(passwords("cyd secret\nbob other\ndan new"), &in_force);
    let mut revoked: Vec<_> = reloaded.revoked.iter().map(Username::as_str).collect();
    revoked.sort_unstable();
    assert_eq!(revoked, ["ann", "bob"]);
}

#[test]
fn reading_that_panics_is_told_and_the_next_one_may_begin() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let (mut poll, mut events) = (mio::Poll::new().expect("a poll"), mio::Events::with_capacity(1));
    let path = file.path().to_owned();
    let mut reload = Reload::new(path, Memory::default(), waker(&poll)).expect("it is there");
    for _ in 0..2 {
        reload.begin_with(|| panic!("a rule is broken")).expect("a thread");
        poll.poll(&mut events, Some(Duration::from_secs(60))).expect("woken");
        let finished = reload.take().expect("woken when it is over");
        assert_eq!(finished.outcome.expect_err("no list"), FAULT);
    }
}

#[test]
fn changed_file_has_another_version() {
    let directory = tempfile::tempdir().expect("a directory");
    let [path, other] = ["file", "other"].map(|name| directory.path().join(name));
    let version = || FileVersion::of(&path).expect("it is there");
    std::fs::write(&path, "content").expect("written");
    let first = version();
    assert_eq!(version(), first);
    std::fs::write(&path, "more content").expect("written");
    let second = version();
    assert_ne!(second, first);
    assert!(second.is_same_file(&first));
    std::fs::copy(&path, &other).expect("copied");
    std::fs::rename(&other, &path).expect("replaced");
    assert_ne!(version(), second);
    assert!(!version().is_same_file(&second));
}

#[test]
fn file_is_in_force_only_if_it_has_users_and_is_whole() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    for (content, expected) in [
        ("", Err("it has no user")),
        ("# nobody\n", Err("it has no user")),
        ("ann secret", Err("its last line has no end")),
        ("ann secret\nbob", Err("it has no space")),
        ("ann secret\nbob secret\n", Ok(2)),
    ] {
        std::fs::write(file.path(), content).expect("written");
        match (read_when_quiet(file.path(), Duration::ZERO, Memory::default()), expected) {
            (Ok(passwords), Ok(users)) => assert_eq!(passwords.len(), users),
            (Err(error), Err(problem)) => assert!(error.to_string().contains(problem), "{error}"),
            (found, _) => panic!("{content:?}: {found:?}"),
        }
    }
}

#[test]
fn file_moved_to_the_place_is_read_sooner_than_one_that_is_written_there() {
    let directory = tempfile::tempdir().expect("a directory");
    let [path, other] = ["file", "other"].map(|name| directory.path().join(name));
    let poll = mio::Poll::new().expect("a poll");
    std::fs::write(&path, "ann secret\n").expect("written");
    let mut reload =
        Reload::new(path.clone(), Memory::default(), waker(&poll)).expect("it is there");
    std::fs::write(&path, "bob secret\n").expect("written");
    assert_eq!(reload.quiet(), QUIET);
    std::fs::write(&other, "cyd secret\n").expect("written");
    std::fs::rename(&other, &path).expect("replaced");
    assert_eq!([reload.quiet(), reload.quiet()], [QUIET_IF_MOVED, QUIET]);
    std::fs::remove_file(&path).expect("removed");
    assert_eq!(reload.quiet(), QUIET);
}
