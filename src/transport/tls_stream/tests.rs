use proptest::prelude::*;

use super::super::identity::IdentityFiles;
use super::super::self_signed::{self, Existing, SelfSigned};
use super::super::trust::{self, Sessions};
use super::*;
use crate::clock::Now;
use crate::reactor::tests::{End, Probe, TestPoll};
use crate::reactor::{self, Consumed, Flushed, READ_BYTES, Received};

const SERVER: Token = Token::permanent(0);
const CLIENT: Token = Token::permanent(1);

const NAME: &str = "server.example";

/// Both sides of a connection, one of which sends as much as there is room for.
struct Pair {
    poll: TestPoll,
    server: Side,
    client: Side,
    /// The room of one of them.
    probe: Probe,
}

struct Side {
    link: reactor::Connection<TlsStream<End>>,
    received: Vec<u8>,
    /// How the last read that was more than a pause ended.
    end: Option<Received>,
    flushed: Flushed,
}

/// The side that sends as much as there is room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Narrow {
    Server,
    Client,
}

fn configurations(sessions: Sessions) -> (Arc<ServerConfig>, Arc<ClientConfig>) {
    let directory = tempfile::tempdir().expect("a directory");
    let now = Now::read().wall;
    SelfSigned::write(&[name(NAME)], directory.path(), Existing::Kept, now).expect("written");
    let certificate = directory.path().join(self_signed::CERTIFICATE);
    let key = directory.path().join(self_signed::KEY);
    let client = trust::read(&certificate, sessions).expect("a certificate");
    (IdentityFiles { certificate, key }.read().expect("a certificate and its key"), client)
}

fn name(text: &str) -> ServerName<'static> {
    ServerName::try_from(text.to_owned()).expect("a name")
}

impl Pair {
    fn new(narrow: Narrow) -> Self {
        Self::of(&configurations(Sessions::Fresh), NAME, narrow)
    }

    fn of(
        (server, client): &(Arc<ServerConfig>, Arc<ClientConfig>),
        expected: &str,
        narrow: Narrow,
    ) -> Self {
        let (first, second, probe) = End::pair();
        let ends = if narrow == Narrow::Server { (first, second) } else { (second, first) };
        let poll = TestPoll::default();
        let mut pair = Self {
            server: Side::new(TlsStream::accepted(server, ends.0)),
            client: Side::new(TlsStream::connecting(client, name(expected), ends.1)),
            poll,
            probe,
        };
        pair.server.link.register(&pair.poll, SERVER).expect("registered");
        pair.client.link.flush_and_register(&pair.poll, CLIENT).expect("registered");
        pair
    }

    fn side(&mut self, token: Token) -> &mut Side {
        if token == SERVER { &mut self.server } else { &mut self.client }
    }

    /// Lets both do what events and what is left over call for, until nothing is.
    fn run(&mut self) {
        self.flush();
        for _ in 0..100_000 {
            let mut ready: Vec<Token> = Vec::new();
            for (token, readiness) in self.poll.take_events() {
                self.side(token).link.note(readiness);
                ready.push(token);
            }
            let has_more = |token: &Token| self.side(*token).link.has_more();
            ready.extend([SERVER, CLIENT].into_iter().filter(has_more));
            if ready.is_empty() {
                return;
            }
            ready.into_iter().for_each(|token| self.side(token).receive());
            self.flush();
        }
        panic!("they find no end");
    }

    fn flush(&mut self) {
        for token in [SERVER, CLIENT] {
            let poll = self.poll.clone();
            let side = self.side(token);
            if side.end.is_none() {
                side.flushed = side.link.flush(&poll, token);
            }
        }
    }

    /// Runs with so much room after each standstill, then with all there is.
    fn run_with_rooms(&mut self, rooms: &[usize]) {
        self.probe.make_room(0);
        for room in rooms {
            self.run();
            self.probe.make_room(*room);
        }
        self.run();
        self.probe.make_room(usize::MAX);
        self.run();
    }
}

impl Side {
    fn new(stream: TlsStream<End>) -> Self {
        let link = reactor::Connection::new(stream);
        Self { link, received: Vec::new(), end: None, flushed: Flushed::Everything }
    }

    fn receive(&mut self) {
        let received = &mut self.received;
        let outcome = self.link.receive(&mut [0; READ_BYTES], |bytes, _| {
            received.extend_from_slice(bytes);
            Consumed { bytes: bytes.len(), wants_more: true }
        });
        if let Received::Ended | Received::Failed(_) = outcome {
            self.end = Some(outcome);
        }
    }

    /// Why the connection broke.
    fn failure(&self) -> &io::Error {
        match &self.end {
            Some(Received::Failed(error)) => error,
            other => panic!("no failure: {other:?}"),
        }
    }
}

