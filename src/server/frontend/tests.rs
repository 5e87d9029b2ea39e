use std::net::Ipv4Addr;

use rand::SeedableRng;
use rand::rngs::ChaCha12Rng;

use super::super::accounts::Accounts;
use super::super::authority::Authority;
use super::super::database::tests::KeptChanges;
use super::super::embedded::Embedded;
use super::super::hashing::tests::Shared;
use super::super::journal::Journal;
use super::super::journal::tests::Flaky;
use super::super::passwords::Passwords;
use super::super::registry::Registry;
use super::*;
use crate::protocol::Timestamp;
use crate::reactor::tests::{End, Layer, Layered, Probe, TestPoll, over_each_stream};
use crate::reactor::{Consumed, TURNS_PER_TICK};

mod pressure;

const LOGIN_TIMEOUT: Duration = Duration::from_secs(10);

/// By which a timer may be late, and a bit more.
const LATE: Duration = Duration::from_millis(2);

over_each_stream! {
    logged_out_login_timeout_closes,
    logged_in_silence_lasts_for_ever,
    logged_in_temp_id_is_recorded_before_it_is_told,
    logged_in_temp_id_that_cannot_be_recorded_is_refused,
    blocked_without_progress_is_closed_after_the_stall_timeout,
    blocked_progress_begins_the_stall_timeout_anew,
    blocked_reading_all_ends_the_stall_timeout,
    finished_peer_that_hangs_up_is_closed_at_once,
    finished_peer_that_talks_on_is_closed_after_the_linger_timeout,
    stopping_idle_peer_is_ended,
    stopping_what_has_arrived_is_answered_first,
    stopping_unfinished_request_may_be_finished,
    incomplete_request_is_closed_after_its_timeout,
    completed_request_has_no_timeout_any_more,
    pipelined_requests_are_all_answered,
    pipelined_requests_with_long_replies_are_all_answered,
    pipelined_requests_behind_a_write_without_room_are_all_answered,
}

/// Token of the phones on their own poll, of which nobody takes the events.
const PHONE: Token = Token::permanent(0);

/// The other end of a connection. It reads whatever the server sends, at once.
struct Phone<S> {
    token: Token,
    /// Until it is over.
    connection: Option<Connection<S>>,
    poll: TestPoll,
    /// What the server has said since the test asked last.
    received: String,
    /// Of the server's end.
    probe: Probe,
}

impl<S: Layer> Phone<S> {
    /// What the server has said since the last call.
    fn received(&mut self) -> String {
        std::mem::take(&mut self.received)
    }

    /// Whether the server has ended its half.
    fn is_ended(&self) -> bool {
        self.probe.is_ended()
    }

    /// Whether the server has let go of the connection.
    fn is_closed(&self) -> bool {
        self.probe.is_closed()
    }

    /// Reads and sends what it can.
    fn turn(&mut self) {
        let Self { connection, poll, received, .. } = self;
        let Some(open) = connection else { return };
        open.note_unread();
        loop {
            let outcome = open.receive(&mut [0; READ_BYTES], |bytes, _| {
                received.push_str(str::from_utf8(bytes).expect("ASCII"));
                Consumed { bytes: bytes.len(), wants_more: true }
            });
            match (outcome, open.flush(poll, PHONE)) {
                (Received::Failed(_), _) | (_, Flushed::Over | Flushed::Failed(_)) => {
                    *connection = None;
                    return;
                }
                _ if open.has_more() => {}
                _ => return,
            }
        }
    }
}

/// A frontend and a clock that only the test moves.
struct Fixture<S> {
    frontend: Frontend<Embedded<Flaky, KeptChanges>, S>,
    poll: TestPoll,
    now: Now,
}

impl<S: Layer> Fixture<S> {
    #[expect(clippy::disallowed_methods, reason = "only the distance to it matters")]
    fn new() -> Self {
        let now = Now { monotonic: Instant::now(), wall: Timestamp::from_unix_seconds(0) };
        let mut passwords = Passwords::default();
        for line in ["ann secret", "bob secret"] {
            passwords.add_line(line.as_bytes()).expect("a user");
        }
        let accounts = Accounts::new(passwords, Duration::ZERO);
        let rng = ChaCha12Rng::seed_from_u64(1);
        let authority = Authority::new(accounts, Registry::default(), 900, rng);
        let journal = Journal::new(Flaky::default());
        let embedded = Embedded { journal, users: None, database: KeptChanges::default() };
        let service = Service::new(authority, embedded, Box::new(Shared::default()));
        let origins = Origins::new(None);
        let frontend = Frontend::new(service, LOGIN_TIMEOUT, origins, now.monotonic);
        Self { frontend, poll: TestPoll::default(), now }
    }

