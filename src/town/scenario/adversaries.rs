//! Adversaries of a town. A scenario may have each table any number of times.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use super::units::Amount;
use super::{Probability, Seconds};

/// All adversaries of a town.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Adversaries {
    /// Listen at places and follow phones.
    pub sniffer: Vec<Sniffer>,
    /// Send beacons again, later.
    pub replay: Vec<Replay>,
    /// Send beacons on to another place, at once.
    pub relay: Vec<Relay>,
    /// Guess passwords.
    pub guesser: Vec<Guesser>,
    /// Upload contact logs of encounters that never happened.
    pub forger: Vec<Forger>,
    /// Keep the server busy.
    pub flooder: Vec<Flooder>,
}

/// Position of an adversary's radio: one of `place`, `x` with `y`, or `with`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Post {
    /// Place of random mixing, or room of the timetable, counted from 0.
    pub place: Option<u32>,
    /// Horizontal position in the plane, in metres.
    pub x: Option<f64>,
    /// Vertical position in the plane, in metres.
    pub y: Option<f64>,
    /// Range of the radio in the plane, in metres; that of a phone if it is missing.
    pub range: Option<Amount>,
    /// Person of a contact trace who carries the radio, by the name in the file.
    pub with: Option<String>,
}

/// Listens, never sends, and links the TempIDs of a phone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sniffer {
    /// Where the sniffer listens.
    pub at: Vec<Post>,
    /// Share of all places at which the sniffer listens in addition, drawn at random.
    pub coverage: Probability,
    /// Largest gap between the end of a TempID and the start of the next one of the same phone.
    pub tolerance: Seconds,
}

/// Records beacons and sends them again, later.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Replay {
    /// Where the replay listens.
    pub at: Post,
    /// Where the replay sends; where it listens if this is missing.
    pub to: Option<Post>,
    /// Time from the reception of a beacon until it is sent again.
    pub delay: Seconds,
    /// Probability that a beacon it hears is recorded.
    pub share: Probability,
}

/// Sends beacons from one place on to another, at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Relay {
    /// Where the relay listens.
    pub from: Post,
    /// Where the relay sends.
    pub to: Post,
    /// Delay between the two.
    pub delay: Seconds,
}

/// Tries passwords, whatever the server answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Guesser {
    /// Number of accounts that the guesser attacks. They belong to people outside the town.
    #[serde(deserialize_with = "super::units::at_least_one")]
    pub targets: NonZeroU32,
    /// Time between two tries on the same account. A try waits for the reply to the one before.
    pub interval: Seconds,
    /// Digits of a password. All numbers of that length are tried in order.
    pub digits: u8,
    /// Start of the attack, from the start of the run.
    pub from: Seconds,
}

/// Uploads a contact log of encounters that never happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Forger {
    /// Time of the upload, from the start of the run.
    pub from: Seconds,
    /// Largest number of forged entries.
    pub entries: u32,
    /// Source of the forged entries.
    pub forgery: Forgery,
    /// Where the forger overhears TempIDs, for `forgery = "overheard"`.
    pub at: Post,
}

/// Source of the entries of a forged log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Forgery {
    /// Random digits.
    #[default]
    Random,
    /// TempIDs of people at a place where the forger was not.
    Overheard,
}

/// Opens connections and sends requests at a high rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Flooder {
    /// Start of the flood, from the start of the run.
    pub from: Seconds,
    /// Duration of the flood.
    pub duration: Seconds,
    /// Connections per second.
    pub rate: Amount,
    /// Request on each connection.
    pub request: Request,
}

/// Request of a flooder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// A login as a user whom the server does not know.
    Login,
    /// TempIDs of 100 windows, as a user of its own.
    #[default]
    TempIds,
}

impl Default for Sniffer {
    fn default() -> Self {
        Self { at: Vec::new(), coverage: Probability::ZERO, tolerance: Seconds::new(1) }
    }
}

impl Default for Replay {
    fn default() -> Self {
        Self { at: Post::default(), to: None, delay: Seconds::new(60), share: Probability::ONE }
    }
}

impl Default for Relay {
    fn default() -> Self {
        Self { from: Post::default(), to: Post::default(), delay: Seconds::new(0) }
    }
}

impl Default for Guesser {
    fn default() -> Self {
        Self {
            targets: NonZeroU32::MIN,
            interval: Seconds::new(1),
            digits: 6,
            from: Seconds::new(0),
        }
    }
}

impl Default for Forger {
    fn default() -> Self {
        Self {
            from: Seconds::new(86_400),
            entries: 100,
            forgery: Forgery::Random,
            at: Post::default(),
        }
    }
}

impl Default for Flooder {
    fn default() -> Self {
        Self {
            from: Seconds::new(0),
            duration: Seconds::new(60),
            rate: Amount::try_from(100.0).expect("from zero up"),
            request: Request::TempIds,
        }
    }
}
