//! Hashes in place of passwords: who gets in, who is blocked, and that nobody learns who is
//! registered.

mod support;

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::process::{Command, Output};

use support::data::{Data, EIGHT, NINE, SEVEN, SIX};
use support::libraries::ARGON2;
use support::phone::Phone;
use support::process::Signal;
use support::reply::Reply;
use support::server::{PROGRAM, Server, Setup};
use support::wait::Deadline;

const WRONG: &str = "WRONGPASS Invalid Password. Please try again";
const NOW_BLOCKED: &str =
    "NOWBLOCKED Invalid Password. Your account has been blocked. Please try again later";
const BLOCKED: &str =
    "BLOCKED Your account is blocked due to multiple login failures. Please try again later";
const BUSY: &str = "BUSYPASSWORDS too many logins at once, try again later";

/// Hashes the passwords of a directory.
fn hash(data: &Data) -> Output {
    let arguments = ["hash", "--data", data.path().to_str().expect("a path in UTF-8")];
    Command::new(PROGRAM).args(arguments).output().expect("the program runs")
}

#[track_caller]
fn assert_hashes(data: &Data, now: &str) {
    let output = hash(data);
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success() && stderr.is_empty(), "{stderr}");
    assert!(stdout.contains(now), "{stdout}");
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The users of the assignment, with the passwords of `hashed` of them as hashes, from the top.
fn mixture(hashed: usize) -> Data {
    let data = Data::with_users();
    let before = fs::read_to_string(data.file("credentials.txt")).expect("it is there");
    let lines: Vec<_> = before.lines().collect();
    data.write("credentials.txt", format!("{}\n", lines[..hashed].join("\n")));
    assert_hashes(&data, "hashed now");
    let after = fs::read_to_string(data.file("credentials.txt")).expect("it is there");
    data.write("credentials.txt", format!("{after}{}\n", lines[hashed..].join("\n")));
    data
}

fn fail(phone: &mut Phone, user: &str, expected: &str) {
    assert_eq!(phone.ask(&format!("AUTH {user} wrong")), Reply::error(expected));
}

/// How many passwords a server has hashed, as somebody sees who is logged in.
fn hashes(phone: &mut Phone) -> u64 {
    figure(phone, "hashes")
}

fn figure(phone: &mut Phone, name: &str) -> u64 {
    let Reply::Bulk(text) = phone.ask("INFO BlueTrace") else { panic!("no text") };
    let text = String::from_utf8(text).expect("ASCII");
    let value = |line: &str| line.strip_prefix(name)?.strip_prefix(':').map(str::to_owned);
    text.lines().find_map(value).expect("it is told").parse().expect("a number")
}

#[test]
fn everybody_of_a_mixture_logs_in_with_the_password_only() {
    let data = mixture(2);
    let server = Server::start(&data);
    for account in [SIX, SEVEN, EIGHT, NINE] {
        let mut phone = Phone::connect(&server);
        fail(&mut phone, account.user, WRONG);
        assert_eq!(phone.log_in(account), Reply::ok());
        phone.temp_id();
        let hello = format!("HELLO 2 AUTH {} {}", account.user, account.password);
        assert!(matches!(Phone::connect(&server).ask(&hello), Reply::Array(_)));
    }
}

