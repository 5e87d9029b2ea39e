use std::io::{self, ErrorKind};

use mio::Interest;
use mio::net::TcpStream;

use super::{Buffer, Readiness, Stream, Token};

mod connecting;

pub use connecting::connect;

/// Bytes that one read takes at most, and so the share of a tick that one connection may take. A
/// connection with more is served again in the next tick, after all others.
pub const READ_BYTES: usize = 64 * 1024;

/// Input that is read although its consumer wants no more, in bytes, if the stream has to read
/// before it can write and the consumer waits for output to be sent. More than a peer has on the
/// way that answers as soon as it is asked.
const MAX_READ_AHEAD_BYTES: usize = READ_BYTES;

/// A connection: the stream, the input that its consumer has not used yet, and the unsent output.
///
/// Reading goes through a buffer that all connections share; only an incomplete request and unsent
/// replies are kept here. Writing is tried first, and interest in writability is registered only
/// while the kernel's buffer is full.
#[derive(Debug)]
pub struct Connection<S = TcpStream> {
    stream: S,
    /// Boxed, as few connections have some; never empty.
    input: Option<Box<Buffer>>,
    output: Buffer,
    reading: Reading,
    writing: Writing,
    phase: Phase,
    /// Whether the consumer left off although there may be more input for it.
    is_held: bool,
}

/// What is known about the input that the kernel, or a layer of the stream, holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// None; an event will tell of the next.
    Drained,
    /// There may be some, of which no event will tell again: the poll is edge-triggered.
    Ready,
    /// There may be some, and behind them the end. The event can come before the bytes are read, so
    /// it only says that a short read is not the last one.
    ReadyToEnd,
    /// There may be some, but the layer reads on only when its own bytes are sent.
    BehindWrite,
    /// The end of the stream has been read.
    Ended,
}

/// What the registry tells of besides input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Writing {
    /// Nothing: output is sent as soon as it is there.
    Direct,
    /// Room in the kernel's buffer.
    Registered,
}

/// How far a write got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sent {
    /// Nothing is left to send.
    Everything,
    /// The kernel's buffer is full.
    Full,
    /// The stream takes nothing more before it has read; an event will tell of input.
    Refused,
}

/// Stages of closing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Both halves are in use.
    Open,
    /// No more requests are taken; once the replies are sent, our half is ended.
    Finishing,
    /// Our half is ended. Input is discarded until the peer ends its own: closing a socket that
    /// holds unread bytes would reset it, and the reset may overtake the last reply.
    Lingering,
}

/// What the consumer of received bytes did with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Consumed {
    /// Bytes from the front that it needs no more.
    pub bytes: usize,
    /// Whether it wants more at once. If not, the rest waits, and the peer with it.
    pub wants_more: bool,
}

/// How [`Connection::receive`] ended.
#[derive(Debug)]
pub enum Received {
    /// There is nothing more to do until an event comes, or until the consumer wants more again.
    Waiting,
    /// There may be more, of which no event will tell: call again in the next tick.
    MoreLeft,
    /// The peer will send nothing more.
    Ended,
    /// The connection is broken.
    Failed(io::Error),
}

/// How [`Connection::flush`] ended.
#[derive(Debug)]
pub enum Flushed {
    /// Everything is sent.
    Everything,
    /// The kernel's buffer is full, or a layer has to read first; an event will tell.
    Blocked {
        /// Whether anything was sent at all.
        progress: bool,
    },
    /// Nothing is left to send or to receive: the connection is to be dropped.
    Over,
    /// The connection is broken.
    Failed(io::Error),
}

impl<S: Stream> Connection<S> {
    /// Wraps a stream that is established. Its first bytes may have arrived already; registering it
    /// raises the event for them.
    pub fn new(stream: S) -> Self {
        // A stream that has to speak first does so when an event tells of room.
        let writing = if stream.wants_write() { Writing::Registered } else { Writing::Direct };
        Self {
            stream,
            input: None,
            output: Buffer::default(),
            reading: Reading::Drained,
            writing,
            phase: Phase::Open,
            is_held: false,
        }
    }

