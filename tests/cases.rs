//! An uploaded contact log is a case in `authority.db` before the phone is told that it was taken,
//! whatever happens then, and the operator can work through the cases.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::thread::JoinHandle;

use rusqlite::{Connection, TransactionBehavior};
use serde_json::Value;
use support::data::{Account, Data, EIGHT, NINE, SEVEN, SIX};
use support::operator::{self, told_operator};
use support::phone::{Phone, frame};
use support::process::kills;
use support::record::{Record, wire};
use support::reply::Reply;
use support::server::{PROGRAM, Server, Setup};
use support::small_disk::SmallDisk;
use support::wait::{Deadline, background};

const NOT_TAKEN: &str = "IOERR contact log not taken: ";

/// What `server cases` prints.
#[track_caller]
fn printed(data: &Data, arguments: &[&str]) -> String {
    told_operator(data, &[&["cases"], arguments].concat())
}

/// What `server cases` says is wrong.
#[track_caller]
fn problem(data: &Data, arguments: &[&str], code: i32) -> String {
    operator::problem(data, &[&["cases"], arguments].concat(), code)
}

/// The second sample log of the assignment, with a TempID that nobody has.
fn log() -> [Record; 3] {
    [
        Record::new("12345678901234567891", "13/05/2020 17:54:06", "13/05/2020 18:09:05"),
        Record::new("12345678901234567892", "13/05/2020 18:00:06", "13/05/2020 18:15:05"),
        Record::new("55555555555555555555", "13/05/2020 18:00:06", "13/05/2020 18:15:05"),
    ]
}

/// A log that differs from those of other numbers.
fn numbered_log(number: usize) -> [Record; 1] {
    [Record::new(&format!("{number:020}"), "13/05/2020 17:54:06", "13/05/2020 18:09:05")]
}

/// How often each numbered log is a case, by the name of the uploader and the number.
fn numbered_cases(data: &Data) -> BTreeMap<(String, usize), usize> {
    let exported: Value =
        serde_json::from_str(&printed(data, &["export", "--json"])).expect("JSON");
    let mut counts = BTreeMap::new();
    for case in exported.as_array().expect("an array") {
        let uploader = case["uploader"].as_str().expect("a name").to_owned();
        let temp_id = case["entries"][0]["temp_id"].as_str().expect("a TempID");
        *counts.entry((uploader, temp_id.parse().expect("a number"))).or_default() += 1;
    }
    counts
}

#[test]
fn case_is_listed_shown_and_exported_while_the_server_runs_and_after() {
    let data = Data::sample();
    let server = Server::start(&data);
    assert_eq!(data.mode("authority.db"), 0o600);
    let columns = "case  uploader  uploaded at (UTC)  entries  contacts  odd  unknown\n";
    assert_eq!(printed(&data, &[]), columns);
    assert_eq!(printed(&data, &["export", "--json"]), "[]\n");
    assert_eq!(Phone::logged_in(&server, NINE).upload(&log()), Reply::Integer(3));
    let check = || {
        let list = printed(&data, &["list"]);
        let row: Vec<&str> = list.lines().nth(1).expect("a row").split_whitespace().collect();
        assert_eq!((row[0], row[1], &row[4..]), ("1", NINE.user, &["3", "2", "1", "1"][..]));
        let shown = printed(&data, &["show", "1"]);
        let expected = [
            "1      +61410888888  13/05/2020 17:54:06  13/05/2020 18:09:05  12345678901234567891  -",
            "2      +61410777777  14/05/2020 17:45:06  14/05/2020 18:00:05  12345678901234567892  -        times_differ",
            "3      -             13/05/2020 18:00:06  13/05/2020 18:15:05  55555555555555555555  -        unknown",
        ];
        assert_eq!(shown.lines().skip(2).collect::<Vec<_>>(), expected);
        let csv = printed(&data, &["export", "--csv"]);
        let mut rows = csv::Reader::from_reader(csv.as_bytes());
        let contacts = rows.records().map(|row| row.expect("a row")[4].to_owned());
        assert_eq!(contacts.collect::<Vec<_>>(), [EIGHT.user, SEVEN.user, ""]);
        let json: Value =
            serde_json::from_str(&printed(&data, &["export", "--json"])).expect("JSON");
        assert_eq!(json[0]["entries"][1]["issued_start"], "2020-05-14T17:45:06Z");
    };
    check();
    server.stop();
    check();
    let names = fs::read_dir(data.path())
        .expect("a directory")
        .map(|file| file.expect("a file").file_name().into_string().expect("UTF-8"));
    assert_eq!(names.filter(|name| name.starts_with("authority")).count(), 1, "closed in order");
}

#[test]
fn questions_that_cannot_be_answered_say_why() {
    let data = Data::sample();
    let path = data.argument("authority.db");
    let missing = problem(&data, &["list"], 1);
    assert!(missing.starts_with(&format!("server: {path}: No such file")), "{missing}");
    let _server = Server::start(&data);
    let expected = format!("server: {path}: there is no case 3; there are none yet\n");
    assert_eq!(problem(&data, &["show", "3"], 1), expected);
    for wrong in
        [&["show"][..], &["show", "x"], &["export"], &["export", "--csv", "--json"], &["lst"]]
    {
        let told = problem(&data, wrong, 2);
        assert!(told.contains("Usage: server cases"), "{wrong:?}: {told}");
    }
}

