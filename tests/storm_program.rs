//! The program `storm` as its user sees it: options, exit codes, reports, files, the bar.

mod support;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde_json::Value;
use socket2::{Domain, Socket, Type};
use support::client::server_again;
use support::data::{Data, EIGHT};
use support::phone::Phone;
use support::process::{Signal, descriptors, unread_bytes};
use support::server::{Server, Setup as ServerSetup};
use support::storm::{Outcome, PROGRAM, Setup, Storm};
use support::terminal;
use support::wait::{Deadline, let_pass, now};

const USERS: usize = 20;

/// A server with the users of the assignment and the first of the pattern.
fn server() -> (Data, Server) {
    let data = Data::with_storm_users(USERS);
    let server = Server::start(&data);
    (data, server)
}

fn storm(server: &Server, options: &str) -> Outcome {
    Setup::new(server.address, &format!("--users {USERS} {options}")).run()
}

/// An address at which nobody listens, for as long as the socket is held.
fn nobody() -> (Socket, SocketAddr) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    socket.bind(&any_port.into()).expect("a free port");
    let address = socket.local_addr().expect("bound").as_socket().expect("of IPv4");
    (socket, address)
}

fn path(data: &Data, name: &str) -> String {
    data.file(name).to_str().expect("a path in UTF-8").to_owned()
}

#[test]
fn storm_without_trouble_ends_with_0_and_the_counts() {
    let (_data, server) = server();
    let outcome = storm(&server, "--phones 50 --script tempid");
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
    let (_data, server) = server();
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
    let (data, server) = server();
    data.write("wrong.txt", "+61400000000 storm-00000000\n+61400000001 wrong\n");
    let options = format!("--credentials {} --phones 4", path(&data, "wrong.txt"));
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
        storm(&server, &options).assert_failed(0, 5, "server full (BUSY)");
    }
}

