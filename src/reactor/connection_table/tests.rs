use std::fmt::Display;
use std::io::Write;
use std::iter;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use mio::event::Event;
use mio::net::UnixStream;
use mio::{Events, Poll};

use super::super::tests::End;
use super::super::{Accepted, Consumed, Listener, TimerWheel, connect};
use super::*;

const LOCALHOST: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
const DEADLINE: Duration = Duration::from_secs(60);

const TABLE: Table = Table::new(0);

fn table(count: usize) -> (ConnectionTable<(), End>, Vec<Token>) {
    let mut table = ConnectionTable::new(TABLE);
    let join = |_| {
        let entry = table.vacant_entry();
        let token = entry.token();
        entry.insert(Connection::new(End::pair().0), ());
        token
    };
    let tokens = (0..count).map(join).collect();
    (table, tokens)
}

fn turns(table: &mut ConnectionTable<(), End>) -> Vec<Token> {
    table.begin_turns();
    iter::from_fn(|| table.next_turn()).collect()
}

#[test]
fn long_run_queue_is_served_in_portions_and_in_order() {
    let (mut table, tokens) = table(TURNS_PER_TICK + 1);
    tokens.iter().for_each(|token| table.queue(*token));
    tokens.iter().for_each(|token| table.queue(*token));
    assert_eq!(turns(&mut table), tokens[..TURNS_PER_TICK]);
    assert_eq!(turns(&mut table), tokens[TURNS_PER_TICK..]);
    assert!(!table.has_queued());
}

#[test]
fn connection_queued_in_a_tick_waits_for_the_next_one() {
    let (mut table, tokens) = table(2);
    table.queue(tokens[0]);
    table.begin_turns();
    table.queue(tokens[1]);
    assert_eq!(table.next_turn(), Some(tokens[0]));
    table.queue(tokens[0]);
    assert_eq!(table.next_turn(), None);
    assert_eq!(turns(&mut table), [tokens[1], tokens[0]]);
}

#[test]
fn event_gives_a_queued_connection_no_second_turn() {
    let (mut table, tokens) = table(1);
    assert!(table.note(tokens[0], Readiness::Readable));
    table.queue(tokens[0]);
    assert!(!table.note(tokens[0], Readiness::Readable));
    assert_eq!(turns(&mut table), tokens);
    assert!(table.note(tokens[0], Readiness::Readable));
}

#[test]
fn event_of_an_earlier_connection_of_the_slot_reaches_nobody() {
    let (mut table, tokens) = table(1);
    table.close(tokens[0]);
    assert!(!table.note(tokens[0], Readiness::Readable), "closed");
    assert!(table.free_closed());
    let entry = table.vacant_entry();
    let next = entry.token();
    entry.insert(Connection::new(End::pair().0), ());
    assert_eq!(next.slot(), tokens[0].slot());
    assert!(!table.note(tokens[0], Readiness::Readable), "freed");
    assert!(table.note(next, Readiness::Readable));
}

#[test]
fn entry_that_is_dropped_takes_no_place() {
    let (mut table, _) = table(0);
    let token = table.vacant_entry().token();
    assert!(table.is_empty());
    assert_eq!(table.vacant_entry().token(), token);
}

#[test]
fn tables_on_one_poll_get_their_own_events_timers_and_generations() {
    let mut world = TwoTables::new();
    for round in 0..3 {
        let (number, mut number_peer) = world.join_numbers(round);
        let (word, mut word_peer) = world.join_words("word");
        assert_eq!((number.slot(), number.generation()), (word.slot(), word.generation()));

        number_peer.write_all(b"to numbers").expect("sent");
        assert_eq!(world.wait(), [format!("numbers {round}: to numbers")]);
        word_peer.write_all(b"to words").expect("sent");
        assert_eq!(world.wait(), ["words word: to words"]);

        // A timer of either table closes nobody in the other one.
        world.timers.insert(world.now, word);
        assert_eq!(world.close_due(), (0, 1));
        assert!(world.numbers.slot(number).is_some());
        world.timers.insert(world.now, number);
        world.timers.insert(world.now, word);
        assert_eq!(world.close_due(), (1, 0));
        world.numbers.free_closed();
        world.words.free_closed();
    }
}

