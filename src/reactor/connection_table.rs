use std::collections::VecDeque;

use mio::net::TcpStream;
use slab::Slab;

use super::connection::READ_BYTES;
use super::{Connection, Token};

/// Connections of the run queue that one tick serves; the others keep their places for the next one. A
/// crowd that always has more to say must not keep whom an event has just announced waiting.
pub const TURNS_PER_TICK: usize = 32;

/// The connections of a program, each with the state that the program keeps for it, and the run
/// queue of those that have more to say than one turn takes.
///
/// A closed connection reaches nobody any more, but keeps its slot and its descriptor until the end
/// of the tick, so that no event left over in the batch can meet the next connection in its place.
#[derive(Debug)]
pub struct ConnectionTable<T, S = TcpStream> {
    slots: Slab<Slot<T, S>>,
    last_generation: u32,
    run_queue: VecDeque<Token>,
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

    /// The token that the next connection will have.
    pub fn next_token(&self) -> Token {
        Token {
            slot: self.slots.vacant_key() as u32,
            generation: Token::next_generation(self.last_generation),
        }
    }

    /// Adds a connection under [`next_token`](ConnectionTable::next_token).
    pub fn insert(&mut self, connection: Connection<S>, state: T) -> Token {
        let token = self.next_token();
        self.last_generation = token.generation;
        let generation = token.generation;
        self.slots.insert(Slot {
            generation,
            is_queued: false,
            is_closed: false,
            connection,
            state,
        });
        token
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

    /// Whether a connection waits for its turn on the run queue. Events give it no other one: who sends
    /// without end raises them without end.
    pub fn is_queued(&mut self, token: Token) -> bool {
        self.slot(token).is_some_and(|slot| slot.is_queued)
    }

    /// Takes the first [`TURNS_PER_TICK`] connections off the run queue. Each still counts as queued until
    /// its turn [begins](ConnectionTable::begin_turn).
    pub fn take_queued(&mut self) -> Vec<Token> {
        let count = self.run_queue.len().min(TURNS_PER_TICK);
        self.run_queue.drain(..count).collect()
    }

    /// Lets the turn of a connection begin; from now on it can be queued again.
    pub fn begin_turn(&mut self, token: Token) {
        if let Some(slot) = self.slot(token) {
            slot.is_queued = false;
        }
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

impl<T, S> Default for ConnectionTable<T, S> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::super::connection::tests::Ended;
    use super::*;

    #[test]
    fn long_run_queue_is_served_in_portions_and_in_order() {
        let mut table = ConnectionTable::new();
        let tokens: Vec<Token> = (0..=TURNS_PER_TICK)
            .map(|_| table.insert(Connection::new(Ended::default()), ()))
            .collect();
        tokens.iter().for_each(|token| table.queue(*token));
        tokens.iter().for_each(|token| table.queue(*token));
        assert_eq!(table.take_queued(), tokens[..TURNS_PER_TICK]);
        assert!(table.is_queued(tokens[0]), "it has not had its turn");
        table.begin_turn(tokens[0]);
        assert!(!table.is_queued(tokens[0]));
        table.queue(tokens[0]);
        assert_eq!(table.take_queued(), [tokens[TURNS_PER_TICK], tokens[0]]);
        assert!(!table.has_queued());
    }
}
