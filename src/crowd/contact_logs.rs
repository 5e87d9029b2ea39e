//! Checks of the contact logs of phones.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::client::contact_log_file::SETTLING_TIME;
use crate::client::phone::Reception;
use crate::protocol::{ContactRecord, TempId};
use crate::world::ids::PhoneId;
use crate::world::phone::{SimulatedPhone, username};

/// Most by which the start of a program shortens the time of an entry, as files have whole seconds.
const ROUNDING: Duration = Duration::from_secs(2);

/// Longest time from the end of a fault until the disk has everything again, if the phone looks
/// after it.
pub const GRACE: Duration = Duration::from_secs(2 * SETTLING_TIME.as_secs());

/// What phones have received and must keep. It checks that
///
/// - a phone has each valid beacon that it received until the time to keep it is over,
/// - also after its program was killed or it lost power, if the beacon was on the disk then,
/// - the disk has it too, if it has room.
#[derive(Debug)]
pub struct ContactLogs {
    retention: Duration,
    /// By phone.
    logs: Vec<Log>,
}

/// What one phone has received.
#[derive(Debug, Default)]
struct Log {
    owed: BTreeMap<TempId, Owed>,
    /// Until then, its disk may lack entries.
    excused_until: Duration,
}

/// Times until which a phone must keep an entry.
#[derive(Debug)]
struct Owed {
    /// Of the first reception. Later ones may not have reached the disk.
    at_least: Duration,
    /// Of the latest reception, as long as the program runs.
    until: Duration,
}

impl ContactLogs {
    /// The logs of phones that have received nothing, and keep what they receive for `retention`.
    pub fn new(phones: u32, retention: Duration) -> Self {
        Self { retention, logs: (0..phones).map(|_| Log::default()).collect() }
    }

    /// Notes that a phone received a datagram at `now`.
    pub fn received(&mut self, phone: PhoneId, reception: &Reception, now: Duration) {
        if let Reception::Valid(record, _) = reception {
            let until = now + self.retention;
            let new = Owed { at_least: until, until };
            let owed = &mut self.logs[phone.index()].owed;
            owed.entry(record.temp_id).or_insert(new).until = until;
        }
    }

    /// Notes that the program of a phone began again: it has what is on the disk.
    pub fn began_again(&mut self, phone: PhoneId, machine: &mut SimulatedPhone, now: Duration) {
        let stored = stored(machine, now);
        let Log { owed, excused_until } = &mut self.logs[phone.index()];
        owed.retain(|temp_id, _| stored.contains(temp_id));
        for owed in owed.values_mut() {
            owed.at_least -= ROUNDING;
            owed.until = owed.at_least;
        }
        *excused_until = now + GRACE;
    }

    /// Checks what a phone has in memory and on its disk.
    ///
    /// # Errors
    ///
    /// A message if it has lost an entry.
    pub fn check(
        &mut self,
        phone: PhoneId,
        machine: &mut SimulatedPhone,
        now: Duration,
    ) -> Result<(), String> {
        let Log { owed, excused_until } = &mut self.logs[phone.index()];
        owed.retain(|_, owed| now < owed.until);
        if let Some(lost) = owed.keys().find(|it| machine.phone().log().find(**it).is_none()) {
            return Err(format!("phone {phone} has lost the beacon {lost}"));
        }
        if machine.disk(now).is_none_or(|disk| disk.is_full) {
            *excused_until = now + GRACE;
        }
        if now < *excused_until {
            return Ok(());
        }
        let stored = stored(machine, now);
        match owed.keys().find(|temp_id| !stored.contains(*temp_id)) {
            None => Ok(()),
            Some(lost) => Err(format!("the disk of phone {phone} lacks the beacon {lost}")),
        }
    }
}

/// The TempIDs in the log on the disk, read without the code that is checked.
fn stored(machine: &mut SimulatedPhone, now: Duration) -> BTreeSet<TempId> {
    let name = format!("{}_contactlog.txt", username(machine.owner()));
    let disk = machine.disk(now);
    let content = disk.map_or(&b""[..], |disk| disk.content(&name));
    let records = content.split(|byte| *byte == b'\n').map(ContactRecord::decode_line);
    records.filter_map(Result::ok).map(|record| record.temp_id).collect()
}