/// Two tables of different states and streams on one poll, with one wheel.
struct TwoTables {
    poll: Poll,
    timers: TimerWheel<Token>,
    now: Instant,
    numbers: ConnectionTable<u32>,
    words: ConnectionTable<&'static str, UnixStream>,
}

impl TwoTables {
    #[expect(clippy::disallowed_methods, reason = "only the distance to it matters")]
    fn new() -> Self {
        let now = Instant::now();
        Self {
            poll: Poll::new().expect("a poll"),
            timers: TimerWheel::new(now),
            now,
            numbers: ConnectionTable::new(Table::new(0)),
            words: ConnectionTable::new(Table::new(1)),
        }
    }

    fn join_numbers(&mut self, state: u32) -> (Token, std::net::TcpStream) {
        let registry = self.poll.registry().try_clone().expect("a registry");
        let mut listener =
            Listener::bind(LOCALHOST, &registry, Token::permanent(0)).expect("bound");
        let address = listener.local_address().expect("an address");
        let stream = connect(address).expect("begun");
        let connection = Connection::connecting(stream);
        let peer = loop {
            if let Accepted::Stream(stream, _) = listener.accept() {
                break std::net::TcpStream::from(OwnedFd::from(stream));
            }
        };
        (join(&mut self.numbers, connection, state, &registry), peer)
    }

    fn join_words(&mut self, state: &'static str) -> (Token, UnixStream) {
        let (stream, peer) = UnixStream::pair().expect("a pair");
        let registry = self.poll.registry().try_clone().expect("a registry");
        (join(&mut self.words, Connection::new(stream), state, &registry), peer)
    }

    /// Waits until somebody receives something, and returns who received what. Each event is
    /// offered to both tables.
    fn wait(&mut self) -> Vec<String> {
        let (mut events, mut told) = (Events::with_capacity(8), Vec::new());
        while told.is_empty() {
            self.poll.poll(&mut events, Some(DEADLINE)).expect("polled");
            assert!(!events.is_empty(), "no event comes");
            for event in &events {
                let token = Token::from(event.token());
                told.extend(receive(&mut self.numbers, token, event, "numbers"));
                told.extend(receive(&mut self.words, token, event, "words"));
            }
        }
        told
    }

    /// Closes the connections whose timers are due, and returns how many each table closed. Each
    /// timer is offered to both tables.
    fn close_due(&mut self) -> (usize, usize) {
        let mut closed = (0, 0);
        self.timers.advance(self.now);
        while let Some(token) = self.timers.pop_due() {
            closed.0 += usize::from(self.numbers.close(token).is_some());
            closed.1 += usize::from(self.words.close(token).is_some());
        }
        closed
    }
}

fn join<T, S: Stream>(
    table: &mut ConnectionTable<T, S>,
    mut connection: Connection<S>,
    state: T,
    registry: &S::Registry,
) -> Token {
    let entry = table.vacant_entry();
    let token = entry.token();
    connection.register(registry, token).expect("registered");
    entry.insert(connection, state);
    token
}

fn receive<T: Display, S: Stream>(
    table: &mut ConnectionTable<T, S>,
    token: Token,
    event: &Event,
    name: &str,
) -> Option<String> {
    if !table.note(token, event) {
        return None;
    }
    let (slot, buffer) = table.slot_and_buffer(token)?;
    let mut text = String::new();
    slot.connection.receive(buffer, |bytes, _| {
        text.push_str(str::from_utf8(bytes).expect("ASCII"));
        Consumed { bytes: bytes.len(), wants_more: true }
    });
    (!text.is_empty()).then(|| format!("{name} {}: {text}", slot.state))
}
