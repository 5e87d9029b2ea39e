//! The outcome of a run: counts, and records of single events.

use std::fmt;

use super::ids::PersonId;
use super::message::{Fate, Message};

/// The outcome of a run: the counts from which all figures are computed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    /// The seed of the run.
    pub seed: u64,
    /// Number of people: that of the scenario, or of the names in a contact trace.
    pub people: u32,
    /// Number of people with the app.
    pub users: u32,
    /// Contacts of a contact trace that begin after the end of the run.
    pub late_contacts: u64,
    /// Encounters, and how many of them phones recorded.
    pub encounters: Encounters,
    /// Results of uploads.
    pub tracing: Tracing,
    /// Fates of beacons.
    pub beacons: Beacons,
    /// Load of the server.
    pub server: ServerLoad,
    /// Sizes of contact logs.
    pub logs: Logs,
    /// Results of adversaries.
    pub adversaries: AdversaryOutcome,
    /// Results of sniffers, if the scenario has any.
    pub linkability: Option<Linkability>,
    /// Counts over time; a bin is as wide as the scenario's `interval`.
    pub over_time: Vec<Bin>,
}

/// Encounters, and how many of them phones recorded. An encounter that the end of the run cuts
/// short does not count, since the phones lacked time to record it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Encounters {
    /// Encounters of any two people.
    pub real: u64,
    /// Encounters of two people with the app.
    pub possible: u64,
    /// Encounters of which at least one phone has logged a beacon of the other.
    pub recorded: u64,
    /// Logs that hold the other phone, counted over both logs of each possible encounter: at most
    /// twice `possible`.
    pub recorded_ways: u64,
}

/// Results of uploads. The fields after `index_cases` count only index cases whose test was
/// positive before the end.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tracing {
    /// People who fell ill before the end.
    pub index_cases: u32,
    /// Index cases who uploaded.
    pub uploads: u32,
    /// Pairs of an index case and a person who was near them within the retention before the
    /// upload, or before the test if there was no upload. A person near two index cases is in two
    /// pairs.
    pub contacts: u64,
    /// Pairs in `contacts` that the server named.
    pub traced: u64,
    /// All pairs that the server named, rightly or not.
    pub named: u64,
    /// Distinct people in the named pairs: those whom the authority has to call.
    pub people_named: u64,
    /// Encounters of index cases with people whom the server named, within the retention.
    pub traced_encounters: u64,
    /// For each traced contact, the seconds from the first encounter until the server named them,
    /// in ascending order.
    pub seconds_to_notice: Vec<f64>,
}

/// Fates of beacons.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Beacons {
    /// Broadcasts by phones with another phone near. Listening adversaries do not count as phones.
    pub sent: u64,
    /// Pairs of a broadcast and a phone that was near when it was sent.
    pub near: u64,
    /// Beacons in `near` that the radio lost.
    pub lost: u64,
    /// Beacons in `near` that arrived while the phone was not listening.
    pub not_scanned: u64,
    /// Datagrams that phones received, from phones or adversaries.
    pub received: u64,
    /// Received beacons that made a new entry in the contact log.
    pub logged: u64,
    /// Received beacons whose TempID the contact log held already.
    pub logged_again: u64,
    /// Received beacons not valid yet by the receiver's clock.
    pub too_early: u64,
    /// Received beacons that had expired by the receiver's clock.
    pub expired: u64,
    /// Broadcasts that a phone with another phone near omitted for want of a TempID.
    pub silent: u64,
}

/// Load of the server.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServerLoad {
    /// Connections that the server accepted.
    pub connections: u64,
    /// Connections that phones failed to open, or lost.
    pub failed_connections: u64,
    /// Successful logins.
    pub logins: u64,
    /// Requests for TempIDs.
    pub downloads: u64,
    /// TempIDs that phones received.
    pub temp_ids: u64,
    /// Bytes from phones.
    pub bytes_in: u64,
    /// Bytes to phones.
    pub bytes_out: u64,
    /// Requests for TempIDs in each second from the beginning of the meetings.
    pub downloads_by_second: PerSecond,
    /// Connections in each second from the beginning of the meetings.
    pub connections_by_second: PerSecond,
}

/// Counts of an event by the second.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PerSecond {
    /// Number of seconds.
    pub seconds: u32,
    /// Sum over all seconds.
    pub sum: u64,
    /// Count of the busiest second.
    most: u32,
    /// Count of each second; empty after `forget_counts`.
    pub counts: Counts,
}

/// A count for each second.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Counts(pub Vec<u32>);

impl PerSecond {
    /// Counts of zero for `seconds` seconds.
    pub fn new(seconds: u32) -> Self {
        Self { seconds, counts: Counts(vec![0; seconds as usize]), ..Self::default() }
    }

    /// The given count for each second.
    pub fn of(counts: Vec<u32>) -> Self {
        let sum = counts.iter().map(|count| u64::from(*count)).sum();
        let most = counts.iter().max().copied().unwrap_or_default();
        Self { seconds: counts.len() as u32, sum, most, counts: Counts(counts) }
    }

    /// Counts an event in `second`; ignores one outside the range.
    pub fn count(&mut self, second: u64) {
        if let Some(count) = self.counts.0.get_mut(second as usize) {
            *count += 1;
            self.sum += 1;
            self.most = self.most.max(*count);
        }
    }

    /// Drops the counts of single seconds, which take much memory over many runs.
    pub fn forget_counts(&mut self) {
        self.counts = Counts::default();
    }

