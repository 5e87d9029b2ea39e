use std::collections::VecDeque;

use mio::net::TcpStream;
use slab::Slab;

use super::connection::READ_BYTES;
use super::{Connection, Readiness, Stream, Token};

/// Connections of the run queue that one tick serves; the others keep their places for the next one. A
/// crowd that always has more to say must not keep whom an event has just announced waiting.
pub const TURNS_PER_TICK: usize = 32;

/// The connections of a program, each with the state that the program keeps for it, and the run
/// queue of those that have more to say than one turn takes.
///
/// In a tick a program calls [`begin_turns`](ConnectionTable::begin_turns), serves each connection of an
/// event for which [`note`](ConnectionTable::note) says so, then each that
/// [`next_turn`](ConnectionTable::next_turn) gives, and in the end calls
/// [`free_closed`](ConnectionTable::free_closed).
///
/// A closed connection reaches nobody any more, but keeps its slot and its descriptor until the end
/// of the tick, so that no event left over in the batch can meet the next connection in its place.
#[derive(Debug)]
pub struct ConnectionTable<T, S = TcpStream> {
    slots: Slab<Slot<T, S>>,
    last_generation: u32,
    run_queue: VecDeque<Token>,
    /// How many of the run queue get their turn in this tick.
    turns: usize,
    closed: Vec<Token>,
    buffer: Box<[u8]>,
}

/// A connection and what the program keeps for it.
#[derive(Debug)]
pub struct Slot<T, S = TcpStream> {
    generation: u32,
    is_queued: bool,
    is_closed: bool,
    /// The stream and its bytes.
    pub connection: Connection<S>,
    /// What the program keeps for it.
    pub state: T,
}

impl<T, S> ConnectionTable<T, S> {
    /// An empty table.
    pub fn new() -> Self {
        Self {
            slots: Slab::new(),
            last_generation: 0,
            run_queue: VecDeque::new(),
            turns: 0,
            closed: Vec::new(),
            buffer: vec![0; READ_BYTES].into_boxed_slice(),
        }
    }

    /// How many connections there are.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The place of a new connection, whose token is known before it is taken.
    pub fn vacant_entry(&mut self) -> VacantEntry<'_, T, S> {
        let generation = Token::next_generation(self.last_generation);
        VacantEntry {
            generation,
            last_generation: &mut self.last_generation,
            slot: self.slots.vacant_entry(),
        }
    }

    /// The connection that `token` means, if it is still open.
    pub fn slot(&mut self, token: Token) -> Option<&mut Slot<T, S>> {
        self.slot_and_buffer(token).map(|(slot, _)| slot)
    }

    /// The same, with the buffer for what is read.
    pub fn slot_and_buffer(&mut self, token: Token) -> Option<(&mut Slot<T, S>, &mut [u8])> {
        let slot = self.slots.get_mut(token.slot as usize)?;
        let is_meant = slot.generation == token.generation && !slot.is_closed;
        is_meant.then_some((slot, &mut self.buffer[..]))
    }

    /// The tokens of all connections.
    pub fn tokens(&self) -> Vec<Token> {
        let token = |(slot, content): (usize, &Slot<T, S>)| Token {
            slot: slot as u32,
            generation: content.generation,
        };
        self.slots.iter().map(token).collect()
    }

    /// Takes note of what an event says of a connection, and says whether to serve it now. Who waits on
    /// the run queue is served there: who sends without end raises events without end, and shall not get
    /// a turn for each.
    pub fn note(&mut self, token: Token, readiness: impl Into<Readiness>) -> bool
    where
        S: Stream,
    {
        self.slot(token).is_some_and(|slot| {
            slot.connection.note(readiness);
            !slot.is_queued
        })
    }

    /// Puts a connection on the run queue: there is more to do for it that no event will tell of.
    pub fn queue(&mut self, token: Token) {
        if let Some(slot) = self.slot(token)
            && !slot.is_queued
        {
            slot.is_queued = true;
            self.run_queue.push_back(token);
        }
    }

    /// Whether the run queue holds anybody, so that the poll must not wait.
    pub fn has_queued(&self) -> bool {
        !self.run_queue.is_empty()
    }

    /// Begins the turns of a tick: those of the first [`TURNS_PER_TICK`] connections of the run queue as
    /// it is now. Who is put on it from now on waits for the next tick.
    pub fn begin_turns(&mut self) {
        self.turns = self.run_queue.len().min(TURNS_PER_TICK);
    }

    /// The next connection of the run queue whose turn it is in this tick; from now on it can be queued
    /// again.
    pub fn next_turn(&mut self) -> Option<Token> {
        self.turns = self.turns.checked_sub(1)?;
        let token = self.run_queue.pop_front()?;
        if let Some(slot) = self.slot(token) {
            slot.is_queued = false;
        }
        Some(token)
    }

    /// Closes a connection, as far as anybody can see, and gives what the program kept for it a last
    /// time.
    pub fn close(&mut self, token: Token) -> Option<&mut T> {
        let slot = self.slots.get_mut(token.slot as usize)?;
        if slot.generation != token.generation || slot.is_closed {
            return None;
        }
        slot.is_closed = true;
        self.closed.push(token);
        Some(&mut slot.state)
    }

    /// Frees what was closed, at the end of a tick, and says whether that was anything. Dropping a
    /// stream also ends its registration, as its descriptor has no duplicate.
    pub fn free_closed(&mut self) -> bool {
        let any = !self.closed.is_empty();
        for token in self.closed.drain(..) {
            self.slots.remove(token.slot as usize);
        }
        any
    }
}

/// The place of a connection that is about to join a [`ConnectionTable`]; dropping it leaves the table as
/// it is.
#[derive(Debug)]
pub struct VacantEntry<'a, T, S = TcpStream> {
    generation: u32,
    last_generation: &'a mut u32,
    slot: slab::VacantEntry<'a, Slot<T, S>>,
}

impl<T, S> VacantEntry<'_, T, S> {
    /// The token that the connection will have, to register it under.
    pub fn token(&self) -> Token {
        Token { slot: self.slot.key() as u32, generation: self.generation }
    }

    /// Adds the connection.
    pub fn insert(self, connection: Connection<S>, state: T) {
        let generation = self.generation;
        *self.last_generation = generation;
        self.slot.insert(Slot {
            generation,
            is_queued: false,
            is_closed: false,
            connection,
            state,
        });
    }
}

impl<T, S> Default for ConnectionTable<T, S> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use std::iter;

    use super::super::connection::tests::Ended;
    use super::*;

    fn table(count: usize) -> (ConnectionTable<(), Ended>, Vec<Token>) {
        let mut table = ConnectionTable::new();
        let join = |_| {
            let entry = table.vacant_entry();
            let token = entry.token();
            entry.insert(Connection::new(Ended::default()), ());
            token
        };
        let tokens = (0..count).map(join).collect();
        (table, tokens)
    }

    fn turns(table: &mut ConnectionTable<(), Ended>) -> Vec<Token> {
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
        entry.insert(Connection::new(Ended::default()), ());
        assert_eq!(next.slot, tokens[0].slot);
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
}
