//! Codes by which people show that a number is theirs. No clock, no SMS: it says what to send.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::time::{Duration, Instant};

use super::origins::Origin;
use crate::protocol::{RegistrationCode, Username};

/// Time for which a code is valid.
pub const CODE_LIFETIME: Duration = Duration::from_secs(10 * 60);

/// Tries that a code allows.
const MAX_TRIES: u8 = 5;

/// The time in which [`CODES_PER_NUMBER`] and its like are counted.
const HOUR: Duration = Duration::from_secs(60 * 60);

/// Codes that a number is sent in an hour.
const CODES_PER_NUMBER: usize = 3;

/// Codes that an address may ask for in an hour. A household has some; loopback addresses have no
/// limit.
const CODES_PER_ADDRESS: usize = 20;

/// Codes that all together may ask for in an hour, as each costs money and 200 bytes.
const CODES_IN_ALL: usize = 100_000;

/// Who has asked for a code, and has not typed it yet.
#[derive(Debug, Default)]
pub struct Registration {
    pending: HashMap<Username, Pending>,
    /// The codes of `pending`, in the order in which they expire. Some may be gone.
    expiries: VecDeque<(Instant, Username)>,
    by_number: Limit<Username>,
    by_address: Limit<Origin>,
    in_all: Limit<()>,
}

/// A code that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pending {
    code: RegistrationCode,
    expiry: Instant,
    tries_left: u8,
}

impl Registration {
    /// Notes that somebody at `peer` asks for a code for a number, and returns whether to send it
    /// `code`. If not, the number or the address has had as many as it may.
    pub fn begin(
        &mut self,
        number: Username,
        code: RegistrationCode,
        peer: Origin,
        now: Instant,
    ) -> bool {
        self.forget_expired(now);
        let is_allowed = self.by_number.has_room(&number, CODES_PER_NUMBER, now)
            && (peer.is_loopback() || self.by_address.has_room(&peer, CODES_PER_ADDRESS, now))
            && self.in_all.has_room(&(), CODES_IN_ALL, now);
        if is_allowed {
            self.by_number.count(number, now);
            self.by_address.count(peer, now);
            self.in_all.count((), now);
            let expiry = now + CODE_LIFETIME;
            self.pending.insert(number, Pending { code, expiry, tries_left: MAX_TRIES });
            self.expiries.push_back((expiry, number));
        }
        is_allowed
    }

    /// Takes the code of a number, if `code` is it. Otherwise one of its tries is gone.
    pub fn take(
        &mut self,
        number: Username,
        code: RegistrationCode,
        now: Instant,
    ) -> Option<Pending> {
        self.forget_expired(now);
        let pending = self.pending.get_mut(&number)?;
        if pending.code == code {
            return self.pending.remove(&number);
        }
        pending.tries_left -= 1;
        if pending.tries_left == 0 {
            self.pending.remove(&number);
        }
        None
    }

    /// Gives back a code that was taken for nothing, unless it has expired or there is a newer one.
    pub fn give_back(&mut self, number: Username, pending: Pending, now: Instant) {
        if now < pending.expiry {
            self.pending.entry(number).or_insert(pending);
        }
    }

    fn forget_expired(&mut self, now: Instant) {
        while let Some((expiry, number)) = self.expiries.front().copied()
            && expiry <= now
        {
            self.expiries.pop_front();
            if self.pending.get(&number).is_some_and(|pending| pending.expiry <= now) {
                self.pending.remove(&number);
            }
        }
    }
}

/// What was done within the last hour, by whom.
#[derive(Debug)]
struct Limit<K> {
    counts: HashMap<K, usize>,
    /// In the order of time.
    done: VecDeque<(Instant, K)>,
}

impl<K> Default for Limit<K> {
    fn default() -> Self {
        Self { counts: HashMap::new(), done: VecDeque::new() }
    }
}

impl<K: Copy + Eq + Hash> Limit<K> {
    fn has_room(&mut self, key: &K, most: usize, now: Instant) -> bool {
        while let Some((at, earlier)) = self.done.front().copied()
            && at + HOUR <= now
        {
            self.done.pop_front();
            if let Some(count) = self.counts.get_mut(&earlier) {
                *count -= 1;
                if *count == 0 {
                    self.counts.remove(&earlier);
                }
            }
        }
        self.counts.get(key).is_none_or(|count| *count < most)
    }

    fn count(&mut self, key: K, now: Instant) {
        self.done.push_back((now, key));
        *self.counts.entry(key).or_default() += 1;
    }
}

#[cfg(test)]
mod tests;
