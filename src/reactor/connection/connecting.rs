//! Connections that this program opens, until they are established.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use mio::Registry;
use mio::net::TcpStream;

use super::super::listener::set_keepalive;
use super::super::{OnSocket, Token};
use super::{Connection, Consumed, Received, Writing};

/// Begins to connect to `address`. Requests are sent without Nagle's delay, as a user waits for
/// each.
///
/// # Errors
///
/// What the system says at once, such as an unreachable network.
pub fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

impl<S: OnSocket> Connection<S> {
    /// Wraps a stream that has begun to connect. [`establish`](Connection::establish) tells, when
    /// events come, whether it worked.
    pub fn connecting(stream: S) -> Self {
        // Until connected, the stream is as good as full.
        Self { writing: Writing::Registered, ..Self::new(stream) }
    }

    /// Makes dropping this connection reset it: bytes under way are lost, as if the machine had
    /// died.
    pub fn abort(&self) {
        // It fails only if the connection is gone already.
        let _ = self.stream.socket().set_linger(Some(Duration::ZERO));
    }

    /// Goes on to connect, after an event, and returns whether the connection is established: TCP,
    /// and above it the handshake of a layer. While it is not, the next step comes with an event,
    /// or at once if it [has more](Connection::has_more).
    ///
    /// # Errors
    ///
    /// Why it cannot be established.
    pub fn establish(
        &mut self,
        registry: &Registry,
        token: Token,
        buffer: &mut [u8],
    ) -> io::Result<bool> {
        if !self.is_connected()? {
            return Ok(false);
        }
        if !self.stream.must_read_first() {
            return Ok(true);
        }
        self.send(registry, token)?;
        self.note_unread();
        // What comes before the end of the handshake is the layer's. What comes with it is kept.
        let keep = |_: &[u8], _: &mut Vec<u8>| Consumed { bytes: 0, wants_more: true };
        match self.receive(buffer, keep) {
            Received::Waiting | Received::MoreLeft => {}
            Received::Ended => return Err(ErrorKind::UnexpectedEof.into()),
            Received::Failed(error) => return Err(error),
        }
        self.send(registry, token)?;
        Ok(!self.stream.must_read_first())
    }

    fn is_connected(&self) -> io::Result<bool> {
        let socket = self.stream.socket();
        if let Some(error) = socket.take_error()? {
            return Err(error);
        }
        match socket.peer_addr() {
            Ok(_) => {
                set_keepalive(socket)?;
                Ok(true)
            }
            Err(error) if error.kind() == ErrorKind::NotConnected => Ok(false),
            Err(error) => Err(error),
        }
    }
}
