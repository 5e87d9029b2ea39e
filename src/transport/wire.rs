use std::io::{self, IoSlice, Read, Write};
#[cfg(feature = "tls")]
use std::sync::Arc;

use mio::net::{TcpStream, UnixStream};
use mio::{Interest, Registry};
#[cfg(feature = "tls")]
use rustls::pki_types::ServerName;
#[cfg(feature = "tls")]
use rustls::{ClientConfig, ServerConfig};
use socket2::SockRef;

#[cfg(feature = "tls")]
use super::TlsStream;
use crate::reactor::{OnSocket, Stream, Token};

/// A TLS record with the fatal alert `internal_error` (RFC 8446, sections 5.1 and 6.2), which also
/// stands for a lack of resources.
#[cfg(feature = "tls")]
const INTERNAL_ERROR: [u8; 7] = [21, 3, 3, 0, 2, 2, 80];

/// The stream of a connection: TCP as it is, TLS above it, or a Unix socket.
#[derive(Debug)]
pub enum Wire {
    /// Bytes travel in the clear.
    Plain(TcpStream),
    /// Bytes stay on this machine.
    Local(UnixStream),
    /// Bytes travel in TLS. Boxed, so that it costs nothing where it is not used.
    #[cfg(feature = "tls")]
    Tls(Box<TlsStream<TcpStream>>),
}

/// Makes wires of the connections that a server accepts.
#[derive(Debug, Clone)]
pub enum Acceptor {
    /// Leaves them as they are.
    Plain,
    /// Expects a TLS handshake.
    #[cfg(feature = "tls")]
    Tls(Arc<ServerConfig>),
}

/// Makes wires of the connections that a client opens.
#[derive(Debug, Clone)]
pub enum Connector {
    /// Leaves them as they are.
    Plain,
    /// Begins a TLS handshake with a server of this name.
    #[cfg(feature = "tls")]
    Tls(Arc<ClientConfig>, ServerName<'static>),
}

impl Acceptor {
    /// Makes a wire of an accepted connection.
    pub fn accept(&self, stream: TcpStream) -> Wire {
        match self {
            Self::Plain => Wire::Plain(stream),
            #[cfg(feature = "tls")]
            Self::Tls(config) => Wire::Tls(Box::new(TlsStream::accepted(config, stream))),
        }
    }

    /// What to send to a client for whom there is no room: `reply`, or an alert to one that waits
    /// for a handshake and could not read the reply.
    pub fn refusal<'a>(&self, reply: &'a [u8]) -> &'a [u8] {
        match self {
            Self::Plain => reply,
            #[cfg(feature = "tls")]
            Self::Tls(_) => &INTERNAL_ERROR,
        }
    }
}

impl Connector {
    /// Whether what is sent can be read by nobody on the way.
    pub fn is_encrypted(&self) -> bool {
        match self {
            Self::Plain => false,
            #[cfg(feature = "tls")]
            Self::Tls(..) => true,
        }
    }

    /// Makes a wire of a connection that has begun to connect.
    pub fn connect(&self, stream: TcpStream) -> Wire {
        match self {
            Self::Plain => Wire::Plain(stream),
            #[cfg(feature = "tls")]
            Self::Tls(config, server) => {
                Wire::Tls(Box::new(TlsStream::connecting(config, server.clone(), stream)))
            }
        }
    }
}

impl Wire {
    /// Whether the TLS handshake was that of an earlier session, without certificates.
    pub fn is_resumed(&self) -> bool {
        match self {
            Self::Plain(_) | Self::Local(_) => false,
            #[cfg(feature = "tls")]
            Self::Tls(stream) => stream.is_resumed(),
        }
    }
}

/// Calls a method of whichever stream it is.
macro_rules! either {
    ($wire:expr, $stream:ident => $call:expr) => {
        match $wire {
            Wire::Plain($stream) => $call,
            Wire::Local($stream) => $call,
            #[cfg(feature = "tls")]
            Wire::Tls($stream) => $call,
        }
    };
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        either!(self, stream => stream.read(buffer))
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        either!(self, stream => stream.write(bytes))
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        either!(self, stream => stream.write_vectored(slices))
    }

    fn flush(&mut self) -> io::Result<()> {
        either!(self, stream => stream.flush())
    }
}

impl Stream for Wire {
    type Registry = Registry;

    fn register(
        &mut self,
        registry: &Registry,
        token: Token,
        interest: Interest,
    ) -> io::Result<()> {
        either!(self, stream => stream.register(registry, token, interest))
    }

    fn reregister(
        &mut self,
        registry: &Registry,
        token: Token,
        interest: Interest,
    ) -> io::Result<()> {
        either!(self, stream => stream.reregister(registry, token, interest))
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        either!(self, stream => stream.shutdown_write())
    }

    fn wants_write(&self) -> bool {
        either!(self, stream => stream.wants_write())
    }

    fn write_own(&mut self) -> io::Result<usize> {
        either!(self, stream => stream.write_own())
    }

    fn joins_writes(&self) -> bool {
        either!(self, stream => stream.joins_writes())
    }

    fn must_read_first(&self) -> bool {
        either!(self, stream => stream.must_read_first())
    }

    fn may_hold_more(&self) -> bool {
        either!(self, stream => stream.may_hold_more())
    }

    fn has_farewell(&self) -> bool {
        either!(self, stream => stream.has_farewell())
    }
}

impl OnSocket for Wire {
    fn socket(&self) -> SockRef<'_> {
        match self {
            Self::Plain(stream) => stream.into(),
            Self::Local(stream) => stream.into(),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => stream.below().into(),
        }
    }
}