#[test]
fn hash_in_the_file_is_no_password() {
    let data = mixture(4);
    let content = fs::read_to_string(data.file("credentials.txt")).expect("it is there");
    let server = Server::start(&data);
    for line in content.lines().filter(|line| !line.is_empty()) {
        assert!(!line.contains("kara1234") && line.contains("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_eq!(Phone::connect(&server).ask(&format!("AUTH {line}")), Reply::error(WRONG));
    }
}

#[test]
fn requests_behind_a_login_are_answered_after_it_in_their_order() {
    let data = mixture(4);
    let server = Server::start(&data);
    let mut phone = Phone::connect(&server);
    phone.send_bytes(b"PING\r\nAUTH +61410888888 wrong\r\nPING\r\n");
    phone.send_bytes(b"AUTH +61410888888 comp3331\r\nQUIT\r\n");
    let expected = [Reply::pong(), Reply::error(WRONG), Reply::pong(), Reply::ok(), Reply::ok()];
    assert_eq!(phone.replies(5), expected);
    phone.assert_closed();
}

#[test]
fn third_failure_blocks_whoever_has_a_hash_a_password_or_no_account() {
    let data = mixture(2);
    let server = Server::start(&data);
    for user in [SIX.user, NINE.user, "+61400000000"] {
        let mut phone = Phone::connect(&server);
        fail(&mut phone, user, WRONG);
        fail(&mut phone, user, WRONG);
        fail(&mut phone, user, NOW_BLOCKED);
        phone.assert_closed();
    }
    assert_eq!(Phone::connect(&server).log_in(SIX), Reply::error(BLOCKED));
    assert_eq!(Phone::connect(&server).log_in(NINE), Reply::error(BLOCKED));
    Phone::logged_in(&server, SEVEN);
}

#[test]
fn same_work_is_done_for_every_name_and_none_for_a_blocked_one() {
    let data = mixture(2);
    let server = Server::start(&data);
    let mut observer = Phone::logged_in(&server, SEVEN);
    let mut earlier = hashes(&mut observer);
    for user in [SIX.user, NINE.user, "+61400000000", "nobody"] {
        for (reply, more) in [(WRONG, 1), (WRONG, 1), (NOW_BLOCKED, 1), (BLOCKED, 0)] {
            fail(&mut Phone::connect(&server), user, reply);
            let now = hashes(&mut observer);
            assert_eq!(now, earlier + more, "{user}: {reply}");
            earlier = now;
        }
    }
}

#[test]
fn without_any_hash_nothing_is_hashed() {
    let data = Data::with_users();
    let server = Server::start(&data);
    fail(&mut Phone::connect(&server), SIX.user, WRONG);
    fail(&mut Phone::connect(&server), "+61400000000", WRONG);
    assert_eq!(hashes(&mut Phone::logged_in(&server, SEVEN)), 0);
}

#[test]
fn guesses_at_the_same_time_on_many_connections_are_worth_three() {
    let data = mixture(4);
    let server = Server::start(&data);
    let mut phones: Vec<_> = (0..12).map(|_| Phone::connect(&server)).collect();
    for phone in &mut phones {
        phone.send("AUTH +61410888888 wrong");
    }
    let mut told: Vec<_> = phones.iter_mut().map(Phone::reply).collect();
    told.sort_by_key(|reply| format!("{reply:?}"));
    let mut expected = vec![Reply::error(BLOCKED); 9];
    expected.extend([NOW_BLOCKED, WRONG, WRONG].map(Reply::error));
    assert_eq!(told, expected);
}

#[test]
fn right_password_at_the_same_time_on_many_connections_lets_all_in() {
    let data = mixture(4);
    let server = Server::start(&data);
    let mut phones: Vec<_> = (0..12).map(|_| Phone::connect(&server)).collect();
    for phone in &mut phones {
        phone.send("AUTH +61410888888 comp3331");
    }
    assert!(phones.iter_mut().map(Phone::reply).all(|reply| reply == Reply::ok()));
}

#[test]
fn others_are_served_while_logins_wait_and_an_address_has_its_turn_before_the_rest_of_another() {
    let data = mixture(4);
    let server = Server::start(&data);
    let mut served = Phone::logged_in(&server, SEVEN);
    let elsewhere = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
    let mut phones: Vec<_> = (0..400).map(|_| Phone::connect(&server)).collect();
    let mut late = Phone::connect_from(&server, elsewhere);
    server.while_frozen(|| {
        for (number, phone) in phones.iter_mut().enumerate() {
            phone.send(&format!("AUTH +614000{number:05} wrong"));
        }
    });
    let deadline = Deadline::new();
    while figure(&mut served, "refused_busypasswords") < 100 {
        deadline.check("a full queue");
    }
    assert_eq!(phones[399].reply(), Reply::error(BUSY));
    served.temp_id();
    assert_eq!(late.log_in(EIGHT), Reply::ok());
    // The rest of the first address is still being hashed, or was refused.
    let hashed = hashes(&mut served);
    assert!(hashed < 256, "{hashed} passwords were hashed before it");
}

#[test]
fn file_is_read_again_while_logins_wait_and_the_list_in_force_counts() {
    let data = mixture(4);
    let server = Server::start(&data);
    let mut stays = Phone::logged_in(&server, SEVEN);
    // The other users are gone, and the hash of one is another.
    let content = fs::read_to_string(data.file("credentials.txt")).expect("it is there");
    let line = content.lines().find(|line| line.starts_with(SEVEN.user)).expect("a user");
    data.write("credentials.txt", format!("{line}\n{} {}\n", EIGHT.user, "other"));
    server.signal(Signal::HUP);
    server.stderr.wait_for_part("credentials read again");
    assert_eq!(Phone::connect(&server).log_in(EIGHT), Reply::error(WRONG));
    assert_eq!(Phone::connect(&server).log_in(SIX), Reply::error(WRONG));
    assert_eq!(Phone::connect(&server).ask("AUTH +61410888888 other"), Reply::ok());
    stays.temp_id();
}

#[test]
fn hashed_file_takes_force_with_a_signal_and_the_same_passwords_get_in() {
    let data = Data::with_users();
    data.set_mode("credentials.txt", 0o644);
    let server = Server::start(&data);
    let mut phone = Phone::logged_in(&server, EIGHT);
    assert_hashes(&data, "4 passwords hashed now\nIts last line has no end: add one first. ");
    assert_eq!(data.mode("credentials.txt"), 0o600);
    phone.temp_id();
    // The last line of the sample has no end, and half a file may have none.
    let content = fs::read_to_string(data.file("credentials.txt")).expect("it is there");
    data.write("credentials.txt", format!("{content}\r\n"));
    server.signal(Signal::HUP);
    server.stderr.wait_for_part("credentials read again: 4 users; 1 session of others ended");
    phone.assert_closed();
    assert_eq!(hashes(&mut Phone::logged_in(&server, EIGHT)), 1);
    assert_hashes(&data, "0 passwords hashed now, 4 before");
}

#[test]
fn hash_of_the_reference_implementation_lets_in() {
    let what = "a hash of the reference implementation of Argon2";
    let Some(directory) = ARGON2.directory_for(what) else { return };
    const SCRIPT: &str = "import argon2; print(argon2.PasswordHasher().hash('comp3331'))";
    let output = Command::new(directory.join("bin/python")).args(["-c", SCRIPT]).output();
    let hash = text(&output.expect("Python runs").stdout);
    let data = Data::empty();
    data.write("credentials.txt", format!("+61410888888 {hash}"));
    let server = Server::start(&data);
    Phone::logged_in(&server, EIGHT).temp_id();
    fail(&mut Phone::connect(&server), EIGHT.user, WRONG);
    // And the other way round.
    let data = mixture(4);
    let content = fs::read_to_string(data.file("credentials.txt")).expect("it is there");
    let line = content.lines().find_map(|line| line.strip_prefix("+61410888888 "));
    let script = "import argon2, sys; argon2.PasswordHasher().verify(sys.argv[1], 'comp3331')";
    let arguments = ["-c", script, line.expect("a user")];
    let status = Command::new(directory.join("bin/python")).args(arguments).status();
    assert!(status.expect("Python runs").success());
}

#[test]
fn hash_that_cannot_be_checked_is_refused_with_its_place() {
    const GOOD: &str =
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    for (hash, problem) in [
        (GOOD.replace("argon2id", "argon2i"), "a hash of the kind \"argon2i\" cannot be checked"),
        ("$2b$12$secret".to_owned(), "a hash of the kind \"2b\" cannot be checked"),
        (GOOD.replace("m=65536", "m=4194304"), "m=4194304, which is more than 262144"),
        (GOOD.replace("v=19", "v=16"), "another version of Argon2"),
        ("bluetrace-token-secret".to_owned(), "begins with \"bluetrace-token-\""),
    ] {
        let data = Data::empty();
        data.write("credentials.txt", format!("+61410888888 x\n+61410777777 {hash}\n"));
        let ended = Setup::new(&data).run_to_the_end();
        let stderr = ended.stderr.join("\n");
        assert_eq!(ended.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains("credentials.txt:2: ") && stderr.contains(problem), "{stderr}");
        assert!(stderr.contains("; expected ") && !stderr.contains("secret"), "{stderr}");
        let output = self::hash(&data);
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stderr).contains(problem));
    }
}

#[test]
fn failures_and_blocks_are_told_with_their_address_once_and_without_a_name() {
    for data in [Data::with_users(), mixture(4)] {
        let server = Server::start(&data);
        for user in [EIGHT.user, SEVEN.user] {
            let mut phone = Phone::connect(&server);
            fail(&mut phone, user, WRONG);
            fail(&mut phone, user, WRONG);
            fail(&mut phone, user, NOW_BLOCKED);
        }
        let stderr = server.stop().stderr;
        let told: Vec<_> = stderr.iter().filter(|line| line.contains("login")).collect();
        let expected = [
            "127.0.0.1: a login failed",
            "127.0.0.1: a name is blocked, as logins under it failed three times",
        ];
        assert_eq!(told, expected);
        assert!(stderr.iter().all(|line| !line.contains("wrong") && !line.contains(EIGHT.user)));
    }
}
