use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use mio::net::{TcpListener, TcpStream};
use mio::{Interest, Registry};
use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};

use super::Token;

/// Connections that the kernel completes before we accept them; it cuts this to `somaxconn`. With
/// the usual 128 the rest of a storm would wait a second for its SYN to be sent again.
const BACKLOG: i32 = 65_535;

/// What the kernel keeps at most of what a peer has not read, in bytes, its own overhead not counted. If
/// it may decide by itself it keeps up to 4 MB for each peer that never reads, and a thousand of them
/// fill the memory that it has for TCP.
const SEND_BUFFER_BYTES: usize = 128 * 1024;

/// Connections that one tick accepts at most.
pub const ACCEPTS_PER_TICK: usize = 256;

/// A silent peer is asked for a sign of life after this long, then every [`KEEPALIVE_INTERVAL`].
const KEEPALIVE_AFTER: Duration = Duration::from_secs(60);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);

/// A socket that accepts TCP connections, and that can be paused when descriptors run out.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    token: Token,
    is_paused: bool,
}

/// How one attempt to accept ended.
#[derive(Debug)]
pub enum Accepted {
    /// A connection, and from where.
    Stream(TcpStream, SocketAddr),
    /// Nobody is waiting.
    Nobody,
    /// A connection that broke before we accepted it; the next one may be fine.
    Broken,
    /// The system cannot give us another descriptor at the moment. As long as that is so, the
    /// waiting connections raise no event: pause, and resume later.
    OutOfResources(io::Error),
}

impl Listener {
    /// Listens on `address` and registers under `token`.
    ///
    /// # Errors
    ///
    /// What the system says, such as that the port is taken.
    pub fn bind(address: SocketAddr, registry: &Registry, token: Token) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_nonblocking(true)?;
        // A server that is started again must not wait for the last one's connections to time out.
        socket.set_reuse_address(true)?;
        // Accepted sockets inherit all three. Without the first, replies in two sends stall for 40 ms;
        // the second finds peers that died without a word.
        socket.set_tcp_nodelay(true)?;
        set_keepalive(SockRef::from(&socket))?;
        socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        let mut socket = TcpListener::from_std(socket.into());
        registry.register(&mut socket, token.into(), Interest::READABLE)?;
        Ok(Self { socket, token, is_paused: false })
    }

    /// Where it listens, with the port that the system chose if it was asked to.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn local_address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Accepts one connection.
    pub fn accept(&self) -> Accepted {
        match self.socket.accept() {
            Ok((stream, peer)) => Accepted::Stream(stream, peer),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Accepted::Nobody,
            Err(error) if is_shortage(&error) => Accepted::OutOfResources(error),
            Err(_) => Accepted::Broken,
        }
    }

    /// Whether it is paused.
    pub fn is_paused(&self) -> bool {
        self.is_paused
    }

    /// Stops asking for events; connections wait in the backlog.
    pub fn pause(&mut self) {
        self.is_paused = true;
    }

    /// Asks for events again, also for the connections that wait already.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn resume(&mut self, registry: &Registry) -> io::Result<()> {
        self.is_paused = false;
        // The edge of the waiting connections is long gone; registering again raises it anew.
        registry.reregister(&mut self.socket, self.token.into(), Interest::READABLE)
    }
}

/// Makes the kernel find out when the peer of a connection has died without a word.
///
/// # Errors
///
/// What the system says.
pub(super) fn set_keepalive(socket: SockRef<'_>) -> io::Result<()> {
    let keepalive =
        TcpKeepalive::new().with_time(KEEPALIVE_AFTER).with_interval(KEEPALIVE_INTERVAL);
    socket.set_tcp_keepalive(&keepalive)
}

fn is_shortage(error: &io::Error) -> bool {
    use rustix::io::Errno;
    [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM]
        .iter()
        .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}
