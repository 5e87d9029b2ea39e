use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::os::unix;
use std::path::Path;
use std::time::{Duration, Instant};

use mio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use mio::{Interest, Registry};
use rustix::fs::Mode;
use rustix::io::Errno;
use socket2::{Domain, Protocol, SockAddr, SockRef, Socket, TcpKeepalive, Type};

use super::{Retry, Token};

/// Connections that the kernel completes before they are accepted; it cuts this to `somaxconn`.
/// With the usual 128 the rest of a storm would wait a second for its SYN to be sent again.
const BACKLOG: i32 = 65_535;

/// Bytes that the kernel keeps at most of what a peer has not read, its own overhead not counted.
/// If it may decide by itself it keeps up to 4 MB for each peer that never reads, and a thousand of
/// them fill the memory that it has for TCP.
const SEND_BUFFER_BYTES: usize = 128 * 1024;

/// Connections that one tick accepts at most.
pub const ACCEPTS_PER_TICK: usize = 256;

/// Connections in a row that may break before they are accepted, at most. More of them are a fault
/// of the system, whatever its error says.
const BROKEN_IN_A_ROW: usize = 16;

/// How long a listener waits after a failure until it tries to accept again: short beside the
/// second after which a phone sends its SYN again, long beside the microseconds that an attempt
/// takes.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A silent peer is asked for a sign of life after this long, then every [`KEEPALIVE_INTERVAL`].
const KEEPALIVE_AFTER: Duration = Duration::from_secs(60);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);

/// Connections of the operator that the kernel completes before they are accepted.
const LOCAL_BACKLOG: i32 = 16;

/// A socket that accepts connections, and pauses when that fails.
#[derive(Debug)]
pub struct Listener<L = TcpListener> {
    socket: L,
    /// Whether clients may wait of whom no event will tell.
    may_hold_more: bool,
    retry: Retry,
}

/// How one attempt to accept ended.
#[derive(Debug)]
pub enum Accepted<S = TcpStream, A = SocketAddr> {
    /// A connection, and its remote address.
    Stream(S, A),
    /// No client waits; an event will tell of the next.
    Nobody,
    /// The system gives us no connection, now or ever: it lacks descriptors or memory, or a
    /// security module or a broken network stack is in the way. The caller
    /// [pauses](Listener::pause).
    Failed(io::Error),
}

/// A socket of the kernel that accepts connections.
pub trait Accepts {
    /// A connection.
    type Stream;
    /// The address of a peer.
    type Address;

    /// Accepts a connection.
    ///
    /// # Errors
    ///
    /// What the system says, such as `WouldBlock` if nobody waits.
    fn accept(&self) -> io::Result<(Self::Stream, Self::Address)>;
}

impl Accepts for TcpListener {
    type Stream = TcpStream;
    type Address = SocketAddr;

    fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        Self::accept(self)
    }
}

impl Accepts for UnixListener {
    type Stream = UnixStream;
    type Address = unix::net::SocketAddr;

    fn accept(&self) -> io::Result<(UnixStream, unix::net::SocketAddr)> {
        Self::accept(self)
    }
}

impl Listener {
    /// Listens on `address`, registered under `token`.
    ///
    /// # Errors
    ///
    /// What the system says, such as that the port is taken.
    pub fn bind(address: SocketAddr, registry: &Registry, token: Token) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_nonblocking(true)?;
        // A restarted server must not wait for its predecessor's connections to time out.
        socket.set_reuse_address(true)?;
        // Accepted sockets inherit all three. Without the first, replies in two sends stall for 40
        // ms; the second finds peers that died silently.
        socket.set_tcp_nodelay(true)?;
        set_keepalive(SockRef::from(&socket))?;
        socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        let mut socket = TcpListener::from_std(socket.into());
        registry.register(&mut socket, token.into(), Interest::READABLE)?;
        Ok(Self { socket, may_hold_more: false, retry: Retry::default() })
    }

    /// Local address, with the port that the system chose if it was asked to.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn local_address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }
}

