//! What the server answers and shows, as the assignment prints it.

mod support;

use support::data::{Data, EIGHT, NINE, SEVEN, SIX};
use support::phone::{Phone, frame};
use support::record::Record;
use support::reply::Reply;
use support::server::{Server, Setup};
use support::wait::unix_seconds;

const WRONG_PASSWORD: &str = "WRONGPASS Invalid Password. Please try again";

/// The contact log of the assignment; the times of its second entry are not those of the server.
fn contact_log_of_the_assignment() -> [Record; 2] {
    [
        Record::new("12345678901234567891", "13/05/2020 17:54:06", "13/05/2020 18:09:05"),
        Record::new("12345678901234567892", "13/05/2020 18:00:06", "13/05/2020 18:15:05"),
    ]
}

fn hello(version: i64) -> Vec<Reply> {
    vec![
        Reply::bulk("server"),
        Reply::bulk("bluetrace"),
        Reply::bulk("version"),
        Reply::bulk(env!("CARGO_PKG_VERSION")),
        Reply::bulk("mode"),
        Reply::bulk("standalone"),
        Reply::bulk("role"),
        Reply::bulk("master"),
        Reply::bulk("proto"),
        Reply::Integer(version),
        Reply::bulk("id"),
        Reply::Integer(1),
        Reply::bulk("modules"),
        Reply::Array(vec![]),
    ]
}

#[test]
fn two_users_download_and_log_out_are_shown() {
    let data = Data::sample();
    let server = Server::start(&data);
    let mut eight = Phone::logged_in(&server, EIGHT);
    let mut seven = Phone::logged_in(&server, SEVEN);
    let of_eight = eight.temp_id();
    assert_eq!(eight.ask("whatsthedate"), Reply::error("ERR unknown command 'whatsthedate'"));
    let of_seven = seven.temp_id();
    for phone in [&mut eight, &mut seven] {
        assert_eq!(phone.ask("QUIT"), Reply::ok());
        phone.assert_closed();
    }
    server.stdout.assert_exactly(&format!(
        "> user: +61410888888\n> TempID:\n{}\n> user: +61410777777\n> TempID:\n{}\n\
        > +61410888888 logout\n> +61410777777 logout\n",
        of_eight.temp_id, of_seven.temp_id
    ));
    let ended = server.stop();
    assert_eq!(ended.stdout.len(), 8, "nothing else is shown: {:?}", ended.stdout);
}

#[test]
fn uploaded_contact_log_of_the_assignment_names_both_contacts() {
    let data = Data::sample();
    let server = Server::start(&data);
    let mut phone = Phone::logged_in(&server, NINE);
    assert_eq!(phone.upload(&contact_log_of_the_assignment()), Reply::Integer(2));
    server.stdout.assert_exactly(
        "> received contact log from +61410999999\n\
        12345678901234567891,\n13/05/2020 17:54:06,\n13/05/2020 18:09:05;\n\
        12345678901234567892,\n13/05/2020 18:00:06,\n13/05/2020 18:15:05;\n\
        > Contact log checking\n\
        +61410888888,\n13/05/2020 17:54:06,\n12345678901234567891;\n\
        +61410777777,\n13/05/2020 18:00:06,\n12345678901234567892;\n",
    );
    server.stderr.wait_for("the entry whose times differ", |line| {
        line.ends_with("entries whose times differ from what was issued: 2 (1 of 2)")
    });
    assert!(!server.stderr.so_far().iter().any(|line| line.contains("entry 1")));
}

