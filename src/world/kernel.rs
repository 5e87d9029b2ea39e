//! The kernel of the server's machine, as far as streams need one. It keeps received bytes until
//! they are read, takes written bytes while there is room, and reports readiness edge-triggered, as
//! the real one does.

use std::cell::{RefCell, RefMut};
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::rc::Rc;

use hashbrown::HashMap;
use mio::Interest;

use super::network::ConnectionId;
use crate::reactor::{Buffer, EventLoop, Readiness, Stream, Token};

/// The sockets of the server and their pending readiness. Clones share one kernel.
#[derive(Debug, Clone)]
pub struct Kernel(Rc<RefCell<Sockets>>);

#[derive(Debug)]
struct Sockets {
    open: HashMap<ConnectionId, Socket>,
    /// Streams with pending readiness, in the order in which it arose.
    ready: VecDeque<ConnectionId>,
    /// Actions of the server since the last call of `take_done`.
    done: Vec<(ConnectionId, Done)>,
    /// Streams that the server read from or wrote to since the last call of `take_touched`.
    touched: Vec<ConnectionId>,
    /// Bytes that a stream takes before its peer reads them.
    window: usize,
}

/// A socket.
#[derive(Debug)]
struct Socket {
    registration: Option<(Token, Interest)>,
    /// Pending readiness, reported once.
    news: Option<Readiness>,
    arrived: Buffer,
    incoming: Incoming,
    has_ended: bool,
    written: u64,
    /// Bytes written that the peer has not read.
    unread: usize,
    /// Whether a write found no room, so that room is reported when there is some.
    is_full: bool,
}

/// What follows the received bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Incoming {
    /// More bytes may follow.
    Open,
    /// The end of the stream: the peer has sent everything.
    Ended,
    /// Nothing, in either direction.
    Reset,
}

/// An action of the server on a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// The server wrote bytes.
    Wrote(Vec<u8>),
    /// The server tried to write more than there was room for.
    Blocked {
        /// Bytes written on the stream so far.
        written: u64,
    },
    /// The server ended its half.
    Ended,
    /// The server closed the stream with bytes unread, which resets the connection.
    ClosedUnread,
    /// The server closed the stream after the end.
    Closed,
}

/// The status of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamStatus {
    /// Whether the server has ended its half.
    pub has_ended: bool,
    /// Whether the server waits for room.
    pub is_full: bool,
    /// Bytes that the server has written.
    pub written: u64,
}

/// The server's end of a connection, in place of a socket. Dropping it closes it.
#[derive(Debug)]
pub struct SimulatedStream {
    kernel: Kernel,
    connection: ConnectionId,
}

impl Kernel {
    /// A kernel whose streams take `window` bytes before their peers read them.
    pub fn new(window: usize) -> Self {
        Self(Rc::new(RefCell::new(Sockets {
            open: HashMap::new(),
            ready: VecDeque::new(),
            done: Vec::new(),
            touched: Vec::new(),
            window,
        })))
    }

    /// Accepts a connection, and returns the server's end.
    pub fn accept(&self, connection: ConnectionId) -> SimulatedStream {
        self.sockets().open.insert(connection, Socket::new());
        SimulatedStream { kernel: self.clone(), connection }
    }

    /// Number of open streams.
    pub fn open_streams(&self) -> usize {
        self.sockets().open.len()
    }

    /// Status of a stream, if it is open.
    pub fn status(&self, connection: ConnectionId) -> Option<StreamStatus> {
        let sockets = self.sockets();
        let Socket { has_ended, is_full, written, .. } = sockets.open.get(&connection)?;
        Some(StreamStatus { has_ended: *has_ended, is_full: *is_full, written: *written })
    }

    /// Token under which a stream is registered.
    pub fn token(&self, connection: ConnectionId) -> Option<Token> {
        self.sockets().open.get(&connection)?.registration.map(|(token, _)| token)
    }

    /// Receives bytes. Returns whether the stream is open to read them.
    pub fn arrive(&self, connection: ConnectionId, bytes: &[u8]) -> bool {
        self.happen(connection, Readiness::Readable, |socket| socket.arrived.extend(bytes))
    }

    /// Receives the end of the stream.
    pub fn end(&self, connection: ConnectionId) {
        self.happen(connection, Readiness::ReadableToEnd, |socket| {
            socket.incoming = Incoming::Ended;
        });
    }

    /// Breaks the connection, which loses the unread bytes.
    pub fn reset(&self, connection: ConnectionId) {
        self.happen(connection, Readiness::ReadableToEnd, |socket| {
            socket.incoming = Incoming::Reset;
            socket.arrived = Buffer::default();
        });
    }

    /// Notes that the peer has read `count` bytes.
    pub fn acknowledge(&self, connection: ConnectionId, count: usize) {
        let mut sockets = self.sockets();
        if let Some(socket) = sockets.open.get_mut(&connection) {
            socket.unread -= count;
            if std::mem::take(&mut socket.is_full) {
                sockets.tell(connection, Readiness::Writable);
            }
        }
    }

    /// Whether readiness is pending.
    pub fn has_events(&self) -> bool {
        !self.sockets().ready.is_empty()
    }

    /// Takes pending readiness, as much as a poll returns at once.
    pub fn take_events(&self) -> Vec<(Token, Readiness)> {
        let Sockets { open, ready, .. } = &mut *self.sockets();
        let count = ready.len().min(EventLoop::EVENTS_PER_TICK);
        let event = |connection: ConnectionId| {
            let socket = open.get_mut(&connection)?;
            let (token, _) = socket.registration?;
            Some((token, socket.news.take()?))
        };
        ready.drain(..count).filter_map(event).collect()
    }

