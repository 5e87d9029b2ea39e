//! Accounts beyond `credentials.txt`: people register, log in with tokens and leave; also if the
//! server is killed meanwhile.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use support::data::{Data, EIGHT, NINE};
use support::operator::told_operator;
use support::phone::Phone;
use support::process::kills;
use support::record::Record;
use support::reply::Reply;
use support::server::{Server, Setup};
use support::wait::Deadline;

const NUMBER: &str = "+61400000001";
const PASSWORD: &str = "chosen-by-me";
const WRONG_CODE: &str =
    "WRONGCODE wrong code; ask for another one if yours is older than 10 minutes";

fn registering(data: &Data) -> Server {
    Setup::new(data).arguments(&["--registration"]).start()
}

/// Asks for a code, and reads the message on the console, which says whether there is an account.
#[track_caller]
fn message(server: &Server, number: &str) -> (String, bool) {
    let earlier = server.stdout.so_far().len();
    assert_eq!(Phone::connect(server).ask(&format!("REGISTER {number}")), Reply::ok());
    let begin = format!("> SMS to {number}: BlueTrace code: ");
    let deadline = Deadline::new();
    loop {
        let lines = server.stdout.so_far();
        if let Some(line) = lines.iter().skip(earlier).find(|line| line.starts_with(&begin)) {
            let code = line[begin.len()..][..6].to_owned();
            return (code, line.contains("There is an account"));
        }
        deadline.check("a message");
        Phone::connect(server).ping();
    }
}

/// Another code of six digits.
fn another(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().expect("digits") + 1) % 1_000_000)
}

#[track_caller]
fn register(server: &Server, number: &str, password: &str) -> Phone {
    let (code, _) = message(server, number);
    let mut phone = Phone::connect(server);
    assert_eq!(phone.ask(&format!("CONFIRM {number} {code} {password}")), Reply::ok());
    phone
}

#[track_caller]
fn log_in(server: &Server, user: &str, secret: &str) -> Reply {
    Phone::connect(server).ask(&format!("AUTH {user} {secret}"))
}

#[track_caller]
fn token(phone: &mut Phone) -> String {
    let Reply::Bulk(token) = phone.ask("TOKEN") else { panic!("no token") };
    String::from_utf8(token).expect("UTF-8")
}

#[test]
fn whoever_has_the_code_is_logged_in_and_comes_back_with_the_password() {
    let data = Data::with_users();
    let server = registering(&data);
    let (code, has_account) = message(&server, NUMBER);
    assert!(!has_account);
    let mut phone = Phone::connect(&server);
    let wrong = format!("CONFIRM {NUMBER} {} {PASSWORD}", another(&code));
    assert_eq!(phone.ask(&wrong), Reply::error(WRONG_CODE));
    assert_eq!(phone.ask(&format!("CONFIRM {NUMBER} {code} {PASSWORD}")), Reply::ok());
    phone.temp_id();
    // The code was used.
    let mut again = Phone::connect(&server);
    let used = again.ask(&format!("CONFIRM {NUMBER} {code} another-password"));
    assert_eq!(used, Reply::error(WRONG_CODE));
    server.crash();
    let server = Server::start(&data);
    assert_eq!(log_in(&server, NUMBER, PASSWORD), Reply::ok());
    assert!(log_in(&server, NUMBER, "another-password").is_error("WRONGPASS "));
    assert!(told_operator(&data, &["users"]).contains("+61400000001  registered       open"));
}

#[test]
fn user_of_the_file_gets_the_new_password_and_other_sessions_end() {
    let data = Data::with_users();
    let server = registering(&data);
    let mut old = Phone::logged_in(&server, NINE);
    let old_token = token(&mut old);
    let (code, has_account) = message(&server, NINE.user);
    assert!(has_account);
    let mut phone = Phone::connect(&server);
    assert_eq!(phone.ask(&format!("CONFIRM {} {code} {PASSWORD}", NINE.user)), Reply::ok());
    old.assert_closed();
    phone.ping();
    for secret in [NINE.password, &old_token] {
        assert!(log_in(&server, NINE.user, secret).is_error("WRONGPASS "), "{secret}");
    }
    assert_eq!(log_in(&server, NINE.user, PASSWORD), Reply::ok());
}

