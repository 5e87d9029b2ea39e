//! Whoever was near somebody who is ill is told: at once if connected, else at the next login,
//! until the phone has acknowledged it; also if the server is killed meanwhile.

mod support;

use rusqlite::Connection;
use serde_json::Value;
use support::data::{Account, Data, EIGHT, NINE, SEVEN, SIX};
use support::operator::{problem, told_operator};
use support::phone::Phone;
use support::process::kills;
use support::record::Record;
use support::reply::Reply;
use support::server::{Server, Setup};

/// The day of the latest contact with user eight in [`log`].
const DAY: &str = "13/05/2020";

const TEXT: &str = "Please stay at home.";

/// A contact log that names user eight twice and user seven once.
fn log() -> [Record; 3] {
    [
        Record::new("12345678901234567891", "13/05/2020 17:54:06", "13/05/2020 18:09:05"),
        Record::new("12345678901234567892", "13/05/2020 18:00:06", "13/05/2020 18:15:05"),
        Record::new("12345678901234567891", "13/05/2020 17:54:06", "13/05/2020 18:09:05"),
    ]
}

fn notifying(data: &Data) -> Server {
    Setup::new(data).arguments(&["--notify", "--notice-text", TEXT]).start()
}

/// A phone that is told of notices.
fn listener(server: &Server, Account { user, password }: Account) -> Phone {
    let mut phone = Phone::connect(server);
    let reply = phone.ask(&format!("HELLO 3 AUTH {user} {password}"));
    assert!(matches!(reply, Reply::Map(_)), "{reply:?}");
    phone
}

fn push(number: i64, date: &str, text: &str) -> Reply {
    Reply::Push(vec![
        Reply::bulk("notice"),
        Reply::Integer(number),
        Reply::bulk(date),
        Reply::bulk(text),
    ])
}

fn notice(number: i64, date: &str, text: &str) -> Reply {
    Reply::Array(vec![Reply::Integer(number), Reply::bulk(date), Reply::bulk(text)])
}

#[test]
fn connected_phone_is_told_at_once_and_another_at_its_next_login() {
    let data = Data::sample();
    let server = notifying(&data);
    let mut eight = listener(&server, EIGHT);
    let mut nine = Phone::logged_in(&server, NINE);
    assert_eq!(nine.upload(&log()), Reply::Integer(3));
    // Numbers are in the order of the names.
    assert_eq!(eight.reply(), push(2, DAY, TEXT));
    let mut seven = listener(&server, SEVEN);
    assert_eq!(seven.reply(), push(1, "14/05/2020", TEXT));
    // Between replies, and never instead of one.
    assert_eq!(seven.ask("SEEN 1"), Reply::ok());
    assert_eq!(seven.ask("NOTICES"), Reply::Array(vec![]));
    seven.ping();
}

#[test]
fn notice_is_told_at_each_login_until_it_is_acknowledged() {
    let data = Data::sample();
    let server = notifying(&data);
    assert_eq!(Phone::logged_in(&server, NINE).upload(&log()), Reply::Integer(3));
    for _ in 0..2 {
        assert_eq!(listener(&server, EIGHT).reply(), push(2, DAY, TEXT));
    }
    // In version 2 nothing is pushed, and a phone asks.
    let mut phone = Phone::logged_in(&server, EIGHT);
    phone.ping();
    assert_eq!(phone.ask("NOTICES"), Reply::Array(vec![notice(2, DAY, TEXT)]));
    assert_eq!(phone.ask("SEEN 2"), Reply::ok());
    assert_eq!(phone.ask("NOTICES"), Reply::Array(vec![]));
    // Its reply may have been lost.
    assert_eq!(phone.ask("SEEN 2"), Reply::ok());
    listener(&server, EIGHT).ping();
}

#[test]
fn notices_of_others_and_numbers_that_are_none_are_refused() {
    let data = Data::sample();
    let server = notifying(&data);
    assert_eq!(Phone::logged_in(&server, NINE).upload(&log()), Reply::Integer(3));
    let mut seven = Phone::logged_in(&server, SEVEN);
    for request in ["SEEN 2", "SEEN 3"] {
        assert_eq!(seven.ask(request), Reply::error("ERR you have no notice of this number"));
    }
    for request in ["SEEN 0", "SEEN x", "SEEN -1"] {
        let expected = Reply::error("ERR expected the number of a notice, such as 1");
        assert_eq!(seven.ask(request), expected);
    }
    assert_eq!(seven.ask("NOTICES"), Reply::Array(vec![notice(1, "14/05/2020", TEXT)]));
    let mut nobody = Phone::connect(&server);
    for request in ["NOTICES", "SEEN 1"] {
        assert_eq!(nobody.ask(request), Reply::error("NOAUTH Authentication required."));
    }
}