    /// Takes the actions of the server since the last call.
    pub fn take_done(&self) -> Vec<(ConnectionId, Done)> {
        std::mem::take(&mut self.sockets().done)
    }

    /// Takes the streams that the server read from or wrote to since the last call.
    pub fn take_touched(&self) -> Vec<ConnectionId> {
        std::mem::take(&mut self.sockets().touched)
    }

    /// Loses power, which drops all streams silently.
    pub fn die(&self) {
        let mut sockets = self.sockets();
        sockets.open.clear();
        sockets.ready.clear();
        sockets.done.clear();
    }

    fn sockets(&self) -> RefMut<'_, Sockets> {
        self.0.borrow_mut()
    }

    fn happen(
        &self,
        connection: ConnectionId,
        readiness: Readiness,
        change: impl FnOnce(&mut Socket),
    ) -> bool {
        let mut sockets = self.sockets();
        let Some(socket) = sockets.open.get_mut(&connection) else { return false };
        change(socket);
        sockets.tell(connection, readiness);
        true
    }
}

impl Sockets {
    fn tell(&mut self, connection: ConnectionId, readiness: Readiness) {
        if let Some(socket) = self.open.get_mut(&connection)
            && socket.is_interested_in(readiness)
        {
            if socket.news.is_none() {
                self.ready.push_back(connection);
            }
            socket.news = socket.news.max(Some(readiness));
        }
    }

    fn socket(&mut self, connection: ConnectionId) -> io::Result<&mut Socket> {
        match self.open.get_mut(&connection) {
            Some(socket) if socket.incoming == Incoming::Reset => {
                Err(ErrorKind::ConnectionReset.into())
            }
            Some(socket) => Ok(socket),
            None => Err(ErrorKind::NotConnected.into()),
        }
    }
}

impl Socket {
    fn new() -> Self {
        Self {
            registration: None,
            news: None,
            arrived: Buffer::default(),
            incoming: Incoming::Open,
            has_ended: false,
            written: 0,
            unread: 0,
            is_full: false,
        }
    }

    fn is_interested_in(&self, readiness: Readiness) -> bool {
        self.registration.is_some_and(|(_, interest)| match readiness {
            Readiness::Writable => interest.is_writable(),
            Readiness::Readable | Readiness::ReadableToEnd => interest.is_readable(),
        })
    }

    /// Current readiness, reported or not.
    fn readiness(&self, window: usize) -> Option<Readiness> {
        match self.incoming {
            Incoming::Ended | Incoming::Reset => Some(Readiness::ReadableToEnd),
            Incoming::Open if !self.arrived.is_empty() => Some(Readiness::Readable),
            Incoming::Open => (self.unread < window).then_some(Readiness::Writable),
        }
    }
}

impl SimulatedStream {
    fn set_interest(&self, token: Token, interest: Interest) {
        let mut sockets = self.kernel.sockets();
        let window = sockets.window;
        if let Some(socket) = sockets.open.get_mut(&self.connection) {
            socket.registration = Some((token, interest));
            if let Some(readiness) = socket.readiness(window) {
                sockets.tell(self.connection, readiness);
            }
        }
    }
}

impl Read for SimulatedStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut sockets = self.kernel.sockets();
        sockets.touched.push(self.connection);
        let socket = sockets.socket(self.connection)?;
        if socket.arrived.is_empty() {
            return match socket.incoming {
                Incoming::Open => Err(ErrorKind::WouldBlock.into()),
                Incoming::Ended => Ok(0),
                Incoming::Reset => Err(ErrorKind::ConnectionReset.into()),
            };
        }
        let count = buffer.len().min(socket.arrived.len());
        buffer[..count].copy_from_slice(&socket.arrived.as_slice()[..count]);
        socket.arrived.consume(count);
        Ok(count)
    }
}

impl Write for SimulatedStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut sockets = self.kernel.sockets();
        let window = sockets.window;
        sockets.touched.push(self.connection);
        let socket = sockets.socket(self.connection)?;
        if socket.has_ended {
            return Err(ErrorKind::BrokenPipe.into());
        }
        let count = bytes.len().min(window - socket.unread);
        if count == 0 {
            if !std::mem::replace(&mut socket.is_full, true) {
                let written = socket.written;
                sockets.done.push((self.connection, Done::Blocked { written }));
            }
            return Err(ErrorKind::WouldBlock.into());
        }
        socket.unread += count;
        socket.written += count as u64;
        sockets.done.push((self.connection, Done::Wrote(bytes[..count].to_vec())));
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream for SimulatedStream {
    type Registry = Kernel;

    fn register(&mut self, _: &Kernel, token: Token, interest: Interest) -> io::Result<()> {
        self.set_interest(token, interest);
        Ok(())
    }

    fn reregister(&mut self, _: &Kernel, token: Token, interest: Interest) -> io::Result<()> {
        self.set_interest(token, interest);
        Ok(())
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        let mut sockets = self.kernel.sockets();
        sockets.socket(self.connection)?.has_ended = true;
        sockets.done.push((self.connection, Done::Ended));
        Ok(())
    }
}

impl Drop for SimulatedStream {
    fn drop(&mut self) {
        let mut sockets = self.kernel.sockets();
        // After the death of the machine there is nothing to close.
        if let Some(socket) = sockets.open.remove(&self.connection) {
            let done: &[Done] = match (socket.arrived.is_empty(), socket.has_ended) {
                (false, _) => &[Done::ClosedUnread],
                (true, false) => &[Done::Ended, Done::Closed],
                (true, true) => &[Done::Closed],
            };
            sockets.done.extend(done.iter().map(|done| (self.connection, done.clone())));
        }
    }
}

#[cfg(test)]
mod tests;
