//! A network that cuts, delays, resets and loses.

use std::hash::{Hash, Hasher};
use std::time::Duration;

use hashbrown::HashMap;
use rand::RngExt;
use rand::rngs::ChaCha12Rng;

use super::ids::{PersonId, PhoneId};
use super::random::{self, Purpose};

/// Time until the server's kernel detects that a peer has lost power: a minute of silence, then
/// nine keepalive probes without an answer, as [`Listener`](crate::reactor::Listener) sets it up.
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(60 + 9 * 15);

/// Faults of the network. Probabilities are from 0 to 1.
#[derive(Debug, Clone, Copy)]
pub struct NetworkFaults {
    /// Longest delay of a segment without a stall.
    pub delay: Duration,
    /// Probability that a segment stalls, for up to [`stall`](NetworkFaults::stall).
    pub stall_probability: f64,
    /// Longest stall.
    pub stall: Duration,
    /// Probability that a segment resets its connection instead of arriving.
    pub reset_probability: f64,
    /// Probability that a datagram is lost.
    pub loss_probability: f64,
    /// Probability that a datagram arrives twice.
    pub double_probability: f64,
}

impl NetworkFaults {
    /// A network within a building: nothing is lost, streams are cut at any byte, and delays are
    /// short.
    pub const NONE: Self = Self {
        delay: Duration::from_millis(2),
        stall_probability: 0.0,
        stall: Duration::ZERO,
        reset_probability: 0.0,
        loss_probability: 0.0,
        double_probability: 0.0,
    };

    /// Longest time until something that was sent has arrived or is lost.
    pub fn longest_transit(&self) -> Duration {
        self.delay + self.stall
    }
}

impl Hash for NetworkFaults {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.delay, self.stall).hash(state);
        [
            self.stall_probability,
            self.reset_probability,
            self.loss_probability,
            self.double_probability,
        ]
        .map(f64::to_bits)
        .hash(state);
    }
}

/// A TCP connection between a phone and the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// An end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The phone, which connected.
    Phone,
    /// The server, which accepted.
    Server,
}

/// Something that arrives.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// Bytes of a stream.
    Bytes {
        /// The connection.
        connection: ConnectionId,
        /// The receiving end.
        to: Side,
        /// At least one byte.
        bytes: Vec<u8>,
    },
    /// The other side has sent everything.
    End {
        /// The connection.
        connection: ConnectionId,
        /// The receiving end.
        to: Side,
    },
    /// The connection breaks, for both ends.
    Reset {
        /// The connection.
        connection: ConnectionId,
        /// The phone that connected.
        phone: PhoneId,
    },
    /// A datagram, for a phone.
    Datagram {
        /// The phone.
        to: PhoneId,
        /// Bytes of the datagram.
        bytes: Vec<u8>,
    },
}

/// The network between the phones and the server. It decides what arrives when; the caller
/// schedules it.
#[derive(Debug)]
pub struct Network {
    faults: NetworkFaults,
    seed: u64,
    /// Random numbers for datagrams.
    rng: ChaCha12Rng,
    last_connection: u64,
    /// Number of connections that each owner has made.
    connections_of: HashMap<PersonId, u32>,
    links: HashMap<ConnectionId, Link>,
}

/// A connection, until it is reset or both ends have left it.
#[derive(Debug)]
struct Link {
    /// The phone that connected.
    phone: PhoneId,
    rng: ChaCha12Rng,
    to_phone: Direction,
    to_server: Direction,
}

/// One of the two streams of a connection.
#[derive(Debug)]
struct Direction {
    /// Arrival of the latest segment on its way, as a stream keeps its order.
    last_arrival: Duration,
    /// Whether the receiving end has left.
    is_left: bool,
}

impl Network {
    /// A network with these faults, drawn from `seed`.
    pub fn new(faults: NetworkFaults, seed: u64) -> Self {
        let rng = random::stream(seed, Purpose::Network);
        let (connections_of, links) = (HashMap::new(), HashMap::new());
        Self { faults, seed, rng, last_connection: 0, connections_of, links }
    }

    /// Changes the faults from now on.
    pub fn set_faults(&mut self, faults: NetworkFaults) {
        self.faults = faults;
    }

    /// Makes a connection of a phone, and returns it with the time at which it reaches the server.
    /// Its faults are drawn from streams of `owner`.
    pub fn connect(
        &mut self,
        phone: PhoneId,
        owner: PersonId,
        now: Duration,
    ) -> (ConnectionId, Duration) {
        self.last_connection += 1;
        let id = ConnectionId(self.last_connection);
        let number = self.connections_of.entry(owner).or_default();
        let mut rng = random::connection_stream(self.seed, owner, *number);
        *number += 1;
        let last_arrival = now + random::up_to(self.faults.delay, &mut rng);
        let direction = || Direction { last_arrival, is_left: false };
        self.links.insert(id, Link { phone, rng, to_phone: direction(), to_server: direction() });
        (id, last_arrival)
    }

