//! Where the phones of a storm come from.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::reactor::Connection;

/// The first of the local addresses that phones come from if they come from several.
const FIRST_SOURCE: Ipv4Addr = Ipv4Addr::new(127, 1, 0, 1);

/// The local addresses that phones come from, in turn.
#[derive(Debug)]
pub(super) struct Sources {
    count: u32,
    taken: u32,
}

impl Sources {
    /// So many addresses; with 0 the system chooses.
    pub(super) fn new(count: u32) -> Self {
        Self { count, taken: 0 }
    }

    /// Begins to connect, from the next of them.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub(super) fn connect(&mut self, server: SocketAddr) -> io::Result<Connection> {
        if self.count == 0 {
            return Connection::connect(server);
        }
        let offset = self.taken % self.count;
        self.taken = self.taken.wrapping_add(1);
        let source = Ipv4Addr::from_bits(FIRST_SOURCE.to_bits() + offset);
        Connection::connect_from(IpAddr::V4(source), server)
    }
}