#[test]
fn uploaded_unknown_temp_ids_are_counted_and_not_quoted() {
    let data = Data::sample();
    let server = Server::start(&data);
    let mut phone = Phone::logged_in(&server, NINE);
    let [known, _] = contact_log_of_the_assignment();
    let unknown = Record::new("55555555555555555555", "13/05/2020 17:54:06", "13/05/2020 18:09:05");
    let log = [unknown.clone(), known.clone(), unknown.clone()];
    assert_eq!(phone.upload(&log), Reply::Integer(3));
    server.stdout.assert_exactly(&format!(
        "> received contact log from +61410999999\n{}{}{}> Contact log checking\n{}",
        unknown.shown(),
        known.shown(),
        unknown.shown(),
        known.shown_with(EIGHT.user)
    ));
    let line = server.stderr.wait_for_part("2 of 3");
    assert!(!line.contains("55555"), "{line}");
}

#[test]
fn uploaded_empty_contact_log_is_taken() {
    let data = Data::sample();
    let server = Server::start(&data);
    assert_eq!(Phone::logged_in(&server, NINE).upload(&[]), Reply::Integer(0));
    server
        .stdout
        .assert_exactly("> received contact log from +61410999999\n> Contact log checking");
}

#[test]
fn uploaded_wrong_record_refuses_the_whole_log() {
    let data = Data::sample();
    let server = Server::start(&data);
    let mut phone = Phone::logged_in(&server, NINE);
    let good = contact_log_of_the_assignment()[0].wire();
    let replaced = |at: usize, byte: u8| {
        let mut record = good.clone();
        record[at] = byte;
        record
    };
    for bad in [replaced(0, b'x'), replaced(22, b'-'), replaced(39, b'4'), vec![b'1'; 57]] {
        phone.send_bytes(&frame(&[b"UPLOAD", &[&good[..], &bad].concat()]));
        let reply = phone.reply();
        assert!(reply.is_error("ERR invalid contact record at 2"), "{reply:?}");
    }
    assert_eq!(phone.upload(&[]), Reply::Integer(0));
    server
        .stdout
        .assert_exactly("> received contact log from +61410999999\n> Contact log checking");
}

#[test]
fn downloaded_temp_id_is_valid_for_fifteen_minutes_and_in_the_file() {
    let data = Data::sample();
    let server = Server::start(&data);
    let earliest = unix_seconds();
    let record = Phone::logged_in(&server, EIGHT).temp_id();
    assert!((earliest..=unix_seconds()).contains(&record.start_seconds()), "{record} in UTC");
    assert_eq!(record.expiry_seconds() - record.start_seconds(), 14 * 60 + 59);
    let lines = data.temp_ids();
    assert_eq!(lines.len(), 4, "three were there");
    assert_eq!((lines[3].user.as_str(), &lines[3].record), (EIGHT.user, &record));
}

#[test]
fn downloaded_temp_ids_cover_windows_in_a_row() {
    let data = Data::sample();
    let server = Server::start(&data);
    let mut phone = Phone::logged_in(&server, EIGHT);
    let Reply::Bulk(bytes) = phone.ask("TEMPID 100") else { panic!("no TempIDs") };
    let records = Record::all_from_wire(&bytes);
    assert_eq!(records.len(), 100);
    for pair in records.windows(2) {
        assert_eq!(pair[0].expiry_seconds() + 1, pair[1].start_seconds());
    }
    let in_file: Vec<_> = data.temp_ids().into_iter().skip(3).map(|line| line.record).collect();
    assert_eq!(in_file, records);
    let shown: String = records.iter().map(|record| format!("{}\n", record.temp_id)).collect();
    server.stdout.assert_exactly(&format!("> user: {}\n> TempID:\n{shown}", EIGHT.user));
}

#[test]
fn server_with_a_lifetime_issues_temp_ids_for_it() {
    let data = Data::sample();
    let server = Setup::new(&data).arguments(&["--tempid-lifetime", "5"]).start();
    let record = Phone::logged_in(&server, EIGHT).temp_id();
    assert_eq!(record.expiry_seconds() - record.start_seconds(), 4, "both ends included");
}

