//! What came of a run.

use std::fmt;

use super::message::{Fate, Message};

/// What came of a run: counts of what happened, from which everything that is shown follows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    /// The seed of the run.
    pub seed: u64,
    /// How many people lived in the town: as many as the scenario says, or as a contact trace has names.
    pub people: u32,
    /// How many of them had the app.
    pub users: u32,
    /// Contacts of a contact trace that begin when the run is over already.
    pub late_contacts: u64,
    /// Who was near whom, and who noticed.
    pub encounters: Encounters,
    /// What uploads led to.
    pub tracing: Tracing,
    /// What became of beacons.
    pub beacons: Beacons,
    /// What the server had to do.
    pub server: ServerLoad,
    /// How large contact logs were.
    pub logs: Logs,
    /// What adversaries achieved.
    pub adversaries: AdversaryOutcome,
    /// What sniffers learned, if there were any.
    pub linkability: Option<Linkability>,
    /// How it went over time; each bin is as wide as the scenario's `interval`.
    pub over_time: Vec<Bin>,
}

/// Who was near whom, and who noticed. Encounters that the end of the run cuts short are not counted, as
/// nobody had all the time to notice them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Encounters {
    /// Two people were near each other.
    pub real: u64,
    /// Both had the app.
    pub possible: u64,
    /// One of the two phones at least has logged a beacon of the other.
    pub recorded: u64,
    /// How many of the two logs of possible encounters hold the other; twice `possible` at most.
    pub recorded_ways: u64,
}

/// What uploads led to. Of index cases, those count further whose test was positive before the end.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tracing {
    /// How many people fell ill before the end.
    pub index_cases: u32,
    /// How many of them uploaded.
    pub uploads: u32,
    /// Pairs of an index case and somebody who was near them within the retention before the upload, or
    /// before the test where there was none. Who was near two of them is in two pairs.
    pub contacts: u64,
    /// Those of them that the server named.
    pub traced: u64,
    /// All pairs that the server named.
    pub named: u64,
    /// Different people in these pairs: those whom the authority has to call.
    pub people_named: u64,
    /// Encounters of index cases with people whom the server named, within the retention.
    pub traced_encounters: u64,
    /// From the first encounter of a contact to the moment at which the server named them, in seconds,
    /// for each that was traced, in ascending order.
    pub seconds_to_notice: Vec<f64>,
}

/// What became of beacons.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Beacons {
    /// Broadcasts of phones that had another phone near, however many adversaries listened.
    pub sent: u64,
    /// Beacons that came near a phone: one for each that was near when one was sent.
    pub near: u64,
    /// Of these, those that the radio lost,
    pub lost: u64,
    /// and those that came when the phone was not listening.
    pub not_scanned: u64,
    /// Datagrams that phones received, from whomever.
    pub received: u64,
    /// Of these, valid ones that made a new entry in the contact log,
    pub logged: u64,
    /// valid ones whose TempID was there already,
    pub logged_again: u64,
    /// ones that are not valid yet by the receiver's clock,
    pub too_early: u64,
    /// and ones that are not valid any more by it.
    pub expired: u64,
    /// Times at which a phone had another phone near and no TempID to send.
    pub silent: u64,
}

/// What the server had to do.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServerLoad {
    /// Connections that it accepted.
    pub connections: u64,
    /// Connections that phones could not make, or lost.
    pub failed_connections: u64,
    /// Logins that succeeded.
    pub logins: u64,
    /// Requests for TempIDs.
    pub downloads: u64,
    /// TempIDs that phones got.
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

/// How often something happened a second.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PerSecond {
    /// How many seconds there were.
    pub seconds: u32,
    /// How often it happened in all of them.
    pub sum: u64,
    /// How often it happened in the busiest.
    most: u32,
    /// How often it happened in each, unless that is forgotten.
    pub counts: Counts,
}

/// A count for each second.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Counts(pub Vec<u32>);

impl PerSecond {
    /// Nothing, in so many seconds.
    pub fn new(seconds: u32) -> Self {
        Self { seconds, counts: Counts(vec![0; seconds as usize]), ..Self::default() }
    }

    /// So often in each second.
    pub fn of(counts: Vec<u32>) -> Self {
        let sum = counts.iter().map(|count| u64::from(*count)).sum();
        let most = counts.iter().max().copied().unwrap_or_default();
        Self { seconds: counts.len() as u32, sum, most, counts: Counts(counts) }
    }

    /// It happened in that second, which is passed over if it is none of these.
    pub fn count(&mut self, second: u64) {
        if let Some(count) = self.counts.0.get_mut(second as usize) {
            *count += 1;
            self.sum += 1;
            self.most = self.most.max(*count);
        }
    }

    /// Forgets what happened in each, of which there is much in many runs.
    pub fn forget_counts(&mut self) {
        self.counts = Counts::default();
    }

    /// How often it happened in the busiest second.
    pub fn most(&self) -> Option<f64> {
        (self.seconds > 0).then(|| f64::from(self.most))
    }