    fn logged_out(&mut self) -> Phone<S> {
        let (server, client, probe) = End::pair();
        let token = self.frontend.connections.vacant_entry().token();
        let origin = Origin::new(Ipv4Addr::LOCALHOST.into());
        self.frontend.admit(S::server(server), origin, &self.poll, self.now).expect("admitted");
        Phone {
            token,
            connection: Some(Connection::new(S::client(client))),
            poll: TestPoll::default(),
            received: String::new(),
            probe,
        }
    }

    fn logged_in(&mut self) -> Phone<S> {
        self.logged_in_as("ann")
    }

    fn logged_in_as(&mut self, user: &str) -> Phone<S> {
        let mut phone = self.logged_out();
        self.send(&mut phone, format!("AUTH {user} secret\r\n").as_bytes());
        assert_eq!(phone.received(), "+OK\r\n");
        phone
    }

    /// Somebody who has asked something and reads nothing of the answer.
    fn blocked(&mut self) -> Phone<S> {
        let mut phone = self.logged_in();
        phone.probe.make_room(0);
        self.send(&mut phone, b"PING\r\n");
        phone
    }

    fn send(&mut self, phone: &mut Phone<S>, bytes: &[u8]) {
        phone.connection.as_mut().expect("open").output().extend_from_slice(bytes);
        self.run(phone);
    }

    fn hang_up(&mut self, phone: &mut Phone<S>) {
        phone.connection.as_mut().expect("open").finish();
        self.run(phone);
    }

    fn make_room(&mut self, phone: &mut Phone<S>, bytes: usize) {
        phone.probe.make_room(bytes);
        self.run(phone);
    }

    fn wait(&mut self, time: Duration) {
        self.now.monotonic += time;
        self.tick();
    }

    /// Lets a phone and the server talk until neither has anything to say.
    fn run(&mut self, phone: &mut Phone<S>) {
        phone.turn();
        while self.poll.has_events() {
            self.tick();
            phone.turn();
        }
    }

    /// A tick, and those that follow at once.
    fn tick(&mut self) {
        self.tick_once();
        while self.frontend.is_busy() {
            self.tick_once();
        }
    }

    fn tick_once(&mut self) {
        let events = self.poll.take_events();
        self.frontend.tick(events.into_iter(), &self.poll, self.now);
        self.frontend.free_closed();
    }
}

fn logged_out_login_timeout_closes<S: Layer>() {
    let mut fixture = Fixture::<S>::new();
    let phone = fixture.logged_out();
    fixture.wait(LOGIN_TIMEOUT - LATE);
    assert!(!phone.is_closed());
    fixture.wait(2 * LATE);
    assert!(phone.is_closed() && fixture.frontend.is_empty());
    assert_eq!(fixture.frontend.next_wake(), None);
}

fn logged_in_silence_lasts_for_ever<S: Layer>() {
    let mut fixture = Fixture::<S>::new();
    let mut phone = fixture.logged_in();
    assert_eq!(fixture.frontend.next_wake(), None);
    fixture.wait(1000 * LOGIN_TIMEOUT);
    fixture.send(&mut phone, b"PING\r\n");
    assert_eq!(phone.received(), "+PONG\r\n");
}

fn logged_in_temp_id_is_recorded_before_it_is_told<S: Layer>() {
    let mut fixture = Fixture::<S>::new();
    let mut phone = fixture.logged_in();
    fixture.send(&mut phone, b"TEMPID\r\nPING\r\n");
    let received = phone.received();
    assert!(received.starts_with("$58\r\n") && received.ends_with("\r\n+PONG\r\n"), "{received}");
    let disk = &fixture.frontend.service.store.journal.storage().bytes;
    assert!(disk.ends_with(b"\n") && disk.starts_with(b"ann "));
}

fn logged_in_temp_id_that_cannot_be_recorded_is_refused<S: Layer>() {
    let mut fixture = Fixture::<S>::new();
    let mut phone = fixture.logged_in();
    fixture.frontend.service.store.journal.storage().sync_fails = true;
    fixture.send(&mut phone, b"TEMPID\r\nPING\r\n");
    let received = phone.received();
    assert!(received.starts_with("-IOERR ") && received.ends_with("\r\n+PONG\r\n"), "{received}");
}