fn content(len: usize) -> Vec<u8> {
    (0..len).map(|number| (number % 251) as u8).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_cuts_both_sides_receive_what_the_other_sent(
        (to_server, to_client) in (0_usize..200_000, 0_usize..200_000),
        rooms in prop::collection::vec(prop_oneof![0_usize..6, 1_usize..3_000], 0..200),
        narrow in prop::sample::select(vec![Narrow::Server, Narrow::Client]),
    ) {
        let mut pair = Pair::new(narrow);
        pair.client.link.output().extend(content(to_server));
        pair.server.link.output().extend(content(to_client));
        pair.run_with_rooms(&rooms);
        prop_assert!(pair.server.received == content(to_server));
        prop_assert!(pair.client.received == content(to_client));
        let is_unfinished = pair.server.link.is_unfinished() || pair.client.link.is_unfinished();
        prop_assert!(!is_unfinished);
        pair.client.link.finish();
        pair.run();
        prop_assert!(matches!(pair.server.end, Some(Received::Ended)));
    }

    #[test]
    fn any_bytes_of_a_client_give_errors_only(
        bytes in prop::collection::vec(any::<u8>(), 0..2_000),
        is_handshake in any::<bool>(),
    ) {
        let (mut end, other, _probe) = End::pair();
        let (server, _) = configurations(Sessions::Fresh);
        let mut stream = TlsStream::accepted(&server, other);
        if is_handshake {
            end.write_all(&[22, 3, 1, 1, 0, 1]).expect("room");
        }
        end.write_all(&bytes).expect("room");
        for _ in 0..100 {
            let read = stream.read(&mut [0; READ_BYTES]);
            prop_assert!(read.is_err(), "{read:?}");
        }
    }
}

#[test]
fn second_connection_with_a_ticket_is_resumed() {
    let configurations = configurations(Sessions::Resumed);
    for is_resumed in [false, true, true] {
        let mut pair = Pair::of(&configurations, NAME, Narrow::Server);
        pair.run();
        assert_eq!(pair.client.link.stream().is_resumed(), is_resumed);
        assert_eq!(pair.server.link.stream().is_resumed(), is_resumed);
    }
}

#[test]
fn certificate_for_another_name_is_refused_and_the_server_learns_why() {
    let mut pair = Pair::of(&configurations(Sessions::Fresh), "other.example", Narrow::Server);
    pair.run();
    let told = pair.client.failure().to_string();
    assert!(told.contains("not valid for name \"other.example\""), "{told}");
    let failure = HandshakeFailure::behind(pair.server.failure()).expect("during the handshake");
    assert!(failure.to_string().contains("alert BadCertificate"), "{failure}");
}

#[test]
fn certificate_of_nobody_who_is_trusted_is_refused() {
    let (server, _) = configurations(Sessions::Fresh);
    let (_, client) = configurations(Sessions::Fresh);
    let mut pair = Pair::of(&(server, client), NAME, Narrow::Server);
    pair.run();
    let told = pair.client.failure().to_string();
    assert!(told.contains("neither it nor its issuer is among those"), "{told}");
}

#[test]
fn request_in_the_clear_is_no_tls_and_is_answered_with_an_alert() {
    let (mut end, other, _probe) = End::pair();
    let (server, _) = configurations(Sessions::Fresh);
    let mut stream = TlsStream::accepted(&server, other);
    end.write_all(b"PING\r\n").expect("room");
    let error = stream.read(&mut [0; READ_BYTES]).expect_err("no TLS");
    assert_eq!(HandshakeFailure::behind(&error), Some(&HandshakeFailure::Plain));
    let mut alert = [0; 7];
    end.read_exact(&mut alert).expect("an alert");
    assert_eq!(alert[..6], [21, 3, 3, 0, 2, 2]);
}

#[test]
fn handshake_that_is_too_long_ends() {
    let (mut end, other, _probe) = End::pair();
    let (server, _) = configurations(Sessions::Fresh);
    let mut stream = TlsStream::accepted(&server, other);
    // A ClientHello that says it has 60,000 bytes, in records of 4,096.
    let mut records = Vec::new();
    for number in 0..5 {
        records.extend_from_slice(&[22, 3, 1, 0x10, 0]);
        records.extend_from_slice(if number == 0 { &[1, 0, 0xea, 0x60] } else { &[0; 4] });
        records.extend_from_slice(&[0; 4092]);
    }
    end.write_all(&records).expect("room");
    let error = stream.read(&mut [0; READ_BYTES]).expect_err("too long");
    assert!(error.to_string().contains("too long"), "{error}");
}

#[test]
fn end_without_a_farewell_is_a_failure_and_one_with_it_is_none() {
    let mut pair = Pair::new(Narrow::Server);
    pair.run();
    pair.server.link.part();
    pair.run();
    assert!(matches!(pair.client.end, Some(Received::Ended)));
    let mut pair = Pair::new(Narrow::Server);
    pair.run();
    let Pair { poll, server, mut client, .. } = pair;
    drop(server);
    for (_, readiness) in poll.take_events() {
        client.link.note(readiness);
    }
    client.receive();
    assert!(client.failure().to_string().contains("cut off"), "{:?}", client.end);
}

#[test]
fn reply_that_was_not_sent_makes_the_end_a_truncation() {
    let mut pair = Pair::new(Narrow::Server);
    pair.run();
    pair.probe.make_room(10);
    pair.server.link.output().extend(content(100_000));
    pair.flush();
    pair.server.link.part();
    let Pair { poll, server, mut client, .. } = pair;
    drop(server);
    for (_, readiness) in poll.take_events() {
        client.link.note(readiness);
    }
    client.receive();
    client.receive();
    assert_eq!(client.failure().kind(), ErrorKind::ConnectionReset);
}
