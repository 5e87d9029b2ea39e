//! What the operator asks of the running server, over its Unix socket: codes for uploads,
//! revocations, the list of users.

mod support;

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::process::Command;

use rusqlite::Connection;
use support::data::{Data, EIGHT, NINE, SEVEN};
use support::operator::{problem, told_operator};
use support::phone::{Phone, frame};
use support::process::kills;
use support::record::{Record, wire};
use support::reply::Reply;
use support::server::{Server, Setup};
use support::tools::has_redis_tools;
use support::wait::PATIENCE;

const NO_CODE: &str = "NOCODE no valid upload code: ask your health authority for one, which is valid \
    once and for a day";

fn log() -> Record {
    Record::new("12345678901234567891", "13/05/2020 17:54:06", "13/05/2020 18:09:05")
}

fn asking_for_codes(data: &Data) -> Server {
    Setup::new(data).arguments(&["--upload-codes"]).start()
}

/// A code that the operator makes for a user.
#[track_caller]
fn code(data: &Data, user: &str) -> String {
    let told = told_operator(data, &["code", user]);
    let (code, rest) = told.split_once(' ').expect("a code and more");
    assert!(rest.starts_with(&format!("allows {user} one upload until ")), "{told}");
    assert!(code.len() == 8 && code.bytes().all(|byte| byte.is_ascii_digit()), "{told}");
    code.to_owned()
}

/// Uploads a log of so many entries with a code.
#[track_caller]
fn upload(phone: &mut Phone, entries: usize, code: &str) -> Reply {
    phone.send_bytes(&frame(&[b"UPLOAD", &wire(&vec![log(); entries]), code.as_bytes()]));
    phone.reply()
}

/// A code that is not `code`.
fn another(code: &str) -> String {
    let number: u32 = code.parse().expect("digits");
    format!("{:08}", (number + 1) % 100_000_000)
}

#[test]
fn upload_needs_the_code_of_its_user_which_is_valid_once() {
    let data = Data::sample();
    let server = asking_for_codes(&data);
    let mut nine = Phone::logged_in(&server, NINE);
    assert_eq!(nine.upload(&[log()]), Reply::error(NO_CODE));
    let code_of_nine = code(&data, NINE.user);
    let wrong = another(&code_of_nine);
    for given in [&wrong, "1234567", "x", ""] {
        assert_eq!(upload(&mut nine, 1, given), Reply::error(NO_CODE), "{given:?}");
    }
    let mut eight = Phone::logged_in(&server, EIGHT);
    assert_eq!(upload(&mut eight, 1, &code_of_nine), Reply::error(NO_CODE));
    assert_eq!(upload(&mut nine, 1, &code_of_nine), Reply::Integer(1));
    // By another connection: on this one, it might be the next part of a long log.
    let mut again = Phone::logged_in(&server, NINE);
    assert_eq!(upload(&mut again, 1, &code_of_nine), Reply::error(NO_CODE));
    let list = told_operator(&data, &["cases"]);
    assert_eq!(list.lines().count(), 2, "{list}");
}

#[test]
fn long_log_is_uploaded_in_four_parts_with_one_code() {
    let data = Data::sample();
    let server = asking_for_codes(&data);
    let mut phone = Phone::logged_in(&server, NINE);
    let code = code(&data, NINE.user);
    for _ in 0..4 {
        assert_eq!(upload(&mut phone, 2, &code), Reply::Integer(2));
        phone.ping();
    }
    assert_eq!(upload(&mut phone, 2, &code), Reply::error(NO_CODE));
}

#[test]
fn new_code_replaces_the_old_one_and_ten_wrong_ones_end_it() {
    let data = Data::sample();
    let server = asking_for_codes(&data);
    let mut phone = Phone::logged_in(&server, NINE);
    let (old, new) = (code(&data, NINE.user), code(&data, NINE.user));
    if old != new {
        assert_eq!(upload(&mut phone, 1, &old), Reply::error(NO_CODE));
    }
    for _ in 0..10 {
        assert_eq!(upload(&mut phone, 1, &another(&new)), Reply::error(NO_CODE));
    }
    assert_eq!(upload(&mut phone, 1, &new), Reply::error(NO_CODE));
    let newest = code(&data, NINE.user);
    assert_eq!(upload(&mut phone, 1, &newest), Reply::Integer(1));
}

