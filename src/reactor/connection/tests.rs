use super::super::tests::End;
use super::super::tests::{Layer, Layered, Probe, TestPoll, over_each_stream};
use super::*;

const SERVER: Token = Token::permanent(0);
const CLIENT: Token = Token::permanent(1);

over_each_stream! {
    bytes_of_both_sides_arrive_in_order,
    finished_after_the_peers_end_is_over,
    finished_before_the_peers_end_lingers_until_it_comes,
    full_stream_is_told_of_room_and_goes_on,
    finished_without_room_ends_when_there_is_some,
}

/// Two connections, the server's observed by a probe.
struct Pair<S> {
    poll: TestPoll,
    server: Connection<S>,
    client: Connection<S>,
    probe: Probe,
    /// What each of them received.
    server_received: Vec<u8>,
    client_received: Vec<u8>,
    /// How flushing the server's ended last.
    flushed: Flushed,
}

impl<S: Layer> Pair<S> {
    fn new() -> Self {
        let (server, client, probe) = End::pair();
        let poll = TestPoll::default();
        let mut server = Connection::new(S::server(server));
        let mut client = Connection::new(S::client(client));
        server.register(&poll, SERVER).expect("registered");
        client.flush_and_register(&poll, CLIENT).expect("registered");
        Self {
            poll,
            server,
            client,
            probe,
            server_received: Vec::new(),
            client_received: Vec::new(),
            flushed: Flushed::Everything,
        }
    }

    /// Lets both do what events and what is left over call for, until nothing is. Nobody is served
    /// without a reason, and the reasons must come to an end.
    fn run(&mut self) {
        self.flush();
        for _ in 0..10_000 {
            let mut ready: Vec<Token> = Vec::new();
            for (token, readiness) in self.poll.take_events() {
                self.side(token).0.note(readiness);
                ready.push(token);
            }
            ready.extend(
                [SERVER, CLIENT].into_iter().filter(|token| self.side(*token).0.has_more()),
            );
            if ready.is_empty() {
                return;
            }
            for token in ready {
                let (connection, received) = self.side(token);
                connection.receive(&mut [0; 4096], |bytes, _| {
                    received.extend_from_slice(bytes);
                    Consumed { bytes: bytes.len(), wants_more: true }
                });
            }
            self.flush();
        }
        panic!("they find no end");
    }

    fn flush(&mut self) {
        if matches!(self.client.flush(&self.poll, CLIENT), Flushed::Over) {
            // Closing it would end its half.
            self.client.stream.shutdown_write().expect("ended");
        }
        if !matches!(self.flushed, Flushed::Over) {
            self.flushed = self.server.flush(&self.poll, SERVER);
        }
    }

    fn side(&mut self, token: Token) -> (&mut Connection<S>, &mut Vec<u8>) {
        if token == SERVER {
            (&mut self.server, &mut self.server_received)
        } else {
            (&mut self.client, &mut self.client_received)
        }
    }
}

fn bytes_of_both_sides_arrive_in_order<S: Layer>() {
    let mut pair = Pair::<S>::new();
    let bytes: Vec<u8> = (0..10_000_u32).map(|number| number as u8).collect();
    pair.client.output().extend_from_slice(&bytes);
    pair.server.output().extend(bytes.iter().rev());
    pair.run();
    assert!(matches!(pair.flushed, Flushed::Everything));
    assert_eq!(pair.server_received, bytes);
    assert!(pair.client_received.iter().eq(bytes.iter().rev()));
}

fn finished_after_the_peers_end_is_over<S: Layer>() {
    let mut pair = Pair::<S>::new();
    pair.client.finish();
    pair.run();
    assert_eq!(pair.server.reading, Reading::Ended);
    pair.server.output().extend_from_slice(b"the last reply");
    pair.server.finish();
    pair.run();
    assert!(matches!(pair.flushed, Flushed::Over));
    // Closing a plain stream ends it as well, with a system call less.
    assert_eq!(pair.probe.is_ended(), pair.server.stream.has_farewell());
}

