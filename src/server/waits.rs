//! Who waits for what. It has no clock.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use slab::Slab;

use super::accounts::Attempt;
use super::change::Change;
use super::hashing::HashOrder;
use super::origins::Origin;
use super::password_hash::{PasswordHash, SALT_BYTES};
use super::registration::Pending;
use super::store::{Kind, Ticket};
use crate::protocol::{ContactRecord, Username};
use crate::reactor::Token;

/// How long a session waits, for the store or for a hash. Longer than a disk under load or a
/// failover of a database takes, and shorter than the patience of a phone, which waits 30 s for a
/// reply.
pub const STORE_TIMEOUT: Duration = Duration::from_secs(10);

/// One wait: on whose connection, and for what.
#[derive(Debug, Clone)]
pub struct Wait {
    number: u32,
    /// The connection whose session waits; it may be closed by now.
    pub client: Token,
    /// What becomes final with the completion.
    pub operation: Operation,
}

/// What a session has begun and can only end with the answer of the store, or of those who hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// TempIDs were drawn for a user, and are issued when they are stored.
    Issue {
        /// The user.
        user: Username,
        /// The TempIDs with their windows.
        records: Box<[ContactRecord]>,
    },
    /// TempIDs were encrypted for a user, and are issued when the user's number is stored.
    Number {
        /// The user.
        user: Username,
        /// The number.
        number: u32,
        /// The TempIDs with their windows.
        records: Box<[ContactRecord]>,
    },
    /// What is kept besides TempIDs is to change.
    Change(Change),
    /// Somebody logs in, and is judged when the password is hashed.
    LogIn {
        /// The attempt.
        attempt: Box<Attempt>,
        /// The address that it comes from.
        peer: Origin,
    },
    /// Somebody registers, whose password is hashed and then stored.
    Register(Box<Registering>),
}

/// A registration whose code was right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registering {
    /// The number.
    pub user: Username,
    /// The code, to be given back if nothing comes of it.
    pub pending: Pending,
    /// The address that it comes from.
    pub peer: Origin,
    order: HashOrder,
}

impl Registering {
    /// A registration with a password, of which a hash is made with `salt`.
    pub fn new(
        user: Username,
        password: &[u8],
        salt: [u8; SALT_BYTES],
        pending: Pending,
        peer: Origin,
    ) -> Self {
        let order = HashOrder::Make { password: password.into(), salt };
        Self { user, pending, peer, order }
    }

    /// What has to be hashed.
    pub fn order(&self) -> HashOrder {
        self.order.clone()
    }
}

impl Operation {
    /// The kind of what is waited for.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Issue { .. } => Kind::TempIds,
            Self::Number { .. } => Kind::UserNumber,
            Self::Change(_) => Kind::Change,
            Self::LogIn { .. } | Self::Register(_) => Kind::Login,
        }
    }

    /// Goes on with a registration whose password has this hash: its account is to be stored.
    pub(super) fn store_account(&mut self, hash: PasswordHash) {
        if let Self::Register(registering) = self {
            *self = Self::Change(Change::Register { user: registering.user, hash });
        }
    }

    /// The TempIDs that the registry takes.
    pub fn records(&self) -> &[ContactRecord] {
        match self {
            Self::Issue { records, .. } => records,
            Self::Number { .. } | Self::Change(_) | Self::LogIn { .. } | Self::Register(_) => &[],
        }
    }
}

/// All waits of the server, each with a deadline.
///
/// A wait [begins](Waits::begin) while a request is handled, and what it needs is ordered with the
/// commit of the tick. It ends with [`end`](Waits::end), when the completion is there or its
/// deadline is over. Deadlines are kept in a queue, as all waits have the same length.
#[derive(Debug, Default)]
pub struct Waits {
    waits: Slab<Wait>,
    last_number: u32,
    /// Began since the last commit.
    new: Vec<Ticket>,
    /// The waits that outlived their commit, oldest first. Some may be over.
    deadlines: VecDeque<(Instant, Ticket)>,
}

impl Waits {
    /// How many waits there are.
    pub fn len(&self) -> usize {
        self.waits.len()
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.waits.is_empty()
    }

    /// Begins a wait.
    pub fn begin(&mut self, client: Token, operation: Operation) -> Ticket {
        self.last_number = self.last_number.wrapping_add(1);
        let wait = Wait { number: self.last_number, client, operation };
        let slot = self.waits.insert(wait) as u32;
        let ticket = Ticket { slot, number: self.last_number };
        self.new.push(ticket);
        ticket
    }

    /// Gives each operation that was begun since the last call to `submit`.
    pub fn submit_new(&mut self, mut submit: impl FnMut(Ticket, &Operation)) {
        for ticket in &self.new {
            if let Some(wait) = open(&self.waits, *ticket) {
                submit(*ticket, &wait.operation);
            }
        }
    }

    /// The operation of a wait, unless it is over.
    pub fn operation(&mut self, ticket: Ticket) -> Option<&mut Operation> {
        let wait = self.waits.get_mut(ticket.slot as usize);
        wait.filter(|wait| wait.number == ticket.number).map(|wait| &mut wait.operation)
    }

    /// Sets the deadline of those waits that the commit of their own tick has not ended.
    pub fn set_deadlines(&mut self, now: Instant) {
        let Self { waits, new, deadlines, .. } = self;
        let deadline = now + STORE_TIMEOUT;
        deadlines.extend(
            new.drain(..).filter(|ticket| is_open(waits, *ticket)).map(|ticket| (deadline, ticket)),
        );
        self.skip_ended();
    }

    /// Removes deadlines from the front of the queue until the first is one that somebody waits
    /// for.
    fn skip_ended(&mut self) {
        while let Some((_, ticket)) = self.deadlines.front()
            && !is_open(&self.waits, *ticket)
        {
            self.deadlines.pop_front();
        }
    }

    /// Ends a wait, unless it is over already.
    pub fn end(&mut self, ticket: Ticket) -> Option<Wait> {
        is_open(&self.waits, ticket).then(|| self.waits.remove(ticket.slot as usize))
    }

    /// Ends a wait whose deadline is over at `now`, if there is one.
    pub fn end_overdue(&mut self, now: Instant) -> Option<(Ticket, Wait)> {
        self.skip_ended();
        let (deadline, ticket) = *self.deadlines.front()?;
        if now < deadline {
            return None;
        }
        let wait = self.end(ticket)?;
        self.skip_ended();
        Some((ticket, wait))
    }

    /// When the next deadline is.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.front().map(|(deadline, _)| *deadline)
    }
}

/// The wait of a ticket, unless it is over. Another one may be in its slot by now.
fn open(waits: &Slab<Wait>, ticket: Ticket) -> Option<&Wait> {
    waits.get(ticket.slot as usize).filter(|wait| wait.number == ticket.number)
}

fn is_open(waits: &Slab<Wait>, ticket: Ticket) -> bool {
    open(waits, ticket).is_some()
}

#[cfg(test)]
mod tests;
