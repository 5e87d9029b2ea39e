use std::io::{self, Read, Write};
use std::net::Shutdown;

use mio::event::Event;
use mio::net::TcpStream;
use mio::{Interest, Registry};

use super::Token;

/// What a [`Connection`](super::Connection) runs on: a TCP stream of the kernel, or one that somebody
/// made up, in virtual time.
///
/// Reading and writing never wait. They fail with `WouldBlock` instead, and then the registry tells,
/// once, that it is worth trying again.
pub trait Stream: Read + Write {
    /// Who tells what a stream is ready for.
    type Registry;

    /// Makes the registry tell, under `token`, of what is in `interest`.
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

    /// Changes what the registry tells of, and makes it tell again of what is the case already.
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

    /// Ends our half: the peer reads everything that was written, then the end.
    ///
    /// # Errors
    ///
    /// What the system says, such as that the peer is gone.
    fn shutdown_write(&mut self) -> io::Result<()>;
}

impl Stream for TcpStream {
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

/// What an event says about a stream; the greater says more. It is a hint: only reading tells for
/// certain.
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
