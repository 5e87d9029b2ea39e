use std::collections::VecDeque;

use mio::net::TcpStream;
use slab::Slab;

use super::connection::READ_BYTES;
use super::{Connection, Readiness, Stream, Table, Token};

/// Connections of the run queue that one tick serves; the others keep their places for the next
/// tick. A crowd that always has more to say must not delay the connections that events announce.
pub const TURNS_PER_TICK: usize = 8;

/// The connections of one kind that a program has, each with the state that the program keeps for
/// it, and the run queue of those that have more to say than one turn takes.
///
/// A poll may serve several tables, of different states and streams, each with a [`Table`] number
/// of its own: a token of one table reaches nobody in another.
///
/// In a tick a program calls [`begin_turns`](ConnectionTable::begin_turns), serves each connection
/// of an event for which [`note`](ConnectionTable::note) says so, then each that
/// [`next_turn`](ConnectionTable::next_turn) gives, and in the end calls
/// [`free_closed`](ConnectionTable::free_closed).
///
/// A closed connection reaches nobody any more, but keeps its slot and its descriptor until the end
/// of the tick, so that no event left over in the batch can meet the next connection in its place.
#[derive(Debug)]
pub struct ConnectionTable<T, S = TcpStream> {
    table: Table,
    slots: Slab<Slot<T, S>>,
    last_generation: u32,
    run_queue: VecDeque<Token>,
    /// Connections of the run queue that still get a turn in this tick.
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
    /// An empty table, the only one on its poll with this number.
    pub fn new(table: Table) -> Self {
        Self {
            table,
            slots: Slab::new(),
            last_generation: 0,
            run_queue: VecDeque::new(),
            turns: 0,
            closed: Vec::new(),
            buffer: vec![0; READ_BYTES].into_boxed_slice(),
        }
    }

    /// Number of connections.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there is no connection.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// A free slot for a new connection, whose token is known before the slot is taken.
    pub fn vacant_entry(&mut self) -> VacantEntry<'_, T, S> {
        let slot = self.slots.vacant_entry();
        let token = Token::new(self.table, slot.key(), self.last_generation.wrapping_add(1));
        VacantEntry { token, last_generation: &mut self.last_generation, slot }
    }

    /// The connection that `token` means, if it is one of this table and still open.
    pub fn slot(&mut self, token: Token) -> Option<&mut Slot<T, S>> {
        self.slot_and_buffer(token).map(|(slot, _)| slot)
    }

    /// Like [`slot`](ConnectionTable::slot), with the buffer to read into.
    pub fn slot_and_buffer(&mut self, token: Token) -> Option<(&mut Slot<T, S>, &mut [u8])> {
        if token.table() != self.table {
            return None;
        }
        let slot = self.slots.get_mut(token.slot())?;
        let is_meant = slot.generation == token.generation() && !slot.is_closed;
        is_meant.then_some((slot, &mut self.buffer[..]))
    }

    /// The tokens of all connections.
    pub fn tokens(&self) -> Vec<Token> {
        let token =
            |(index, slot): (usize, &Slot<T, S>)| Token::new(self.table, index, slot.generation);
        self.slots.iter().map(token).collect()
    }

    /// Takes note of what an event says of a connection, and returns whether to serve it now. A
    /// connection on the run queue is served there: a peer that sends without end raises events
    /// without end, and must not get a turn for each.
    pub fn note(&mut self, token: Token, readiness: impl Into<Readiness>) -> bool
    where
        S: Stream,
    {
        self.slot(token).is_some_and(|slot| {
            slot.connection.note(readiness);
            !slot.is_queued
        })
    }

    /// Puts a connection on the run queue, since there is work for it of which no event will tell.
    pub fn queue(&mut self, token: Token) {
        if let Some(slot) = self.slot(token)
            && !slot.is_queued
        {
            slot.is_queued = true;
            self.run_queue.push_back(token);
        }
    }

    /// Whether the run queue holds a connection, so that the poll must not wait.
    pub fn has_queued(&self) -> bool {
        !self.run_queue.is_empty()
    }

    /// Begins the turns of a tick: the first [`TURNS_PER_TICK`] connections of the run queue as it
    /// is now. Connections that join it from now on wait for the next tick.
    pub fn begin_turns(&mut self) {
        self.turns = self.run_queue.len().min(TURNS_PER_TICK);
    }

    /// Takes the next connection whose turn it is in this tick off the run queue. It can be queued
    /// again at once.
    pub fn next_turn(&mut self) -> Option<Token> {
        self.turns = self.turns.checked_sub(1)?;
        let token = self.run_queue.pop_front()?;
        if let Some(slot) = self.slot(token) {
            slot.is_queued = false;
        }
        Some(token)
    }

    /// Closes a connection: its token reaches nobody from now on. Returns what the program kept for
    /// it, for the last time.
    pub fn close(&mut self, token: Token) -> Option<&mut T> {
        self.slot(token)?.is_closed = true;
        self.closed.push(token);
        self.slots.get_mut(token.slot()).map(|slot| &mut slot.state)
    }

    /// Frees closed connections, at the end of a tick, and returns whether there were any. Dropping
    /// a stream also ends its registration, as its descriptor has no duplicate.
    pub fn free_closed(&mut self) -> bool {
        let any = !self.closed.is_empty();
        for token in self.closed.drain(..) {
            self.slots.remove(token.slot());
        }
        any
    }
}

/// A free slot of a [`ConnectionTable`]. Dropping it leaves the table as it is.
#[derive(Debug)]
pub struct VacantEntry<'a, T, S = TcpStream> {
    token: Token,
    last_generation: &'a mut u32,
    slot: slab::VacantEntry<'a, Slot<T, S>>,
}

impl<T, S> VacantEntry<'_, T, S> {
    /// The token that the connection will have, to register it under.
    pub fn token(&self) -> Token {
        self.token
    }

    /// Adds the connection.
    pub fn insert(self, connection: Connection<S>, state: T) {
        let generation = self.token.generation();
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

#[cfg(test)]
mod tests;
