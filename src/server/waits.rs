//! Who waits for what. It has no clock.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use slab::Slab;

use super::contact_tracing::ContactTrace;
use super::store::{Entry, Kind, Ticket};
use crate::protocol::{ContactRecord, Username};
use crate::reactor::Token;

/// How long a session waits for the store. Longer than a disk under load or a failover of a
/// database takes, and shorter than the patience of a phone, which waits 30 s for a reply.
pub const STORE_TIMEOUT: Duration = Duration::from_secs(10);

/// One wait: on whose connection, and for what.
#[derive(Debug)]
pub struct Wait {
    number: u32,
    /// The connection whose session waits; it may be closed by now.
    pub client: Token,
    /// What becomes final with the completion.
    pub operation: Operation,
}

/// What a session has begun and can only end when the store has answered.
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
    /// A contact log was uploaded, and is taken when it is stored.
    Take(Arc<ContactTrace>),
}

impl Operation {
    /// What has to be stored.
    pub fn entry(&self) -> Entry<'_> {
        match self {
            Self::Issue { user, records } => Entry::TempIds { user: *user, records },
            Self::Number { user, number, .. } => Entry::UserNumber { user: *user, number: *number },
            Self::Take(trace) => Entry::Case(trace),
        }
    }

    /// The kind of what has to be stored.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Issue { .. } => Kind::TempIds,
            Self::Number { .. } => Kind::UserNumber,
            Self::Take(_) => Kind::Case,
        }
    }

    /// The TempIDs that the registry takes.
    pub fn records(&self) -> &[ContactRecord] {
        match self {
            Self::Issue { records, .. } => records,
            Self::Number { .. } | Self::Take(_) => &[],
        }
    }
}

/// All waits of the server, each with a deadline.
///
/// A wait [begins](Waits::begin) while a request is handled, and its entry goes to the store with
/// the commit of the tick. It ends with [`end`](Waits::end), when the completion is there or its
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
    pub fn submit_new(&mut self, mut submit: impl FnMut(Ticket, Entry<'_>)) {
        for ticket in &self.new {
            if let Some(wait) = open(&self.waits, *ticket) {
                submit(*ticket, wait.operation.entry());
            }
        }
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