#[test]
fn logged_in_wrong_counts_of_temp_ids_are_refused() {
    let data = Data::sample();
    let server = Server::start(&data);
    let mut phone = Phone::logged_in(&server, EIGHT);
    for count in ["0", "101", "-1", "x", "1.5", "99999999999999999999"] {
        let reply = phone.ask(&format!("TEMPID {count}"));
        assert!(reply.is_error("ERR "), "{count}: {reply:?}");
    }
    phone.ping();
    assert_eq!(data.temp_ids().len(), 3);
}

#[test]
fn logged_out_requests_need_a_login() {
    let data = Data::sample();
    let server = Server::start(&data);
    let mut phone = Phone::connect(&server);
    let refusal = Reply::error("NOAUTH Authentication required.");
    assert_eq!(phone.ask("TEMPID"), refusal);
    assert_eq!(phone.ask("TEMPID 7"), refusal);
    assert_eq!(phone.upload(&contact_log_of_the_assignment()), refusal);
    assert_eq!(phone.log_in(EIGHT), Reply::ok());
    phone.temp_id();
    assert_eq!(data.temp_ids().len(), 4, "the refused requests issued nothing");
}

#[test]
fn logged_out_tools_are_answered() {
    let data = Data::sample();
    let server = Server::start(&data);
    let mut phone = Phone::connect(&server);
    phone.ping();
    let is_harmless = |reply: &Reply| *reply == Reply::ok() || *reply == Reply::Array(vec![]);
    for request in [
        "COMMAND",
        "COMMAND DOCS",
        "COMMAND INFO AUTH",
        "CLIENT SETINFO LIB-NAME x",
        "CLIENT SETNAME x",
        "CONFIG GET save",
    ] {
        let reply = phone.ask(request);
        assert!(is_harmless(&reply), "{request}: {reply:?}");
    }
}

#[test]
fn statistics_are_told_to_users_only() {
    let data = Data::sample();
    let server = Server::start(&data);
    let mut phone = Phone::connect(&server);
    assert_eq!(phone.ask("INFO"), Reply::error("NOAUTH Authentication required."));
    let mut phone = Phone::logged_in(&server, EIGHT);
    phone.temp_id();
    let Reply::Bulk(text) = phone.ask("INFO") else { panic!("no bulk string") };
    let text = String::from_utf8(text).expect("ASCII");
    for line in [
        "loading:0",
        "role:master",
        "connected_clients:2",
        "total_connections_received:2",
        "users:4",
        "tempids:4",
        "commits:1",
        "refused_noauth:1",
    ] {
        assert!(text.lines().any(|told| told == line), "{line}: {text}");
    }
}

#[test]
fn reset_logs_out_and_the_time_to_log_in_begins() {
    let data = Data::sample();
    let server = Setup::new(&data).arguments(&["--login-timeout", "1"]).start();
    let mut phone = Phone::logged_in(&server, EIGHT);
    assert_eq!(phone.ask("RESET"), Reply::Simple("RESET".to_owned()));
    assert_eq!(phone.ask("TEMPID"), Reply::error("NOAUTH Authentication required."));
    phone.assert_closed();
    server.stdout.assert_exactly(&format!("> {} logout\n", EIGHT.user));
}

#[test]
fn logged_out_hello_tells_the_version() {
    let data = Data::sample();
    let server = Server::start(&data);
    let mut phone = Phone::connect(&server);
    assert_eq!(phone.ask("HELLO"), Reply::Array(hello(2)));
    assert_eq!(phone.ask("HELLO 2"), Reply::Array(hello(2)));
    assert_eq!(phone.ask("HELLO 3"), Reply::Map(hello(3)));
    assert_eq!(phone.ask("HELLO"), Reply::Map(hello(3)));
    for version in ["1", "4", "three"] {
        let reply = phone.ask(&format!("HELLO {version}"));
        assert!(reply.is_error("NOPROTO "), "{version}: {reply:?}");
    }
    assert_eq!(phone.ask("HELLO 2"), Reply::Array(hello(2)));
}

