//! The program `storm` as its user sees it: options, scripts, exit codes, the table, credentials.

mod support;

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr};

use socket2::{Domain, Socket, Type};
use support::client::server_again;
use support::data::{Data, EIGHT};
use support::phone::Phone;
use support::server::{Server, Setup as ServerSetup};
use support::storm::{Outcome, Setup, USERS, storm_on, storm_server};

/// An address at which nobody listens, for as long as the socket is held.
fn nobody() -> (Socket, SocketAddr) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    socket.bind(&any_port.into()).expect("a free port");
    let address = socket.local_addr().expect("bound").as_socket().expect("of IPv4");
    (socket, address)
}

#[test]
fn storm_without_trouble_ends_with_0_and_the_counts() {
    let (_data, server) = storm_server();
    let outcome = storm_on(&server, "--phones 50 --script tempid");
    outcome.assert_all_done(50);
    let stdout = &outcome.ended.stdout;
    assert!(stdout[0].starts_with("50 sessions done, 0 failed in "), "{stdout:#?}");
    assert!(stdout[0].ends_with(" at once; 50 TempIDs"), "{stdout:#?}");
    assert_eq!(stdout[1], "          50 done    tempid");
    for row in ["latency", "login", "request", "session"] {
        assert!(stdout.iter().any(|line| line.starts_with(row)), "{row}: {stdout:#?}");
    }
    assert_eq!(outcome.ended.stderr, [""; 0], "no bar where there is no terminal");
}

#[test]
fn every_script_is_played_to_its_end() {
    let (_data, server) = storm_server();
    for script in [
        "login",
        "tempid",
        "upload",
        "request",
        "idle",
        "wrong-password",
        "vanish",
        "slow",
        "silent",
        "unread",
        "garbage",
        "tempid:3,upload:1",
        "mixed",
    ] {
        let options = format!("--phones 40 --script {script} --hold 0.1 --byte-interval 1");
        // The users of wrong-password are blocked from then on, and at last some of mixed.
        let users = if script == "wrong-password" { "18..20" } else { "18" };
        let setup = Setup::new(server.address, &format!("--users {users} {options}"));
        setup.run().assert_all_done(40);
    }
}

#[test]
fn wrong_credentials_end_with_1_and_a_reason() {
    let (data, server) = storm_server();
    data.write("wrong.txt", "+61400000000 storm-00000000\n+61400000001 wrong\n");
    let options = format!("--credentials {} --phones 4", data.argument("wrong.txt"));
    let outcome = Setup::new(server.address, &options).run();
    outcome.assert_failed(2, 2, "right password refused (WRONGPASS)");
    assert_eq!(outcome.count("breaches"), 0);
}

#[test]
fn full_server_ends_with_1_and_a_reason() {
    let data = Data::with_users();
    let server = ServerSetup::new(&data).arguments(&["--max-connections", "1"]).start();
    let _phone = Phone::logged_in(&server, EIGHT);
    for script in ["tempid", "silent", "garbage"] {
        let options = format!("--phones 5 --concurrency 1 --script {script}");
        storm_on(&server, &options).assert_failed(0, 5, "server full (BUSY)");
    }
}

#[test]
fn server_that_restarts_ends_with_1_and_reasons() {
    let (data, server) = storm_server();
    let (address, mut witness) = (server.address, Phone::logged_in(&server, EIGHT));
    // A server that is started again at once is missed only by phones that stay.
    let scripts = "--script tempid:1,idle:1 --hold 1 --seed 1";
    let options = format!("--users {USERS} --rate 400 --arrivals even --duration 2 {scripts}");
    let storm = Setup::new(address, &options).start();
    witness.ping_until("TempIDs", || data.temp_id_count() > 20);
    server.crash();
    let before = data.temp_id_count();
    let _server = server_again(address, &data);
    let outcome = storm.wait();
    assert_eq!(outcome.code(), Some(1));
    let reasons = outcome.reasons();
    let is_known = |reason: &str| {
        reason.starts_with("connection lost ")
            || reason.starts_with("no connection: Connection refused")
    };
    assert!(reasons.keys().all(|reason| is_known(reason)), "{reasons:#?}");
    let is_staying = |reason: &&str| reason.starts_with("connection lost while it stayed: ");
    assert!(reasons.keys().any(is_staying), "{reasons:#?}");
    assert!(outcome.count("temp_ids") as usize > before, "it goes on when the server is back");
    assert_eq!(outcome.count("breaches"), 0);
}

