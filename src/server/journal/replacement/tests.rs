use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::super::{Journal, JournalFile, Storage};
use super::*;

const OLD: &str = "+61410999999 12345678901234567890 13/05/2020 17:45:06 13/05/2020 18:00:05\n";
const NEW: &str = "+61410777777 12345678901234567892 14/05/2020 17:45:06 14/05/2020 18:00:05\n";
const LATER: &str = "+61410777777 12345678901234567893 15/05/2020 17:45:06 15/05/2020 18:00:05\n";

/// A journal with these lines in a directory of its own.
struct Fixture {
    _directory: tempfile::TempDir,
    path: PathBuf,
    journal: Journal<JournalFile>,
}

impl Fixture {
    fn new(lines: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("journal");
        fs::write(&path, lines).expect("our own file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("our own file");
        let journal = Journal::new(JournalFile::open(&path).expect("a file"));
        Self { _directory: directory, path, journal }
    }

    fn write(&mut self) -> io::Result<Option<Replacement>> {
        let since = Timestamp::decode(b"14/05/2020 18:00:05").expect("a time");
        let storage = self.journal.storage();
        Replacement::write(storage.reader()?, storage.path(), storage.len(), since)
    }

    #[track_caller]
    fn written(&mut self) -> Replacement {
        self.write().expect("it can be written").expect("there is an old line")
    }

    fn content(&self) -> String {
        fs::read_to_string(&self.path).expect("the file is there")
    }

    fn has_temporary(&self) -> bool {
        temporary(&self.path).exists()
    }
}

#[test]
fn old_lines_leave_and_later_appends_go_to_the_new_file() {
    let mut fixture = Fixture::new(&format!("{OLD}\r\n{NEW}{OLD}"));
    let new = fixture.written();
    assert_eq!((new.left_out(), new.behind(fixture.journal.storage().len())), (2, 0));
    fixture.journal.append(LATER.as_bytes()).expect("the old file is in its place");
    assert!(fixture.content().ends_with(&format!("{OLD}{LATER}")));
    fixture.journal.storage().replace(new).expect("nobody interferes");
    assert_eq!(fixture.content(), [NEW, LATER].concat());
    fixture.journal.append(LATER.as_bytes()).expect("the new file is in its place");
    assert_eq!(fixture.content(), [NEW, LATER, LATER].concat());
    let mode = fs::metadata(&fixture.path).expect("it is there").permissions().mode();
    assert_eq!((mode & 0o777, fixture.has_temporary()), (0o640, false));
}

#[test]
fn nothing_old_or_nothing_else_or_a_malformed_line_makes_no_file() {
    for (lines, outcome) in [
        (NEW.to_owned(), Ok(true)),
        (OLD.to_owned(), Err("is the clock right?")),
        (format!("{OLD}word\n"), Err("journal:2: it is one word")),
    ] {
        let mut fixture = Fixture::new(&lines);
        fs::write(temporary(&fixture.path), "of a crash").expect("our own directory");
        match (fixture.write(), outcome) {
            (Ok(None), Ok(_)) => {}
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
            (other, _) => panic!("{other:?} of {lines}"),
        }
        assert!(!fixture.has_temporary());
        assert_eq!(fixture.content(), lines);
    }
}

#[test]
fn file_that_others_changed_meanwhile_is_not_replaced() {
    for part in ["somebody else wrote", "moved or deleted"] {
        let mut fixture = Fixture::new(&format!("{OLD}{NEW}"));
        let new = fixture.written();
        if part == "moved or deleted" {
            fs::rename(&fixture.path, fixture.path.with_extension("1")).expect("moved");
        } else {
            fs::write(&fixture.path, "theirs").expect("our own file");
        }
        let error = fixture.journal.storage().replace(new).expect_err("somebody interfered");
        assert!(error.to_string().contains(part), "{error}");
        assert!(!fixture.has_temporary());
        assert!(fixture.journal.append(LATER.as_bytes()).is_err());
    }
}

#[test]
fn link_goes_on_being_one() {
    let mut fixture = Fixture::new(&format!("{OLD}{NEW}"));
    let link = fixture.path.with_extension("link");
    std::os::unix::fs::symlink(&fixture.path, &link).expect("a link");
    fixture.journal = Journal::new(JournalFile::open(&link).expect("a file"));
    let new = fixture.written();
    fixture.journal.storage().replace(new).expect("nobody interferes");
    fixture.journal.append(LATER.as_bytes()).expect("the new file is in its place");
    assert!(link.is_symlink());
    assert_eq!(fixture.content(), [NEW, LATER].concat());
}

#[test]
fn commit_that_fails_after_the_replacement_is_cut_off_from_the_new_file() {
    let mut fixture = Fixture::new(&format!("{OLD}{NEW}"));
    let new = fixture.written();
    let storage = fixture.journal.storage();
    storage.replace(new).expect("nobody interferes");
    storage.append(b"half a li").and_then(|()| storage.truncate(NEW.len() as u64)).expect("cut");
    assert_eq!(fixture.content(), NEW);
}
