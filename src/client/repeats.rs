//! Equal datagrams in a stream are shown once and counted. No socket, no clock.

use std::fmt;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use super::contact_log::Added;
use super::phone::Reception;
use crate::protocol::{BeaconError, ContactRecord};

/// A datagram that follows an equal one within this time is counted and not shown: nobody types a
/// command so fast again.
pub const FASTEST_TYPING: Duration = Duration::from_millis(500);

/// The number of equal datagrams is told at least this often while a stream goes on.
const TELLING_INTERVAL: Duration = Duration::from_secs(10);

/// Streams that are told apart at the same time.
const MAX_STREAMS: usize = 64;

/// A datagram and what was made of it, as far as another one is equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    /// A beacon that is valid.
    Valid(ContactRecord),
    /// A beacon that is not valid.
    Invalid(ContactRecord),
    /// Any valid beacon of a sender of too many.
    NotLogged,
    /// No beacon.
    Refused(BeaconError),
}

/// Finds the streams in what is received.
#[derive(Debug, Default)]
pub struct Repeats {
    streams: Vec<Stream>,
}

/// Equal datagrams from one address.
#[derive(Debug)]
struct Stream {
    sender: IpAddr,
    judged: Judged,
    last: Instant,
    /// How many were neither shown nor told.
    untold: usize,
    /// When the last one was shown, or their number told.
    told: Instant,
}

/// How many equal datagrams came.
#[derive(Debug, PartialEq, Eq)]
pub struct Repeated {
    sender: IpAddr,
    judged: Judged,
    count: usize,
}

impl From<&Reception> for Judged {
    fn from(reception: &Reception) -> Self {
        match reception {
            Reception::Valid(_, Added::TooMany) => Self::NotLogged,
            Reception::Valid(record, Added::New | Added::InsteadOfOldest | Added::Again) => {
                Self::Valid(*record)
            }
            Reception::Invalid(record) => Self::Invalid(*record),
            Reception::Refused(error) => Self::Refused(*error),
        }
    }
}

impl Repeats {
    /// Takes note of a datagram, and returns whether it is to be counted instead of shown.
    pub fn take(&mut self, sender: IpAddr, judged: Judged, now: Instant) -> bool {
        let known = self.streams.iter_mut().find(|it| (it.sender, it.judged) == (sender, judged));
        if let Some(stream) = known {
            let is_repeat = now < stream.last + FASTEST_TYPING;
            stream.last = now;
            match is_repeat {
                true => stream.untold += 1,
                false => stream.told = now,
            }
            return is_repeat;
        }
        if self.streams.len() == MAX_STREAMS {
            self.forget_one();
        }
        self.streams.push(Stream { sender, judged, last: now, untold: 0, told: now });
        false
    }

    /// When [`due`](Repeats::due) has something to tell.
    pub fn next_due(&self) -> Option<Instant> {
        self.streams.iter().filter(|stream| stream.untold > 0).map(Stream::due).min()
    }

    /// Returns what is to be told of streams that have ended or go on for long.
    pub fn due(&mut self, now: Instant) -> Vec<Repeated> {
        let mut repeated = Vec::new();
        for stream in &mut self.streams {
            if stream.untold > 0 && now >= stream.due() {
                let count = std::mem::take(&mut stream.untold);
                stream.told = now;
                repeated.push(Repeated { sender: stream.sender, judged: stream.judged, count });
            }
        }
        self.streams.retain(|stream| stream.untold > 0 || now < stream.last + FASTEST_TYPING);
        repeated
    }

    /// Makes room for another stream: where there are so many, nothing is equal for long.
    fn forget_one(&mut self) {
        let oldest = self.streams.iter().enumerate().min_by_key(|(_, it)| (it.untold, it.last));
        if let Some((at, _)) = oldest {
            self.streams.swap_remove(at);
        }
    }
}

impl Stream {
    fn due(&self) -> Instant {
        (self.last + FASTEST_TYPING).min(self.told + TELLING_INTERVAL)
    }
}

impl fmt::Display for Repeated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sender, judged, count } = self;
        let times = if *count == 1 { "time" } else { "times" };
        match judged {
            Judged::Valid(_) => {
                write!(f, "received the same beacon from {sender} {count} more {times}: valid")
            }
            Judged::Invalid(_) => {
                write!(f, "received the same beacon from {sender} {count} more {times}: invalid")
            }
            Judged::NotLogged => {
                write!(f, "received valid beacons from {sender} {count} more {times}: not logged")
            }
            Judged::Refused(error) => {
                write!(f, "refused datagrams from {sender} {count} more {times}: {error}")
            }
        }
    }
}

#[cfg(test)]
mod tests;
