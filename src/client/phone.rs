//! A phone among phones: its TempIDs and its contact log. No socket, no clock.

use std::time::Duration;

use super::contact_log::{Added, ContactLog, Sender};
use crate::clock::Now;
use crate::protocol::{Beacon, BeaconError, ContactRecord};

/// A phone without its server and its user: the TempIDs that it uses, the beacons that it sends,
/// and the log of those that it received.
#[derive(Debug)]
pub struct Phone {
    current: Option<ContactRecord>,
    /// TempIDs for windows in a row, for when the current one is not valid.
    batch: Vec<ContactRecord>,
    log: ContactLog,
}

/// The beacon that a phone sends now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outgoing {
    /// Receivers log it.
    Valid(Beacon),
    /// Receivers refuse it, as its TempID has expired or is not valid yet. It can be sent all the
    /// same.
    NotValidNow(Beacon),
    /// The phone has no TempID.
    None,
}

/// How a phone judges a datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reception {
    /// A beacon whose TempID is valid now, and what the log did with it.
    Valid(ContactRecord, Added),
    /// A beacon whose TempID is not valid now. It is not logged.
    Invalid(ContactRecord),
    /// The datagram is no beacon.
    Refused(BeaconError),
}

impl Phone {
    /// Creates a phone without a TempID that keeps beacons for `retention`.
    pub fn new(retention: Duration) -> Self {
        Self { current: None, batch: Vec::new(), log: ContactLog::new(retention) }
    }

    /// Returns the contact log.
    pub fn log(&self) -> &ContactLog {
        &self.log
    }

    /// Returns the contact log for changes.
    pub fn log_mut(&mut self) -> &mut ContactLog {
        &mut self.log
    }

    /// Sets the TempID that the phone sends as long as it is valid.
    pub fn use_temp_id(&mut self, record: ContactRecord) {
        self.current = Some(record);
    }

    /// Returns the TempID that was set, valid or not.
    pub fn temp_id(&self) -> Option<ContactRecord> {
        self.current
    }

    /// Sets the TempIDs for windows in a row that the phone sends while the one that was
    /// [set](Self::use_temp_id) is not valid. A TempID of the batch before is used to its end, as
    /// the new ones may not have begun by a clock that is behind the server's.
    pub fn use_batch(&mut self, records: &[ContactRecord], now: Now) {
        self.batch.retain(|record| record.is_valid_at(now.wall));
        self.batch.extend_from_slice(records);
    }

    /// Returns the TempIDs for windows in a row, some of which may be over.
    pub fn batch(&self) -> &[ContactRecord] {
        &self.batch
    }

    /// Forgets everything, as another person uses the phone from now on, and returns the old log.
    pub fn reset(&mut self) -> ContactLog {
        self.current = None;
        self.batch.clear();
        let empty = self.log.emptied();
        std::mem::replace(&mut self.log, empty)
    }

    /// Returns the beacon to send to a phone nearby: of a TempID that is valid now, if there is
    /// one.
    pub fn beacon(&self, now: Now) -> Outgoing {
        let mut held = self.current.iter().chain(&self.batch);
        if let Some(record) = held.find(|record| record.is_valid_at(now.wall)) {
            return Outgoing::Valid(Beacon(*record));
        }
        let to_come = self.batch.iter().find(|record| now.wall < record.start);
        match to_come.or(self.current.as_ref()).or(self.batch.last()) {
            Some(record) => Outgoing::NotValidNow(Beacon(*record)),
            None => Outgoing::None,
        }
    }

    /// Judges a datagram of a sender without limits, and logs a valid beacon.
    pub fn receive(&mut self, datagram: &[u8], now: Now) -> Reception {
        self.receive_from(Sender::UNKNOWN, datagram, now)
    }

    /// Judges a datagram of `sender`, and logs a valid beacon unless there are too many of that
    /// sender.
    pub fn receive_from(&mut self, sender: Sender, datagram: &[u8], now: Now) -> Reception {
        match Beacon::decode(datagram) {
            Ok(Beacon(record)) if record.is_valid_at(now.wall) => {
                Reception::Valid(record, self.log.add_from(sender, record, now))
            }
            Ok(Beacon(record)) => Reception::Invalid(record),
            Err(error) => Reception::Refused(error),
        }
    }
}

#[cfg(test)]
mod tests;
