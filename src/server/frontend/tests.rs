use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::Ipv4Addr;
use std::rc::Rc;

use mio::Interest;
use rand::SeedableRng;
use rand::rngs::ChaCha12Rng;

use super::super::accounts::Accounts;
use super::super::authority::Authority;
use super::super::journal::Journal;
use super::super::journal::tests::Flaky;
use super::super::passwords::Passwords;
use super::super::registry::Registry;
use super::*;
use crate::protocol::Timestamp;

const LOGIN_TIMEOUT: Duration = Duration::from_secs(10);

/// By which a timer may be late, and a bit more.
const LATE: Duration = Duration::from_millis(2);

/// A connection of which the frontend has one end, and the test the other.
#[derive(Debug, Clone)]
struct Wire(Rc<RefCell<Content>>);

#[derive(Debug)]
struct Content {
    /// What the peer has sent and the server has not read.
    arrived: VecDeque<u8>,
    has_peer_ended: bool,
    /// What the server has sent.
    sent: Vec<u8>,
    /// How many more bytes it may send before the peer reads.
    room: usize,
    has_server_ended: bool,
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut content = self.0.borrow_mut();
        if content.arrived.is_empty() && !content.has_peer_ended {
            return Err(ErrorKind::WouldBlock.into());
        }
        content.arrived.read(buffer)
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut content = self.0.borrow_mut();
        let count = bytes.len().min(content.room);
        if count == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        content.room -= count;
        content.sent.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream for Wire {
    type Registry = ();

    fn register(&mut self, (): &(), _: Token, _: Interest) -> io::Result<()> {
        Ok(())
    }

    fn reregister(&mut self, (): &(), _: Token, _: Interest) -> io::Result<()> {
        Ok(())
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        self.0.borrow_mut().has_server_ended = true;
        Ok(())
    }
}

/// The other end of a connection.
struct Phone {
    token: Token,
    wire: Wire,
}

impl Phone {
    /// What the server has sent since it was asked last.
    fn received(&self) -> String {
        let sent = std::mem::take(&mut self.wire.0.borrow_mut().sent);
        String::from_utf8(sent).expect("ASCII")
    }

    fn has_room_for(&self, bytes: usize) {
        self.wire.0.borrow_mut().room = bytes;
    }

    /// Whether the server has ended its half.
    fn is_ended(&self) -> bool {
        self.wire.0.borrow().has_server_ended
    }

    /// Whether the server has let go of the connection.
    fn is_closed(&self) -> bool {
        Rc::strong_count(&self.wire.0) == 1
    }
}

/// A frontend and a clock that only the test moves.
struct Fixture {
    frontend: Frontend<Journal<Flaky>, Wire>,
    now: Now,
}

impl Fixture {
    #[expect(clippy::disallowed_methods, reason = "only the distance to it matters")]
    fn new() -> Self {
        let now = Now { monotonic: Instant::now(), wall: Timestamp::from_unix_seconds(0) };
        let mut passwords = Passwords::default();
        passwords.add_line(b"ann secret").expect("a user");
        let accounts = Accounts::new(passwords, Duration::ZERO);
        let rng = ChaCha12Rng::seed_from_u64(1);
        let authority = Authority::new(accounts, Registry::default(), 900, rng);
        let service = Service::new(authority, Journal::new(Flaky::default()));
        let origins = Origins::new(None);
        Self { frontend: Frontend::new(service, LOGIN_TIMEOUT, origins, now.monotonic), now }
    }

    fn logged_out(&mut self) -> Phone {
        let wire = Wire(Rc::new(RefCell::new(Content {
            arrived: VecDeque::new(),
            has_peer_ended: false,
            sent: Vec::new(),
            room: usize::MAX,
            has_server_ended: false,
        })));
        let token = self.frontend.connections.vacant_entry().token();
        let origin = Origin::new(Ipv4Addr::LOCALHOST.into());
        self.frontend.admit(wire.clone(), origin, &(), self.now).expect("admitted");
        Phone { token, wire }
    }

    fn logged_in(&mut self) -> Phone {
        let phone = self.logged_out();
        self.send(&phone, b"AUTH ann secret\r\n");
        assert_eq!(phone.received(), "+OK\r\n");
        phone
    }

