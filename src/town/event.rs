//! What happens in a town.

use crate::protocol::Beacon;

/// What happens among people and adversaries. Phones, servers and streams have happenings of their own.
#[derive(Debug)]
pub enum Event {
    /// People come near each other, or part.
    Meet,
    /// A phone sends a beacon, if anybody is near.
    Broadcasts(u32),
    /// A beacon that took its time is there.
    Arrives(Box<Datagram>),
    /// A phone has, or is about to have, no TempID.
    Needs(u32),
    /// A phone asks for TempIDs.
    Asks(u32),
    /// A phone cannot reach the server any more.
    GoesOffline(u32),
    /// A phone can reach the server again.
    ComesOnline(u32),
    /// The test of an index case is positive.
    Tested(u32),
    /// An interval is over.
    Measure,
    /// An adversary sends again what it heard.
    Repeats(Box<Repetition>),
    /// A guesser begins.
    Guesses(u32),
    /// A guesser tries the next number with one of its phones, counted from the first of adversaries.
    Guess(u32),
    /// A flooder makes another connection.
    Floods(u32),
    /// A forger uploads its log.
    Forges(u32),
}

/// A beacon on its way.
#[derive(Debug)]
pub struct Datagram {
    /// The phone that sent it,
    pub from: u32,
    /// and the number of the encounter, which may be over meanwhile.
    pub encounter: u64,
    /// To which phone.
    pub to: u32,
    /// What it says.
    pub bytes: [u8; Beacon::LEN],
}

/// A beacon that an adversary keeps for a while.
#[derive(Debug)]
pub struct Repetition {
    /// Which repeater.
    pub repeater: u32,
    /// Whose beacon it is.
    pub origin: u32,
    /// What it says.
    pub bytes: [u8; Beacon::LEN],
}
