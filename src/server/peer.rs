//! What the server keeps of a connection, besides its bytes.

use super::budgets::{Budgets, Claim};
use super::origins::Origin;
use super::session::Session;
use super::shares::Place;
use crate::reactor::{TimerKey, TimerWheel, Token};

/// State of a connection.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) origin: Origin,
    pub(super) session: Session,
    /// Kept input, if there is any. Boxed, as few connections have some.
    pub(super) unfinished: Option<Box<Unfinished>>,
    pub(super) login_timer: Option<TimerKey>,
    pub(super) patience: Patience,
    /// Its place in the line of its user, while it waits there.
    pub(super) place: Option<Place>,
}

/// Kept input of a request that is incomplete or waits for its turn.
#[derive(Debug)]
pub(super) struct Unfinished {
    pub(super) claim: Claim,
    pub(super) timer: TimerKey,
}

/// What the server waits for a peer to do, with a timeout.
#[derive(Debug)]
pub(super) enum Patience {
    /// Nothing, as a phone may be silent for ever.
    Unlimited,
    /// To read its replies.
    UntilRead(TimerKey),
    /// To close a connection that we ended.
    UntilClosed(TimerKey),
}

/// Purpose of a timer.
#[derive(Debug, Clone, Copy)]
pub(super) enum Timer {
    /// The login timeout of a connection.
    Login(Token),
    /// The timeout of an incomplete request.
    Request(Token),
    /// The timeout of a peer that must read or close.
    Patience(Token),
}

impl Peer {
    /// Forgets that input is kept.
    pub(super) fn end_unfinished(&mut self, budgets: &mut Budgets, timers: &mut TimerWheel<Timer>) {
        if let Some(unfinished) = self.unfinished.take() {
            budgets.release(unfinished.claim);
            timers.cancel(unfinished.timer);
        }
    }
}

impl Patience {
    pub(super) fn end(&mut self, timers: &mut TimerWheel<Timer>) {
        match std::mem::replace(self, Self::Unlimited) {
            Self::Unlimited => {}
            Self::UntilRead(key) | Self::UntilClosed(key) => {
                timers.cancel(key);
            }
        }
    }
}
