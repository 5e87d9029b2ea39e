//! TLS between the programs: certificates, the handshake and its failures, the end.

mod support;

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr};
use std::process::Command;

use rcgen::{CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::{CertificateError, Error};
use support::client::{self, GOODBYE, WELCOME};
use support::data::{Data, EIGHT, NINE, SEVEN};
use support::phone::{Phone, frame};
use support::process::{Ended, Signal};
use support::record::Record;
use support::reply::Reply;
use support::server::{PROGRAM, Server, Setup};
use support::tls::{
    CERTIFICATE, KEY, Pace, TlsPhone, data_with_certificate, machine, make_certificate, setup,
    trusting,
};

/// What a client shows that logs in and out, with options of its own.
#[track_caller]
fn visit(server: &Server, options: &[String]) -> Ended {
    let data = Data::empty();
    // A file, as a client that does not start would not read a pipe.
    data.write("lines", format!("{}\n{}\nlogout\n", EIGHT.user, EIGHT.password));
    let lines = File::open(data.file("lines")).expect("just written");
    client::Setup::new(server.address, &data).also(options).stdin(lines).start().wait()
}

/// The only line of a client or server that says why it does not run.
#[track_caller]
fn reason(ended: &Ended) -> &str {
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    let [line] = &ended.stderr[..] else { panic!("not one line: {ended:?}") };
    line
}

/// Writes a certificate and its key as rcgen makes them.
fn write_certificate(data: &Data, certificate: &rcgen::Certificate, key: &KeyPair) {
    data.write(CERTIFICATE, certificate.pem());
    data.write(KEY, key.serialize_pem());
}

fn params() -> CertificateParams {
    CertificateParams::new(["127.0.0.1".to_owned()]).expect("a name")
}

#[test]
fn dialogue_of_the_assignment_is_the_same() {
    let data = data_with_certificate();
    let server = setup(&data).start();
    let phone_data = Data::empty();
    let mut client = client::Setup::new(server.address, &phone_data).also(&trusting(&data)).start();
    client.log_in(EIGHT);
    client.type_line("Download_tempID");
    client.stdout.wait_for_part("TempID:");
    client.type_line("logout");
    let ended = client.wait();
    let [line] = &data.temp_ids()[..] else { panic!("one TempID") };
    assert_eq!(ended.stdout, [WELCOME, "TempID:", &line.record.temp_id, GOODBYE], "{ended:?}");
    assert!(ended.stderr.is_empty() && ended.status.success(), "{ended:?}");
    let expected =
        format!("> user: {0}\n> TempID:\n{1}\n> {0} logout", EIGHT.user, line.record.temp_id);
    server.stdout.assert_exactly(&expected);
    assert_eq!(server.stop().stderr.len(), 1, "nothing to complain about");
}

#[test]
fn certificate_is_made_for_its_names_and_never_overwritten_unless_asked() {
    let data = Data::with_users();
    let directory = data.path().to_str().expect("UTF-8");
    let make = |arguments: &[&str]| {
        let mut command = Command::new(PROGRAM);
        command.args(["certificate", "--data", directory]).args(arguments);
        command.output().expect("the program runs")
    };
    let output = make(&["127.0.0.1", "localhost", "::1"]);
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(output.status.success(), "{said}");
    let (certificate, key) = (data.argument(CERTIFICATE), data.argument(KEY));
    assert!(said.contains(&format!("--tls-cert {certificate} --tls-key {key}\n")), "{said}");
    assert!(said.contains(&format!("--tls --tls-ca {certificate}\n")), "{said}");
    assert_eq!(data.mode(KEY), 0o600);
    let before = fs::read(data.file(KEY)).expect("a key");
    let output = make(&["127.0.0.1"]);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(told.contains(CERTIFICATE) && told.contains("--replace"), "{told}");
    assert_eq!(fs::read(data.file(KEY)).expect("a key"), before);
    data.set_mode(KEY, 0o644);
    assert!(make(&["localhost", "--replace"]).status.success());
    assert_ne!(fs::read(data.file(KEY)).expect("a key"), before);
    assert_eq!(data.mode(KEY), 0o600);
    assert_eq!(make(&["no name"]).status.code(), Some(2));
    assert_eq!(make(&[]).status.code(), Some(2));
}

#[test]
fn server_with_half_an_identity_or_a_wrong_one_does_not_start() {
    let (data, other) = (data_with_certificate(), data_with_certificate());
    let [certificate, key, other_key] =
        [data.argument(CERTIFICATE), data.argument(KEY), other.argument(KEY)];
    for half in [["--tls-cert", &certificate], ["--tls-key", &key]] {
        let ended = Setup::new(&data).arguments(&half).run_to_the_end();
        assert_eq!(ended.status.code(), Some(2), "{ended:?}");
    }
    data.write("empty.pem", "");
    data.write("broken.pem", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n");
    data.write("open.pem", fs::read(&key).expect("a key"));
    data.set_mode("open.pem", 0o640);
    let [missing, empty, broken, open] =
        ["missing.pem", "empty.pem", "broken.pem", "open.pem"].map(|name| data.argument(name));
    let directory = data.argument("");
    for (certificate, key, file, part) in [
        (&missing, &key, &missing, "No such file"),
        (&empty, &key, &empty, "no certificate in it; expected PEM"),
        (&key, &key, &key, "no certificate in it; expected PEM"),
        (&broken, &key, &broken, "malformed PEM"),
        (&directory, &key, &directory, "no regular file"),
        (&certificate, &empty, &empty, "no private key in it; expected PEM"),
        (&certificate, &other_key, &other_key, "not the key of the certificate in"),
        (&certificate, &open, &open, "mode 640); expected 600"),
    ] {
        let ended = Setup::new(&data)
            .arguments(&["--tls-cert", certificate, "--tls-key", key])
            .run_to_the_end();
        let told = reason(&ended);
        assert!(told.contains(file.as_str()) && told.contains(part), "{told}");
    }
}

#[test]
fn passwords_in_the_clear_are_told_of_unless_nobody_can_listen() {
    let data = data_with_certificate();
    let directory = data.path().to_str().expect("UTF-8");
    let everywhere = || Setup::program(PROGRAM).arguments(&["0", "60", "--data", directory]);
    let warned = |ended: Ended| ended.stderr.iter().filter(|line| line.contains("clear")).count();
    assert_eq!(warned(everywhere().start().stop()), 1);
    let (certificate, key) = (data.argument(CERTIFICATE), data.argument(KEY));
    let identity = ["--tls-cert", &certificate, "--tls-key", &key];
    assert_eq!(warned(everywhere().arguments(&identity).start().stop()), 0);
    assert_eq!(warned(Server::start(&data).stop()), 0);
}

#[test]
fn client_tells_in_a_line_why_it_refuses_a_server() {
    let (data, other) = (data_with_certificate(), data_with_certificate());
    let server = setup(&data).start();
    assert_eq!(visit(&server, &trusting(&data)).status.code(), Some(0));
    let mut options = trusting(&data).to_vec();
    options.extend(["--tls-name".to_owned(), "server.example".to_owned()]);
    for (options, part) in [
        (&options[..], "not valid for name \"server.example\""),
        (&trusting(&other)[..], "neither it nor its issuer is among those that are trusted"),
    ] {
        let ended = visit(&server, options);
        let told = reason(&ended);
        assert!(told.contains("the certificate of the peer is refused"), "{told}");
        assert!(told.contains(part), "{told}");
    }
    server.stderr.wait_for_part("127.0.0.1 TLS handshake failed: the peer refused it (alert ");
}

#[test]
fn certificate_that_is_expired_or_of_an_authority_is_refused() {
    let key = KeyPair::generate().expect("a key");
    let mut expired = params();
    expired.not_after = date_time_ymd(2020, 5, 13);
    let mut authority = params();
    authority.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    for (params, part) in [(expired, "expired"), (authority, "it is one of an authority")] {
        let data = Data::with_users();
        write_certificate(&data, &params.self_signed(&key).expect("signed"), &key);
        let server = setup(&data).start();
        let ended = visit(&server, &trusting(&data));
        assert!(reason(&ended).contains(part), "{ended:?}");
    }
}

#[test]
fn certificate_of_an_authority_that_is_trusted_is_taken() {
    let (data, phone) = (Data::with_users(), Data::empty());
    let (key, authority_key) = (KeyPair::generate().expect("a key"), KeyPair::generate());
    let authority_key = authority_key.expect("a key");
    let mut authority = CertificateParams::new(Vec::new()).expect("no name");
    authority.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    phone.write(CERTIFICATE, authority.self_signed(&authority_key).expect("signed").pem());
    let issuer = Issuer::new(authority, authority_key);
    write_certificate(&data, &params().signed_by(&key, &issuer).expect("signed"), &key);
    let server = setup(&data).start();
    assert_eq!(visit(&server, &trusting(&phone)).status.code(), Some(0));
}

#[test]
fn client_needs_to_know_whom_to_trust() {
    let data = data_with_certificate();
    let server = setup(&data).start();
    let ended = visit(&server, &["--tls".to_owned()]);
    assert_eq!(ended.status.code(), Some(2));
    assert!(ended.stderr.join("\n").contains("--tls-ca"), "{ended:?}");
    let mut options = trusting(&data);
    options[2] = data.argument("missing.pem");
    let ended = visit(&server, &options);
    assert_eq!(ended.status.code(), Some(2));
    assert!(ended.stderr[0].contains("missing.pem"), "{ended:?}");
}

#[test]
fn keys_of_a_client_are_logged_where_the_variable_says() {
    let data = data_with_certificate();
    let server = setup(&data).start();
    let phone_data = Data::empty();
    let keys = phone_data.argument("keys");
    let mut command = Command::new("env");
    command.arg(format!("SSLKEYLOGFILE={keys}")).arg(client::PROGRAM);
    command.args(client::arguments(server.address, &phone_data)).args(trusting(&data));
    let status = command.stdin(std::process::Stdio::null()).output().expect("it runs").status;
    assert!(status.code().is_some());
    let logged = fs::read_to_string(&keys).expect("keys");
    assert!(logged.contains("CLIENT_TRAFFIC_SECRET_0 "), "{logged}");
}

#[test]
fn certificate_is_replaced_by_a_hangup_signal_while_connections_stay() {
    let (data, old) = (data_with_certificate(), Data::empty());
    old.write(CERTIFICATE, fs::read(data.file(CERTIFICATE)).expect("a certificate"));
    let server = setup(&data).start();
    let mut earlier = TlsPhone::logged_in(&server, &data, EIGHT);
    make_certificate(&data, &["127.0.0.1"]);
    server.signal(Signal::HUP);
    server.stderr.wait_for_part("certificate and key read again");
    assert_eq!(earlier.ask("PING"), Reply::pong());
    TlsPhone::logged_in(&server, &data, NINE);
    let refused = TlsPhone::connect(&server, &old).handshake().expect_err("another certificate");
    let inner = refused.get_ref().and_then(|error| error.downcast_ref::<Error>());
    let error = Error::InvalidCertificate(CertificateError::BadSignature);
    assert_eq!(inner, Some(&error), "{refused}");
    data.write(KEY, "nonsense");
    server.signal(Signal::HUP);
    let told = server.stderr.wait_for_part("the certificate read earlier stays in force");
    assert!(told.contains(&data.argument(KEY)), "{told}");
    TlsPhone::logged_in(&server, &data, SEVEN);
    assert_eq!(earlier.ask("PING"), Reply::pong());
}

#[test]
fn peer_without_tls_gets_an_alert_and_is_named_once() {
    let data = data_with_certificate();
    let server = setup(&data).start();
    for request in [&b"GET / HTTP/1.1\r\n\r\n"[..], b"*1\r\n$4\r\nPING\r\n", b"PING\r\n"] {
        let mut phone = Phone::connect(&server);
        phone.send_bytes(request);
        let rest = phone.rest();
        assert_eq!((rest.len(), rest[0]), (7, 21), "not an alert: {rest:?}");
    }
    TlsPhone::logged_in(&server, &data, EIGHT);
    let ended = server.stop();
    let named = "127.0.0.1 does not speak TLS, which this server expects; connection closed";
    assert_eq!(ended.stderr[1..], [named]);
}

#[test]
fn tls_on_a_port_without_it_is_told_to_both() {
    let data = data_with_certificate();
    let server = Server::start(&data);
    let ended = visit(&server, &trusting(&data));
    assert!(reason(&ended).contains("the peer does not speak TLS"), "{ended:?}");
    server
        .stderr
        .wait_for_part("127.0.0.1 speaks TLS, which this server does only with --tls-cert");
    server.stop();
    let server = setup(&data).start();
    let ended = visit(&server, &[]);
    assert!(ended.stdout.iter().any(|line| line.contains("expects TLS")), "{ended:?}");
}

#[test]
fn half_a_handshake_is_over_after_the_login_timeout() {
    let data = data_with_certificate();
    let server = setup(&data).arguments(&["--login-timeout", "1"]).start();
    let mut hello = Vec::new();
    machine(&data).write_tls(&mut hello).expect("a vector takes it");
    for len in [0, 1, 5, hello.len() / 2, hello.len()] {
        let mut phone = Phone::connect(&server);
        phone.send_bytes(&hello[..len]);
        let rest = phone.rest();
        assert_eq!(rest.is_empty(), len < hello.len(), "{len}: {rest:?}");
    }
    // So is one that ends without a login, and it is told that nothing is missing.
    let mut phone = TlsPhone::connect(&server, &data);
    phone.handshake().expect("the same protocol");
    phone.end().expect("an announced end");
}

#[test]
fn end_of_a_session_is_announced_and_that_of_the_server_by_a_crash_is_not() {
    let data = data_with_certificate();
    let server = setup(&data).start();
    let mut phone = TlsPhone::logged_in(&server, &data, EIGHT);
    assert_eq!(phone.ask("QUIT"), Reply::ok());
    phone.end().expect("an announced end");
    let mut blocked = TlsPhone::connect(&server, &data);
    let wrong = format!("AUTH {} wrong", NINE.user);
    (0..2).for_each(|_| assert!(blocked.ask(&wrong).is_error("WRONGPASS")));
    assert!(blocked.ask(&wrong).is_error("NOWBLOCKED"));
    blocked.end().expect("an announced end");
    let mut stopped = TlsPhone::logged_in(&server, &data, EIGHT);
    server.stop();
    stopped.end().expect("an announced end");
    let server = setup(&data).start();
    let mut cut = TlsPhone::logged_in(&server, &data, EIGHT);
    server.crash();
    let error = cut.end().expect_err("a truncation");
    let kinds = [ErrorKind::UnexpectedEof, ErrorKind::ConnectionReset];
    assert!(kinds.contains(&error.kind()), "{error}");
}

#[test]
fn phone_that_sends_byte_by_byte_is_served() {
    let data = data_with_certificate();
    let server = setup(&data).start();
    let mut phone = TlsPhone::at_pace(server.address, &data, Pace::ByteByByte);
    assert_eq!(phone.log_in(EIGHT), Reply::ok());
    assert!(matches!(phone.ask("TEMPID"), Reply::Bulk(bytes) if bytes.len() == Record::LEN));
    assert_eq!(phone.ask("QUIT"), Reply::ok());
    phone.end().expect("an announced end");
}

#[test]
fn contact_log_of_the_greatest_length_is_taken() {
    const RECORDS: usize = 18_000;
    let data = data_with_certificate();
    let server = setup(&data).start();
    let mut phone = TlsPhone::logged_in(&server, &data, EIGHT);
    let record = Record::new("12345678901234567891", "13/05/2020 17:54:06", "13/05/2020 18:09:05");
    let log = record.wire().repeat(RECORDS);
    assert_eq!(phone.ask_bytes(&frame(&[b"UPLOAD", &log])), Reply::Integer(RECORDS as i64));
}

#[test]
fn full_server_answers_a_handshake_with_an_alert() {
    let data = data_with_certificate();
    let server = setup(&data).arguments(&["--max-connections", "1"]).start();
    let mut first = TlsPhone::logged_in(&server, &data, EIGHT);
    let ended = visit(&server, &trusting(&data));
    assert!(reason(&ended).contains("a full server says so"), "{ended:?}");
    assert_eq!(first.ask("PING"), Reply::pong());
}

#[test]
fn garbage_in_or_instead_of_a_handshake_harms_nobody() {
    let data = data_with_certificate();
    let server = setup(&data).start();
    let mut witness = TlsPhone::logged_in(&server, &data, EIGHT);
    let mut hello = Vec::new();
    machine(&data).write_tls(&mut hello).expect("a vector takes it");
    for at in 0..hello.len() {
        let mut broken = hello.clone();
        broken[at] ^= 0x55;
        let source = IpAddr::V4(Ipv4Addr::new(127, 0, 1, 1 + at as u8));
        let mut phone = Phone::connect_from(&server, source);
        phone.send_bytes(&broken);
        phone.end_sending();
        phone.rest();
    }
    // Nor does garbage behind one.
    let mut phone = TlsPhone::connect(&server, &data);
    phone.handshake().expect("the same protocol");
    let socket = phone.socket();
    socket.write_all(&[23, 3, 3, 0, 30]).and_then(|()| socket.write_all(&[7; 30])).expect("sent");
    let mut alert = Vec::new();
    socket.read_to_end(&mut alert).expect("an orderly end");
    assert_eq!(alert[0], 23, "an encrypted alert: {alert:?}");
    assert_eq!(witness.ask("PING"), Reply::pong());
}

#[test]
fn sessions_of_a_user_who_is_gone_end_with_an_announcement() {
    let data = data_with_certificate();
    let server = setup(&data).start();
    let mut gone = TlsPhone::logged_in(&server, &data, EIGHT);
    data.write("credentials.txt", format!("{} {}\n", NINE.user, NINE.password));
    server.signal(Signal::HUP);
    server.stderr.wait_for_part("1 session of others ended");
    gone.end().expect("an announced end");
}

#[test]
fn client_comes_back_to_a_server_that_was_started_again() {
    let (data, phone_data) = (data_with_certificate(), Data::empty());
    let server = setup(&data).start();
    let port = server.address.port().to_string();
    let mut client = client::Setup::new(server.address, &phone_data).also(&trusting(&data)).start();
    client.log_in(EIGHT);
    server.crash();
    client.stdout.wait_for_part("The connection to the server is lost: cut off");
    let directory = data.path().to_str().expect("UTF-8");
    let (certificate, key) = (data.argument(CERTIFICATE), data.argument(KEY));
    let _server = Setup::program(PROGRAM)
        .arguments(&[&port, "3600", "--bind", "127.0.0.1", "--data", directory])
        .arguments(&["--tls-cert", &certificate, "--tls-key", &key])
        .start();
    client.log_in(EIGHT);
    client.type_line("logout");
    assert_eq!(client.wait().status.code(), Some(0));
}
