//! Clients over TLS that nobody here wrote, and storms of those that somebody did.

mod support;

use std::process::{Command, Output, Stdio};

use support::data::{Account, Data, EIGHT, NINE};
use support::libraries::PYTHON;
use support::record::Record;
use support::server::Server;
use support::storm::{self, USERS};
use support::tls::{CERTIFICATE, data_with_certificate, make_certificate, setup};
use support::tools::{has_openssl, has_redis_tools};

/// Nobody talks longer than that, in seconds; the tools have no deadline of their own.
const PATIENCE_SECONDS: &str = "60";

/// What a tool says that reads `input`.
fn run(program: &str, arguments: &[&str], data: &Data, input: &str) -> Output {
    data.write("input", input);
    let input = std::fs::File::open(data.file("input")).expect("just written");
    let mut command = Command::new("timeout");
    command.args([PATIENCE_SECONDS, program]).args(arguments).stdin(input);
    let output = command.output().expect("the tool runs");
    assert_ne!(output.status.code(), Some(124), "{program} hangs: {output:?}");
    output
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn redis_cli(server: &Server, data: &Data, account: Account, command: &str) -> Output {
    let (port, ca) = (server.address.port().to_string(), data.argument(CERTIFICATE));
    let login = ["--no-auth-warning", "--user", account.user, "-a", account.password];
    let address = ["-h", "127.0.0.1", "-p", &port, "--tls", "--cacert", &ca];
    run("redis-cli", &[&address[..], &login, &[command]].concat(), data, "")
}

#[test]
fn redis_cli_logs_in_and_gets_a_temp_id() {
    if !has_redis_tools("a login with redis-cli over TLS") {
        return;
    }
    let data = data_with_certificate();
    let server = setup(&data).start();
    let output = redis_cli(&server, &data, EIGHT, "TEMPID");
    let told = Record::from_wire(text(&output.stdout).trim().as_bytes());
    assert_eq!(data.temp_ids()[0].record, told);
    make_certificate(&data, &["127.0.0.1"]);
    let output = redis_cli(&server, &data, EIGHT, "TEMPID");
    assert!(text(&output.stderr).contains("certificate verify failed"), "{output:?}");
}

fn s_client(server: &Server, data: &Data, options: &[&str]) -> String {
    let (address, ca) = (server.address.to_string(), data.argument(CERTIFICATE));
    let verify = ["s_client", "-connect", &address, "-CAfile", &ca, "-verify_return_error"];
    let arguments = [&verify[..], &["-verify_ip", "127.0.0.1", "-ign_eof"], options].concat();
    let output = run("openssl", &arguments, data, "QUIT\r\n");
    text(&output.stdout) + &text(&output.stderr)
}

#[test]
fn openssl_is_let_in_and_resumes_its_session() {
    if !has_openssl("a session that openssl resumes") {
        return;
    }
    let data = data_with_certificate();
    let server = setup(&data).start();
    let session = data.argument("session");
    let first = s_client(&server, &data, &["-sess_out", &session]);
    assert!(first.contains("New, TLSv1.3") && first.contains("+OK"), "{first}");
    assert!(first.contains("Verification: OK"), "{first}");
    let second = s_client(&server, &data, &["-sess_in", &session]);
    assert!(second.contains("Reused, TLSv1.3") && second.contains("+OK"), "{second}");
    let old = s_client(&server, &data, &["-tls1_2"]);
    assert!(old.contains("alert protocol version"), "{old}");
    server.stderr.wait_for_part("127.0.0.1 TLS handshake failed: the peer has not what it takes");
    // Nobody goes on with what another key has signed.
    drop(server);
    let server = setup(&data).start();
    let again = s_client(&server, &data, &["-sess_in", &session]);
    assert!(again.contains("New, TLSv1.3") && again.contains("+OK"), "{again}");
}

#[test]
fn redis_py_works() {
    let Some(python) = PYTHON.directory_for("redis-py over TLS") else { return };
    let data = data_with_certificate();
    let server = setup(&data).start();
    let script = format!("{}/tests/clients/redis_py.py", env!("CARGO_MANIFEST_DIR"));
    let (port, ca) = (server.address.port().to_string(), data.argument(CERTIFICATE));
    let record = Record::new("12345678901234567891", "13/05/2020 17:54:06", "13/05/2020 18:09:05");
    let record = String::from_utf8(record.wire()).expect("ASCII");
    let mut command = Command::new("timeout");
    command.arg(PATIENCE_SECONDS).arg(python.join("bin/python")).args([&script, "redis", &port]);
    command.args([NINE.user, NINE.password, &record, &ca]).stdin(Stdio::null());
    let output = command.output().expect("the script runs");
    let said = text(&output.stdout);
    let lines: Vec<_> = said.lines().collect();
    assert_eq!((lines.len(), lines[0], lines[2]), (3, "ping True", "upload 1"), "{output:?}");
    let told = Record::from_wire(lines[1].strip_prefix("tempid ").expect("a TempID").as_bytes());
    assert_eq!(data.temp_ids()[0].record, told);
}

/// A server with users of the pattern and a certificate.
fn storm_server(options: &[&str]) -> (Data, Server) {
    let data = Data::with_storm_users(USERS);
    make_certificate(&data, &["127.0.0.1"]);
    let server = setup(&data).arguments(options).start();
    (data, server)
}

#[track_caller]
fn storm_on(server: &Server, data: &Data, options: &str) -> storm::Outcome {
    let ca = data.argument(CERTIFICATE);
    let options = format!("--users {USERS} --tls --tls-ca {ca} {options}");
    storm::Setup::new(server.address, &options).run()
}

#[test]
fn storm_of_every_script_works_and_tells_of_tls() {
    let (data, server) = storm_server(&[]);
    for (script, options) in [
        ("login", ""),
        ("tempid", "--source-addresses 5"),
        ("upload", "--records 2000"),
        ("request", ""),
        ("idle", "--hold 0.2"),
        ("vanish", ""),
        ("slow", "--byte-interval 1"),
        ("silent", "--hold 0.2"),
        ("unread", "--hold 0.5"),
        ("garbage", ""),
        ("tempid", "--leave close --rate 500"),
    ] {
        let options = format!("--script {script} --phones 40 --concurrency 16 {options}");
        let outcome = storm_on(&server, &data, &options);
        outcome.assert_all_done(40);
        assert_eq!(outcome.json["settings"]["tls"], true);
        assert_eq!(outcome.count("tls_resumed"), 0);
        let told = "with TLS; 0 of 40 sessions resumed";
        assert!(outcome.ended.stdout.iter().any(|line| line == told), "{outcome:?}");
    }
    let complaints = server.stop().stderr;
    assert!(!complaints.iter().any(|line| line.contains("TLS")), "{complaints:#?}");
}

#[test]
fn silent_phone_over_tls_that_the_server_sends_away_is_as_expected() {
    let (data, server) = storm_server(&["--login-timeout", "1"]);
    storm_on(&server, &data, "--script silent --phones 5 --hold 20").assert_all_done(5);
}

#[test]
fn storm_resumes_sessions_if_it_is_to() {
    let (data, server) = storm_server(&[]);
    let outcome = storm_on(&server, &data, "--phones 50 --concurrency 1 --tls-resume");
    outcome.assert_all_done(50);
    assert_eq!(outcome.count("tls_resumed"), 49);
}

#[test]
fn storm_that_trusts_another_certificate_ends_with_the_reason() {
    let (_data, server) = storm_server(&[]);
    let other = data_with_certificate();
    let outcome = storm_on(&server, &other, "--phones 50");
    assert_eq!(outcome.code(), Some(1));
    let [line] = &outcome.ended.stderr[..] else { panic!("not one line: {outcome:?}") };
    assert!(line.contains("the certificate of the peer is refused"), "{line}");
}