#[test]
fn server_that_restarts_ends_with_1_and_reasons() {
    let (data, server) = server();
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
    let outcome = Setup::new(address, options).run();
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
    for script in ["vanish", "silent"] {
        let options = format!("--users 5 --phones 9 --seed 1 --timeout 0.3 --script {script}");
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
    assert_refused(address, "--credentials /nowhere/credentials.txt", "/nowhere/credentials.txt");
}

#[test]
fn malformed_credentials_are_named_with_their_line() {
    let (data, (_socket, address)) = (Data::empty(), nobody());
    data.write("users.txt", "+61400000000 storm-00000000\nnonsense\n");
    let file = path(&data, "users.txt");
    assert_refused(address, &format!("--credentials {file}"), &format!("{file}:2: "));
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
fn credentials_are_written_where_they_are_wanted() {
    let expected = ["+61400000041 storm-00000041", "+61400000042 storm-00000042"];
    let outcome = Setup::with_arguments(&["credentials", "--users", "41..43"]).run();
    assert_eq!(
        (outcome.code(), &outcome.ended.stdout[..]),
        (Some(0), &expected.map(str::to_owned)[..])
    );
    let data = Data::empty();
    let file = path(&data, "credentials.txt");
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
        let (_data, server) = server();
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
        let (_data, server) = server();
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
    let file = path(&data, "credentials.txt");
    Setup::with_arguments(&["credentials", "--users", "1000..1010", "--output", &file]).run();
    let server = Server::start(&data);
    for users in ["--users 1000..1010", &format!("--credentials {file}")] {
        Setup::new(server.address, &format!("{users} --phones 20")).run().assert_all_done(20);
    }
    let outcome = Setup::new(server.address, "--users 1009..1011 --phones 2").run();
    outcome.assert_failed(1, 1, "right password refused (WRONGPASS)");
}

#[test]
fn result_for_machines_has_the_documented_fields() {
    let (_data, server) = server();
    let id = server.id().as_raw_nonzero();
    let outcome = storm(&server, &format!("--phones 30 --seed 7 --server-pid {id}"));
    outcome.assert_all_done(30);
    let keys = |value: &Value| -> BTreeSet<String> {
        value.as_object().expect("an object").keys().cloned().collect()
    };
    let expected = |names: &str| names.split_whitespace().map(str::to_owned).collect();
    let fields = "settings seconds done failed breaches interrupted ended_early rate temp_ids most_at_once \
        done_by_script failed_by_reason login_latency request_latency session_latency \
        server_cpu_seconds server_cpu_us_per_session storm_cpu_us_per_session";
    assert_eq!(keys(&outcome.json), expected(fields));
    let settings = "server users user_numbers credentials phones duration_seconds concurrency rate \
        arrivals script records request hold_seconds byte_interval_seconds timeout_seconds leave source_addresses seed";
    assert_eq!(keys(&outcome.json["settings"]), expected(settings));
    assert_eq!(outcome.json["settings"]["server"], server.address.to_string());
    assert_eq!(outcome.json["settings"]["user_numbers"], format!("0..{USERS}"));
    assert_eq!(outcome.json["settings"]["credentials"], Value::Null);
    assert_eq!(outcome.json["settings"]["seed"], 7);
    assert_eq!(outcome.json["done_by_script"]["tempid"], 30);
    assert_eq!(outcome.json["ended_early"], false);
    assert_eq!(outcome.count("temp_ids"), 30);
    assert!((1..=30).contains(&outcome.count("most_at_once")));
    for name in ["login_latency", "request_latency", "session_latency"] {
        assert_eq!(keys(&outcome.json[name]), expected("count min p50 p90 p99 p999 max"));
        assert_eq!(outcome.latency(name, "count"), 30);
        let of = |quantile| outcome.latency(name, quantile);
        let quantiles = ["min", "p50", "p90", "p99", "p999", "max"].map(of);
        assert!(quantiles.is_sorted() && quantiles[0] > 0, "{quantiles:?}");
    }
    for name in ["seconds", "rate", "server_cpu_seconds", "storm_cpu_us_per_session"] {
        assert!(outcome.json[name].as_f64().is_some_and(|value| value > 0.0), "{name}");
    }
}

#[test]
fn result_for_machines_has_what_repeats_the_storm() {
    let (data, server) = server();
    let file = path(&data, "credentials.txt");
    let (ip, port) = (server.address.ip().to_string(), server.address.port().to_string());
    let (json, request) = (path(&data, "storm.json"), "LOOKUP %n twice");
    let arguments = [&ip, &port, "--credentials", &file, "--json", &json, "--phones", "1"];
    let setup = Setup::with_arguments(&arguments).also(&["--script", "request"]);
    setup.also(&["--request", request]).run();
    let json = fs::read_to_string(&json).expect("a result");
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["settings"]["credentials"], file);
    assert_eq!(json["settings"]["user_numbers"], Value::Null);
    assert_eq!(json["settings"]["request"], request);
}

#[test]
fn same_seed_draws_the_same_scripts() {
    let (_data, server) = server();
    let scripts = |seed| {
        let options = format!("--phones 200 --script mixed --byte-interval 1 --seed {seed}");
        let outcome = storm(&server, &options);
        outcome.assert_all_done(200);
        outcome.json["done_by_script"].clone()
    };
    assert_eq!(scripts(1), scripts(1));
    assert_ne!(scripts(1), scripts(2));
}

/// Who vanishes before what does not depend on the order in which the server answers.
#[test]
fn same_seed_draws_the_same_vanishing_points_however_many_there_are_at_once() {
    let (_data, server) = server();
    let got = |concurrency: usize, seed: u64| {
        let load = format!("--phones 300 --concurrency {concurrency} --seed {seed}");
        let outcome = storm(&server, &format!("{load} --script vanish"));
        outcome.assert_all_done(300);
        (outcome.latency("login_latency", "count"), outcome.count("temp_ids"))
    };
    let expected = got(1, 1);
    for concurrency in [2, 64, 64] {
        assert_eq!(got(concurrency, 1), expected, "{concurrency} at once");
    }
    assert_ne!(got(1, 2), expected);
}

#[test]
fn plot_is_a_well_formed_picture() {
    let (data, server) = server();
    let file = path(&data, "storm.svg");
    for script in ["tempid", "vanish"] {
        storm(&server, &format!("--phones 100 --script {script} --plot {file}"))
            .assert_all_done(100);
        let svg = fs::read_to_string(&file).expect("a picture");
        assert!(svg.starts_with("<svg") && svg.contains("100 sessions of "), "{svg}");
        assert_well_formed(&svg);
    }
}

#[test]
fn what_phones_were_told_is_what_the_server_recorded() {
    let (data, server) = server();
    let options = format!("--users {USERS} --phones 50 --script tempid:4,upload:1");
    let outcome = Setup::new(server.address, &options).keeping_told().run();
    outcome.assert_all_done(50);
    let (mut told, mut recorded) = (outcome.told(), data.temp_ids());
    assert!(told.len() > 30, "{told:#?}");
    assert_eq!(told.len() as u64, outcome.count("temp_ids"));
    for lines in [&mut told, &mut recorded] {
        lines.sort_by(|one, other| one.record.cmp(&other.record));
    }
    assert_eq!(told, recorded);
}

/// Every element is closed, in the right order, and nothing is left that would need an escape.
#[track_caller]
fn assert_well_formed(xml: &str) {
    let mut open = Vec::new();
    for piece in xml.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap_or_else(|| panic!("no end of {piece:?}"));
        assert!(!text.contains('>'), "{text:?}");
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag:?}");
        let name = |tag: &str| tag.split_whitespace().next().expect("a name").to_owned();
        match (tag.strip_prefix('/'), tag.strip_suffix('/')) {
            (Some(closed), _) => assert_eq!(open.pop(), Some(name(closed)), "{tag:?}"),
            (None, Some(_)) => {}
            (None, None) => open.push(name(tag)),
        }
    }
    assert_eq!(open, [""; 0]);
}