impl Listener<UnixListener> {
    /// Listens on a new socket file at `path`, with this mode, registered under `token`.
    ///
    /// # Errors
    ///
    /// What the system says, such as that there is a file already.
    pub fn bind_local(
        path: &Path,
        mode: u32,
        registry: &Registry,
        token: Token,
    ) -> io::Result<Self> {
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        // The file gets the mode of the socket, so that there is no moment at which others may
        // connect.
        rustix::fs::fchmod(&socket, Mode::from_raw_mode(mode))?;
        socket.bind(&SockAddr::unix(path)?)?;
        socket.listen(LOCAL_BACKLOG)?;
        let mut socket = UnixListener::from_std(socket.into());
        registry.register(&mut socket, token.into(), Interest::READABLE)?;
        Ok(Self { socket, may_hold_more: false, retry: Retry::default() })
    }
}

impl<L: Accepts> Listener<L> {
    /// Takes note that an event told of clients.
    pub fn note_readable(&mut self) {
        self.may_hold_more = true;
    }

    /// When to accept although no event will tell: not before the end of a pause, and at once if
    /// the last tick left clients over.
    pub fn next_attempt(&self, now: Instant) -> Option<Instant> {
        self.may_hold_more.then(|| self.retry.at().unwrap_or(now))
    }

    /// Accepts one connection.
    pub fn accept(&mut self) -> Accepted<L::Stream, L::Address> {
        let accepted = accept_unbroken(|| self.socket.accept());
        self.may_hold_more = !matches!(accepted, Accepted::Nobody);
        accepted
    }

    /// Accepts nobody for a while after a failure, and returns whether the failure is news.
    ///
    /// Clients wait in the backlog meanwhile. They raise no further event, but are accepted by the
    /// attempt after the pause.
    pub fn pause(&mut self, now: Instant) -> bool {
        self.retry.failed(now, ACCEPT_PAUSE)
    }

    /// Ends the pause, since a descriptor has become free.
    pub fn hurry(&mut self, now: Instant) {
        self.retry.hurry(now);
    }

    /// Takes note that all waiting clients were accepted, and returns whether that is news after a
    /// failure.
    pub fn worked(&mut self) -> bool {
        self.retry.worked()
    }
}

/// Accepts the next connection that did not break while it waited.
fn accept_unbroken<S, A>(mut accept: impl FnMut() -> io::Result<(S, A)>) -> Accepted<S, A> {
    let mut broken = 0;
    loop {
        match accept() {
            Ok((stream, peer)) => return Accepted::Stream(stream, peer),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Accepted::Nobody,
            Err(error) if concerns_one_connection(&error) && broken < BROKEN_IN_A_ROW => {
                broken += 1;
            }
            Err(error) => return Accepted::Failed(error),
        }
    }
}

/// Whether an error of accept(2) is about the connection at the head of the queue, which is gone
/// with it, so that the next one may be fine at once. EPERM is not among these: a security module
/// refuses before the connection leaves the queue.
fn concerns_one_connection(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error().map(Errno::from_raw_os_error),
        Some(
            Errno::CONNABORTED
                | Errno::INTR
                // "Already-pending network errors on the new socket", accept(2).
                | Errno::NETDOWN
                | Errno::PROTO
                | Errno::NOPROTOOPT
                | Errno::HOSTDOWN
                | Errno::NONET
                | Errno::HOSTUNREACH
                | Errno::OPNOTSUPP
                | Errno::NETUNREACH
        )
    )
}

/// Makes the kernel find out when the peer of a connection has died silently.
///
/// # Errors
///
/// What the system says.
pub(super) fn set_keepalive(socket: SockRef<'_>) -> io::Result<()> {
    let keepalive =
        TcpKeepalive::new().with_time(KEEPALIVE_AFTER).with_interval(KEEPALIVE_INTERVAL);
    socket.set_tcp_keepalive(&keepalive)
}

#[cfg(test)]
pub(crate) mod tests;
