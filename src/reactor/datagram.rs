use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use mio::net::UdpSocket;
use mio::{Interest, Registry};

use super::Token;

/// Datagrams that one tick takes at most, so that a flood does not keep the user from typing.
const DATAGRAMS_PER_TICK: usize = 64;

/// The largest payload of a datagram, so that a wrong length can be told exactly.
const MAX_DATAGRAM_BYTES: usize = 65_535;

/// A socket that receives datagrams.
#[derive(Debug)]
pub struct DatagramSocket {
    socket: UdpSocket,
    buffer: Box<[u8]>,
    may_hold_more: bool,
}

impl DatagramSocket {
    /// Receives on `address`, registered under `token`.
    ///
    /// # Errors
    ///
    /// What the system says, such as that the port is taken.
    pub fn bind(address: SocketAddr, registry: &Registry, token: Token) -> io::Result<Self> {
        let mut socket = UdpSocket::bind(address)?;
        registry.register(&mut socket, token.into(), Interest::READABLE)?;
        let buffer = vec![0; MAX_DATAGRAM_BYTES].into_boxed_slice();
        Ok(Self { socket, buffer, may_hold_more: false })
    }

    /// Where it receives, with the port that the system chose if it was asked to.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn local_address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Takes note that an event said that there are datagrams.
    pub fn note_readable(&mut self) {
        self.may_hold_more = true;
    }

    /// Whether there may be datagrams that no event will tell of, so that the poll must not wait.
    pub fn may_hold_more(&self) -> bool {
        self.may_hold_more
    }

    /// Gives the datagrams that are there to `take`, up to the budget of one tick.
    pub fn receive(&mut self, mut take: impl FnMut(&[u8], SocketAddr)) {
        if !self.may_hold_more {
            return;
        }
        for _ in 0..DATAGRAMS_PER_TICK {
            match self.socket.recv_from(&mut self.buffer) {
                Ok((len, sender)) => take(&self.buffer[..len], sender),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.may_hold_more = false;
                    return;
                }
                // An error of an earlier datagram, reported here; the next one is not concerned.
                Err(_) => {}
            }
        }
    }
}
