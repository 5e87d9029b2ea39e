use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::protocol::{ContactRecord, TempId, Timestamp};
use crate::server::change::Permit;
use crate::server::contact_tracing::tests::{log_of_the_assignment, user};
use crate::server::contact_tracing::{ContactTrace, Issued, Oddity, TracedEntry};
use crate::server::database::{Archive, FILE_NAME, Summary};

/// A directory and the path of the database in it.
fn place() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join(FILE_NAME);
    (directory, path)
}

fn archive(path: &Path) -> Archive {
    Archive::open(path).expect("a database")
}

fn problem(path: &Path) -> String {
    Database::open(path).expect_err("it cannot be used").to_string()
}

/// The change by which a log becomes a case.
fn taking(case: &ContactTrace) -> Change {
    Change::TakeLog { trace: Arc::new(case.clone()), permit: Permit::NotNeeded, notice: None }
}

fn take(database: &mut Database, case: &ContactTrace) {
    database.apply([&taking(case)]).expect("stored");
}

/// Lets another program do something to the database.
fn other_program(path: &Path, sql: &str) {
    Connection::open(path).expect("a connection").execute_batch(sql).expect("done");
}

#[test]
fn cases_are_there_again_with_their_numbers_whoever_opens_the_file() {
    let (_directory, path) = place();
    let case = log_of_the_assignment();
    for number in [1, 2] {
        let mut database = Database::open(&path).expect("a database");
        take(&mut database, &case);
        assert_eq!(archive(&path).case(number).expect("readable"), Some(case.clone()));
    }
    let reader = archive(&path);
    assert_eq!(reader.case(1).expect("readable"), Some(case.clone()));
    assert_eq!(reader.case(3).expect("readable"), None);
    let [_, second] = &reader.summaries().expect("readable")[..] else { panic!("two") };
    let expected = Summary {
        number: 2,
        uploader: case.uploader,
        uploaded_at: case.uploaded_at,
        entries: 2,
        contacts: 2,
        unknown: 0,
        odd: 1,
    };
    assert_eq!(*second, expected);
}