#[test]
fn nonsense_ends_with_2_and_the_usage() {
    for arguments in [
        "",
        "127.0.0.1 --users 5",
        "localhost 7000 --users 5",
        "127.0.0.1 0 --users 5",
        "127.0.0.1 7000",
        "127.0.0.1 7000 --users 5 --credentials credentials.txt",
        "127.0.0.1 7000 --users 0",
        "127.0.0.1 7000 --users 5..5",
        "127.0.0.1 7000 --users many",
        "127.0.0.1 7000 --users 5 --script nap",
        "127.0.0.1 7000 --users 5 --script tempid:0",
        "127.0.0.1 7000 --users 5 --rate 0",
        "127.0.0.1 7000 --users 5 --arrivals even",
        "127.0.0.1 7000 --users 5 --phones 0",
        "127.0.0.1 7000 --users 5 --script request --request=",
        "127.0.0.1 7000 --users 5 --duration 0",
        "127.0.0.1 7000 --users 5 --hold 1e19",
        "127.0.0.1 7000 --users 5 --timeout -1",
        "127.0.0.1 7000 --users 5 --leave never",
        "127.0.0.1 7000 --users 5 --fast",
        "credentials",
        "credentials --users 0",
    ] {
        let arguments: Vec<_> = arguments.split_whitespace().collect();
        let outcome = Setup::with_arguments(&arguments).run();
        assert_eq!(outcome.code(), Some(2), "{arguments:?}: {outcome:#?}");
        let stderr = &outcome.ended.stderr;
        assert!(stderr.iter().any(|line| line.starts_with("Usage: storm")), "{stderr:#?}");
        assert_eq!(outcome.ended.stdout, [""; 0]);
    }
}

/// Who is to log in can be said in two ways, and both are named.
#[test]
fn users_missing_both_options_are_named() {
    let outcome = Setup::with_arguments(&["127.0.0.1", "7000"]).run();
    let said = outcome.ended.stderr.join("\n");
    assert!(said.contains("--credentials <FILE>|--users <N|A..B>"), "{said}");
}