fn interrupt(storm: Storm, signal: Signal) -> Outcome {
    storm.signal(signal);
    storm.wait()
}

#[test]
fn signal_ends_the_storm_with_what_it_has_and_1() {
    for signal in [Signal::INT, Signal::TERM] {
        let (_data, server) = server();
        let done = storm_until_gathered(&server, "--script tempid:1,idle:9 --phones 50 --seed 1");
        let outcome = interrupt(done, signal);
        assert_eq!(outcome.code(), Some(1), "{outcome:#?}");
        let (done, interrupted) = (outcome.count("done"), outcome.count("interrupted"));
        assert_eq!(done + interrupted, 50);
        assert_eq!((outcome.count("failed"), outcome.count("breaches")), (interrupted, 0));
        let row = format!("{interrupted:>12} failed  interrupted by a signal");
        assert!(outcome.ended.stdout.contains(&row), "{outcome:#?}");
    }
}

/// Those that were still to come are missing as well, even if nobody was there to be cut short.
#[test]
fn signal_between_two_phones_ends_the_storm_with_1() {
    let (_data, server) = server();
    let mut witness = Phone::logged_in(&server, EIGHT);
    let before = descriptors(server.id()).len();
    // The first phone comes at once, the second one in a thousand seconds.
    let options = format!("--users {USERS} --rate 0.001 --arrivals even --phones 2");
    let storm = Setup::new(server.address, &options).start();
    server.stdout.wait_for_part("+61400000000 logout");
    let is_gone = || descriptors(server.id()).len() == before;
    witness.ping_until("the first phone to be gone", is_gone);
    let outcome = interrupt(storm, Signal::INT);
    assert_eq!(outcome.code(), Some(1), "{outcome:#?}");
    assert_eq!((outcome.count("done"), outcome.count("failed")), (1, 0));
    assert_eq!(outcome.json["ended_early"], true);
    let row = "ended early by a signal";
    assert!(outcome.ended.stdout.iter().any(|line| line == row), "{outcome:#?}");
}

fn storm_until_gathered(server: &Server, options: &str) -> Storm {
    let usual = format!("--users {USERS} --concurrency 50 --hold 60");
    let storm = Setup::new(server.address, &format!("{usual} {options}")).start();
    storm.stderr.wait_for_part("phones are connected and stay");
    storm
}

