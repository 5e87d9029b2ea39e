use std::net::IpAddr;
use std::time::{Duration, Instant};

use hashbrown::HashMap;

/// New entries that one sender may add at once. An honest phone has a new TempID every 15 minutes,
/// so this is a thousand phones behind one address.
pub const NEW_ENTRIES_AT_ONCE: u32 = 1_024;

/// New entries a second that one sender may add when it has used up what it may add at once. In the
/// default retention of 3 minutes, one sender makes up 2,464 of the 65,536 entries at most.
pub const NEW_ENTRIES_PER_SECOND: u32 = 8;

/// A sender with no more entries than this does not have to make room for others in a full log: an
/// honest phone has as many new TempIDs in a day. A flood that is to push out the entries of others
/// must come from 683 addresses.
const FAIR_ENTRIES: u32 = 96;

/// Senders that are remembered although they have no entry, at most. What is forgotten is that they
/// have used up their allowance.
const MAX_IDLE_SENDERS: usize = 4_096;

/// Who sent a beacon, as far as the log tells senders apart: an IPv4 address, or the 64 bits of an
/// IPv6 address that a network gives to one subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sender(u64);

/// Limits of the senders whose entries are in a log.
#[derive(Debug, Default)]
pub(super) struct Senders {
    known: HashMap<Sender, Share>,
    /// Number of known senders without an entry.
    idle: usize,
}

/// One sender's part of the log.
#[derive(Debug)]
struct Share {
    entries: u32,
    /// Entries that may be added at once now, as of `refilled`.
    allowance: u32,
    refilled: Instant,
}

impl Sender {
    /// A sender without limits: of an entry from a file, or of a simulated phone.
    pub const UNKNOWN: Self = Self(u64::MAX);

    /// Returns the sender at `address`.
    pub fn at(address: IpAddr) -> Self {
        match address.to_canonical() {
            // No prefix of a unicast IPv6 address begins with these bits.
            IpAddr::V4(address) => Self(0xff00_0000_0000_0000 | u64::from(u32::from(address))),
            IpAddr::V6(address) => Self((u128::from(address) >> 64) as u64),
        }
    }
}

impl Senders {
    /// Takes an entry from the allowance of `sender`, and returns whether it had one left.
    pub(super) fn admit(&mut self, sender: Sender, now: Instant) -> bool {
        if sender == Sender::UNKNOWN {
            return true;
        }
        if self.idle > MAX_IDLE_SENDERS {
            self.known.retain(|_, share| share.entries > 0);
            self.idle = 0;
        }
        let idle = &mut self.idle;
        let share = self.known.entry(sender).or_insert_with(|| {
            *idle += 1;
            Share { entries: 0, allowance: NEW_ENTRIES_AT_ONCE, refilled: now }
        });
        share.refill(now);
        let is_admitted = share.allowance > 0;
        share.allowance = share.allowance.saturating_sub(1);
        is_admitted
    }

    pub(super) fn made_entry(&mut self, sender: Sender) {
        if let Some(share) = self.known.get_mut(&sender) {
            self.idle -= usize::from(share.entries == 0);
            share.entries += 1;
        }
    }

    pub(super) fn lost_entry(&mut self, sender: Sender) {
        if let Some(share) = self.known.get_mut(&sender) {
            share.entries -= 1;
            self.idle += usize::from(share.entries == 0);
        }
    }

    pub(super) fn forget_entries(&mut self) {
        self.known.values_mut().for_each(|share| share.entries = 0);
        self.idle = self.known.len();
    }

    /// Returns the sender with the most entries, if that is more than a fair share.
    pub(super) fn greediest(&self) -> Option<Sender> {
        let (sender, share) = self.known.iter().max_by_key(|(_, share)| share.entries)?;
        (share.entries > FAIR_ENTRIES).then_some(*sender)
    }
}

#[cfg(test)]
impl Senders {
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }
}

impl Share {
    fn refill(&mut self, now: Instant) {
        const INTERVAL: Duration = Duration::from_millis(1_000 / NEW_ENTRIES_PER_SECOND as u64);
        let elapsed = now.saturating_duration_since(self.refilled);
        let earned = u32::try_from(elapsed.as_millis() / INTERVAL.as_millis()).unwrap_or(u32::MAX);
        // What is left of an interval counts for the next time.
        self.refilled += INTERVAL * earned;
        self.allowance = self.allowance.saturating_add(earned).min(NEW_ENTRIES_AT_ONCE);
    }
}
