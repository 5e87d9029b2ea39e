//! Others move, replace, cut or write to `tempIDs.txt` while the server runs: it says so, tells
//! nobody a TempID that a restart would not know, and goes on when the file is as it was.

mod support;

use std::fs::{self, File, OpenOptions};
use std::io::Write;

use support::data::{Data, EIGHT, NINE};
use support::phone::Phone;
use support::record::Record;
use support::reply::Reply;
use support::server::Server;

const NOT_RECORDED: &str = "IOERR TempID not recorded: ";
const PROBLEM: &str = "no TempID is issued until it can be recorded";

/// Does harm to the file, mends it, and checks what the server says to that, and what a restart
/// knows.
#[track_caller]
fn assert_noticed(part: &str, harm: impl FnOnce(&Data), mend: impl FnOnce(&Data)) {
    let data = Data::sample();
    let server = Server::start(&data);
    let mut phone = Phone::logged_in(&server, EIGHT);
    let mut told = vec![phone.temp_id()];
    harm(&data);
    for _ in 0..3 {
        assert_refused(phone.ask("TEMPID"), part);
    }
    let line = server.stderr.wait_for_part(PROBLEM);
    assert!(line.contains("tempIDs.txt: ") && line.contains(part), "{line}");
    mend(&data);
    told.push(phone.temp_id());
    server.stderr.wait_for_part("tempIDs.txt: recording again");
    let complaints = server.stderr.so_far().iter().filter(|line| line.contains(PROBLEM)).count();
    assert_eq!(complaints, 1, "told once");
    server.stop();
    assert_known_to_a_restart(&data, &told);
}

#[track_caller]
fn assert_refused(reply: Reply, part: &str) {
    assert!(reply.is_error(NOT_RECORDED), "{reply:?}");
    assert!(matches!(&reply, Reply::Error(text) if text.contains(part)), "{reply:?}");
}

#[track_caller]
fn assert_known_to_a_restart(data: &Data, told: &[Record]) {
    let server = Server::start(data);
    server.stderr.wait_for_part(&format!("{} TempIDs", 3 + told.len()));
    Phone::logged_in(&server, NINE).upload(told);
    let traced: String = told.iter().map(|record| record.shown_with(EIGHT.user)).collect();
    let shown: String = told.iter().map(Record::shown).collect();
    let user = NINE.user;
    server.stdout.assert_exactly(&format!(
        "> received contact log from {user}\n{shown}> Contact log checking\n{traced}"
    ));
}

#[test]
fn moved_file_is_noticed() {
    let rename = |data: &Data, from, to| {
        fs::rename(data.file(from), data.file(to)).expect("renamed");
    };
    assert_noticed(
        "moved or deleted",
        |data| rename(data, "tempIDs.txt", "tempIDs.txt.1"),
        |data| rename(data, "tempIDs.txt.1", "tempIDs.txt"),
    );
}

#[test]
fn replaced_file_is_noticed() {
    assert_noticed(
        "another file",
        |data| {
            fs::rename(data.file("tempIDs.txt"), data.file("original")).expect("renamed");
            fs::copy(data.file("original"), data.file("tempIDs.txt")).expect("copied");
        },
        |data| fs::rename(data.file("original"), data.file("tempIDs.txt")).expect("renamed"),
    );
}

#[test]
fn emptied_file_is_noticed() {
    assert_noticed(
        "0 bytes instead of ",
        |data| {
            fs::copy(data.file("tempIDs.txt"), data.file("copy")).expect("copied");
            File::create(data.file("tempIDs.txt")).expect("emptied");
        },
        // In place: a copy of another inode would be another file.
        |data| {
            fs::copy(data.file("copy"), data.file("tempIDs.txt")).expect("copied");
        },
    );
}

#[test]
fn half_line_of_somebody_else_is_noticed_and_stays_as_it_is() {
    let cut_to = std::cell::Cell::new(0);
    assert_noticed(
        "somebody else wrote to it",
        |data| {
            cut_to.set(fs::metadata(data.file("tempIDs.txt")).expect("it is there").len());
            let mut file =
                OpenOptions::new().append(true).open(data.file("tempIDs.txt")).expect("there");
            file.write_all(b"+614108").expect("written");
        },
        |data| {
            let content = fs::read(data.file("tempIDs.txt")).expect("it is there");
            assert!(content.ends_with(b"\n+614108"), "nothing is glued to it or cut off");
            let file =
                OpenOptions::new().write(true).open(data.file("tempIDs.txt")).expect("there");
            file.set_len(cut_to.get()).expect("cut");
        },
    );
}