fn blocked_without_progress_is_closed_after_the_stall_timeout<S: Layer>() {
    let mut fixture = Fixture::<S>::new();
    let phone = fixture.blocked();
    fixture.wait(STALL_TIMEOUT / 2);
    // An event without room is no progress.
    fixture.poll.tell(phone.token, Readiness::Writable);
    fixture.tick();
    fixture.wait(STALL_TIMEOUT / 2 - LATE);
    assert!(!phone.is_closed());
    fixture.wait(2 * LATE);
    assert!(phone.is_closed());
}

fn blocked_progress_begins_the_stall_timeout_anew<S: Layer>() {
    let mut fixture = Fixture::<S>::new();
    let mut phone = fixture.blocked();
    let sent = phone.probe.sent();
    for _ in 0..5 {
        fixture.wait(STALL_TIMEOUT - LATE);
        fixture.make_room(&mut phone, 1);
    }
    assert_eq!(phone.probe.sent(), sent + 5);
    assert!(!phone.is_closed());
    fixture.wait(STALL_TIMEOUT + LATE);
    assert!(phone.is_closed());
}

fn blocked_reading_all_ends_the_stall_timeout<S: Layer>() {
    let mut fixture = Fixture::<S>::new();
    let mut phone = fixture.blocked();
    fixture.make_room(&mut phone, usize::MAX);
    assert_eq!(phone.received(), "+PONG\r\n");
    assert_eq!(fixture.frontend.next_wake(), None);
}

fn finished_peer_that_hangs_up_is_closed_at_once<S: Layer>() {
    let mut fixture = Fixture::<S>::new();
    let mut phone = fixture.logged_in();
    fixture.send(&mut phone, b"QUIT\r\n");
    assert!(phone.is_ended() && !phone.is_closed());
    fixture.hang_up(&mut phone);
    assert!(phone.is_closed());
    assert_eq!(fixture.frontend.next_wake(), None);
}

fn finished_peer_that_talks_on_is_closed_after_the_linger_timeout<S: Layer>() {
    let mut fixture = Fixture::<S>::new();
    let mut phone = fixture.logged_in();
    fixture.send(&mut phone, b"QUIT\r\n");
    fixture.wait(LINGER_TIMEOUT - LATE);
    fixture.send(&mut phone, b"PING\r\n");
    assert_eq!(phone.received(), "+OK\r\n");
    fixture.wait(2 * LATE);
    assert!(phone.is_closed());
}

fn stopping_idle_peer_is_ended<S: Layer>() {
    let mut fixture = Fixture::<S>::new();
    let phones = [fixture.logged_in(), fixture.logged_out()];
    fixture.frontend.begin_to_stop();
    fixture.tick();
    assert!(phones.iter().all(Phone::is_ended));
}

fn stopping_what_has_arrived_is_answered_first<S: Layer>() {
    let mut fixture = Fixture::<S>::new();
    let mut phone = fixture.logged_in();
    let connection = phone.connection.as_mut().expect("open");
    connection.output().extend_from_slice(b"PING\r\nTEMPID\r\nPING\r\n");
    phone.turn();
    // It has arrived, but no event has told of it.
    assert!(!fixture.poll.take_events().is_empty());
    fixture.frontend.begin_to_stop();
    fixture.tick();
    phone.turn();
    let received = phone.received();
    assert!(received.starts_with("+PONG\r\n$58\r\n") && received.ends_with("\r\n+PONG\r\n"));
    assert!(phone.is_ended());
}

fn stopping_unfinished_request_may_be_finished<S: Layer>() {
    let mut fixture = Fixture::<S>::new();
    let mut phone = fixture.logged_in();
    fixture.send(&mut phone, b"*1\r\n$4\r\nPI");
    fixture.frontend.begin_to_stop();
    fixture.tick();
    assert!(!phone.is_ended());
    fixture.send(&mut phone, b"NG\r\n");
    assert_eq!(phone.received(), "+PONG\r\n");
    assert!(phone.is_ended());
}

fn pipelined_requests_are_all_answered<S: Layer>() {
    let mut fixture = Fixture::<S>::new();
    let mut phone = fixture.logged_in();
    fixture.send(&mut phone, &b"PING\r\n".repeat(100));
    assert_eq!(phone.received(), "+PONG\r\n".repeat(100));
    assert_eq!(fixture.frontend.next_wake(), None);
}