#[test]
fn bar_is_shown_on_a_terminal_and_cleared_at_the_end() {
    let (data, server) = server();
    let (ip, port) = (server.address.ip().to_string(), server.address.port().to_string());
    let arguments = format!("{ip} {port} --users 5 --script idle --phones 7 --hold 1");
    let arguments: Vec<_> = arguments.split(' ').map(str::to_owned).collect();
    let mut terminal = terminal::Setup::program(PROGRAM, &arguments, &data).start();
    let is_bar = |row: &String| row.contains("0 of 7 phones, 7 connected, ");
    terminal.wait_until("the bar", |shown| shown.rows().iter().any(is_bar));
    terminal.assert_ended_well(0);
    let rows = terminal.look(terminal::Shown::rows);
    assert!(!rows.iter().any(|row| row.contains("connected, ")), "{rows:#?}");
    assert!(rows.iter().any(|row| row.starts_with("7 sessions done, 0 failed")), "{rows:#?}");
}

#[test]
fn bar_on_a_narrow_terminal_is_one_row() {
    let (data, server) = server();
    let (ip, port) = (server.address.ip().to_string(), server.address.port().to_string());
    let arguments = format!("{ip} {port} --users 5 --script idle --phones 7 --hold 60");
    let arguments: Vec<_> = arguments.split(' ').map(str::to_owned).collect();
    let setup = terminal::Setup::program(PROGRAM, &arguments, &data).rows_and_columns(20, 40);
    let terminal = setup.start();
    let is_bar = |row: &String| row.contains("s 0 of 7 phones, 7 connected");
    let is_line = |row: &String| row == "7 phones are connected and stay";
    terminal.wait_until("a line and the bar", |shown| {
        let rows = shown.rows();
        matches!(&rows[..], [line, bar] if is_line(line) && is_bar(bar))
    });
    // It follows the width of the terminal.
    terminal.resize(20, 90);
    terminal.wait_until("a wider bar", |shown| {
        let rows = shown.rows();
        matches!(&rows[..], [line, bar] if is_line(line) && bar.contains("s [>   ") && bar.len() > 80)
    });
}

/// An open loop asks as often as it was told to, whatever the server does: phones go on coming while
/// it stands still, and what they waited is in the latencies.
#[test]
fn open_loop_goes_on_while_the_server_is_frozen() {
    let (_data, server) = server();
    let options = format!("--users {USERS} --rate 200 --arrivals even --phones 300");
    let (storm, frozen) = server.while_frozen(|| {
        let storm = Setup::new(server.address, &options).start();
        wait_for_waiting(&server, 1);
        let start = now();
        wait_for_waiting(&server, 100);
        (storm, start.elapsed())
    });
    let outcome = storm.wait();
    outcome.assert_all_done(300);
    assert_waits_are_counted(&outcome, "p99", frozen);
}

/// Phones that cannot begin when they should, since others still wait, have waited as well: to leave
/// that out would be coordinated omission.
#[test]
fn open_loop_counts_the_wait_of_phones_that_begin_late() {
    let (_data, server) = server();
    let load = "--rate 200 --arrivals even --phones 300 --concurrency 4";
    let frozen = Duration::from_millis(800);
    let storm = server.while_frozen(|| {
        let options = format!("--users {USERS} {load}");
        let storm = Setup::new(server.address, &options).start();
        wait_for_waiting(&server, 4);
        let_pass(frozen);
        storm
    });
    let outcome = storm.wait();
    outcome.assert_all_done(300);
    // Only four of 300 have a request under way meanwhile, and half of all should.
    assert_waits_are_counted(&outcome, "p90", frozen);
}

/// Waits until so many phones have said who they are, to a server that stands still.
#[track_caller]
fn wait_for_waiting(server: &Server, phones: u64) {
    const AUTH_BYTES: u64 = 54;
    let deadline = Deadline::new();
    while unread_bytes(server.address) < phones * AUTH_BYTES {
        deadline.check("phones that wait");
        let_pass(Duration::from_millis(5));
    }
}

#[track_caller]
fn assert_waits_are_counted(outcome: &Outcome, quantile: &str, frozen: Duration) {
    for name in ["login_latency", "session_latency"] {
        let latency = Duration::from_micros(outcome.latency(name, quantile));
        assert!(latency > frozen / 2, "{name}: {latency:?} of {frozen:?}");
    }
}