    /// Somebody who has asked something and reads nothing of the answer.
    fn blocked(&mut self) -> Phone {
        let phone = self.logged_in();
        phone.has_room_for(0);
        self.send(&phone, b"PING\r\n");
        phone
    }

    fn send(&mut self, phone: &Phone, bytes: &[u8]) {
        phone.wire.0.borrow_mut().arrived.extend(bytes);
        self.tick(Some((phone.token, Readiness::Readable)));
    }

    fn hang_up(&mut self, phone: &Phone) {
        phone.wire.0.borrow_mut().has_peer_ended = true;
        self.tick(Some((phone.token, Readiness::ReadableToEnd)));
    }

    fn make_room(&mut self, phone: &Phone, bytes: usize) {
        phone.has_room_for(bytes);
        self.tick(Some((phone.token, Readiness::Writable)));
    }

    fn wait(&mut self, time: Duration) {
        self.now.monotonic += time;
        self.tick(None);
    }

    /// A tick, and those that follow at once.
    fn tick(&mut self, event: Option<(Token, Readiness)>) {
        self.frontend.tick(event.into_iter(), &(), self.now);
        self.frontend.free_closed();
        while self.frontend.is_busy() {
            self.frontend.tick(std::iter::empty(), &(), self.now);
            self.frontend.free_closed();
        }
    }
}

#[test]
fn logged_out_login_timeout_closes() {
    let mut fixture = Fixture::new();
    let phone = fixture.logged_out();
    fixture.wait(LOGIN_TIMEOUT - LATE);
    assert!(!phone.is_closed());
    fixture.wait(2 * LATE);
    assert!(phone.is_closed() && fixture.frontend.is_empty());
    assert_eq!(fixture.frontend.next_wake(), None);
}

#[test]
fn logged_in_silence_lasts_for_ever() {
    let mut fixture = Fixture::new();
    let phone = fixture.logged_in();
    assert_eq!(fixture.frontend.next_wake(), None);
    fixture.wait(1000 * LOGIN_TIMEOUT);
    fixture.send(&phone, b"PING\r\n");
    assert_eq!(phone.received(), "+PONG\r\n");
}

#[test]
fn logged_in_temp_id_is_recorded_before_it_is_told() {
    let mut fixture = Fixture::new();
    let phone = fixture.logged_in();
    fixture.send(&phone, b"TEMPID\r\nPING\r\n");
    let received = phone.received();
    assert!(received.starts_with("$58\r\n") && received.ends_with("\r\n+PONG\r\n"), "{received}");
    let disk = &fixture.frontend.service.store.storage().bytes;
    assert!(disk.ends_with(b"\n") && disk.starts_with(b"ann "));
}

#[test]
fn logged_in_temp_id_that_cannot_be_recorded_is_refused() {
    let mut fixture = Fixture::new();
    let phone = fixture.logged_in();
    fixture.frontend.service.store.storage().sync_fails = true;
    fixture.send(&phone, b"TEMPID\r\nPING\r\n");
    let received = phone.received();
    assert!(received.starts_with("-IOERR ") && received.ends_with("\r\n+PONG\r\n"), "{received}");
}

#[test]
fn blocked_without_progress_is_closed_after_the_stall_timeout() {
    let mut fixture = Fixture::new();
    let phone = fixture.blocked();
    fixture.wait(STALL_TIMEOUT / 2);
    // An event without room is no progress.
    fixture.make_room(&phone, 0);
    fixture.wait(STALL_TIMEOUT / 2 - LATE);
    assert!(!phone.is_closed());
    fixture.wait(2 * LATE);
    assert!(phone.is_closed());
}

#[test]
fn blocked_progress_begins_the_stall_timeout_anew() {
    let mut fixture = Fixture::new();
    let phone = fixture.blocked();
    for _ in 0..5 {
        fixture.wait(STALL_TIMEOUT - LATE);
        fixture.make_room(&phone, 1);
    }
    assert_eq!(phone.received(), "+PONG");
    fixture.wait(STALL_TIMEOUT + LATE);
    assert!(phone.is_closed());
}

#[test]
fn blocked_reading_all_ends_the_stall_timeout() {
    let mut fixture = Fixture::new();
    let phone = fixture.blocked();
    fixture.make_room(&phone, usize::MAX);
    assert_eq!(phone.received(), "+PONG\r\n");
    assert_eq!(fixture.frontend.next_wake(), None);
}

#[test]
fn finished_peer_that_hangs_up_is_closed_at_once() {
    let mut fixture = Fixture::new();
    let phone = fixture.logged_in();
    fixture.send(&phone, b"QUIT\r\n");
    assert!(phone.is_ended() && !phone.is_closed());
    fixture.hang_up(&phone);
    assert!(phone.is_closed());
    assert_eq!(fixture.frontend.next_wake(), None);
}

#[test]
fn finished_peer_that_talks_on_is_closed_after_the_linger_timeout() {
    let mut fixture = Fixture::new();
    let phone = fixture.logged_in();
    fixture.send(&phone, b"QUIT\r\n");
    fixture.wait(LINGER_TIMEOUT - LATE);
    fixture.send(&phone, b"PING\r\n");
    assert_eq!(phone.received(), "+OK\r\n");
    fixture.wait(2 * LATE);
    assert!(phone.is_closed());
}

#[test]
fn stopping_idle_peer_is_ended() {
    let mut fixture = Fixture::new();
    let phones = [fixture.logged_in(), fixture.logged_out()];
    fixture.frontend.begin_to_stop();
    fixture.tick(None);
    assert!(phones.iter().all(Phone::is_ended));
}

#[test]
fn stopping_what_has_arrived_is_answered_first() {
    let mut fixture = Fixture::new();
    let phone = fixture.logged_in();
    phone.wire.0.borrow_mut().arrived.extend(b"PING\r\nTEMPID\r\nPING\r\n");
    fixture.frontend.begin_to_stop();
    fixture.tick(None);
    let received = phone.received();
    assert!(received.starts_with("+PONG\r\n$58\r\n") && received.ends_with("\r\n+PONG\r\n"));
    assert!(phone.is_ended());
}

#[test]
fn stopping_unfinished_request_may_be_finished() {
    let mut fixture = Fixture::new();
    let phone = fixture.logged_in();
    fixture.send(&phone, b"*1\r\n$4\r\nPI");
    fixture.frontend.begin_to_stop();
    fixture.tick(None);
    assert!(!phone.is_ended());
    fixture.send(&phone, b"NG\r\n");
    assert_eq!(phone.received(), "+PONG\r\n");
    assert!(phone.is_ended());
}

#[test]
fn full_memory_refuses_who_keeps_more_than_one_read_and_nobody_else() {
    const BEGIN: &[u8] = b"*2\r\n$6\r\nUPLOAD\r\n$1000000\r\n";
    let mut fixture = Fixture::new();
    let (little, much) = (fixture.logged_in(), fixture.logged_in());
    // As if others kept it.
    fixture.frontend.kept_input_bytes = MAX_KEPT_INPUT_BYTES_IN_ALL;
    fixture.send(&little, BEGIN);
    assert_eq!(little.received(), "");
    let kept = fixture.frontend.kept_input_bytes;
    fixture.send(&much, &[BEGIN, &[b'1'; READ_BYTES]].concat());
    assert!(much.received().starts_with("-BUSYREQUESTS too many long requests"));
    assert!(much.is_ended());
    assert_eq!(fixture.frontend.kept_input_bytes, kept);
    fixture.hang_up(&little);
    assert_eq!(fixture.frontend.kept_input_bytes, MAX_KEPT_INPUT_BYTES_IN_ALL);
}

#[test]
fn full_memory_leaves_finished_requests_alone() {
    let mut fixture = Fixture::new();
    let phone = fixture.logged_in();
    fixture.frontend.kept_input_bytes = MAX_KEPT_INPUT_BYTES_IN_ALL;
    let long = [b"*2\r\n$4\r\nPING\r\n$60000\r\n", &[b'x'; 60_000][..], b"\r\n"].concat();
    fixture.send(&phone, &long);
    assert!(phone.received().starts_with("-ERR wrong number of arguments"));
    assert_eq!(fixture.frontend.kept_input_bytes, MAX_KEPT_INPUT_BYTES_IN_ALL);
}
