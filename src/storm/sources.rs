//! The local addresses of the phones of a storm.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use mio::net::TcpStream;
use nix::sys::socket::{setsockopt, sockopt};
use rustix::io::Errno;
use socket2::{Domain, Protocol, Socket, Type};

use crate::reactor;

/// First local address, if phones use several.
const FIRST_SOURCE: Ipv4Addr = Ipv4Addr::new(127, 1, 0, 1);

/// Local addresses that phones use in turn.
#[derive(Debug)]
pub(super) struct Sources {
    count: u32,
    taken: u32,
}

impl Sources {
    /// `count` addresses; with 0 the system chooses.
    pub(super) fn new(count: u32) -> Self {
        Self { count, taken: 0 }
    }

    /// Begins to connect from the next address.
    ///
    /// # Errors
    ///
    /// The error of the system.
    pub(super) fn connect(&mut self, server: SocketAddr) -> io::Result<TcpStream> {
        if self.count == 0 {
            return reactor::connect(server);
        }
        let offset = self.taken % self.count;
        self.taken = self.taken.wrapping_add(1);
        let source = Ipv4Addr::from_bits(FIRST_SOURCE.to_bits() + offset);
        connect_from(source, server)
    }
}

fn connect_from(source: Ipv4Addr, server: SocketAddr) -> io::Result<TcpStream> {
    let socket = bound_to(source)?;
    match socket.connect(&server.into()) {
        Ok(()) => {}
        Err(error) if error.raw_os_error() == Some(Errno::INPROGRESS.raw_os_error()) => {}
        Err(error) => return Err(error),
    }
    Ok(TcpStream::from_std(socket.into()))
}

/// A socket that is bound to an address, and not yet to a port.
fn bound_to(source: Ipv4Addr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    socket.set_tcp_nodelay(true)?;
    // The port is chosen when the server is known as well. Otherwise the kernel looks for one that
    // nobody has had for a minute: for milliseconds where few are left, and in the end in vain.
    setsockopt(&socket, sockopt::IpBindAddressNoPort, &true)?;
    socket.bind(&SocketAddr::from((source, 0)).into())?;
    Ok(socket)
}

#[cfg(test)]
mod tests;