/// Phones that upload one numbered log after the other, until the server is gone. They give the
/// numbers that were answered.
fn uploaders(server: &Server, accounts: &[Account]) -> Vec<JoinHandle<Vec<(String, usize)>>> {
    let uploader = |account: &Account| {
        let (mut phone, account) = (Phone::logged_in(server, *account), *account);
        background(move || {
            let mut told = Vec::new();
            for number in 0.. {
                let upload = frame(&[b"UPLOAD", &wire(&numbered_log(number))]);
                // A TempID in the same tick for every second one.
                let temp_id = if number % 2 == 0 { frame(&[b"TEMPID"]) } else { Vec::new() };
                if phone.try_send_bytes(&[&upload[..], &temp_id].concat()).is_err() {
                    break;
                }
                match phone.try_reply() {
                    Ok(Reply::Integer(1)) => told.push((account.user.to_owned(), number)),
                    Ok(reply) => panic!("not taken: {reply:?}"),
                    Err(_) => break,
                }
                if number % 2 == 0 && phone.try_reply().is_err() {
                    break;
                }
            }
            told
        })
    };
    accounts.iter().map(uploader).collect()
}

/// How often the server is usually killed.
const KILLS: usize = 10;

#[test]
fn killed_server_has_each_log_that_was_answered_exactly_once() {
    let (kills, mut all) = (kills(KILLS), 0);
    for round in 0..kills {
        let data = Data::with_users();
        let server = Server::start(&data);
        let phones = uploaders(&server, &[SIX, SEVEN, EIGHT, NINE]);
        let deadline = Deadline::new();
        // At another moment of the stream of replies each time.
        while numbered_cases(&data).len() < 1 + 7 * (round % KILLS) {
            deadline.check("uploads");
        }
        server.crash();
        let told: Vec<_> =
            phones.into_iter().flat_map(|phone| phone.join().expect("served")).collect();
        let _server = Server::start(&data);
        let stored = numbered_cases(&data);
        for upload in &told {
            assert_eq!(stored.get(upload), Some(&1), "{upload:?} was answered");
        }
        assert!(stored.values().all(|count| *count == 1), "{stored:?}");
        all += told.len();
    }
    assert!(all >= kills, "only {all} uploads were answered");
}

#[test]
fn stopping_server_answers_the_uploads_that_it_has() {
    let data = Data::with_users();
    let server = Server::start(&data);
    let mut phones = [SIX, SEVEN, EIGHT, NINE].map(|account| Phone::logged_in(&server, account));
    server.while_frozen(|| {
        for (number, phone) in phones.iter_mut().enumerate() {
            phone.send_bytes(&frame(&[b"UPLOAD", &wire(&numbered_log(number))]));
        }
        server.signal(support::process::Signal::TERM);
    });
    for phone in &mut phones {
        assert_eq!(phone.reply(), Reply::Integer(1));
        phone.assert_closed();
    }
    drop(phones);
    assert_eq!(server.wait().status.code(), Some(0));
    assert_eq!(numbered_cases(&data).len(), 4);
}

#[test]
fn database_that_is_locked_delays_uploads_and_nobody_else() {
    let data = Data::with_users();
    let server = Server::start(&data);
    let mut connection = Connection::open(data.file("authority.db")).expect("a database");
    let lock =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).expect("a lock");
    let mut uploading = Phone::logged_in(&server, NINE);
    uploading.send_bytes(&frame(&[b"UPLOAD", &wire(&numbered_log(1))]));
    let mut other = Phone::logged_in(&server, EIGHT);
    (0..10).for_each(|_| drop(other.temp_id()));
    assert!(!uploading.has_reply(), "it is still locked");
    let mut next = Phone::logged_in(&server, SEVEN);
    next.send_bytes(&frame(&[b"UPLOAD", &wire(&numbered_log(1))]));
    let reply = uploading.reply();
    assert!(reply.is_error(NOT_TAKEN), "{reply:?}");
    server.stderr.wait_for_part("authority.db: database is locked; no contact log is taken and");
    let reply = next.reply();
    assert!(reply.is_error(NOT_TAKEN), "{reply:?}");
    // A reader waits for nobody.
    assert_eq!(numbered_cases(&data).len(), 0);
    drop(lock);
    assert_eq!(uploading.upload(&numbered_log(2)), Reply::Integer(1));
    server.stderr.wait_for_part("authority.db: recording again");
    assert!(numbered_cases(&data).keys().all(|(_, number)| *number == 2));
}

