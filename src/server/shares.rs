//! How much of the server's time each user may take.

use std::collections::{BTreeMap, VecDeque};
use std::num::NonZero;
use std::time::{Duration, Instant};

use crate::protocol::Username;
use crate::reactor::Token;

/// Time that a request for TempIDs is charged for each but the first. It is about ten times what
/// the server needs to draw, store and send one, so that no user takes more than a tenth of the
/// server. The first is free: thousands of phones of one user may ask for one each.
const COST_OF_TEMP_ID: Duration = Duration::from_micros(50);

/// Time that an upload is charged for each contact record: about ten times what it takes to trace
/// and show one, or to find that it is none.
const COST_OF_CONTACT_RECORD: Duration = Duration::from_micros(2);

/// Time that an upload is charged for each contact record that is to be stored: about eight times
/// what that takes, so that no user has more than an eighth of the thread that stores cases.
const COST_OF_STORED_RECORD: Duration = Duration::from_micros(18);

/// Time that a change of an account is charged, such as a token: so that no user has more than
/// fifty of them a second for long.
const COST_OF_ACCOUNT: Duration = Duration::from_millis(20);

/// Time that an upload is charged for each decryption that may be needed to trace it: about ten
/// times what one takes.
const COST_OF_DECRYPTION: Duration = Duration::from_micros(10);

/// Time that a connection is charged for a turn after it has waited, even if it only reads the next
/// part of a request then.
const COST_OF_TURN: Duration = Duration::from_micros(100);

/// Charges of a user that the server does not yet mind, so that no phone waits: 2,000 TempIDs, or a
/// contact log of 5,000 records. After an upload of the greatest length, the next request waits a
/// quarter of a second.
const MAX_DEBT: Duration = Duration::from_millis(100);

/// The share of the server's time that each user has taken, and the connections that wait because
/// their user has taken more than that.
///
/// Whatever takes long delays everybody, and an account can ask for a lot on many connections at
/// once. So each user pays for requests with time, however many connections that user has. Requests
/// that cannot be paid for yet are not refused: their connections wait, in a line for each user.
#[derive(Debug, Default)]
pub struct Shares {
    /// Users who have debts or waiting connections. Ordered, so that a simulation repeats itself.
    users: BTreeMap<Username, Share>,
    /// Users with waiting connections that may have turns in this tick.
    turns: VecDeque<Username>,
    arrivals: u64,
}

#[derive(Debug)]
struct Share {
    /// When all requests so far are paid for.
    paid_at: Instant,
    /// Waiting connections, by arrival.
    line: BTreeMap<Place, Token>,
}

/// A place in the line of a user; an earlier one is less. Not zero, so that a connection without one
/// needs no memory for that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(NonZero<u64>);

/// Work that a user is charged for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Work {
    /// Drawing so many TempIDs.
    TempIds(u8),
    /// Tracing so many contact records.
    ContactRecords(u32),
    /// Storing so many contact records.
    StoredRecords(u32),
    /// Changing an account.
    Account,
    /// Decrypting so many TempIDs.
    Decryptions(u32),
    /// Serving a connection that has waited.
    Turn,
}

impl Work {
    fn cost(self) -> Duration {
        match self {
            Self::TempIds(count) => COST_OF_TEMP_ID * u32::from(count.saturating_sub(1)),
            Self::ContactRecords(count) => COST_OF_CONTACT_RECORD * count,
            Self::StoredRecords(count) => COST_OF_STORED_RECORD * count,
            Self::Account => COST_OF_ACCOUNT,
            Self::Decryptions(count) => COST_OF_DECRYPTION * count,
            Self::Turn => COST_OF_TURN,
        }
    }
}

impl Share {
    fn has_room(&self, now: Instant) -> bool {
        self.paid_at <= now + MAX_DEBT
    }

    fn charge(&mut self, cost: Duration, now: Instant) {
        self.paid_at = self.paid_at.max(now) + cost;
    }
}

impl Shares {
    /// Begins a tick: forgets debts that are paid, and gives waiting connections their turns.
    pub(super) fn begin_tick(&mut self, now: Instant) {
        self.users.retain(|_, share| share.paid_at > now || !share.line.is_empty());
        let is_waiting = |(_, share): &(&Username, &Share)| !share.line.is_empty();
        self.turns = self.users.iter().filter(is_waiting).map(|(user, _)| *user).collect();
    }

    /// Takes the connection that is served next off the line of its user, as long as that user has
    /// room.
    pub(super) fn next_turn(&mut self, now: Instant) -> Option<(Username, Token)> {
        while let Some(user) = self.turns.front().copied() {
            if let Some(share) = self.users.get_mut(&user).filter(|share| share.has_room(now))
                && let Some((_, token)) = share.line.pop_first()
            {
                return Some((user, token));
            }
            self.turns.pop_front();
        }
        None
    }

    /// Whether a user may have more done.
    pub(super) fn has_room(&self, user: Username, now: Instant) -> bool {
        self.users.get(&user).is_none_or(|share| share.has_room(now))
    }

    /// Charges a user for work.
    pub(super) fn charge(&mut self, user: Username, work: Work, now: Instant) {
        let cost = work.cost();
        if !cost.is_zero() {
            self.share(user, now).charge(cost, now);
        }
    }

    /// Puts a connection at the end of the line of its user.
    pub(super) fn wait(&mut self, user: Username, client: Token, now: Instant) -> Place {
        self.arrivals += 1;
        let place = Place(NonZero::new(self.arrivals).expect("one was added"));
        let share = self.share(user, now);
        share.line.insert(place, client);
        place
    }

    /// Gives up a place, unless it has had its turn.
    pub(super) fn leave(&mut self, user: Username, place: Place) {
        if let Some(share) = self.users.get_mut(&user) {
            share.line.remove(&place);
        }
    }

    /// When the next waiting connection has a turn.
    pub(super) fn next_wake(&self) -> Option<Instant> {
        let waiting = self.users.values().filter(|share| !share.line.is_empty());
        waiting.filter_map(|share| share.paid_at.checked_sub(MAX_DEBT)).min()
    }

    fn share(&mut self, user: Username, now: Instant) -> &mut Share {
        let new = || Share { paid_at: now, line: BTreeMap::new() };
        self.users.entry(user).or_insert_with(new)
    }
}

#[cfg(test)]
mod tests;
