//! What a phone makes of the beacons that it hears by air, again and again. No socket, no clock.

use std::collections::VecDeque;
use std::net::IpAddr;

use super::contact_log::Added;
use super::phone::Reception;
use super::repeats::Judged;
use crate::protocol::{Beacon, TempId};

/// TempIDs of a phone's own that are remembered: a day of 15 minutes each.
const MAX_OWN: usize = 96;

/// Datagrams that are remembered because they were shown, and are not kept in the contact log.
const MAX_SHOWN: usize = 256;

/// Tells a phone's own beacons from others, and those that its user should see from those that
/// were shown already: phones that stay near beacon every minute.
#[derive(Debug, Default)]
pub struct Heard {
    own: VecDeque<TempId>,
    shown: VecDeque<(IpAddr, Judged)>,
}

impl Heard {
    /// Notes that the phone itself sends beacons of this TempID.
    pub fn note_own(&mut self, temp_id: TempId) {
        if self.own.contains(&temp_id) {
            return;
        }
        if self.own.len() == MAX_OWN {
            self.own.pop_front();
        }
        self.own.push_back(temp_id);
    }

    /// Whether a datagram is a beacon of the phone itself, which hears what it says. The address
    /// does not tell, as several phones on one machine share it.
    pub fn is_own(&self, datagram: &[u8]) -> bool {
        Beacon::decode(datagram).is_ok_and(|Beacon(record)| self.own.contains(&record.temp_id))
    }

    /// Whether the user should see a datagram: a beacon that is new to the contact log, or anything
    /// else that did not come before.
    pub fn is_news(&mut self, reception: &Reception, sender: IpAddr) -> bool {
        match reception {
            Reception::Valid(_, Added::New | Added::InsteadOfOldest) => true,
            Reception::Valid(_, Added::Again) => false,
            Reception::Valid(_, Added::TooMany) | Reception::Invalid(_) | Reception::Refused(_) => {
                self.is_first((sender, Judged::from(reception)))
            }
        }
    }

    fn is_first(&mut self, heard: (IpAddr, Judged)) -> bool {
        if self.shown.contains(&heard) {
            return false;
        }
        if self.shown.len() == MAX_SHOWN {
            self.shown.pop_front();
        }
        self.shown.push_back(heard);
        true
    }
}

#[cfg(test)]
mod tests;
