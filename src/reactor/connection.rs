use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use mio::Interest;
use mio::net::TcpStream;
use socket2::SockRef;

use super::listener::set_keepalive;
use super::{Buffer, Readiness, Stream, Token};

/// Bytes that one read takes at most, and so what one connection may take of a tick. Whoever has
/// sent more is served again in the next tick, after everybody else.
pub const READ_BYTES: usize = 64 * 1024;

/// A TCP connection: the stream, what it received and nobody understood yet, what is to be sent.
///
/// Reading goes through a buffer that all connections share; only an unfinished request and unsent
/// replies are kept here. Writing is tried first, and interest in writability is registered only
/// while the kernel's buffer is full.
#[derive(Debug)]
pub struct Connection<S = TcpStream> {
    stream: S,
    input: Buffer,
    output: Buffer,
    reading: Reading,
    writing: Writing,
    phase: Phase,
    /// Whether the consumer left off although there may be more for it.
    is_held: bool,
}

/// What is known about the bytes that the kernel holds for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// None; an event will tell of the next.
    Drained,
    /// There may be some. Nobody will tell us again: the poll is edge-triggered.
    Ready,
    /// There may be some, and behind them the end. The hint can arrive before the bytes are read,
    /// so it only says that a short read is not the last one.
    ReadyToEnd,
    /// We have read the end of the stream.
    Ended,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Writing {
    /// Sends at the end of the tick.
    Direct,
    /// Waits for the kernel to say that there is room again.
    Registered,
}

/// How far a connection is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    /// No more requests are taken; once the replies are sent, our half is closed.
    Finishing,
    /// Our half is closed. Input is discarded until the peer closes its own: closing a socket that
    /// holds unread bytes would reset it, and the reset may overtake the last reply.
    Lingering,
}

/// What the consumer of received bytes did with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Consumed {
    /// How many of the bytes it has no more use for.
    pub bytes: usize,
    /// Whether it wants more at all. If not, the rest waits, and the peer with it.
    pub wants_more: bool,
}

/// How [`Connection::receive`] ended.
#[derive(Debug)]
pub enum Received {
    /// There is nothing more to do until an event comes, or until the consumer wants more again.
    Waiting,
    /// There may be more, and nobody will tell: call again in the next tick.
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
    /// The kernel's buffer is full; an event will tell when there is room.
    Blocked {
        /// Whether it took anything at all.
        progress: bool,
    },
    /// The connection is over: nothing more to send, and nothing more to be received.
    Over,
    /// The connection is broken.
    Failed(io::Error),
}

