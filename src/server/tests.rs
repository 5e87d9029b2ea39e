use std::fs;
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt;

use mio::net::TcpStream;

use super::*;

/// A server on a free port of the loopback, with one user.
fn server(data: &tempfile::TempDir) -> Server {
    let credentials = data.path().join("credentials.txt");
    fs::write(&credentials, "ann secret\n").expect("a file");
    // The server warns of a file that others can read.
    fs::set_permissions(credentials, fs::Permissions::from_mode(0o600)).expect("our own file");
    let address = (Ipv4Addr::LOCALHOST, 0).into();
    let settings = Settings::new(address, data.path().to_owned(), Duration::from_secs(60));
    Server::start_embedded(&settings).expect("started")
}

#[test]
fn listener_that_fails_for_good_is_tried_after_pauses_and_told_once() {
    let data = tempfile::tempdir().expect("a directory");
    let mut server = server(&data);
    server.listener.as_ref().expect("it listens").break_for_good();
    let mut events = Events::with_capacity(8);
    for _ in 0..3 {
        server.wait(&mut events).expect("waited");
        let now = Now::read();
        events.iter().for_each(|event| server.handle_event(event, now));
        server.accept(now);
        // Nothing is left over that would keep the loop from waiting.
        assert!(server.next_wake(now.monotonic).is_some_and(|wake| wake > now.monotonic));
    }
    let told = String::from_utf8_lossy(&server.console.diagnostics);
    assert_eq!(told.matches("no new connections for now: Invalid argument").count(), 1, "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
}

#[test]
fn one_tick_accepts_a_crowd_of_clients() {
    const CLIENTS: usize = 100;
    let data = tempfile::tempdir().expect("a directory");
    let mut server = server(&data);
    let clients: Vec<_> =
        (0..CLIENTS).map(|_| TcpStream::connect(server.local_address()).expect("begun")).collect();
    let mut events = Events::with_capacity(8);
    let mut most = 0;
    while server.frontend.len() < clients.len() {
        server.wait(&mut events).expect("waited");
        let (now, earlier) = (Now::read(), server.frontend.len());
        events.iter().for_each(|event| server.handle_event(event, now));
        server.accept(now);
        most = most.max(server.frontend.len() - earlier);
    }
    // The system may hand over some of them later.
    assert!(most > CLIENTS / 2, "{most}");
}
