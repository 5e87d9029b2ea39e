//! Clients that nobody here wrote: `redis-cli` and `redis-benchmark`.

mod support;

use std::collections::HashSet;
use std::fs::{self, File};
use std::process::{Command, Stdio};

use support::data::{Account, Data, EIGHT, NINE};
use support::phone::Phone;
use support::record::Record;
use support::server::Server;
use support::terminal::{Setup, Terminal};
use support::tools::has_redis_tools;

/// Nobody reads more than that for an answer, in seconds; the tools have no deadline of their own.
const PATIENCE_SECONDS: &str = "60";

/// What a tool printed.
#[derive(Debug)]
struct Printed {
    stdout: String,
    stderr: String,
}

fn tool(name: &str, server: &Server, arguments: &[&str]) -> Printed {
    tool_with_input(name, server, arguments, Stdio::null())
}

fn tool_with_input(name: &str, server: &Server, arguments: &[&str], input: Stdio) -> Printed {
    let port = server.address.port().to_string();
    let mut command = Command::new("timeout");
    command.args([PATIENCE_SECONDS, name, "-h", "127.0.0.1", "-p", &port]).args(arguments);
    let output = command.stdin(input).output().expect("the tool runs");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let printed = Printed { stdout: text(output.stdout), stderr: text(output.stderr) };
    assert_ne!(output.status.code(), Some(124), "{name} hangs: {printed:?}");
    printed
}

fn redis_cli(server: &Server, account: Account, arguments: &[&str]) -> Printed {
    let login = ["--no-auth-warning", "--user", account.user, "-a", account.password];
    tool("redis-cli", server, &[&login, arguments].concat())
}

#[test]
fn redis_cli_logs_in_and_gets_a_temp_id() {
    if !has_redis_tools("a login with redis-cli") {
        return;
    }
    let data = Data::sample();
    let server = Server::start(&data);
    for arguments in [&["TEMPID"][..], &["-2", "TEMPID"], &["-3", "TEMPID"]] {
        let printed = redis_cli(&server, EIGHT, arguments);
        let record = Record::from_wire(printed.stdout.trim_end().as_bytes());
        assert_eq!(data.temp_ids().last().map(|line| &line.record), Some(&record));
        assert_eq!(printed.stderr, "", "{arguments:?}");
    }
    assert_eq!(data.temp_ids().len(), 6);
}

#[test]
fn redis_cli_uploads_a_contact_log() {
    if !has_redis_tools("an upload with redis-cli") {
        return;
    }
    let data = Data::sample();
    let server = Server::start(&data);
    let record = Record::new("12345678901234567891", "13/05/2020 17:54:06", "13/05/2020 18:09:05");
    let wire = String::from_utf8(record.wire()).expect("ASCII");
    assert_eq!(redis_cli(&server, NINE, &["UPLOAD", &wire]).stdout.trim_end(), "1");
    server.stdout.wait_for_part(&format!("{},", EIGHT.user));
}

#[test]
fn redis_cli_shows_the_errors() {
    if !has_redis_tools("errors shown by redis-cli") {
        return;
    }
    let data = Data::sample();
    let server = Server::start(&data);
    let wrong = Account { password: "wrong", ..EIGHT };
    let printed = redis_cli(&server, wrong, &["TEMPID"]);
    assert!(
        printed.stderr.contains("AUTH failed: WRONGPASS Invalid Password. Please try again"),
        "{printed:?}"
    );
    assert!(printed.stdout.contains("NOAUTH Authentication required."), "{printed:?}");
    let printed = redis_cli(&server, EIGHT, &["GET", "x"]);
    assert!(printed.stdout.contains("ERR unknown command 'GET'"), "{printed:?}");
    let printed = tool("redis-cli", &server, &["TEMPID"]);
    assert!(printed.stdout.contains("NOAUTH Authentication required."), "{printed:?}");
}

#[test]
fn redis_cli_is_blocked_after_three_failures() {
    if !has_redis_tools("a block seen by redis-cli") {
        return;
    }
    let data = Data::sample();
    let server = Server::start(&data);
    let wrong = Account { password: "wrong", ..EIGHT };
    for expected in ["WRONGPASS ", "WRONGPASS ", "NOWBLOCKED Invalid Password. Your account"] {
        let printed = redis_cli(&server, wrong, &["PING"]);
        assert!(printed.stderr.contains(&format!("AUTH failed: {expected}")), "{printed:?}");
    }
    let printed = redis_cli(&server, EIGHT, &["PING"]);
    assert!(printed.stderr.contains("BLOCKED Your account is blocked"), "{printed:?}");
}