#[test]
fn database_that_was_moved_away_takes_nothing_that_a_restart_would_not_find() {
    let data = Data::with_users();
    let server = Server::start(&data);
    let mut phone = Phone::logged_in(&server, NINE);
    assert_eq!(phone.upload(&numbered_log(1)), Reply::Integer(1));
    fs::rename(data.file("authority.db"), data.file("away.db")).expect("moved");
    let reply = phone.upload(&numbered_log(2));
    assert!(reply.is_error(NOT_TAKEN), "{reply:?}");
    server.stderr.wait_for_part("authority.db: the file was moved or deleted; move it back");
    phone.temp_id();
    fs::rename(data.file("away.db"), data.file("authority.db")).expect("moved");
    assert_eq!(phone.upload(&numbered_log(3)), Reply::Integer(1));
    fs::rename(data.file("authority.db"), data.file("away.db")).expect("moved");
    drop(phone);
    server.stop();
    // The latest case is only in the log beside the file.
    let refused = Setup::new(&data).run_to_the_end();
    assert!(refused.stderr[0].contains("move the database back"), "{refused:?}");
    assert!(problem(&data, &["list"], 1).contains("move the database back"));
    fs::rename(data.file("away.db"), data.file("authority.db")).expect("moved");
    let _server = Server::start(&data);
    let stored: Vec<usize> = numbered_cases(&data).into_keys().map(|(_, number)| number).collect();
    assert_eq!(stored, [1, 3]);
}

#[test]
fn log_of_the_database_that_was_removed_takes_nothing_and_an_orderly_end_saves_what_it_held() {
    let data = Data::with_users();
    let server = Server::start(&data);
    let mut phone = Phone::logged_in(&server, NINE);
    assert_eq!(phone.upload(&numbered_log(1)), Reply::Integer(1));
    fs::remove_file(data.file("authority.db-wal")).expect("removed");
    let reply = phone.upload(&numbered_log(2));
    assert!(reply.is_error(NOT_TAKEN), "{reply:?}");
    server.stderr.wait_for_part("(authority.db-wal) was moved or deleted; move it back, or end");
    drop(phone);
    server.stop();
    let _server = Server::start(&data);
    assert_eq!(numbered_cases(&data).len(), 1);
}

#[test]
fn full_disk_refuses_contact_logs_until_there_is_room() {
    let data = Data::with_users();
    let Some(disk) = SmallDisk::start(&data) else { return };
    let mut phone = Phone::logged_in(&disk.server, NINE);
    assert_eq!(phone.upload(&numbered_log(1)), Reply::Integer(1));
    disk.fill();
    let reply = phone.upload(&vec![numbered_log(2)[0].clone(); 5_000]);
    assert!(reply.is_error(NOT_TAKEN), "{reply:?}");
    disk.server.stderr.wait_for_part("authority.db: ");
    disk.make_space();
    assert_eq!(phone.upload(&numbered_log(3)), Reply::Integer(1));
    disk.server.stderr.wait_for_part("authority.db: recording again");
}

#[test]
fn database_that_cannot_be_used_ends_the_start_with_the_reason() {
    let newer = |path: &str| {
        let connection = Connection::open(path).expect("a database");
        let pragmas = "PRAGMA application_id = 0x42547263; PRAGMA user_version = 9";
        connection.execute_batch(pragmas).expect("set");
    };
    let foreign = |path: &str| {
        let connection = Connection::open(path).expect("a database");
        connection.execute_batch("CREATE TABLE notes (note TEXT)").expect("made");
    };
    let no_database = |path: &str| fs::write(path, "notes".repeat(1_000)).expect("written");
    let directory = |path: &str| fs::create_dir(path).expect("made");
    for (reason, make) in [
        (
            "its schema has version 9, and this program knows none after 2; update it",
            &newer as &dyn Fn(&str),
        ),
        ("it is not a BlueTrace database; move it away", &foreign),
        ("file is not a database", &no_database),
        ("Is a directory", &directory),
    ] {
        let data = Data::with_users();
        let path = data.argument("authority.db");
        make(&path);
        let ended = Setup::new(&data).run_to_the_end();
        assert_eq!(ended.status.code(), Some(1), "{ended:?}");
        let [line] = &ended.stderr[..] else { panic!("one line: {ended:?}") };
        assert!(line.starts_with(&format!("server: {path}: {reason}")), "{line}");
    }
}

#[test]
fn output_that_cannot_be_written_is_named() {
    let data = Data::with_users();
    let _server = Server::start(&data);
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("a device");
    let mut command = Command::new(PROGRAM);
    command.args(["cases", "--data"]).arg(data.path()).stdout(full);
    let output = command.output().expect("the program runs");
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.starts_with("server: standard output: No space left on device"), "{told}");
}

#[test]
fn reader_who_closes_the_output_has_seen_enough() {
    let data = Data::with_users();
    let server = Server::start(&data);
    let mut phone = Phone::logged_in(&server, NINE);
    for _ in 0..3 {
        let log = vec![numbered_log(1)[0].clone(); 10_000];
        assert_eq!(phone.upload(&log), Reply::Integer(10_000));
    }
    let script = "\"$0\" cases export --csv --data \"$1\" | head -n 1";
    let mut command = Command::new("sh");
    let output = command.args(["-c", script, PROGRAM]).arg(data.path()).output().expect("it runs");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    assert!(output.stdout.starts_with(b"case,uploader,"), "{output:?}");
}
