use std::io::{self, Read, Write};
use std::net::Shutdown;

use mio::event::Event;
use mio::net::{TcpStream, UnixStream};
use mio::{Interest, Registry};
use socket2::SockRef;

use super::Token;

/// What a [`Connection`](super::Connection) runs on: a TCP stream of the kernel, a simulated stream
/// in virtual time, or a layer above either, such as TLS.
///
/// Reading and writing never wait. They fail with `WouldBlock` instead, and then the registry
/// tells, once, that it is worth trying again.
///
/// # Layers
///
/// A layer encodes what it writes and has bytes of its own to send: a handshake, answers to the
/// layer of the peer, the end. It keeps encoded bytes, so its [`write`](Write::write) takes bytes
/// as long as it has none to send or [joins](Stream::joins_writes) them, and never touches the
/// stream below; [`write_own`](Stream::write_own) does. It decodes what it reads, so that it may
/// hold bytes of which no event will tell. The methods with defaults describe this to the
/// connection; plain streams need none of them.
pub trait Stream: Read + Write {
    /// Tells what registered streams are ready for.
    type Registry;

    /// Registers the stream: from now on the registry tells, under `token`, of what is in
    /// `interest`.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn register(
        &mut self,
        registry: &Self::Registry,
        token: Token,
        interest: Interest,
    ) -> io::Result<()>;

    /// Changes the interest, and makes the registry tell again of what is the case already.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn reregister(
        &mut self,
        registry: &Self::Registry,
        token: Token,
        interest: Interest,
    ) -> io::Result<()>;

    /// Ends our half: the peer reads everything that was written, then the end. A layer has no more
    /// bytes of its own to send afterwards. If it has read the end of the peer, it may leave the
    /// stream below to be closed.
    ///
    /// # Errors
    ///
    /// `WouldBlock` while bytes have to go first for which there is no room: to be called again
    /// when there is. Otherwise what the system says, such as that the peer is gone.
    fn shutdown_write(&mut self) -> io::Result<()>;

    /// Whether the stream has bytes of its own to send, even if nobody has written any.
    fn wants_write(&self) -> bool {
        false
    }

    /// Sends some of the bytes that the stream [has to send](Stream::wants_write) by itself, and
    /// returns how many.
    ///
    /// # Errors
    ///
    /// As [`write`](Write::write).
    fn write_own(&mut self) -> io::Result<usize> {
        Ok(0)
    }

    /// Whether the stream takes bytes although it has some of its own to send, so that all of them
    /// go at once.
    fn joins_writes(&self) -> bool {
        false
    }

    /// Whether the stream takes no bytes before it has read what the peer has to send first, as
    /// during a handshake.
    fn must_read_first(&self) -> bool {
        false
    }

    /// Whether another read may bring bytes of which no event will tell: the last read did not
    /// drain the stream below, or the layer holds decoded bytes back. After `WouldBlock` it means
    /// that the layer reads on as soon as its own bytes are sent.
    fn may_hold_more(&self) -> bool {
        false
    }

    /// Whether [`shutdown_write`](Stream::shutdown_write) sends bytes without which the peer takes
    /// the end for a truncation. If not, closing says the same, with a system call less.
    fn has_farewell(&self) -> bool {
        false
    }
}

/// Makes a stream of the kernel, which is a source of mio, one of ours.
macro_rules! stream_of_the_kernel {
    ($stream:ty) => {
        impl Stream for $stream {
            type Registry = Registry;

            fn register(
                &mut self,
                registry: &Registry,
                token: Token,
                interest: Interest,
            ) -> io::Result<()> {
                registry.register(self, token.into(), interest)
            }

            fn reregister(
                &mut self,
                registry: &Registry,
                token: Token,
                interest: Interest,
            ) -> io::Result<()> {
                registry.reregister(self, token.into(), interest)
            }

            fn shutdown_write(&mut self) -> io::Result<()> {
                self.shutdown(Shutdown::Write)
            }
        }
    };
}

stream_of_the_kernel!(TcpStream);
stream_of_the_kernel!(UnixStream);

/// A stream that runs on a socket of the kernel, plain or under layers.
pub trait OnSocket: Stream<Registry = Registry> {
    /// The socket below all layers.
    fn socket(&self) -> SockRef<'_>;
}

impl OnSocket for TcpStream {
    fn socket(&self) -> SockRef<'_> {
        self.into()
    }
}

/// What an event says about a stream; a greater value says more. It is a hint: only reading tells
/// for certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Readiness {
    /// There may be room to write, and nothing new to read.
    Writable,
    /// There may be bytes to read.
    Readable,
    /// There may be bytes to read, and behind them the end or an error.
    ReadableToEnd,
}

impl From<&Event> for Readiness {
    fn from(event: &Event) -> Self {
        if event.is_read_closed() || event.is_error() {
            Self::ReadableToEnd
        } else if event.is_readable() {
            Self::Readable
        } else {
            Self::Writable
        }
    }
}