#[test]
fn code_expires() {
    let data = Data::sample();
    let server = asking_for_codes(&data);
    let mut phone = Phone::logged_in(&server, NINE);
    let code = code(&data, NINE.user);
    // A day passes.
    let database = Connection::open(data.file("authority.db")).expect("a database");
    database.execute("UPDATE upload_codes SET expiry = expiry - 86401", []).expect("done");
    assert_eq!(upload(&mut phone, 1, &code), Reply::error(NO_CODE));
}

#[test]
fn no_code_works_twice_if_the_server_is_killed_when_it_has_answered() {
    let data = Data::sample();
    for kill in 0..kills(20) {
        let server = asking_for_codes(&data);
        let mut phone = Phone::logged_in(&server, NINE);
        let code = code(&data, NINE.user);
        assert_eq!(upload(&mut phone, 1, &code), Reply::Integer(1));
        server.crash();
        let server = asking_for_codes(&data);
        let mut phone = Phone::logged_in(&server, NINE);
        assert_eq!(upload(&mut phone, 1, &code), Reply::error(NO_CODE));
        assert_eq!(told_operator(&data, &["cases"]).lines().count(), kill + 2);
    }
}

#[test]
fn revoked_user_is_out_at_once_and_after_a_restart_until_restored() {
    let data = Data::sample();
    let server = Server::start(&data);
    let mut phone = Phone::logged_in(&server, NINE);
    let Reply::Bulk(token) = phone.ask("TOKEN") else { panic!("no token") };
    let token = String::from_utf8(token).expect("UTF-8");
    let told = told_operator(&data, &["revoke", NINE.user]);
    assert_eq!(told, format!("{} is logged out, and may not log in\n", NINE.user));
    phone.assert_closed();
    server.crash();
    let server = Server::start(&data);
    for secret in [NINE.password, &token] {
        let reply = Phone::connect(&server).ask(&format!("AUTH {} {secret}", NINE.user));
        assert!(reply.is_error("WRONGPASS "), "{reply:?}");
    }
    let users = told_operator(&data, &["users"]);
    assert!(users.contains("+61410999999  credentials.txt  revoked       0"), "{users}");
    let again = problem(&data, &["revoke", NINE.user], 1);
    assert_eq!(again, "server: there is no user of this name\n");
    told_operator(&data, &["restore", NINE.user]);
    Phone::logged_in(&server, NINE).ping();
    let reply = Phone::connect(&server).ask(&format!("AUTH {} {token}", NINE.user));
    assert!(reply.is_error("WRONGPASS "), "{reply:?}");
    let open = problem(&data, &["restore", NINE.user], 1);
    assert_eq!(open, "server: no account of this name is revoked\n");
}

#[test]
fn users_are_listed_while_the_server_runs_and_after() {
    let data = Data::sample();
    let server = Server::start(&data);
    assert!(matches!(Phone::logged_in(&server, SEVEN).ask("TOKEN"), Reply::Bulk(_)));
    let expected = "\
        user          account          state  tokens\n\
        +61410666666  credentials.txt  open        0\n\
        +61410777777  credentials.txt  open        1\n\
        +61410888888  credentials.txt  open        0\n\
        +61410999999  credentials.txt  open        0\n";
    assert_eq!(told_operator(&data, &["users"]), expected);
    server.stop();
    assert_eq!(told_operator(&data, &["users"]), expected);
}

