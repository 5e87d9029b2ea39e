//! `--retention`: TempIDs that are older leave memory and `tempIDs.txt`, while the server serves,
//! and whatever happens meanwhile, the file is whole.

mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use support::data::{Data, EIGHT, NINE, SEVEN};
use support::phone::Phone;
use support::process::Signal;
use support::record::{Record, seconds_text};
use support::reply::Reply;
use support::server::{Server, Setup};
use support::wait::{Deadline, let_pass, unix_seconds};

const DAY: i64 = 24 * 60 * 60;

/// Lines that are old, each with a number.
const OLD_LINES: usize = 20_000;

fn setup(data: &Data) -> Setup {
    Setup::new(data).arguments(&["--retention", "1"])
}

/// A TempID that expires this many seconds from now, or did so before now.
fn record(number: usize, expires_in: i64) -> Record {
    let expiry = unix_seconds() + expires_in;
    Record::new(&format!("{number:020}"), &seconds_text(expiry - 899), &seconds_text(expiry))
}

fn line(user: &str, record: &Record) -> String {
    format!("{user} {} {} {}\n", record.temp_id, record.start, record.expiry)
}

/// Uploads records, and returns the diagnostics about them once one has this part.
#[track_caller]
fn upload(server: &Server, records: &[Record], part: &str) {
    let reply = Phone::logged_in(server, NINE).upload(records);
    assert_eq!(reply, Reply::Integer(records.len() as i64));
    server.stderr.wait_for_part(part);
}

#[test]
fn old_temp_ids_leave_the_file_at_the_start_and_name_nobody() {
    let (old, new) = (record(1, -2 * DAY), record(2, -DAY / 2));
    let data = Data::with_temp_ids(line(EIGHT.user, &old) + &line(SEVEN.user, &new));
    data.set_mode("tempIDs.txt", 0o600);
    let server = setup(&data).start();
    server.stderr.wait_for_part("4 users, 1 TempID");
    server.stderr.wait_for_part("tempIDs.txt: replaced without 1 TempID older than the retention");
    assert_eq!((data.temp_ids().len(), data.mode("tempIDs.txt")), (1, 0o600));
    let told = Phone::logged_in(&server, EIGHT).temp_id();
    upload(&server, &[old, new.clone()], "entries older than TempIDs are kept: 1 (1 of 2)");
    let named = new.shown_with(SEVEN.user);
    server.stdout.wait_for("the name", |text| text == named.lines().next().expect("a name"));
    server.stop();
    let left: Vec<Record> = data.temp_ids().into_iter().map(|line| line.record).collect();
    assert_eq!(left, [new, told]);
}

#[test]
fn temp_id_that_becomes_old_leaves_on_sighup_and_nothing_else_does() {
    let (soon, new) = (record(1, -DAY + 4), record(2, -DAY / 2));
    let data = Data::with_temp_ids(line(EIGHT.user, &soon) + &line(SEVEN.user, &new));
    let server = setup(&data).start();
    server.stderr.wait_for_part("4 users, 2 TempIDs");
    let deadline = Deadline::new();
    // It leaves as soon as it is old, and the server looks when it is told to.
    while data.temp_id_count() > 1 {
        server.signal(Signal::HUP);
        deadline.check("the old TempID to leave");
        let_pass(Duration::from_millis(200));
    }
    server.stderr.wait_for_part("replaced without 1 TempID");
    assert_eq!(data.temp_ids()[0].record, new);
    upload(&server, &[soon], "entries older than TempIDs are kept: 1 (1 of 1)");
    server.stop();
}

#[test]
fn without_retention_everything_stays() {
    let data = Data::with_temp_ids(line(EIGHT.user, &record(1, -20_000 * DAY)));
    let server = Server::start(&data);
    server.stderr.wait_for_part("4 users, 1 TempID");
    server.stop();
    assert_eq!(data.temp_ids().len(), 1);
}

#[test]
fn file_of_old_temp_ids_only_stays_as_after_a_jump_of_the_clock() {
    let data = Data::with_temp_ids(line(EIGHT.user, &record(1, -20_000 * DAY)));
    let server = setup(&data).start();
    let part =
        "tempIDs.txt: old TempIDs not removed: every TempID in it is older; is the clock right?";
    server.stderr.wait_for_part(part);
    let told = Phone::logged_in(&server, EIGHT).temp_id();
    server.stop();
    assert_eq!(data.temp_ids().len(), 2);
    assert_eq!(data.temp_ids()[1].record, told);
}

/// Kills the server at some moment of the replacement, again and again, while phones ask for
/// TempIDs. Whatever was told is in the file, and so is everything that is not old.
#[test]
fn killed_server_leaves_a_whole_file_with_all_that_was_told() {
    let new: Vec<Record> = (0..100).map(|number| record(number, -DAY / 2)).collect();
    let mut content = String::new();
    for number in 0..OLD_LINES {
        content += &line(EIGHT.user, &record(1_000_000 + number, -3 * DAY));
        if let Some(new) = new.get(number) {
            content += &line(SEVEN.user, new);
        }
    }
    let data = Data::with_users();
    let mut told: BTreeSet<Record> = new.into_iter().collect();
    let mut replaced = 0;
    for round in 0..12 {
        let kept = told.iter().map(|record| line(EIGHT.user, record)).collect::<String>();
        data.write("tempIDs.txt", content.clone() + &kept);
        let server = setup(&data).start();
        let mut phone = Phone::logged_in(&server, EIGHT);
        for _ in 0..round * 3 {
            told.insert(phone.temp_id());
        }
        server.crash();
        let left = data.temp_ids_after_crash();
        let records: BTreeSet<Record> = left.iter().map(|line| line.record.clone()).collect();
        assert!(told.is_subset(&records), "round {round}: something that was told is lost");
        replaced += usize::from(left.len() < OLD_LINES);
    }
    // The next start finds what the last crash left beside the file, and removes it.
    let server = setup(&data).start();
    let deadline = Deadline::new();
    while data.temp_id_count() >= OLD_LINES || data.file("tempIDs.txt.new").exists() {
        deadline.check("the replacement");
        let_pass(Duration::from_millis(20));
    }
    let asked = Phone::logged_in(&server, EIGHT).temp_id();
    server.stop();
    let left: BTreeSet<Record> = data.temp_ids().into_iter().map(|line| line.record).collect();
    told.insert(asked);
    assert_eq!(left, told);
    eprintln!("replaced before the kill in {replaced} of 12 rounds");
}

/// Phones ask without a pause while the file is replaced, so that some TempIDs are appended to the
/// old file, some copied, and some appended to the new one.
#[test]
fn temp_ids_that_are_issued_during_the_replacement_are_kept() {
    let mut content = String::new();
    for number in 0..OLD_LINES {
        content += &line(EIGHT.user, &record(1_000_000 + number, -3 * DAY));
    }
    let new = record(1, -DAY / 2);
    let data = Data::with_temp_ids(content + &line(SEVEN.user, &new));
    let server = setup(&data).start();
    let mut phone = Phone::logged_in(&server, EIGHT);
    let mut told = BTreeSet::from([new]);
    let deadline = Deadline::new();
    while !server.stderr.so_far().iter().any(|line| line.contains("replaced without 20000")) {
        deadline.check("the replacement");
        told.insert(phone.temp_id());
    }
    for _ in 0..10 {
        told.insert(phone.temp_id());
    }
    server.crash();
    let left: BTreeSet<Record> = data.temp_ids().into_iter().map(|line| line.record).collect();
    assert_eq!(left, told);
}