impl Connection {
    /// Begins to connect. Whether it worked is to be asked with [`Connection::connected`] when the
    /// first event comes. What is sent then goes at once, as somebody waits for each request.
    ///
    /// # Errors
    ///
    /// What the system says at once, such as an unreachable network.
    pub fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self::connecting(stream))
    }

    /// The same on a stream that somebody else has begun to connect.
    pub fn connecting(stream: TcpStream) -> Self {
        // Until connected, the stream is as good as full.
        Self { writing: Writing::Registered, ..Self::new(stream) }
    }

    /// Makes the end of this connection a reset: what is on its way is lost, as if the machine had
    /// died.
    pub fn abort(&self) {
        // It fails only if the connection is gone already.
        let _ = SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
    }

    /// Whether a connection that was begun has come about.
    ///
    /// # Errors
    ///
    /// Why it has not, and never will.
    pub fn connected(&self) -> io::Result<bool> {
        if let Some(error) = self.stream.take_error()? {
            return Err(error);
        }
        match self.stream.peer_addr() {
            Ok(_) => {
                set_keepalive(SockRef::from(&self.stream))?;
                Ok(true)
            }
            Err(error) if error.kind() == ErrorKind::NotConnected => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl<S: Stream> Connection<S> {
    /// A connection that a listener accepted. It may have brought its first bytes along, but the
    /// registration will tell of them.
    pub fn new(stream: S) -> Self {
        Self {
            stream,
            input: Buffer::default(),
            output: Buffer::default(),
            reading: Reading::Drained,
            writing: Writing::Direct,
            phase: Phase::Open,
            is_held: false,
        }
    }

    /// Makes the registry tell of this connection.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn register(&mut self, registry: &S::Registry, token: Token) -> io::Result<()> {
        let interest = self.interest();
        self.stream.register(registry, token, interest)
    }

    /// Sends what goes at once, and makes the registry tell of this connection only then: one that has
    /// come about already, as on the loopback, never asks for writability.
    ///
    /// # Errors
    ///
    /// What the system says, such as that nobody listens there.
    pub fn flush_and_register(&mut self, registry: &S::Registry, token: Token) -> io::Result<()> {
        self.writing = self.write()?.0;
        self.register(registry, token)
    }

    /// Takes note of what an event says about the bytes that can be read.
    pub fn note(&mut self, readiness: impl Into<Readiness>) {
        match (readiness.into(), self.reading) {
            (_, Reading::Ended) | (Readiness::Writable, _) => {}
            (Readiness::ReadableToEnd, _) => self.reading = Reading::ReadyToEnd,
            (Readiness::Readable, _) => self.note_unread(),
        }
    }

    /// Takes note that bytes may be there, although no event has said so yet.
    pub fn note_unread(&mut self) {
        if self.reading == Reading::Drained {
            self.reading = Reading::Ready;
        }
    }

    /// Gives `consume` what is left over from earlier calls, then what one read brings. The second
    /// argument of `consume` is where it may append what is to be sent.
    pub fn receive(
        &mut self,
        buffer: &mut [u8],
        mut consume: impl FnMut(&[u8], &mut Vec<u8>) -> Consumed,
    ) -> Received {
        if std::mem::take(&mut self.is_held) && !self.consume(&[], &mut consume) {
            return Received::Waiting;
        }
        match self.reading {
            Reading::Drained => Received::Waiting,
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
                self.reading = Reading::Drained;
                return Received::Waiting;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => return Received::MoreLeft,
            Err(error) => return Received::Failed(error),
        };
        // A short read has emptied the kernel's buffer: whatever comes later is a new event.
        if count < buffer.len() && self.reading == Reading::Ready {
            self.reading = Reading::Drained;
        }
        let wants_more = self.consume(&buffer[..count], &mut consume);
        if wants_more && self.reading != Reading::Drained {
            Received::MoreLeft
        } else {
            Received::Waiting
        }
    }

    /// Gives what is kept and then `bytes` to the consumer, and keeps what it leaves.
    fn consume(
        &mut self,
        bytes: &[u8],
        consume: &mut impl FnMut(&[u8], &mut Vec<u8>) -> Consumed,
    ) -> bool {
        if self.phase != Phase::Open {
            return true;
        }
        let consumed = if self.input.is_empty() {
            let consumed = consume(bytes, self.output.end());
            self.input.extend(&bytes[consumed.bytes..]);
            consumed
        } else {
            self.input.extend(bytes);
            let consumed = consume(self.input.as_slice(), self.output.end());
            self.input.consume(consumed.bytes);
            consumed
        };
        self.is_held = !consumed.wants_more;
        consumed.wants_more
    }

    /// Whether the consumer left off, so that [`receive`](Connection::receive) has to be called
    /// when it wants more again: no event will tell of what is here already.
    pub fn is_held(&self) -> bool {
        self.is_held && (!self.input.is_empty() || self.reading != Reading::Drained)
    }

    /// Where to append what is to be sent at the end of the tick.
    pub fn output(&mut self) -> &mut Vec<u8> {
        self.output.end()
    }

    /// How many bytes of memory hold what was received and the consumer has not used.
    pub fn input_memory(&self) -> usize {
        self.input.capacity()
    }

    /// How many bytes of memory hold what is to be sent.
    pub fn output_memory(&self) -> usize {
        self.output.capacity()
    }

    /// Whether a part of something was received that the rest is missing of.
    pub fn is_unfinished(&self) -> bool {
        !self.input.is_empty()
    }

    /// Takes no more requests: what is to be sent is sent, then the connection is closed.
    pub fn finish(&mut self) {
        if self.phase == Phase::Open {
            self.phase = Phase::Finishing;
            self.input = Buffer::default();
            self.is_held = false;
        }
    }

    /// Whether it was told to [`finish`](Connection::finish).
    pub fn is_finishing(&self) -> bool {
        self.phase != Phase::Open
    }

    /// Sends what is to be sent, and registers for writability only if the kernel cannot take all.
    pub fn flush(&mut self, registry: &S::Registry, token: Token) -> Flushed {
        let (writing, progress) = match self.write() {
            Ok(written) => written,
            Err(error) => return Flushed::Failed(error),
        };
        match (self.sync_interest(writing, registry, token), writing) {
            (Err(error), _) => Flushed::Failed(error),
            (Ok(()), Writing::Registered) => Flushed::Blocked { progress },
            (Ok(()), Writing::Direct) => self.end_phase(),
        }
    }

    /// Writes what the kernel takes, and says how to go on and whether it took anything at all.
    fn write(&mut self) -> io::Result<(Writing, bool)> {
        let mut progress = false;
        while !self.output.is_empty() {
            match self.stream.write(self.output.as_slice()) {
                Ok(count) => {
                    self.output.consume(count);
                    progress = true;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    return Ok((Writing::Registered, progress));
                }
                Err(error) => return Err(error),
            }
        }
        Ok((Writing::Direct, progress))
    }

    fn end_phase(&mut self) -> Flushed {
        match (self.phase, self.reading) {
            (Phase::Open, _)
            | (Phase::Lingering, Reading::Drained | Reading::Ready | Reading::ReadyToEnd) => {
                Flushed::Everything
            }
            // The peer has said everything: closing ends our half as well, and nothing is unread.
            (Phase::Finishing | Phase::Lingering, Reading::Ended) => Flushed::Over,
            (Phase::Finishing, Reading::Drained | Reading::Ready | Reading::ReadyToEnd) => {
                self.phase = Phase::Lingering;
                // An error means that the peer is gone already.
                if self.stream.shutdown_write().is_err() {
                    Flushed::Over
                } else {
                    Flushed::Everything
                }
            }
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
pub(super) mod tests {
    use std::io::{Read, Write};

    use super::*;

    /// A stream that has been read to its end, takes all that is written, and counts how often our half
    /// is ended.
    #[derive(Default)]
    pub(in crate::reactor) struct Ended {
        shutdowns: usize,
    }

    impl Read for Ended {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Ok(0)
        }
    }

    impl Write for Ended {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Stream for Ended {
        type Registry = ();

        fn register(&mut self, (): &(), _: Token, _: Interest) -> io::Result<()> {
            Ok(())
        }

        fn reregister(&mut self, (): &(), _: Token, _: Interest) -> io::Result<()> {
            Ok(())
        }

        fn shutdown_write(&mut self) -> io::Result<()> {
            self.shutdowns += 1;
            Ok(())
        }
    }

    fn receive(connection: &mut Connection<Ended>) {
        let received = connection
            .receive(&mut [0; 8], |bytes, _| Consumed { bytes: bytes.len(), wants_more: true });
        assert!(matches!(received, Received::Ended));
    }

    #[test]
    fn finished_after_the_peers_end_is_over_without_a_word() {
        let mut connection = Connection::new(Ended::default());
        connection.note_unread();
        receive(&mut connection);
        connection.output().extend_from_slice(b"the last reply");
        connection.finish();
        assert!(matches!(connection.flush(&(), Token::permanent(0)), Flushed::Over));
        assert_eq!(connection.stream.shutdowns, 0, "closing ends our half");
    }

    #[test]
    fn finished_before_the_peers_end_lingers_until_it_comes() {
        let mut connection = Connection::new(Ended::default());
        connection.finish();
        for _ in 0..2 {
            assert!(matches!(connection.flush(&(), Token::permanent(0)), Flushed::Everything));
            assert_eq!(connection.stream.shutdowns, 1);
        }
        connection.note_unread();
        receive(&mut connection);
        assert!(matches!(connection.flush(&(), Token::permanent(0)), Flushed::Over));
    }
}