#[test]
fn redis_cli_that_speaks_version_3_is_greeted() {
    if !has_redis_tools("version 3 of RESP with redis-cli") {
        return;
    }
    let data = Data::sample();
    let server = Server::start(&data);
    let printed = tool("redis-cli", &server, &["-3", "HELLO", "3"]);
    let words: Vec<_> = printed.stdout.split_whitespace().collect();
    let version = env!("CARGO_PKG_VERSION");
    let texts = ["server", "bluetrace", "version", version, "mode", "standalone", "role", "master"];
    assert_eq!(words[..8], texts, "{printed:?}");
    assert_eq!(words[8..10], ["proto", "3"], "{printed:?}");
    assert_eq!([words[10], words[12]], ["id", "modules"], "{printed:?}");
    assert_eq!(printed.stderr, "");
}

#[test]
fn redis_cli_that_pipes_learns_when_it_is_done() {
    if !has_redis_tools("mass upload with redis-cli --pipe") {
        return;
    }
    let data = Data::sample();
    let server = Server::start(&data);
    let requests = data.file("requests");
    fs::write(&requests, b"*1\r\n$6\r\nTEMPID\r\n".repeat(200)).expect("the file is written");
    let input = File::open(requests).expect("just written");
    let login = ["--no-auth-warning", "--user", EIGHT.user, "-a", EIGHT.password, "--pipe"];
    let printed = tool_with_input("redis-cli", &server, &login, input.into());
    assert!(printed.stdout.contains("errors: 0, replies: 200"), "{printed:?}");
    assert_eq!(data.temp_ids().len(), 203);
}

#[test]
fn redis_cli_in_a_terminal_is_answered() {
    if !has_redis_tools("redis-cli in a terminal") {
        return;
    }
    let data = Data::sample();
    let server = Server::start(&data);
    let mut terminal = redis_cli_in_terminal(&server, &data, &[]);
    let prompt = format!("{}>", server.address);
    terminal.wait_for_last_row(&prompt);
    terminal.type_keys("PING hello\r");
    terminal.wait_for_row("\"hello\"");
    // Keys that come before the prompt reach nobody.
    terminal.wait_for_last_row(&prompt);
    terminal.type_keys("TEMPID\r");
    terminal.wait_until("a TempID", |shown| {
        let record = |row: &String| Some(row.strip_prefix('"')?.strip_suffix('"')?.len());
        shown.rows().iter().any(|row| record(row) == Some(Record::LEN))
    });
    terminal.wait_for_last_row(&prompt);
    terminal.type_keys("QUIT\r");
    assert_eq!(terminal.wait_for_end(), 0);
}

#[test]
fn redis_cli_shows_statistics_and_latency() {
    if !has_redis_tools("redis-cli --stat and --latency") {
        return;
    }
    let data = Data::sample();
    let server = Server::start(&data);
    let terminal = redis_cli_in_terminal(&server, &data, &["--stat"]);
    terminal.wait_until("two rows with the client and its requests", |shown| {
        let counts = |row: &&String| row.contains(" 1       0 ") && row.contains("(+1)");
        shown.rows().iter().filter(counts).count() >= 2
    });
    let terminal = redis_cli_in_terminal(&server, &data, &["--latency"]);
    terminal.wait_until("samples", |shown| {
        shown.rows().iter().any(|row| row.contains("samples)") && !row.contains("(0 samples)"))
    });
}

fn redis_cli_in_terminal(server: &Server, data: &Data, arguments: &[&str]) -> Terminal {
    let port = server.address.port().to_string();
    let login = ["-p", &port, "--no-auth-warning", "--user", EIGHT.user, "-a", EIGHT.password];
    let arguments: Vec<_> = login.iter().chain(arguments).map(ToString::to_string).collect();
    Setup::program("redis-cli", &arguments, data).start()
}

#[test]
fn redis_benchmark_downloads_thousands_of_temp_ids() {
    if !has_redis_tools("a load with redis-benchmark") {
        return;
    }
    let data = Data::with_users();
    let server = Server::start(&data);
    let mut witness = Phone::logged_in(&server, NINE);
    for keeps_alive in ["0", "1"] {
        let before = data.temp_ids().len();
        let login = ["--user", EIGHT.user, "-a", EIGHT.password];
        let load = ["-k", keeps_alive, "-c", "50", "-n", "2000", "-e", "-q", "TEMPID"];
        let printed = tool("redis-benchmark", &server, &[&login[..], &load].concat());
        assert!(printed.stdout.contains("requests per second"), "{printed:?}");
        assert!(!printed.stdout.to_lowercase().contains("error"), "{printed:?}");
        let lines = data.temp_ids();
        assert!(lines.len() - before >= 2000, "{} lines", lines.len() - before);
        assert!(lines.iter().all(|line| line.user == EIGHT.user));
        let distinct: HashSet<_> = lines.iter().map(|line| &line.record.temp_id).collect();
        assert_eq!(distinct.len(), lines.len());
        witness.ping();
    }
}