fn finished_before_the_peers_end_lingers_until_it_comes<S: Layer>() {
    let mut pair = Pair::<S>::new();
    pair.server.finish();
    for _ in 0..2 {
        pair.run();
        assert!(matches!(pair.flushed, Flushed::Everything));
        assert!(pair.probe.is_ended());
    }
    assert_eq!(pair.client.reading, Reading::Ended);
    pair.client.finish();
    pair.run();
    assert!(matches!(pair.flushed, Flushed::Over));
}

fn full_stream_is_told_of_room_and_goes_on<S: Layer>() {
    let mut pair = Pair::<S>::new();
    pair.run();
    pair.probe.make_room(0);
    pair.server.output().extend_from_slice(b"reply");
    pair.run();
    assert!(matches!(pair.flushed, Flushed::Blocked { .. }));
    assert!(pair.probe.is_interested_in_room());
    pair.probe.make_room(1);
    pair.run();
    assert!(matches!(pair.flushed, Flushed::Blocked { .. }));
    pair.probe.make_room(usize::MAX);
    pair.run();
    assert!(matches!(pair.flushed, Flushed::Everything));
    assert!(!pair.probe.is_interested_in_room());
    assert_eq!(pair.client_received, b"reply");
}

fn finished_without_room_ends_when_there_is_some<S: Layer>() {
    let mut pair = Pair::<S>::new();
    pair.run();
    pair.server.output().extend_from_slice(b"the last reply");
    pair.server.finish();
    pair.probe.make_room(3);
    pair.run();
    assert!(matches!(pair.flushed, Flushed::Blocked { .. }) && !pair.probe.is_ended());
    pair.probe.make_room(usize::MAX);
    pair.run();
    assert!(matches!(pair.flushed, Flushed::Everything) && pair.probe.is_ended());
    assert_eq!(pair.client_received, b"the last reply");
}

#[test]
fn layered_greeting_without_room_is_sent_before_anything_is_read() {
    let mut pair = Pair::<Layered>::new();
    pair.probe.make_room(0);
    pair.client.output().extend_from_slice(b"request");
    pair.run();
    assert!(matches!(pair.flushed, Flushed::Blocked { progress: false }));
    assert!(pair.probe.is_interested_in_room() && pair.server.is_unfinished());
    pair.probe.make_room(usize::MAX);
    pair.run();
    assert_eq!(pair.server_received, b"request");
    assert!(!pair.server.is_unfinished());
}

#[test]
fn layered_answer_without_room_holds_the_rest_of_the_input_until_it_is_sent() {
    let mut pair = Pair::<Layered>::new();
    pair.run();
    pair.probe.make_room(0);
    pair.client.output().extend_from_slice(&[b'x'; 2000]);
    pair.run();
    let before = pair.server_received.len();
    assert!(before < 2000 && pair.server.is_unfinished() && !pair.server.has_more());
    pair.probe.make_room(usize::MAX);
    pair.run();
    assert_eq!(pair.server_received.len(), 2000);
}

#[test]
fn layered_output_that_waits_for_a_greeting_asks_for_no_room() {
    let (server, _client, probe) = End::pair();
    let poll = TestPoll::default();
    let mut server = Connection::new(Layered::server(server));
    server.register(&poll, SERVER).expect("registered");
    server.output().extend_from_slice(b"reply");
    assert!(matches!(server.flush(&poll, SERVER), Flushed::Blocked { progress: false }));
    assert!(!probe.is_interested_in_room());
}

#[test]
fn layered_stream_that_speaks_first_is_told_of_room() {
    let (first, _second, probe) = End::pair();
    let poll = TestPoll::default();
    let mut connection = Connection::new(Layered::client(first));
    connection.register(&poll, CLIENT).expect("registered");
    assert_eq!(poll.take_events(), [(CLIENT, Readiness::Writable)]);
    assert!(matches!(connection.flush(&poll, CLIENT), Flushed::Everything));
    assert!(probe.sent() > 0 && !probe.is_interested_in_room());
}

#[test]
fn layered_end_without_goodbye_is_a_failure() {
    let (server, client, _probe) = End::pair();
    let mut server = Connection::new(Layered::server(server));
    drop(client);
    server.note_unread();
    let received =
        server.receive(&mut [0; 8], |bytes, _| Consumed { bytes: bytes.len(), wants_more: true });
    assert!(matches!(received, Received::Failed(_)));
}
