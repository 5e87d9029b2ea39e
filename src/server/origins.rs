//! Connections by address.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// Number of connections of each address, if that is limited.
///
/// IPv6 addresses with the same first 64 bits count as one, because every host has that many.
/// IPv4-mapped addresses count as their IPv4 address.
#[derive(Debug)]
pub struct Origins {
    limit: Option<usize>,
    /// Counts; empty without a limit.
    counts: HashMap<Origin, usize>,
}

/// The part of an address that distinguishes hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Origin(IpAddr);

impl Origin {
    /// Whether this is the loopback.
    pub(super) fn is_loopback(self) -> bool {
        // ::1 is cut to :: with its host part, which no other host has.
        self.0.is_loopback() || self.0.is_unspecified()
    }

    /// The origin of `address`.
    pub fn new(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(address.into()),
            IpAddr::V6(address) => {
                const HOST_BITS: u32 = 64;
                Self(Ipv6Addr::from_bits(address.to_bits() >> HOST_BITS << HOST_BITS).into())
            }
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(address) => address.fmt(f),
            IpAddr::V6(network) => write!(f, "{network}/64"),
        }
    }
}

impl Origins {
    /// No connections yet. Each host may have `limit`, or any number.
    pub fn new(limit: Option<usize>) -> Self {
        Self { limit, counts: HashMap::new() }
    }

    /// Whether a host may have one more connection.
    pub fn has_room_for(&self, origin: Origin) -> bool {
        self.limit.is_none_or(|limit| self.counts.get(&origin).is_none_or(|count| *count < limit))
    }

    /// Notes a new connection of a host.
    pub fn came(&mut self, origin: Origin) {
        if self.limit.is_some() {
            *self.counts.entry(origin).or_default() += 1;
        }
    }

    /// Notes the end of a connection of a host.
    pub fn left(&mut self, origin: Origin) {
        if let Some(count) = self.counts.get_mut(&origin) {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&origin);
            }
        }
    }
}

#[cfg(test)]
mod tests;
