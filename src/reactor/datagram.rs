use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::UdpSocket;
use mio::{Interest, Registry};
use socket2::SockRef;

use super::{Group, Retry, Token};

/// Datagrams that one tick takes at most, so that a flood does not keep the user from typing.
const DATAGRAMS_PER_TICK: usize = 64;

/// The largest payload of a datagram, so that a wrong length can be told exactly.
const MAX_DATAGRAM_BYTES: usize = 65_535;

/// Errors in a row that may belong to one datagram each, such as an answer of another host to an
/// earlier one. More of them are a fault of the system.
const ERRORS_IN_A_ROW: usize = 8;

/// How long a socket that fails is left alone. Beacons come once a minute or less often.
const RECEIVE_PAUSE: Duration = Duration::from_secs(1);

/// A socket that receives datagrams, and pauses when that fails.
#[derive(Debug)]
pub struct DatagramSocket {
    socket: UdpSocket,
    buffer: Box<[u8]>,
    /// Whether datagrams may wait of which no event will tell.
    may_hold_more: bool,
    retry: Retry,
}

impl DatagramSocket {
    /// Receives on `address`, registered under `token`.
    ///
    /// # Errors
    ///
    /// What the system says, such as that the port is taken.
    pub fn bind(address: SocketAddr, registry: &Registry, token: Token) -> io::Result<Self> {
        Self::register(UdpSocket::bind(address)?, registry, token)
    }

    /// Receives what is sent to `group`, registered under `token`.
    ///
    /// # Errors
    ///
    /// What the system says, such as that there is no such interface.
    pub fn join(group: &Group, registry: &Registry, token: Token) -> io::Result<Self> {
        Self::register(UdpSocket::from_std(group.listen()?), registry, token)
    }

    fn register(mut socket: UdpSocket, registry: &Registry, token: Token) -> io::Result<Self> {
        registry.register(&mut socket, token.into(), Interest::READABLE)?;
        let buffer = vec![0; MAX_DATAGRAM_BYTES].into_boxed_slice();
        Ok(Self { socket, buffer, may_hold_more: false, retry: Retry::default() })
    }

    /// Joins `group` again if its interface was replaced by another one of the same name, with
    /// which the membership is lost.
    ///
    /// # Errors
    ///
    /// What the system says, such as that there is no such interface.
    pub fn rejoin(&self, group: &Group) -> io::Result<()> {
        match group.add_member(SockRef::from(&self.socket)) {
            Err(error) if error.kind() == ErrorKind::AddrInUse => Ok(()),
            outcome => outcome,
        }
    }

    /// Local address, with the port that the system chose if it was asked to.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn local_address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Takes note that an event told of datagrams.
    pub fn note_readable(&mut self) {
        self.may_hold_more = true;
    }

    /// When to receive although no event will tell: not before the end of a pause, and at once if
    /// the last tick left datagrams over.
    pub fn next_attempt(&self, now: Instant) -> Option<Instant> {
        self.may_hold_more.then(|| self.retry.at().unwrap_or(now))
    }

    /// Gives the datagrams that have arrived to `take`, up to the budget of one tick.
    ///
    /// # Errors
    ///
    /// What the system says when receiving begins to fail; nothing more until it works again.
    pub fn receive(
        &mut self,
        now: Instant,
        mut take: impl FnMut(&[u8], SocketAddr),
    ) -> io::Result<()> {
        if self.next_attempt(now).is_none_or(|at| at > now) {
            return Ok(());
        }
        let mut errors = 0;
        for _ in 0..DATAGRAMS_PER_TICK {
            match self.socket.recv_from(&mut self.buffer) {
                Ok((len, sender)) => {
                    errors = 0;
                    self.retry.worked();
                    take(&self.buffer[..len], sender);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.may_hold_more = false;
                    self.retry.worked();
                    break;
                }
                Err(_) if errors < ERRORS_IN_A_ROW => errors += 1,
                Err(error) => {
                    let is_news = self.retry.failed(now, RECEIVE_PAUSE);
                    return if is_news { Err(error) } else { Ok(()) };
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