#[test]
fn wrong_numbers_are_told_what_was_expected() {
    for (arguments, expected) in [
        ("localhost 7000 --users 5", "expected an IP address"),
        ("127.0.0.1 70000 --users 5", "expected a port from 1 to 65535"),
        ("127.0.0.1 7000 --users x", "expected a number of users from 1"),
        ("127.0.0.1 7000 --users 5 --phones 99999999999999999999", "expected phones from 1 to"),
        ("127.0.0.1 7000 --users 5 --concurrency 0", "expected phones at a time from 1 to"),
        ("127.0.0.1 7000 --users 5 --records x", "expected contact records from 1 to 1000000"),
        ("127.0.0.1 7000 --users 5 --seed x", "expected a seed from 0 to"),
    ] {
        let arguments: Vec<_> = arguments.split_whitespace().collect();
        let outcome = Setup::with_arguments(&arguments).run();
        assert_eq!(outcome.code(), Some(2), "{outcome:#?}");
        let said = outcome.ended.stderr.join("\n");
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn help_and_version_are_answered_with_0() {
    for (option, word) in [("--help", "--script <SCRIPT>"), ("--version", "storm ")] {
        let outcome = Setup::with_arguments(&[option]).run();
        assert_eq!(outcome.code(), Some(0));
        assert!(outcome.ended.stdout.iter().any(|line| line.contains(word)), "{outcome:#?}");
        assert_eq!(outcome.ended.stderr, [""; 0]);
    }
}

/// A storm that does not take place says why in one line.
#[track_caller]
fn assert_refused(address: SocketAddr, options: &str, expected: &str) {
    assert_ended(address, options, 1, expected);
}

#[track_caller]
fn assert_ended(address: SocketAddr, options: &str, code: i32, expected: &str) {
    assert_is_refusal(&Setup::new(address, options).run(), code, expected);
}

/// The same without a file for its result.
#[track_caller]
fn assert_ended_with(address: SocketAddr, options: &str, code: i32, expected: &str) {
    let (ip, port) = (address.ip().to_string(), address.port().to_string());
    let setup = Setup::with_arguments(&[&ip, &port]);
    let outcome = setup.also(&options.split_whitespace().collect::<Vec<_>>()).run();
    assert_is_refusal(&outcome, code, expected);
}

#[track_caller]
fn assert_is_refusal(outcome: &Outcome, code: i32, expected: &str) {
    assert_eq!(outcome.code(), Some(code), "{outcome:#?}");
    let [line] = &outcome.ended.stderr[..] else { panic!("one line, not {outcome:#?}") };
    assert!(line.starts_with("storm: ") && line.contains(expected), "{line}");
    assert_eq!(outcome.ended.stdout, [""; 0]);
}

#[test]
fn nobody_at_the_address_ends_with_1_and_one_line() {
    let (_socket, address) = nobody();
    let expected = format!("cannot reach {address}: Connection refused");
    for options in [
        "",
        "--concurrency 1",
        "--rate 99",
        "--script garbage",
        "--script silent",
        "--script vanish",
    ] {
        assert_refused(address, &format!("--users 5 --phones 50 {options}"), &expected);
    }
}

/// Those who would leave or stay without a word have got nowhere either.
#[test]
fn server_that_takes_no_connection_ends_with_1_and_one_line() {
    let (socket, address) = nobody();
    socket.listen(0).expect("a listener");
    // The system keeps one or two for whoever will accept them, and lets the others wait outside.
    let waiting = || {
        let waiting = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        waiting.set_nonblocking(true).expect("an option of every socket");
        let _ = waiting.connect(&address.into());
        waiting
    };
    let _waiting: Vec<_> = (0..4).map(|_| waiting()).collect();
    // The first phone of this seed vanishes before it sends anything.
    for script in ["vanish", "silent"] {
        let options = format!("--users 5 --phones 9 --seed 5 --timeout 0.3 --script {script}");
        assert_refused(address, &options, &format!("cannot reach {address}: timed out"));
    }
}

#[test]
fn impossible_storms_end_with_one_line() {
    let (_socket, address) = nobody();
    let too_many = "--users 5 --phones 4000000000 --concurrency 4000000000";
    assert_ended(address, too_many, 2, "more than the limit of descriptors allows");
    let too_few = "--users 1 --script tempid,wrong-password";
    assert_ended(address, too_few, 2, "only one user; expected at least 2");
    let elsewhere = SocketAddr::from(([192, 0, 2, 1], 7000));
    assert_ended(elsewhere, "--users 5 --source-addresses 2", 2, "not 192.0.2.1");
    assert_refused(address, "--users 5 --server-pid 4000000000", "process 4000000000");
    assert_ended(address, "--credentials /nowhere/credentials.txt", 2, "/nowhere/credentials.txt");
}

#[test]
fn malformed_credentials_are_named_with_their_line() {
    let (data, (_socket, address)) = (Data::empty(), nobody());
    data.write("users.txt", "+61400000000 storm-00000000\nnonsense\n");
    let file = data.argument("users.txt");
    assert_ended(address, &format!("--credentials {file}"), 2, &format!("{file}:2: "));
}

#[test]
fn unwritable_file_is_told_before_the_storm() {
    // It would be told that there is no server if it began.
    let (_socket, address) = nobody();
    for option in ["--json", "--plot", "--told"] {
        let path = "/nowhere/result";
        let (ip, port) = (address.ip().to_string(), address.port().to_string());
        let arguments = [&ip, &port, "--users", "5", option, path];
        let outcome = Setup::with_arguments(&arguments).run();
        assert_eq!(outcome.code(), Some(1));
        let [line] = &outcome.ended.stderr[..] else { panic!("one line, not {outcome:#?}") };
        assert!(line.starts_with("storm: /nowhere/result: "), "{line}");
    }
}

#[test]
fn file_with_two_uses_is_refused() {
    let (data, (_socket, address)) = (Data::with_storm_users(5), nobody());
    let [users, file] = ["credentials.txt", "file"].map(|name| data.argument(name));
    let before = fs::read(&users).expect("the users");
    for (first, second) in [("--json", "--plot"), ("--told", "--json")] {
        let options = format!("--users 5 {first} {file} {second} {file}");
        let expected = format!("{second} {file} is the file of {first}");
        assert_ended_with(address, &options, 2, &expected);
    }
    for option in ["--told", "--json", "--plot"] {
        let options = format!("--credentials {users} {option} {users}");
        let expected = format!("{option} {users} is the file of --credentials");
        assert_ended_with(address, &options, 2, &expected);
    }
    assert_eq!(fs::read(&users).expect("the users"), before);
}

#[test]
fn storm_that_reaches_nobody_leaves_older_files_alone_and_no_new_ones() {
    let (data, (_socket, address)) = (Data::empty(), nobody());
    data.write("older", "content");
    let [older, json, plot] = ["older", "json", "plot"].map(|name| data.argument(name));
    let options = format!("--users 5 --told {older} --json {json} --plot {plot}");
    assert_ended_with(address, &options, 1, "cannot reach ");
    assert_eq!(fs::read_to_string(&older).expect("the file"), "content");
    assert_eq!(fs::read_dir(data.path()).expect("the directory").count(), 1);
}

#[test]
fn report_is_shown_although_its_file_cannot_be_written() {
    let (_data, server) = storm_server();
    let outcome = storm_on(&server, "--phones 5 --plot /dev/full");
    assert_eq!(outcome.code(), Some(1), "{outcome:#?}");
    assert!(outcome.ended.stdout.iter().any(|line| line.contains("5 sessions done")));
    assert!(outcome.ended.stderr[0].starts_with("storm: /dev/full: "), "{outcome:#?}");
}

#[test]
fn credentials_are_written_where_they_are_wanted() {
    let expected = ["+61400000041 storm-00000041", "+61400000042 storm-00000042"];
    let outcome = Setup::with_arguments(&["credentials", "--users", "41..43"]).run();
    assert_eq!(
        (outcome.code(), &outcome.ended.stdout[..]),
        (Some(0), &expected.map(str::to_owned)[..])
    );
    let data = Data::empty();
    let file = data.argument("credentials.txt");
    let outcome =
        Setup::with_arguments(&["credentials", "--users", "41..43", "--output", &file]).run();
    assert_eq!((outcome.code(), &outcome.ended.stdout[..]), (Some(0), &[][..]));
    assert_eq!(
        fs::read_to_string(&file).expect("written"),
        expected.map(|line| format!("{line}\n")).concat()
    );
    let outcome =
        Setup::with_arguments(&["credentials", "--users", "5", "--output", "/nowhere/file"]).run();
    assert_eq!(outcome.code(), Some(1));
    assert!(outcome.ended.stderr[0].starts_with("storm: /nowhere/file: "), "{outcome:#?}");
}

#[test]
fn output_that_is_closed_is_no_error() {
    for options in ["credentials --users 100000", "127.0.0.1 PORT --users 5 --phones 5"] {
        let (_data, server) = storm_server();
        let options = options.replace("PORT", &server.address.port().to_string());
        let arguments: Vec<_> = options.split_whitespace().collect();
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let outcome = Setup::with_arguments(&arguments).stdout(writer).run();
        assert_eq!((outcome.code(), &outcome.ended.stderr[..]), (Some(0), &[][..]));
    }
}

#[test]
fn output_that_cannot_be_written_ends_with_1_and_a_reason() {
    for options in ["credentials --users 5", "127.0.0.1 PORT --users 5 --phones 5"] {
        let (_data, server) = storm_server();
        let options = options.replace("PORT", &server.address.port().to_string());
        let arguments: Vec<_> = options.split_whitespace().collect();
        let full = File::options().write(true).open("/dev/full").expect("a device of Linux");
        let outcome = Setup::with_arguments(&arguments).stdout(full).run();
        assert_eq!(outcome.code(), Some(1), "{outcome:#?}");
        let expected = "storm: standard output: No space left on device";
        let [line] = &outcome.ended.stderr[..] else { panic!("one line, not {outcome:#?}") };
        assert!(line.starts_with(expected), "{line}");
    }
}

#[test]
fn written_credentials_let_the_storm_into_a_server() {
    let data = Data::empty();
    let file = data.argument("credentials.txt");
    Setup::with_arguments(&["credentials", "--users", "1000..1010", "--output", &file]).run();
    let server = Server::start(&data);
    for users in ["--users 1000..1010", &format!("--credentials {file}")] {
        Setup::new(server.address, &format!("{users} --phones 20")).run().assert_all_done(20);
    }
    let outcome = Setup::new(server.address, "--users 1009..1011 --phones 2").run();
    outcome.assert_failed(1, 1, "right password refused (WRONGPASS)");
}