    /// Count of the busiest second.
    pub fn most(&self) -> Option<f64> {
        (self.seconds > 0).then(|| f64::from(self.most))
    }

    /// Mean count per second.
    pub fn mean(&self) -> Option<f64> {
        (self.seconds > 0).then(|| self.sum as f64 / f64::from(self.seconds))
    }
}

impl fmt::Debug for Counts {
    /// Prints only the length, since a day has 86,400 counts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Counts({} seconds)", self.0.len())
    }
}

/// Sizes of contact logs.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Logs {
    /// Number of measurements of a log.
    pub samples: u64,
    /// Entries summed over all measurements.
    pub entries: u64,
    /// Entries of the largest log measured.
    pub most_entries: u64,
}

/// Results of adversaries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AdversaryOutcome {
    /// Beacons sent by replays that a phone received.
    pub replayed: u64,
    /// Beacons sent by replays that a phone accepted as valid.
    pub replayed_valid: u64,
    /// Beacons sent by relays that a phone received.
    pub relayed: u64,
    /// Beacons sent by relays that a phone accepted as valid.
    pub relayed_valid: u64,
    /// Passwords that guessers sent.
    pub guesses: u64,
    /// Guesses that the server compared, because the account was not blocked.
    pub guesses_judged: u64,
    /// Guesses that were right.
    pub guesses_right: u64,
    /// Forged logs that the server accepted.
    pub forged_logs: u64,
    /// People whom the server named because of forged logs.
    pub forged_names: u64,
    /// Connections that flooders opened.
    pub floods: u64,
}

/// Results of sniffers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Linkability {
    /// Beacons that sniffers heard.
    pub sightings: u64,
    /// Distinct TempIDs that sniffers heard.
    pub temp_ids: u64,
    /// Changes of a phone from one TempID to the next of which sniffers heard both: changes that
    /// could be linked.
    pub changes: u64,
    /// Changes that sniffers linked to the right TempID.
    pub linked: u64,
    /// Links from a TempID to one of another phone, or to a TempID of the same phone that is not
    /// the next.
    pub mistaken: u64,
    /// For each phone that sniffers heard, the longest time it could be followed without a break,
    /// in seconds and ascending order: from the first to the last sighting of a chain of rightly
    /// linked TempIDs.
    pub followed_seconds: Vec<f64>,
}

/// Counts of one interval.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Bin {
    /// Start of the interval, in seconds from the start of the run.
    pub from: f64,
    /// Encounters that began in the interval, and ended before the run did.
    pub encounters: u64,
    /// Encounters of two people with the app.
    pub possible: u64,
    /// Encounters that at least one phone recorded.
    pub recorded: u64,
    /// Connections of phones to the server.
    pub connections: u64,
    /// Requests for TempIDs.
    pub downloads: u64,
    /// Bytes between phones and the server.
    pub bytes: u64,
    /// Mean entries of a contact log at the end of the interval.
    pub log_entries: f64,
}

/// Single events of a run, for tables and pictures.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Records {
    /// All encounters, in the order of their ends.
    pub encounters: Vec<Encounter>,
    /// All datagrams that phones received.
    pub receptions: Vec<Received>,
    /// All uploads.
    pub uploads: Vec<Upload>,
    /// People whom the server named, once per upload.
    pub traces: Vec<Traced>,
    /// Contacts of index cases, ordered by the test of the case and then by the number of the
    /// contact.
    pub contacts: Vec<Contact>,
    /// Positions of people at the end, in metres; only in a plane.
    pub positions: Vec<(f64, f64)>,
    /// Whether each person has the app.
    pub has_app: Vec<bool>,
    /// Messages of phones and server.
    pub messages: Vec<Message>,
}

/// An encounter of two people.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Encounter {
    /// Begin, in seconds from the start of the run.
    pub from: f64,
    /// End, in seconds from the start of the run.
    pub until: f64,
    /// First person; `a < b`.
    pub a: PersonId,
    /// Second person.
    pub b: PersonId,
    /// Whether both people have the app.
    pub is_possible: bool,
    /// Whether the log of `a` holds a beacon that `b` sent during the encounter.
    pub a_recorded: bool,
    /// Whether the log of `b` holds a beacon that `a` sent during the encounter.
    pub b_recorded: bool,
}

/// A datagram that a phone received.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Received {
    /// Time of arrival, in seconds from the start of the run.
    pub at: f64,
    /// Person whose TempID the beacon carries.
    pub from: PersonId,
    /// Person whose phone received the beacon.
    pub to: PersonId,
    /// What the phone made of the beacon.
    pub fate: Fate,
}

/// A contact log that reached the server.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Upload {
    /// Time of arrival, in seconds from the start of the run.
    pub at: f64,
    /// Person who uploaded; adversaries have numbers above those of all people.
    pub person: PersonId,
    /// Number of entries.
    pub entries: u64,
    /// Whether a forger made the log.
    pub is_forged: bool,
}

/// A person whom the server named after an upload.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Traced {
    /// Time of the upload, in seconds from the start of the run.
    pub at: f64,
    /// Person who uploaded.
    pub index: PersonId,
    /// Person who was named.
    pub contact: PersonId,
    /// Whether the two were near each other within the retention.
    pub is_real: bool,
}

/// A person who was near an index case within the retention before the upload, or before the test
/// if there was no upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contact {
    /// The index case.
    pub index: PersonId,
    /// The contact.
    pub contact: PersonId,
    /// Number of encounters of the two.
    pub encounters: u32,
    /// Whether the server named the contact.
    pub is_named: bool,
}