#[test]
fn socket_is_there_for_its_owner_as_long_as_the_server() {
    let data = Data::sample();
    let path = data.file("operator.sock");
    let no_server =
        format!("server: {}: no server runs in this directory\n", data.path().display());
    assert_eq!(problem(&data, &["code", NINE.user], 1), no_server);
    let server = Server::start(&data);
    let metadata = fs::metadata(&path).expect("a socket");
    assert!(metadata.file_type().is_socket());
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    server.crash();
    assert_eq!(problem(&data, &["code", NINE.user], 1), no_server);
    // What the crash left is in nobody's way.
    let server = Server::start(&data);
    code(&data, NINE.user);
    server.stop();
    assert!(!path.exists());
}

#[test]
fn directory_with_a_long_name_has_a_socket_as_well() {
    let data = Data::empty();
    let long = data.file(&"long".repeat(50));
    fs::create_dir(&long).expect("a directory");
    fs::write(long.join("credentials.txt"), "ann secret\n").expect("written");
    let directory = long.to_str().expect("UTF-8");
    let arguments = ["0", "60", "--bind", "127.0.0.1", "--data", directory];
    let _server = Setup::program(support::server::PROGRAM).arguments(&arguments).start();
    let mut command = Command::new(support::server::PROGRAM);
    let output = command.args(["code", "ann", "--data", directory]).output().expect("it runs");
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn wrong_arguments_are_told_with_what_was_expected() {
    let data = Data::sample();
    let _server = Server::start(&data);
    for (arguments, expected) in [
        (&["code", "a b"][..], "no blanks"),
        (&["notify", "0"], "expected a case from 1 to 4294967295"),
        (&["notify"], "required"),
    ] {
        let text = problem(&data, arguments, 2);
        assert!(text.contains("Usage: server ") || text.contains(expected), "{text}");
    }
    let nobody = problem(&data, &["code", "+61400000000"], 1);
    assert_eq!(nobody, "server: there is no user of this name\n");
}

#[test]
fn operators_are_eight_at_a_time_and_phones_do_not_keep_them_out() {
    let data = Data::sample();
    let server = Setup::new(&data).arguments(&["--max-connections", "1"]).start();
    let mut phone = Phone::logged_in(&server, NINE);
    let path = data.file("operator.sock");
    let connect = || UnixStream::connect(&path).expect("a connection");
    let mut idle: Vec<UnixStream> = (0..8).map(|_| connect()).collect();
    // The ninth is accepted when another one leaves.
    let mut ninth = connect();
    ninth.write_all(b"PING\r\n").expect("the socket takes it");
    for stream in &mut idle {
        stream.write_all(b"PING\r\n").expect("the socket takes it");
        stream.read_exact(&mut [0; 7]).expect("an answer");
    }
    phone.ping();
    ninth.set_nonblocking(true).expect("an option of every socket");
    let early = ninth.read(&mut [0; 7]).expect_err("no answer yet");
    assert_eq!(early.kind(), ErrorKind::WouldBlock);
    ninth.set_nonblocking(false).expect("an option of every socket");
    ninth.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    idle.pop();
    let mut answer = [0; 7];
    ninth.read_exact(&mut answer).expect("an answer");
    assert_eq!(&answer, b"+PONG\r\n");
    assert!(Phone::connect(&server).reply().is_error("BUSY "));
    phone.ping();
}

#[test]
fn redis_cli_is_an_operator_too() {
    if !has_redis_tools("redis-cli as the operator") {
        return;
    }
    let data = Data::sample();
    let _server = asking_for_codes(&data);
    let path = data.file("operator.sock");
    let ask = |words: &[&str]| {
        let mut command = Command::new("redis-cli");
        let output = command.arg("-s").arg(&path).args(words).output().expect("it runs");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let answer = ask(&["CODE", NINE.user]);
    let lines: Vec<&str> = answer.lines().collect();
    assert!(matches!(lines[..], [code, _until] if code.len() == 8), "{answer}");
    assert_eq!(ask(&["PING"]), "PONG\n");
    assert!(ask(&["INFO"]).contains("connections"), "{}", ask(&["INFO"]));
    assert_eq!(ask(&["TEMPID"]), "NOAUTH Authentication required.\n\n");
    assert_eq!(ask(&["NOTIFY", "7"]), "ERR there is no case of this number\n\n");
}
