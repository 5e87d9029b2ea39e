//! Deadlines for what must happen.

use std::collections::VecDeque;
use std::time::Duration;

use super::plan::FLOOD_DOWNLOADS;
use super::settings::WorldSettings;
use crate::protocol::ContactRecord;
use crate::protocol::request::MAX_TEMP_IDS;
use crate::reactor::{EventLoop, TURNS_PER_TICK};
use crate::server::frontend::{LINGER_TIMEOUT, STALL_TIMEOUT};
use crate::world::ids::PhoneId;
use crate::world::machine::LONGEST_SYNC;
use crate::world::network::ConnectionId;

/// Ticks in which the server has certainly read and answered all that a phone sends at once: a
/// request of 1 MiB takes 16, each request of a flood one.
const TICKS_FOR_ONE: u32 = 32;

/// Limit of the rounds of the run queue: no world here has more than 512 floods at a time.
const MOST_ROUNDS: u32 = 16;

/// Requests of one connection that wait for the store one after the other: those of a flood.
const MAX_STORED_IN_A_ROW: u32 = FLOOD_DOWNLOADS as u32;

/// Longest reply that a phone requests, in bytes.
const LONGEST_REPLY_BYTES: usize = MAX_TEMP_IDS as usize * ContactRecord::LEN + 10;

/// Something that must happen in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promise {
    /// A request gets its reply, or the phone loses its connection.
    Reply {
        /// The phone.
        phone: PhoneId,
        /// Number of the request.
        question: u32,
    },
    /// A phone that received the last reply learns that the server ends the connection.
    Farewell {
        /// The phone.
        phone: PhoneId,
        /// The connection.
        connection: ConnectionId,
    },
    /// A login succeeds on a new connection, or the server closes it.
    Login(ConnectionId),
    /// A peer with unread replies reads some, or the server closes the connection.
    Progress {
        /// The connection.
        connection: ConnectionId,
        /// Bytes that the connection had taken when it was full.
        written: u64,
    },
    /// The server closes a connection that it ended.
    Close(ConnectionId),
    /// The server ends a connection that its peer ended, or still waits for the peer to read
    /// replies.
    HangUp(ConnectionId),
    /// The server closes a connection that broke.
    Drop(ConnectionId),
}

/// Longest time of each promise in a world, from its faults and the server's timeouts.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// Time from sending until something has arrived or is lost.
    transit: Duration,
    /// Time from an event until the server has done all that follows from it.
    tick: Duration,
    login_timeout: Duration,
    /// Windows that the longest reply fills.
    windows: u32,
    /// How long the requests of one connection wait for the store, one after the other.
    store: Duration,
    /// How long a login waits for a hash.
    hash: Duration,
}

/// The promises that are not due yet.
#[derive(Debug)]
pub struct Watchdog {
    bounds: Bounds,
    /// A queue for each kind. As a kind has a single bound, the first promise is due first.
    queues: [VecDeque<(Duration, Promise)>; Promise::KINDS],
}

impl Promise {
    const KINDS: usize = 7;

    fn kind(self) -> usize {
        match self {
            Self::Reply { .. } => 0,
            Self::Login(_) => 1,
            Self::Progress { .. } => 2,
            Self::Close(_) => 3,
            Self::HangUp(_) => 4,
            Self::Drop(_) => 5,
            Self::Farewell { .. } => 6,
        }
    }
}

impl Bounds {
    /// The bounds of a world.
    pub fn of(settings: &WorldSettings) -> Self {
        let transit = settings.longest_transit();
        // Every connection may have an event that one poll gives only after those of all others,
        // and more to say than one turn takes, each time behind all others.
        let rounds = settings.phones.div_ceil(TURNS_PER_TICK as u32).min(MOST_ROUNDS);
        let polls = settings.phones / EventLoop::EVENTS_PER_TICK as u32 + TICKS_FOR_ONE * rounds;
        Self {
            transit,
            tick: polls * LONGEST_SYNC,
            login_timeout: settings.server.login_timeout,
            windows: LONGEST_REPLY_BYTES.div_ceil(settings.server.window) as u32,
            store: MAX_STORED_IN_A_ROW * settings.longest_store_wait(),
            hash: settings.longest_hash_wait(),
        }
    }

    /// Longest time from sending a request until the server judges it, if it does.
    pub fn judgement(&self) -> Duration {
        self.transit + self.tick + self.hash
    }

    fn of_promise(&self, promise: Promise) -> Duration {
        match promise {
            // The request is on its way, then one window of the reply after the other, and if there
            // is no progress, the end.
            Promise::Reply { .. } => {
                let window = self.transit.min(STALL_TIMEOUT) + self.tick;
                self.judgement() + self.store + self.windows * window + self.transit
            }
            // The end follows the reply at once.
            Promise::Farewell { .. } => self.transit + self.tick,
            Promise::Login(_) => self.login_timeout + self.tick,
            Promise::Progress { .. } => STALL_TIMEOUT + self.tick,
            Promise::Close(_) => LINGER_TIMEOUT + self.tick,
            // Nothing is read of a connection that waits for the store or a hash.
            Promise::HangUp(_) | Promise::Drop(_) => self.store + self.hash + self.tick,
        }
    }
}

impl Watchdog {
    /// A watchdog without promises.
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds, queues: Default::default() }
    }

    /// The bounds of the world.
    pub fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// Adds a promise given at `now`.
    pub fn expect(&mut self, promise: Promise, now: Duration) {
        let due = now + self.bounds.of_promise(promise);
        self.queues[promise.kind()].push_back((due, promise));
    }

    /// Takes the next promise that was due before `now`. The caller checks whether it was kept.
    pub fn pop_due(&mut self, now: Duration) -> Option<Promise> {
        let is_due = |queue: &&mut VecDeque<(Duration, Promise)>| {
            queue.front().is_some_and(|(due, _)| *due < now)
        };
        self.queues.iter_mut().find(is_due)?.pop_front().map(|(_, promise)| promise)
    }
}

#[cfg(test)]
mod tests;