    /// How often it happened a second on average.
    pub fn mean(&self) -> Option<f64> {
        (self.seconds > 0).then(|| self.sum as f64 / f64::from(self.seconds))
    }
}

impl fmt::Debug for Counts {
    /// Of a day there are too many to read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Counts({} seconds)", self.0.len())
    }
}

/// How large contact logs were.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Logs {
    /// How often a log was measured.
    pub samples: u64,
    /// How many entries there were in all of these.
    pub entries: u64,
    /// The largest.
    pub most_entries: u64,
}

/// What adversaries achieved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AdversaryOutcome {
    /// Beacons that replays sent and a phone received,
    pub replayed: u64,
    /// and those that a phone took for valid.
    pub replayed_valid: u64,
    /// The same for relays.
    pub relayed: u64,
    /// The same for relays.
    pub relayed_valid: u64,
    /// Passwords that guessers sent,
    pub guesses: u64,
    /// those that the server compared, as the account was not blocked,
    pub guesses_judged: u64,
    /// and those that were right.
    pub guesses_right: u64,
    /// Forged logs that the server took,
    pub forged_logs: u64,
    /// and people whom it named because of them.
    pub forged_names: u64,
    /// Connections of flooders.
    pub floods: u64,
}

/// What sniffers learned.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Linkability {
    /// Beacons that they heard.
    pub sightings: u64,
    /// TempIDs that they heard.
    pub temp_ids: u64,
    /// TempIDs that were followed by another of the same phone which they heard too: changes that could
    /// be linked.
    pub changes: u64,
    /// Of these, those that they linked to the right TempID.
    pub linked: u64,
    /// Links of a TempID to one of another phone, or to a later one of the same.
    pub mistaken: u64,
    /// For how long each phone that was heard could be followed in one go at most, in seconds, in ascending
    /// order: from the first to the last sighting of TempIDs that they linked rightly.
    pub followed_seconds: Vec<f64>,
}

/// What happened in one interval.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Bin {
    /// When it begins, in seconds from the start of the run.
    pub from: f64,
    /// Encounters that began, and ended before the run did.
    pub encounters: u64,
    /// Those of them that were possible to record,
    pub possible: u64,
    /// and those that were recorded.
    pub recorded: u64,
    /// Connections of phones to the server.
    pub connections: u64,
    /// Requests for TempIDs.
    pub downloads: u64,
    /// Bytes between phones and the server.
    pub bytes: u64,
    /// Mean entries of a contact log at its end.
    pub log_entries: f64,
}

/// What happened one by one, for those who want to look closely.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Records {
    /// All encounters, in the order of their ends.
    pub encounters: Vec<Encounter>,
    /// All datagrams that phones received.
    pub receptions: Vec<Received>,
    /// All uploads.
    pub uploads: Vec<Upload>,
    /// Whom the server named.
    pub traces: Vec<Traced>,
    /// Who was near an index case, by the cases in the order of their tests and then by number.
    pub contacts: Vec<Contact>,
    /// Where people are at the end, in metres, in a plane.
    pub positions: Vec<(f64, f64)>,
    /// Who has the app, by person.
    pub has_app: Vec<bool>,
    /// Everything that was said.
    pub messages: Vec<Message>,
}

/// Two people near each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Encounter {
    /// In seconds from the start of the run.
    pub from: f64,
    /// The same.
    pub until: f64,
    /// One person.
    pub a: u32,
    /// The other.
    pub b: u32,
    /// Whether both have the app.
    pub is_possible: bool,
    /// Whether the log of `a` holds a beacon of `b` from it.
    pub a_recorded: bool,
    /// Whether the log of `b` holds a beacon of `a` from it.
    pub b_recorded: bool,
}

/// A datagram that a phone received.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Received {
    /// In seconds from the start of the run.
    pub at: f64,
    /// Whose TempID it has.
    pub from: u32,
    /// Who received it.
    pub to: u32,
    /// What became of it.
    pub fate: Fate,
}

/// A contact log that reached the server.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Upload {
    /// In seconds from the start of the run.
    pub at: f64,
    /// Who uploaded; adversaries have the numbers behind the last person.
    pub person: u32,
    /// How many entries it had.
    pub entries: u64,
    /// Whether it is forged.
    pub is_forged: bool,
}

/// Somebody whom the server named.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Traced {
    /// In seconds from the start of the run.
    pub at: f64,
    /// Whose upload it was.
    pub index: u32,
    /// Who was named.
    pub contact: u32,
    /// Whether the two were near each other within the retention.
    pub is_real: bool,
}

/// Somebody who was near an index case within the retention before the upload, or before the test where
/// there was none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contact {
    /// Who fell ill.
    pub index: u32,
    /// Who was near them.
    pub contact: u32,
    /// How often.
    pub encounters: u32,
    /// Whether the server named them.
    pub is_named: bool,
}
