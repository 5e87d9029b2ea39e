//! Peers of whom the operator is told, and not too often.

use std::time::{Duration, Instant};

use super::origins::Origin;

/// How long an address that was named is not named again.
const INTERVAL: Duration = Duration::from_secs(60);

/// Addresses named in one interval, at most: a flood of them must not fill the operator's log.
const MAX_NAMED: usize = 10;

/// Which peers that do the same thing were named in the current interval.
#[derive(Debug, Default)]
pub struct Mentions {
    since: Option<Instant>,
    named: Vec<Origin>,
}

/// What is to be said of a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mention {
    /// Its address.
    Name,
    /// That there are more, for the rest of the interval.
    More,
    /// Nothing.
    Silence,
}

impl Mentions {
    /// Notes one more peer, and tells what is to be said of it.
    pub fn note(&mut self, peer: Origin, now: Instant) -> Mention {
        if self.since.is_none_or(|since| now >= since + INTERVAL) {
            self.since = Some(now);
            self.named.clear();
        }
        if self.named.len() > MAX_NAMED || self.named.contains(&peer) {
            return Mention::Silence;
        }
        self.named.push(peer);
        if self.named.len() > MAX_NAMED { Mention::More } else { Mention::Name }
    }
}

#[cfg(test)]
mod tests;