#[test]
fn requests_that_register_nobody_say_why() {
    let data = Data::with_users();
    let server = registering(&data);
    let mut phone = Phone::connect(&server);
    let no_number = "ERR expected an international phone number, such as +61410888888";
    for number in ["ann", "61400000001", "+123", "+1234567890123456", "--help"] {
        assert_eq!(phone.ask(&format!("REGISTER {number}")), Reply::error(no_number), "{number}");
    }
    let unfit = "ERR expected a password of 8 to 512 bytes, without control characters";
    let (code, _) = message(&server, NUMBER);
    for password in ["seven77", "bluetrace-token-0123", "with\ttab..."] {
        let reply = phone.ask(&format!("CONFIRM {NUMBER} {code} {password}"));
        assert_eq!(reply, Reply::error(unfit), "{password}");
    }
    let other = Server::start(&Data::with_users());
    let nobody = "ERR this server registers nobody; ask your health authority for an account";
    let mut phone = Phone::connect(&other);
    assert_eq!(phone.ask(&format!("REGISTER {NUMBER}")), Reply::error(nobody));
    let confirm = format!("CONFIRM {NUMBER} 123456 {PASSWORD}");
    assert_eq!(phone.ask(&confirm), Reply::error(nobody));
}

#[test]
fn fourth_code_within_an_hour_is_not_sent_and_answered_alike() {
    let data = Data::with_users();
    let server = registering(&data);
    let codes: Vec<String> = (0..3).map(|_| message(&server, NUMBER).0).collect();
    assert_eq!(Phone::connect(&server).ask(&format!("REGISTER {NUMBER}")), Reply::ok());
    let mut phone = Phone::connect(&server);
    assert_eq!(phone.ask(&format!("CONFIRM {NUMBER} {} {PASSWORD}", codes[2])), Reply::ok());
    let sent = server.stdout.so_far().iter().filter(|line| line.contains("SMS to")).count();
    assert_eq!(sent, 3);
}

#[test]
fn command_gets_number_and_text_and_its_failure_is_told() {
    let data = Data::with_users();
    let (command, sent) = (data.file("sms"), data.file("sent"));
    let script = |end: &str| {
        format!("#!/bin/sh\nprintf '%s|%s\\n' \"$1\" \"$2\" >> {}\n{end}\n", sent.display())
    };
    fs::write(&command, script("exit 0")).expect("written");
    fs::set_permissions(&command, fs::Permissions::from_mode(0o700)).expect("our own file");
    let path = command.to_str().expect("UTF-8");
    let server = Setup::new(&data).arguments(&["--registration", "--sms", path]).start();
    assert_eq!(Phone::connect(&server).ask(&format!("REGISTER {NUMBER}")), Reply::ok());
    let deadline = Deadline::new();
    let text = loop {
        match fs::read_to_string(&sent) {
            Ok(text) if text.ends_with('\n') => break text,
            _ => deadline.check("a message"),
        }
    };
    let begin = format!("{NUMBER}|BlueTrace code: ");
    let code = &text.strip_prefix(&begin).expect("number and text")[..6];
    let mut phone = Phone::connect(&server);
    assert_eq!(phone.ask(&format!("CONFIRM {NUMBER} {code} {PASSWORD}")), Reply::ok());
    assert!(!server.stdout.so_far().iter().any(|line| line.contains(code)), "it is a secret");
    fs::write(&command, script("exit 3")).expect("written");
    assert_eq!(Phone::connect(&server).ask("REGISTER +61400000002"), Reply::ok());
    server.stderr.wait_for_part(&format!("{path}: message not sent, exit status: 3"));
    // It ends when it is told to, unlike the thread that runs it.
    fs::write(&command, script("kill -TERM $$")).expect("written");
    assert_eq!(Phone::connect(&server).ask("REGISTER +61400000003"), Reply::ok());
    server.stderr.wait_for_part(&format!("{path}: message not sent, signal: 15 (SIGTERM)"));
}

