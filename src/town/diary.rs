//! What a run keeps of single events.

use std::rc::Rc;
use std::time::Duration;

use super::Collect;
use super::ids::{Owners, PersonId, PhoneId};
use super::meetings::Meetings;
use super::message::Fate;
use super::nearness::Encounter;
use super::outcome::{Contact, Received, Records, Traced, Upload};
use super::transcript::{Transcript, Way};
use crate::protocol::ContactRecord;
use crate::world::network::ConnectionId;

/// The single events of a run, as far as somebody wants to have them.
#[derive(Debug)]
pub struct Diary {
    collect: Collect,
    owners: Rc<Owners>,
    records: Records,
    transcript: Transcript,
}

/// A beacon that a phone received.
#[derive(Debug)]
pub struct Receipt<'a> {
    /// Name of the sender: a phone, or an adversary that repeats the beacon of one.
    pub sender: String,
    /// Phone whose TempID the beacon carries.
    pub origin: PhoneId,
    /// Phone that received the beacon.
    pub to: PhoneId,
    /// Content of the beacon.
    pub record: &'a ContactRecord,
    /// What the phone made of the beacon.
    pub fate: Fate,
}

impl Diary {
    /// An empty diary. Person `i` has the app if `has_app[i]`.
    pub fn new(collect: Collect, owners: Rc<Owners>, has_app: Vec<bool>) -> Self {
        let has_app = if collect.records { has_app } else { Vec::new() };
        let records = Records { has_app, ..Records::default() };
        Self { collect, owners, records, transcript: Transcript::default() }
    }

    /// Whether it keeps what phones receive.
    pub fn keeps_receptions(&self) -> bool {
        self.collect.records || self.collect.messages
    }

    /// Whether it keeps more than messages.
    pub fn keeps_records(&self) -> bool {
        self.collect.records
    }

    /// Name of a phone: that of its owner, whose number is also in the username.
    pub fn name_of(&self, phone: PhoneId) -> String {
        self.owners.name_of(self.owners.owner_of(phone))
    }

    /// Adds an encounter that ended at `until`.
    pub fn met(&mut self, encounter: &Encounter, until: Duration) {
        if self.collect.records {
            self.records.encounters.push(encounter.record(until));
        }
    }

    /// Adds a beacon that a phone received.
    pub fn received(&mut self, receipt: Receipt<'_>, at: Duration) {
        let Receipt { sender, origin, to, record, fate } = receipt;
        if self.collect.records {
            let [from, to] = [origin, to].map(|phone| self.owners.owner_of(phone));
            self.records.receptions.push(Received { at: at.as_secs_f64(), from, to, fate });
        }
        if self.collect.messages {
            self.transcript.beacon(at, sender, self.name_of(to), record, fate);
        }
    }

    /// Adds bytes between a phone and the server.
    pub fn exchanged(
        &mut self,
        phone: PhoneId,
        connection: ConnectionId,
        way: Way,
        bytes: &[u8],
        at: Duration,
    ) {
        if self.collect.messages {
            self.transcript.bytes(at, connection, &self.name_of(phone), way, bytes);
        }
    }

    /// Drops the incomplete messages of a lost connection.
    pub fn lost(&mut self, connection: ConnectionId) {
        self.transcript.lost(connection);
    }

    /// Adds a contact log that the server accepted.
    pub fn uploaded(&mut self, phone: PhoneId, entries: usize, at: Duration) {
        if self.collect.records {
            self.records.uploads.push(Upload {
                at: at.as_secs_f64(),
                person: self.owners.owner_of(phone),
                entries: entries as u64,
                is_forged: self.owners.is_adversary(phone),
            });
        }
    }

    /// Adds the message by which the server names the contacts of a person.
    pub fn named(&mut self, person: PersonId, contacts: &[PersonId], at: Duration) {
        if self.collect.messages {
            let name_of = |person: PersonId| self.owners.name_of(person);
            let names: Vec<String> = contacts.iter().copied().map(name_of).collect();
            self.transcript.named(at, &name_of(person), &names);
        }
    }

    /// Adds a person whom the server named.
    pub fn traced(&mut self, traced: Traced) {
        if self.collect.records {
            self.records.traces.push(traced);
        }
    }

    /// All records, with what is known at the end of the run.
    pub fn into_records(mut self, contacts: Vec<Contact>, meetings: &Meetings) -> Records {
        self.records.messages = self.transcript.into_messages();
        if self.collect.records {
            self.records.contacts = contacts;
            self.records.positions = meetings.positions();
        }
        self.records
    }
}
