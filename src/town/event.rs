//! The events of a town.

use super::ids::{CaseId, FlooderId, ForgerId, GuesserId, PhoneId, RepeaterId};
use crate::protocol::Beacon;

/// An event among people and adversaries. Phones, server and streams have events of their own.
#[derive(Debug)]
pub enum Event {
    /// Meetings begin or end.
    Meet,
    /// A phone sends a beacon, if anybody is near.
    Broadcasts(PhoneId),
    /// A delayed beacon arrives.
    Arrives(Box<Datagram>),
    /// A phone lacks a TempID, or will soon.
    Needs(PhoneId),
    /// A phone requests TempIDs.
    Asks(PhoneId),
    /// A phone goes offline.
    GoesOffline(PhoneId),
    /// A phone comes back online.
    ComesOnline(PhoneId),
    /// The test of an index case is positive.
    Tested(CaseId),
    /// A bin ends.
    Measure,
    /// A repeater sends a recorded beacon.
    Repeats(Box<Repetition>),
    /// A guesser begins.
    Guesses(GuesserId),
    /// A guesser tries the next number with a phone.
    Guess(PhoneId),
    /// A flooder opens another connection.
    Floods(FlooderId),
    /// A forger uploads its log.
    Forges(ForgerId),
}

/// A beacon on its way.
#[derive(Debug)]
pub struct Datagram {
    /// Phone that sent the beacon.
    pub from: PhoneId,
    /// Number of the encounter, which may be over by the arrival.
    pub encounter: u64,
    /// Phone that receives the beacon.
    pub to: PhoneId,
    /// Bytes of the beacon.
    pub bytes: [u8; Beacon::LEN],
}

/// A beacon that a repeater keeps for a while.
#[derive(Debug)]
pub struct Repetition {
    /// The repeater.
    pub repeater: RepeaterId,
    /// Phone whose TempID the beacon carries.
    pub origin: PhoneId,
    /// Bytes of the beacon.
    pub bytes: [u8; Beacon::LEN],
}