fn pipelined_requests_with_long_replies_are_all_answered<S: Layer>() {
    let mut fixture = Fixture::<S>::new();
    let mut phone = fixture.logged_in();
    fixture.send(&mut phone, &b"INFO\r\n".repeat(200));
    let received = phone.received();
    assert!(received.len() > MAX_UNREAD_REPLY_BYTES, "{}", received.len());
    assert_eq!(received.matches("# Server").count(), 200);
    assert_eq!(fixture.frontend.next_wake(), None);
}

fn pipelined_requests_behind_a_write_without_room_are_all_answered<S: Layer>() {
    let mut fixture = Fixture::<S>::new();
    let mut phone = fixture.logged_in();
    phone.probe.make_room(0);
    fixture.send(&mut phone, &b"PING\r\n".repeat(100));
    let mut received = phone.received();
    while received.len() < 100 * "+PONG\r\n".len() {
        let sent = phone.probe.sent();
        fixture.make_room(&mut phone, 10);
        assert!(phone.probe.sent() > sent, "it hangs after {} bytes", received.len());
        received.push_str(&phone.received());
    }
    assert_eq!(received, "+PONG\r\n".repeat(100));
}

fn incomplete_request_is_closed_after_its_timeout<S: Layer>() {
    let mut fixture = Fixture::<S>::new();
    let (mut phone, idle) = (fixture.logged_in(), fixture.logged_in());
    fixture.send(&mut phone, b"*1\r\n$4\r\n");
    fixture.wait(REQUEST_TIMEOUT - LATE);
    fixture.send(&mut phone, b"P");
    assert!(!phone.is_closed(), "a byte is no progress");
    fixture.wait(2 * LATE);
    assert!(phone.is_closed() && !idle.is_closed());
    assert_eq!(fixture.frontend.next_wake(), None);
}

fn completed_request_has_no_timeout_any_more<S: Layer>() {
    let mut fixture = Fixture::<S>::new();
    let mut phone = fixture.logged_in();
    for _ in 0..3 {
        fixture.send(&mut phone, b"*1\r\n$4\r\nPI");
        fixture.wait(REQUEST_TIMEOUT - LATE);
        fixture.send(&mut phone, b"NG\r\n");
    }
    assert_eq!(fixture.frontend.next_wake(), None);
    fixture.wait(2 * REQUEST_TIMEOUT);
    assert!(!phone.is_closed());
}

#[test]
fn layered_answer_without_room_is_closed_after_the_stall_timeout() {
    let mut fixture = Fixture::<Layered>::new();
    let mut phone = fixture.logged_in();
    phone.probe.make_room(0);
    // More than the layer sends without an answer, which the server has no room for.
    fixture.send(&mut phone, &[b"*2\r\n$6\r\nUPLOAD\r\n$1000000\r\n", &[b'1'; 2000][..]].concat());
    fixture.wait(STALL_TIMEOUT - LATE);
    assert!(!phone.is_closed());
    fixture.wait(2 * LATE);
    assert!(phone.is_closed());
}

#[test]
fn layered_stopping_waits_for_room_for_answers_and_goodbye() {
    let mut fixture = Fixture::<Layered>::new();
    let mut phone = fixture.logged_in();
    phone.probe.make_room(0);
    for _ in 0..2 {
        fixture.send(&mut phone, b"PING\r\n");
    }
    fixture.frontend.begin_to_stop();
    fixture.tick();
    assert!(!phone.is_ended());
    fixture.make_room(&mut phone, usize::MAX);
    assert_eq!(phone.received(), "+PONG\r\n".repeat(2));
    assert!(phone.is_ended());
}

#[test]
fn handshakes_of_a_crowd_take_turns_while_a_request_is_answered_at_once() {
    let mut fixture = Fixture::<Layered>::new();
    let mut phone = fixture.logged_in();
    let mut crowd: Vec<_> = (0..3 * TURNS_PER_TICK).map(|_| fixture.logged_out()).collect();
    crowd.iter_mut().for_each(Phone::turn);
    phone.connection.as_mut().expect("open").output().extend_from_slice(b"PING\r\n");
    phone.turn();
    for ticks in 0..4 {
        fixture.tick_once();
        let greeted = crowd.iter().filter(|phone| phone.probe.sent() > 0).count();
        assert_eq!(greeted, ticks * TURNS_PER_TICK);
        phone.turn();
        assert_eq!(phone.received(), if ticks == 0 { "+PONG\r\n" } else { "" });
    }
}
