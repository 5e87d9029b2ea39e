//! The events of a town.

use crate::protocol::Beacon;

/// An event among people and adversaries. Phones, server and streams have events of their own.
#[derive(Debug)]
pub enum Event {
    /// Meetings begin or end.
    Meet,
    /// A phone sends a beacon, if anybody is near.
    Broadcasts(u32),
    /// A delayed beacon arrives.
    Arrives(Box<Datagram>),
    /// A phone lacks a TempID, or will soon.
    Needs(u32),
    /// A phone requests TempIDs.
    Asks(u32),
    /// A phone goes offline.
    GoesOffline(u32),
    /// A phone comes back online.
    ComesOnline(u32),
    /// The test of an index case is positive.
    Tested(u32),
    /// A bin ends.
    Measure,
    /// A repeater sends a recorded beacon.
    Repeats(Box<Repetition>),
    /// A guesser begins.
    Guesses(u32),
    /// A guesser tries the next number with a phone, counted from the first one of adversaries.
    Guess(u32),
    /// A flooder opens another connection.
    Floods(u32),
    /// A forger uploads its log.
    Forges(u32),
}

/// A beacon on its way.
#[derive(Debug)]
pub struct Datagram {
    /// Phone that sent the beacon.
    pub from: u32,
    /// Number of the encounter, which may be over by the arrival.
    pub encounter: u64,
    /// Phone that receives the beacon.
    pub to: u32,
    /// Bytes of the beacon.
    pub bytes: [u8; Beacon::LEN],
}

/// A beacon that a repeater keeps for a while.
#[derive(Debug)]
pub struct Repetition {
    /// Number of the repeater.
    pub repeater: u32,
    /// Person whose TempID the beacon carries.
    pub origin: u32,
    /// Bytes of the beacon.
    pub bytes: [u8; Beacon::LEN],
}