#[test]
fn nobody_is_told_before_the_operator_says_so_and_each_once() {
    let data = Data::sample();
    let server = Server::start(&data);
    let mut eight = listener(&server, EIGHT);
    assert_eq!(Phone::logged_in(&server, NINE).upload(&log()), Reply::Integer(3));
    eight.ping();
    assert!(told_operator(&data, &["notify", "1"]).starts_with("case 1: 2 users to be told "));
    let Reply::Push(words) = eight.reply() else { panic!("no push") };
    assert_eq!(words[..3], [Reply::bulk("notice"), Reply::Integer(2), Reply::bulk(DAY)]);
    assert!(told_operator(&data, &["notify", "1"]).starts_with("case 1: 0 users to be told "));
    eight.ping();
    let expected = "server: there is no case of this number\n";
    assert_eq!(problem(&data, &["notify", "2"], 1), expected);
    let exported: Value =
        serde_json::from_str(&told_operator(&data, &["cases", "export", "--json"])).expect("JSON");
    assert!(exported[0]["entries"][0]["notified_at"].is_string());
    assert!(exported[0]["entries"][0]["seen_at"].is_null());
    assert_eq!(eight.ask("SEEN 2"), Reply::ok());
    let exported: Value =
        serde_json::from_str(&told_operator(&data, &["cases", "export", "--json"])).expect("JSON");
    assert!(exported[0]["entries"][0]["seen_at"].is_string());
    assert!(exported[0]["entries"][1]["seen_at"].is_null());
}

#[test]
fn many_notices_are_told_eight_at_a_time() {
    let data = Data::sample();
    let server = notifying(&data);
    let mut nine = Phone::logged_in(&server, NINE);
    for _ in 0..10 {
        assert_eq!(nine.upload(&log()[..1]), Reply::Integer(1));
    }
    let mut eight = listener(&server, EIGHT);
    for number in 1..=8 {
        assert_eq!(eight.reply(), push(number, DAY, TEXT));
    }
    eight.ping();
    for number in 1..=2 {
        assert_eq!(eight.ask(&format!("SEEN {number}")), Reply::ok());
        assert_eq!(eight.reply(), push(number + 8, DAY, TEXT));
    }
    assert_eq!(eight.ask("SEEN 3"), Reply::ok());
    eight.ping();
}

#[test]
fn acknowledged_notice_is_never_told_again_if_the_server_is_killed_at_that_moment() {
    let data = Data::sample();
    for kill in 0..kills(20) {
        let server = notifying(&data);
        let mut eight = listener(&server, EIGHT);
        // The notice of the last round was acknowledged, and those of killed uploads are not lost.
        assert_eq!(Phone::logged_in(&server, NINE).upload(&log()[..1]), Reply::Integer(1));
        let Reply::Push(words) = eight.reply() else { panic!("no push") };
        let Reply::Integer(number) = words[1] else { panic!("no number") };
        assert_eq!(number, kill as i64 + 1);
        assert_eq!(eight.ask(&format!("SEEN {number}")), Reply::ok());
        server.crash();
    }
    let server = notifying(&data);
    listener(&server, EIGHT).ping();
}

#[test]
fn notice_survives_a_kill_before_anybody_was_told() {
    let data = Data::sample();
    let server = notifying(&data);
    assert_eq!(Phone::logged_in(&server, NINE).upload(&log()), Reply::Integer(3));
    server.crash();
    let server = notifying(&data);
    assert_eq!(listener(&server, EIGHT).reply(), push(2, DAY, TEXT));
    assert_eq!(listener(&server, SEVEN).reply(), push(1, "14/05/2020", TEXT));
    listener(&server, SIX).ping();
}

#[test]
fn text_that_no_phone_takes_is_refused_at_the_start() {
    let data = Data::with_users();
    for text in ["", "a\u{7}", &"a".repeat(1001)] {
        let ended = Setup::new(&data).arguments(&["--notice-text", text]).run_to_the_end();
        assert_eq!(ended.status.code(), Some(2));
        let expected = "expected 1 to 1000 bytes without control characters";
        assert!(ended.stderr.concat().contains(expected), "{ended:?}");
    }
}

#[test]
fn database_of_the_version_before_gets_what_it_lacks_and_keeps_its_cases() {
    let data = Data::sample();
    let server = Server::start(&data);
    assert_eq!(Phone::logged_in(&server, NINE).upload(&log()), Reply::Integer(3));
    server.crash();
    // What the first version of the schema has not.
    let database = Connection::open(data.file("authority.db")).expect("a database");
    database
        .execute_batch(
            "DROP TABLE upload_codes; DROP TABLE notices; DROP TABLE accounts; DROP TABLE tokens;
             PRAGMA user_version = 1;",
        )
        .expect("done");
    drop(database);
    // Looking at it changes nothing, as an older server may be running.
    assert_eq!(told_operator(&data, &["cases"]).lines().count(), 2);
    assert_eq!(told_operator(&data, &["users"]).lines().count(), 5);
    let version = |path| {
        let database = Connection::open(path).expect("a database");
        database.pragma_query_value(None, "user_version", |row| row.get::<_, i32>(0))
    };
    assert_eq!(version(data.file("authority.db")), Ok(1));
    let server = notifying(&data);
    assert_eq!(version(data.file("authority.db")), Ok(2));
    assert!(told_operator(&data, &["notify", "1"]).starts_with("case 1: 2 users to be told "));
    assert_eq!(listener(&server, EIGHT).reply(), push(2, DAY, TEXT));
}