    /// Sends bytes to one end of a connection, in order, in segments cut at any byte.
    pub fn send(
        &mut self,
        connection: ConnectionId,
        to: Side,
        mut bytes: Vec<u8>,
        now: Duration,
        mut deliver: impl FnMut(Duration, Delivery),
    ) {
        while !bytes.is_empty()
            && let Some(link) = self.links.get_mut(&connection)
        {
            let cut = link.rng.random_range(1..=bytes.len());
            let rest = bytes.split_off(cut);
            if happens(self.faults.reset_probability, &mut link.rng) {
                return self.reset(connection, now, deliver);
            }
            if let Some(at) = self.arrival(connection, to, now) {
                deliver(at, Delivery::Bytes { connection, to, bytes });
            }
            bytes = rest;
        }
    }

    /// Ends the stream to one end of a connection, after all bytes sent.
    pub fn end(
        &mut self,
        connection: ConnectionId,
        to: Side,
        now: Duration,
        mut deliver: impl FnMut(Duration, Delivery),
    ) {
        if let Some(at) = self.arrival(connection, to, now) {
            deliver(at, Delivery::End { connection, to });
        }
    }

    /// Breaks a connection at once, as the end of a process does.
    pub fn reset(
        &mut self,
        connection: ConnectionId,
        now: Duration,
        mut deliver: impl FnMut(Duration, Delivery),
    ) {
        if let Some(Link { phone, mut rng, .. }) = self.links.remove(&connection) {
            let at = now + random::up_to(self.faults.delay, &mut rng);
            deliver(at, Delivery::Reset { connection, phone });
        }
    }

    /// Breaks every connection that the server has not left, as a power loss of its machine does.
    pub fn reset_all(&mut self, now: Duration, mut deliver: impl FnMut(Duration, Delivery)) {
        let is_at_server = |(_, link): &(_, &Link)| !link.to_server.is_left;
        let mut connections: Vec<_> =
            self.links.iter().filter(is_at_server).map(|(id, _)| *id).collect();
        // The order must depend on nothing but the run.
        connections.sort_unstable();
        for connection in connections {
            self.reset(connection, now, &mut deliver);
        }
    }

    /// Lets a phone lose power. What it sent still arrives; then the server hears nothing until the
    /// keepalive of its kernel times out.
    pub fn power_off(
        &mut self,
        connection: ConnectionId,
        now: Duration,
        mut deliver: impl FnMut(Duration, Delivery),
    ) {
        if let Some(phone) = self.phone(connection) {
            self.leave(connection, Side::Phone);
            deliver(now + KEEPALIVE_TIMEOUT, Delivery::Reset { connection, phone });
        }
    }

    /// Sends a datagram, which may arrive never, once or twice, and in any order.
    pub fn send_datagram(
        &mut self,
        to: PhoneId,
        bytes: &[u8],
        now: Duration,
        mut deliver: impl FnMut(Duration, Delivery),
    ) {
        if happens(self.faults.loss_probability, &mut self.rng) {
            return;
        }
        let is_doubled = happens(self.faults.double_probability, &mut self.rng);
        let copies = if is_doubled { 2 } else { 1 };
        for _ in 0..copies {
            let at = now + random::up_to(self.faults.delay, &mut self.rng);
            deliver(at, Delivery::Datagram { to, bytes: bytes.to_vec() });
        }
    }

    /// Lets one end leave a connection, which receives nothing more. When both have left, it is
    /// forgotten.
    pub fn leave(&mut self, connection: ConnectionId, side: Side) {
        if let Some(link) = self.links.get_mut(&connection) {
            link.direction(side).is_left = true;
            if link.to_phone.is_left && link.to_server.is_left {
                self.links.remove(&connection);
            }
        }
    }

    /// Phone of an open connection. On a connection that is not open, nothing arrives any more.
    pub fn phone(&self, connection: ConnectionId) -> Option<PhoneId> {
        self.links.get(&connection).map(|link| link.phone)
    }

    /// Whether a connection is neither reset nor forgotten.
    pub fn is_open(&self, connection: ConnectionId) -> bool {
        self.links.contains_key(&connection)
    }

    /// Number of open connections.
    pub fn open_connections(&self) -> usize {
        self.links.len()
    }

    /// Arrival of something sent now; `None` if the receiving end has left.
    fn arrival(&mut self, connection: ConnectionId, to: Side, now: Duration) -> Option<Duration> {
        let link = self.links.get_mut(&connection)?;
        let mut at = now + random::up_to(self.faults.delay, &mut link.rng);
        if happens(self.faults.stall_probability, &mut link.rng) {
            at += random::up_to(self.faults.stall, &mut link.rng);
        }
        let direction = link.direction(to);
        direction.last_arrival = direction.last_arrival.max(at);
        (!direction.is_left).then_some(direction.last_arrival)
    }
}

fn happens(probability: f64, rng: &mut ChaCha12Rng) -> bool {
    // Drawn also where it cannot happen, so that the draws that follow are the same.
    rng.random::<f64>() < probability
}

impl Link {
    fn direction(&mut self, to: Side) -> &mut Direction {
        match to {
            Side::Phone => &mut self.to_phone,
            Side::Server => &mut self.to_server,
        }
    }
}

#[cfg(test)]
mod tests;