#[test]
fn nobody_else_can_read_it() {
    let (directory, path) = place();
    let mut database = Database::open(&path).expect("a database");
    take(&mut database, &log_of_the_assignment());
    for file in fs::read_dir(directory.path()).expect("a directory") {
        let metadata = file.expect("a file").metadata().expect("metadata");
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn what_is_no_database_of_ours_is_refused_and_left_as_it_is() {
    let (_directory, path) = place();
    fs::write(&path, "Not a database, but a text that is long enough to be one. ".repeat(20))
        .expect("written");
    let before = fs::read(&path).expect("a file");
    assert_eq!(problem(&path), format!("{}: file is not a database", path.display()));
    assert_eq!(fs::read(&path).expect("a file"), before);
    fs::remove_file(&path).expect("removed");
    other_program(&path, "CREATE TABLE notes (note TEXT)");
    assert!(problem(&path).ends_with(
        ": it is not a BlueTrace database; move it away, or choose another data directory"
    ));
    fs::remove_file(&path).expect("removed");
    fs::create_dir(&path).expect("a directory");
    assert!(problem(&path).starts_with(path.to_str().expect("UTF-8")));
}

#[test]
fn newer_form_is_refused() {
    let (_directory, path) = place();
    drop(Database::open(&path).expect("a database"));
    other_program(&path, "PRAGMA user_version = 3");
    let expected = ": its schema has version 3, and this program knows none after 2; update it";
    assert!(problem(&path).ends_with(expected), "{}", problem(&path));
    let error = Archive::open(&path).expect_err("too new").to_string();
    assert!(error.ends_with(expected), "{error}");
}

#[test]
fn damage_is_told_at_the_start_or_where_it_is_met() {
    const PAGE: usize = 4096;
    let (_directory, path) = place();
    let mut database = Database::open(&path).expect("a database");
    let mut case = log_of_the_assignment();
    case.entries = case.entries.repeat(1_000);
    case.oddities.clear();
    take(&mut database, &case);
    drop(database);
    let whole = fs::read(&path).expect("a file");
    let damage = |from: usize, to: usize| {
        let mut bytes = whole.clone();
        bytes[from..to].fill(0xA5);
        fs::write(&path, bytes).expect("written");
    };
    // The schema, behind the header of the file.
    damage(100, PAGE);
    assert!(problem(&path).contains("malformed"), "{}", problem(&path));
    // All that is behind the roots of the tables.
    damage(16 * PAGE, whole.len());
    let mut database = Database::open(&path).expect("a database");
    let problem = database.apply([&taking(&case)]).and_then(|_| archive(&path).case(1));
    assert!(problem.expect_err("damaged").to_string().contains("malformed"));
}

#[test]
fn file_that_was_moved_replaced_or_locked_takes_nothing_until_that_is_over() {
    let (directory, path) = place();
    let elsewhere = directory.path().join("elsewhere");
    let mut database = Database::open(&path).expect("a database");
    database.connection.busy_timeout(Duration::ZERO).expect("set");
    let case = log_of_the_assignment();
    let add = |database: &mut Database| {
        database
            .apply([&taking(&case)])
            .map_err(|error| error.to_string())
            .err()
            .unwrap_or_default()
    };
    fs::rename(&path, &elsewhere).expect("moved");
    assert!(add(&mut database).starts_with("the file was moved or deleted"));
    fs::write(&path, "").expect("written");
    assert!(add(&mut database).starts_with("another file has taken its place"));
    fs::rename(&elsewhere, &path).expect("moved back");
    assert_eq!(add(&mut database), "");
    let mut other = Connection::open(&path).expect("a connection");
    let lock = other.transaction_with_behavior(TransactionBehavior::Immediate).expect("a lock");
    assert_eq!(add(&mut database), "database is locked");
    drop(lock);
    assert_eq!(add(&mut database), "");
    assert_eq!(archive(&path).summaries().expect("readable").len(), 2);
}

#[test]
fn file_that_was_cut_takes_nothing() {
    for name in [FILE_NAME, "authority.db-wal"] {
        let (directory, path) = place();
        let mut database = Database::open(&path).expect("a database");
        let case = log_of_the_assignment();
        take(&mut database, &case);
        fs::File::create(directory.path().join(name)).expect("cut");
        for _ in 0..2 {
            let problem = database.apply([&taking(&case)]).expect_err("it is cut").to_string();
            assert!(problem.contains("was cut by another program"), "{problem}");
        }
    }
}

#[test]
fn log_of_a_database_that_is_gone_is_not_thrown_away() {
    let (directory, path) = place();
    let elsewhere = directory.path().join("elsewhere");
    let mut database = Database::open(&path).expect("a database");
    take(&mut database, &log_of_the_assignment());
    fs::rename(&path, &elsewhere).expect("moved");
    drop(database);
    for _ in 0..2 {
        assert!(problem(&path).contains("authority.db-wal) holds cases; move the database back"));
        assert!(!path.exists());
    }
    assert!(Archive::open(&path).is_err());
    fs::rename(&elsewhere, &path).expect("moved back");
    drop(Database::open(&path).expect("a database"));
    assert_eq!(archive(&path).numbers().expect("readable"), [1]);
}

#[test]
fn value_that_is_none_of_ours_is_an_error_of_its_case() {
    let (_directory, path) = place();
    let mut database = Database::open(&path).expect("a database");
    (0..2).for_each(|_| take(&mut database, &log_of_the_assignment()));
    other_program(&path, "UPDATE entries SET temp_id = '12' WHERE case_number = 2");
    let archive = archive(&path);
    assert!(archive.case(1).is_ok_and(|case| case.is_some()));
    let problem = archive.case(2).expect_err("no TempID").to_string();
    assert!(problem.contains("a TempID is 20 decimal digits"), "{problem}");
    other_program(&path, "UPDATE entries SET marks = 'own fine' WHERE case_number = 1");
    let problem = archive.case(1).expect_err("no mark").to_string();
    assert!(problem.contains("there is no mark \"fine\""), "{problem}");
}

#[test]
fn notice_or_account_that_is_none_of_ours_is_an_error_at_the_start() {
    let (_directory, path) = place();
    take(&mut Database::open(&path).expect("a database"), &log_of_the_assignment());
    for (made, undone) in [
        (
            "INSERT INTO notices VALUES (-1, '+61410888888', 1, 0, 'text', 0, NULL)",
            "DELETE FROM notices",
        ),
        (
            "INSERT INTO notices VALUES (1, 'a name with blanks', 1, 0, 'text', 0, NULL)",
            "DELETE FROM notices",
        ),
        (
            "INSERT INTO accounts VALUES ('+61410888888', 'no hash', NULL, NULL)",
            "DELETE FROM accounts",
        ),
        ("INSERT INTO tokens VALUES (1, '+61410888888', x'00', 0)", "DELETE FROM tokens"),
    ] {
        other_program(&path, made);
        let database = Database::open(&path).expect("a database");
        assert!(database.remembered().is_err(), "{made}");
        other_program(&path, undone);
    }
    let database = Database::open(&path).expect("a database");
    assert_eq!(database.remembered().expect("readable"), Remembered::default());
}

prop_compose! {
    fn any_time()(seconds in Timestamp::MIN.unix_seconds()..=Timestamp::MAX.unix_seconds()) -> Timestamp {
        Timestamp::from_unix_seconds(seconds)
    }
}

prop_compose! {
    fn any_entry()(
        temp_id in 0..TempId::COUNT,
        times in [any_time(), any_time(), any_time(), any_time()],
        name in proptest::option::of("[+0-9a-z]{1,16}"),
        oddities in proptest::sample::subsequence(&Oddity::ALL[..], 0..=4),
    ) -> (TracedEntry, Vec<Oddity>) {
        let [start, expiry, issued_start, issued_expiry] = times;
        let temp_id = TempId::from_number(temp_id).expect("in range");
        let issued = name.map(|name| {
            Issued { user: user(&name), start: issued_start, expiry: issued_expiry }
        });
        (TracedEntry { record: ContactRecord { temp_id, start, expiry }, issued }, oddities)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn cases_come_back_as_they_were(
        uploaded_at in any_time(),
        entries in proptest::collection::vec(any_entry(), 0..20),
    ) {
        let mut case = ContactTrace { uploaded_at, ..log_of_the_assignment() };
        case.entries = entries.iter().map(|(entry, _)| *entry).collect();
        case.oddities = entries.iter().enumerate().flat_map(|(index, (_, oddities))| {
            oddities.iter().map(move |oddity| (index, *oddity))
        }).collect();
        let (_directory, path) = place();
        let mut database = Database::open(&path).expect("a database");
        take(&mut database, &case);
        prop_assert_eq!(archive(&path).case(1).expect("readable"), Some(case));
    }
}