#[test]
fn token_logs_in_after_a_restart_and_ends_with_the_password() {
    let data = Data::with_users();
    let server = Server::start(&data);
    let token = token(&mut Phone::logged_in(&server, NINE));
    assert!(token.starts_with("bluetrace-token-") && token.len() == 16 + 64, "{token}");
    server.crash();
    let server = Server::start(&data);
    assert_eq!(log_in(&server, NINE.user, &token), Reply::ok());
    // It is a secret of one user, and is no use to whoever reads the database.
    assert!(log_in(&server, EIGHT.user, &token).is_error("WRONGPASS "));
    let database = fs::read(data.file("authority.db")).expect("a file");
    let log = fs::read(data.file("authority.db-wal")).unwrap_or_default();
    let digits = &token.as_bytes()[16..];
    assert!(![database, log].concat().windows(64).any(|window| window == digits));
    server.stop();
    let credentials = fs::read_to_string(data.file("credentials.txt")).expect("a file");
    data.write("credentials.txt", credentials.replace(NINE.password, "another-password"));
    let server = Server::start(&data);
    assert!(log_in(&server, NINE.user, &token).is_error("WRONGPASS "));
}

#[test]
fn ninth_token_ends_the_first_and_wrong_tokens_block_like_wrong_passwords() {
    let data = Data::with_users();
    let server = Server::start(&data);
    let mut phone = Phone::logged_in(&server, NINE);
    let tokens: Vec<String> = (0..9).map(|_| token(&mut phone)).collect();
    for token in &tokens[1..] {
        assert_eq!(log_in(&server, NINE.user, token), Reply::ok());
    }
    for code in ["WRONGPASS ", "WRONGPASS ", "NOWBLOCKED ", "BLOCKED "] {
        assert!(log_in(&server, NINE.user, &tokens[0]).is_error(code), "{code}");
    }
    assert!(log_in(&server, NINE.user, &tokens[1]).is_error("BLOCKED "));
}

#[test]
fn whoever_leaves_is_out_and_named_by_nobody_until_registered_again() {
    let data = Data::with_users();
    let server = registering(&data);
    let mut phone = Phone::logged_in(&server, NINE);
    let Reply::Bulk(batch) = phone.ask("TEMPID 3") else { panic!("no TempIDs") };
    let batch = Record::all_from_wire(&batch);
    let token = token(&mut phone);
    let mut other = Phone::logged_in(&server, NINE);
    assert_eq!(phone.ask("FORGET"), Reply::ok());
    phone.assert_closed();
    other.assert_closed();
    server.crash();
    let server = registering(&data);
    for secret in [NINE.password, &token] {
        assert!(log_in(&server, NINE.user, secret).is_error("WRONGPASS "), "{secret}");
    }
    // Also those of the batch whose windows have not begun.
    assert_eq!(Phone::logged_in(&server, EIGHT).upload(&batch), Reply::Integer(3));
    server.stderr.wait_for_part("entries with a TempID that was never issued here: 3 of 3");
    assert!(told_operator(&data, &["users"]).contains("+61410999999  credentials.txt  has left"));
    let (_, has_account) = message(&server, NINE.user);
    assert!(!has_account);
    register(&server, NINE.user, PASSWORD).ping();
    assert_eq!(log_in(&server, NINE.user, PASSWORD), Reply::ok());
    assert!(log_in(&server, NINE.user, NINE.password).is_error("WRONGPASS "));
}

#[test]
fn no_registration_is_lost_if_the_server_is_killed_when_it_has_answered() {
    let data = Data::with_users();
    for kill in 0..kills(10) {
        let server = registering(&data);
        let number = format!("+6140001{kill:04}");
        drop(register(&server, &number, PASSWORD));
        server.crash();
        assert_eq!(log_in(&Server::start(&data), &number, PASSWORD), Reply::ok());
    }
}
