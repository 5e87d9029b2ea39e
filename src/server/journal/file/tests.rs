use std::fs;
use std::path::PathBuf;

use super::super::Journal;
use super::*;

const FIRST: &[u8] = b"first\n";
const SECOND: &[u8] = b"second\n";

/// A journal of one line in a directory of its own.
struct Fixture {
    directory: tempfile::TempDir,
    journal: Journal<JournalFile>,
}

impl Fixture {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let storage = JournalFile::open(&directory.path().join("journal")).expect("a new file");
        let mut journal = Journal::new(storage);
        journal.append(FIRST).expect("nobody interferes");
        Self { directory, journal }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn content(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).expect("the file is there")
    }

    /// Commits in vain, more than once, and says why.
    #[track_caller]
    fn refused(&mut self) -> String {
        let first = self.journal.append(SECOND).expect_err("somebody interfered").to_string();
        let second = self.journal.append(SECOND).expect_err("it is not mended").to_string();
        assert_eq!(first, second);
        first
    }

    #[track_caller]
    fn assert_works_again(&mut self) {
        self.journal.append(SECOND).expect("it is mended");
        assert_eq!(self.content("journal"), [FIRST, SECOND].concat());
    }
}

#[test]
fn moved_file_is_refused_until_it_is_moved_back() {
    let mut fixture = Fixture::new();
    fs::rename(fixture.path("journal"), fixture.path("journal.1")).expect("moved");
    assert!(fixture.refused().contains("moved or deleted"));
    assert_eq!(fixture.content("journal.1"), FIRST);
    assert!(!fixture.path("journal").exists(), "nothing is made in its place");
    fs::rename(fixture.path("journal.1"), fixture.path("journal")).expect("moved back");
    fixture.assert_works_again();
}

#[test]
fn moved_directory_is_refused_until_it_is_moved_back() {
    let directory = tempfile::tempdir().expect("a directory");
    let (here, elsewhere) = (directory.path().join("here"), directory.path().join("elsewhere"));
    fs::create_dir(&here).expect("a directory");
    let mut journal = Journal::new(JournalFile::open(&here.join("journal")).expect("a new file"));
    fs::rename(&here, &elsewhere).expect("moved");
    assert!(journal.append(FIRST).is_err());
    fs::rename(&elsewhere, &here).expect("moved back");
    journal.append(FIRST).expect("it is mended");
}

#[test]
fn replaced_file_is_refused_even_if_it_is_a_copy() {
    let mut fixture = Fixture::new();
    fs::copy(fixture.path("journal"), fixture.path("copy")).expect("copied");
    fs::rename(fixture.path("journal"), fixture.path("original")).expect("moved");
    fs::rename(fixture.path("copy"), fixture.path("journal")).expect("replaced");
    assert!(fixture.refused().contains("another file"));
    assert_eq!(fixture.content("journal"), FIRST);
    fs::rename(fixture.path("original"), fixture.path("journal")).expect("moved back");
    fixture.assert_works_again();
}

#[test]
fn cut_file_is_refused_until_it_is_restored() {
    let mut fixture = Fixture::new();
    let file = OpenOptions::new().write(true).open(fixture.path("journal")).expect("it is there");
    file.set_len(2).expect("cut");
    assert!(fixture.refused().contains("2 bytes instead of 6"));
    assert_eq!(fixture.content("journal"), b"fi", "nothing is glued to the half line");
    fs::write(fixture.path("journal"), FIRST).expect("restored in place");
    fixture.assert_works_again();
}

#[test]
fn file_that_others_wrote_to_is_refused_and_keeps_what_they_wrote() {
    let mut fixture = Fixture::new();
    let mut file = OpenOptions::new().append(true).open(fixture.path("journal")).expect("there");
    file.write_all(b"half a li").expect("written");
    assert!(fixture.refused().contains("15 bytes instead of 6"));
    assert_eq!(fixture.content("journal"), b"first\nhalf a li");
    file.set_len(FIRST.len() as u64).expect("restored");
    fixture.assert_works_again();
}

#[test]
fn interference_during_a_commit_is_refused_and_the_commit_is_cut_off_when_it_is_mended() {
    let mut fixture = Fixture::new();
    let storage = fixture.journal.storage();
    storage.append(SECOND).expect("there is room");
    fs::rename(fixture.path("journal"), fixture.path("journal.1")).expect("moved");
    let storage = fixture.journal.storage();
    assert!(storage.sync().is_err());
    assert!(storage.truncate(FIRST.len() as u64).is_err());
    fs::rename(fixture.path("journal.1"), fixture.path("journal")).expect("moved back");
    let storage = fixture.journal.storage();
    storage.truncate(FIRST.len() as u64).expect("it is mended");
    fixture.assert_works_again();
}

#[test]
fn what_is_no_regular_file_is_refused_and_not_waited_for() {
    let directory = tempfile::tempdir().expect("a directory");
    let error = JournalFile::open(directory.path()).expect_err("a directory");
    assert!(error.to_string().contains("directory"), "{error}");
}