    /// Makes the registry tell of this connection under `token`.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn register(&mut self, registry: &S::Registry, token: Token) -> io::Result<()> {
        let interest = self.interest();
        self.stream.register(registry, token, interest)
    }

    /// Sends what goes at once, then registers. A connection that is established already, as on the
    /// loopback, thus never asks for writability.
    ///
    /// # Errors
    ///
    /// What the system says, such as that nobody listens there.
    pub fn flush_and_register(&mut self, registry: &S::Registry, token: Token) -> io::Result<()> {
        self.writing = match self.write()?.0 {
            Sent::Full => Writing::Registered,
            Sent::Everything | Sent::Refused => Writing::Direct,
        };
        self.register(registry, token)
    }

    /// Takes note of what an event says about input.
    pub fn note(&mut self, readiness: impl Into<Readiness>) {
        match (readiness.into(), self.reading) {
            (_, Reading::Ended) | (Readiness::Writable, _) => {}
            (Readiness::ReadableToEnd, _) => self.reading = Reading::ReadyToEnd,
            (Readiness::Readable, _) => self.note_unread(),
        }
    }

    /// Takes note that input may have arrived, although no event has told of it yet.
    pub fn note_unread(&mut self) {
        if self.reading == Reading::Drained {
            self.reading = Reading::Ready;
        }
    }

    /// Passes to `consume` the input that it left over earlier, then what one read brings.
    /// `consume` may append output to its second argument.
    pub fn receive(
        &mut self,
        buffer: &mut [u8],
        mut consume: impl FnMut(&[u8], &mut Vec<u8>) -> Consumed,
    ) -> Received {
        let is_held = std::mem::take(&mut self.is_held) && !self.consume(&[], &mut consume);
        if is_held && !self.must_read_on() {
            return Received::Waiting;
        }
        match self.reading {
            Reading::Drained | Reading::BehindWrite => Received::Waiting,
            Reading::Ended => Received::Ended,
            Reading::Ready | Reading::ReadyToEnd => self.read(buffer, consume),
        }
    }

    fn read(
        &mut self,
        buffer: &mut [u8],
        mut consume: impl FnMut(&[u8], &mut Vec<u8>) -> Consumed,
    ) -> Received {
        let count = match self.stream.read(buffer) {
            Ok(0) => {
                self.reading = Reading::Ended;
                return Received::Ended;
            }
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                let is_behind_write = self.stream.may_hold_more() && self.stream.wants_write();
                self.reading =
                    if is_behind_write { Reading::BehindWrite } else { Reading::Drained };
                return Received::Waiting;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => return Received::MoreLeft,
            Err(error) => return Received::Failed(error),
        };
        // A short read has emptied the kernel's buffer: whatever comes later is a new event. It
        // says nothing of a layer, which returns what one record held.
        let is_drained = count < buffer.len() && !self.stream.may_hold_more();
        if is_drained && self.reading == Reading::Ready {
            self.reading = Reading::Drained;
        }
        let wants_more = self.consume(&buffer[..count], &mut consume);
        if wants_more && self.reading != Reading::Drained {
            Received::MoreLeft
        } else {
            Received::Waiting
        }
    }

    /// Passes the kept input and `bytes` to the consumer, keeps what it does not use, and returns
    /// whether it wants more.
    fn consume(
        &mut self,
        bytes: &[u8],
        consume: &mut impl FnMut(&[u8], &mut Vec<u8>) -> Consumed,
    ) -> bool {
        if self.phase != Phase::Open {
            return true;
        }
        let consumed = match &mut self.input {
            None => {
                let consumed = consume(bytes, self.output.end());
                let rest = &bytes[consumed.bytes..];
                if !rest.is_empty() {
                    self.input.insert(Box::default()).extend(rest);
                }
                consumed
            }
            Some(input) => {
                input.extend(bytes);
                let consumed = consume(input.as_slice(), self.output.end());
                input.consume(consumed.bytes);
                if input.is_empty() {
                    self.input = None;
                }
                consumed
            }
        };
        self.is_held = !consumed.wants_more;
        consumed.wants_more
    }

    /// Whether [`receive`](Connection::receive) has to be called again, as soon as the consumer
    /// wants more: no event will tell of what is here already.
    pub fn has_more(&self) -> bool {
        match self.reading {
            Reading::Ready | Reading::ReadyToEnd => true,
            Reading::Drained | Reading::BehindWrite | Reading::Ended => {
                self.is_held && self.input.is_some()
            }
        }
    }

    /// Whether a [blocked](Flushed::Blocked) connection has to [receive](Connection::receive)
    /// again: the stream must read before it can write, and no event will tell of what it may read.
    pub fn must_read_on(&self) -> bool {
        match self.reading {
            Reading::Ready | Reading::ReadyToEnd => {
                let kept = self.input.as_ref().map_or(0, |input| input.len());
                self.stream.must_read_first() && kept < MAX_READ_AHEAD_BYTES
            }
            Reading::Drained | Reading::BehindWrite | Reading::Ended => false,
        }
    }

    /// The stream below.
    pub fn stream(&self) -> &S {
        &self.stream
    }

    /// Output to be sent by the next [`flush`](Connection::flush), to append to.
    pub fn output(&mut self) -> &mut Vec<u8> {
        self.output.end()
    }

    /// Bytes of memory for input that the consumer has not used.
    pub fn input_memory(&self) -> usize {
        self.input.as_ref().map_or(0, |input| input.capacity())
    }

    /// Bytes of memory for unsent output.
    pub fn output_memory(&self) -> usize {
        self.output.capacity()
    }

    /// Whether the consumer has not used everything that the peer has sent so far: an incomplete
    /// request is buffered, or the stream has to send something before it reads on.
    pub fn is_unfinished(&self) -> bool {
        self.input.is_some() || self.reading == Reading::BehindWrite
    }

    /// Takes no more requests and discards further input. The output is still sent, then our half
    /// is ended.
    pub fn finish(&mut self) {
        if self.phase == Phase::Open {
            self.phase = Phase::Finishing;
            self.input = None;
            self.is_held = false;
        }
    }

    /// Tells the peer, as far as that works without waiting, that nothing is missing, before the
    /// connection is dropped without having [finished](Connection::finish).
    pub fn part(&mut self) {
        if self.output.is_empty() && self.stream.has_farewell() {
            // Otherwise the peer takes it for a truncation, which is what it is.
            let _ = self.stream.shutdown_write();
        }
    }

    /// Whether [`finish`](Connection::finish) was called.
    pub fn is_finishing(&self) -> bool {
        self.phase != Phase::Open
    }

    /// Sends the output, and registers for writability only if the kernel cannot take all of it.
    pub fn flush(&mut self, registry: &S::Registry, token: Token) -> Flushed {
        match self.send(registry, token) {
            Ok(flushed) => flushed,
            Err(error) => Flushed::Failed(error),
        }
    }

    fn send(&mut self, registry: &S::Registry, token: Token) -> io::Result<Flushed> {
        let (sent, progress) = self.write()?;
        if self.reading == Reading::BehindWrite && !self.stream.wants_write() {
            // Nobody kept in mind whether the end was announced meanwhile.
            self.reading = Reading::ReadyToEnd;
        }
        let flushed = match sent {
            Sent::Everything => self.end_phase(progress),
            Sent::Full | Sent::Refused => Flushed::Blocked { progress },
        };
        let writing = match (sent, &flushed) {
            (Sent::Full, _) | (Sent::Everything, Flushed::Blocked { .. }) => Writing::Registered,
            (Sent::Everything | Sent::Refused, _) => Writing::Direct,
        };
        self.sync_interest(writing, registry, token)?;
        Ok(flushed)
    }

    /// Writes what the stream takes, its own bytes first, and returns how far that got and whether
    /// anything was sent at all.
    fn write(&mut self) -> io::Result<(Sent, bool)> {
        let mut progress = false;
        loop {
            let is_joined = !self.output.is_empty() && self.stream.joins_writes();
            let written = if self.stream.wants_write() && !is_joined {
                self.stream.write_own()
            } else if self.output.is_empty() {
                return Ok((Sent::Everything, progress));
            } else if self.stream.must_read_first() {
                return Ok((Sent::Refused, progress));
            } else {
                let written = self.stream.write(self.output.as_slice());
                self.output.consume(*written.as_ref().unwrap_or(&0));
                written
            };
            match written {
                // Asked again, it would take nothing for ever.
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(_) => progress = true,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    return Ok((Sent::Full, progress));
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Goes on to the next phase once everything is sent.
    fn end_phase(&mut self, progress: bool) -> Flushed {
        let has_peer_ended = self.reading == Reading::Ended;
        match self.phase {
            Phase::Open => Flushed::Everything,
            // The peer has said everything: closing ends our half as well, and nothing is unread.
            Phase::Finishing if has_peer_ended && !self.stream.has_farewell() => Flushed::Over,
            Phase::Finishing => match self.stream.shutdown_write() {
                Ok(()) if has_peer_ended => Flushed::Over,
                Ok(()) => {
                    self.phase = Phase::Lingering;
                    Flushed::Everything
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    Flushed::Blocked { progress }
                }
                // The peer is gone already.
                Err(_) => Flushed::Over,
            },
            Phase::Lingering if has_peer_ended => Flushed::Over,
            Phase::Lingering => Flushed::Everything,
        }
    }

    fn sync_interest(
        &mut self,
        writing: Writing,
        registry: &S::Registry,
        token: Token,
    ) -> io::Result<()> {
        if self.writing == writing {
            return Ok(());
        }
        self.writing = writing;
        let interest = self.interest();
        self.stream.reregister(registry, token, interest)
    }

    fn interest(&self) -> Interest {
        match self.writing {
            Writing::Direct => Interest::READABLE,
            Writing::Registered => Interest::READABLE | Interest::WRITABLE,
        }
    }
}

#[cfg(test)]
mod tests;