#[test]
fn logged_out_hello_with_a_password_logs_in() {
    let data = Data::sample();
    let server = Server::start(&data);
    let mut phone = Phone::connect(&server);
    assert_eq!(phone.ask("HELLO 3 AUTH +61410888888 wrong"), Reply::error(WRONG_PASSWORD));
    assert_eq!(phone.ask("TEMPID"), Reply::error("NOAUTH Authentication required."));
    assert_eq!(phone.ask("hello 3 auth +61410888888 comp3331 setname test"), Reply::Map(hello(3)));
    phone.temp_id();
}

#[test]
fn logged_in_second_login_is_refused() {
    let data = Data::sample();
    let server = Server::start(&data);
    let mut phone = Phone::logged_in(&server, EIGHT);
    assert_eq!(phone.log_in(SIX), Reply::error("ERR already logged in"));
    assert_eq!(phone.ask("AUTH +61410666666 wrong"), Reply::error("ERR already logged in"));
    phone.temp_id();
    assert_eq!(data.temp_ids()[3].user, EIGHT.user);
}

#[test]
fn logged_out_unknown_and_incomplete_requests_are_refused() {
    let data = Data::sample();
    let server = Server::start(&data);
    let mut phone = Phone::connect(&server);
    for (request, text) in [
        ("GET", "ERR unknown command 'GET'"),
        ("CONFIG SET x y", "ERR unknown command 'CONFIG SET'"),
        ("AUTH", "ERR wrong number of arguments for 'auth' command"),
        ("AUTH comp3331", "ERR wrong number of arguments for 'auth' command"),
        ("AUTH a b c", "ERR wrong number of arguments for 'auth' command"),
        ("TEMPID 1 2", "ERR wrong number of arguments for 'tempid' command"),
        ("UPLOAD", "ERR wrong number of arguments for 'upload' command"),
    ] {
        assert_eq!(phone.ask(request), Reply::error(text), "{request}");
    }
    phone.ping();
}

#[test]
fn logged_out_unknown_command_cannot_forge_a_reply() {
    let data = Data::sample();
    let server = Server::start(&data);
    let mut phone = Phone::connect(&server);
    phone.send_bytes(&frame(&[b"x\r\n+OK\r\n\x1b[2J\0\xff"]));
    let Reply::Error(text) = phone.reply() else { panic!("no error") };
    assert!(text.starts_with("ERR unknown command '"), "{text}");
    assert!(!text.contains(char::is_control), "{text:?}");
    phone.ping();
}

#[test]
fn logged_out_inline_commands_are_understood() {
    let data = Data::sample();
    let server = Server::start(&data);
    let mut phone = Phone::connect(&server);
    phone.send_bytes(b"PING\r\nping\n\r\n\n  auth\t+61410888888   comp3331 \r\nTEMPID\n");
    assert_eq!(phone.replies(3), [Reply::pong(), Reply::pong(), Reply::ok()]);
    let Reply::Bulk(record) = phone.reply() else { panic!("no TempID") };
    assert_eq!(Record::from_wire(&record), data.temp_ids()[3].record);
}

#[test]
fn logged_out_quit_closes_without_a_word_to_the_operator() {
    let data = Data::sample();
    let server = Server::start(&data);
    let mut phone = Phone::connect(&server);
    assert_eq!(phone.ask("quit"), Reply::ok());
    phone.assert_closed();
    assert_eq!(server.stop().stdout, [""; 0]);
}

#[test]
fn quitting_phone_gets_no_reply_to_what_it_sent_behind() {
    let data = Data::sample();
    let server = Server::start(&data);
    let mut phone = Phone::logged_in(&server, EIGHT);
    phone.send_bytes(b"PING\r\nQUIT\r\nPING\r\nTEMPID\r\n");
    assert_eq!(phone.rest(), b"+PONG\r\n+OK\r\n");
    assert_eq!(data.temp_ids().len(), 3);
}
