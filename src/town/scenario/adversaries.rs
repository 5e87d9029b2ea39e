//! Who does not play by the rules. Each table may be there any number of times.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use super::units::Amount;
use super::{Probability, Seconds};

/// All adversaries of a town.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Adversaries {
    /// Who listens at places and follows phones.
    pub sniffer: Vec<Sniffer>,
    /// Who sends beacons again, later.
    pub replay: Vec<Replay>,
    /// Who sends beacons on to another place, at once.
    pub relay: Vec<Relay>,
    /// Who guesses passwords.
    pub guesser: Vec<Guesser>,
    /// Who uploads a contact log of things that never were.
    pub forger: Vec<Forger>,
    /// Who keeps the server busy.
    pub flooder: Vec<Flooder>,
}

/// Where an adversary's radio is. One of `place`, `x` with `y`, and `with` says it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Post {
    /// A place of random mixing, or a room of the timetable, from 0.
    pub place: Option<u32>,
    /// A point of the plane, in metres.
    pub x: Option<f64>,
    /// The same.
    pub y: Option<f64>,
    /// How far it hears and is heard in the plane, in metres; without it, as far as a phone.
    pub range: Option<Amount>,
    /// Somebody of a contact trace who carries it, as the file calls them.
    pub with: Option<String>,
}

/// Listens and never sends: what does it learn of a phone's way?
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sniffer {
    /// Where it listens.
    pub at: Vec<Post>,
    /// The share of all places at which it listens besides, random ones.
    pub coverage: Probability,
    /// How far the start of a TempID may be from the end of another to be taken for the next one of the
    /// same phone.
    pub tolerance: Seconds,
}

/// Sends what it heard again, later.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Replay {
    /// Where it listens.
    pub at: Post,
    /// Where it sends; without it, where it listens.
    pub to: Option<Post>,
    /// How much later.
    pub delay: Seconds,
    /// Probability that it takes a beacon that it hears.
    pub share: Probability,
}

/// Sends what is heard at one place at another, at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Relay {
    /// Where it listens.
    pub from: Post,
    /// Where it sends.
    pub to: Post,
    /// How long that takes.
    pub delay: Seconds,
}

/// Tries passwords, whatever the server says to them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Guesser {
    /// How many accounts it tries to get into. They belong to people who are not in the town.
    pub targets: NonZeroU32,
    /// From one try to the next on the same account; never before the reply to the last.
    pub interval: Seconds,
    /// The passwords are numbers of so many digits, tried one after the other.
    pub digits: u8,
    /// When it begins.
    pub from: Seconds,
}

/// Uploads a log of contacts that it never had.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Forger {
    /// When it uploads.
    pub from: Seconds,
    /// How many entries it makes up, at most.
    pub entries: u32,
    /// Of what.
    pub forgery: Forgery,
    /// Where it overheard TempIDs, for `forgery = "overheard"`.
    pub at: Post,
}

/// Of what a forged log is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Forgery {
    /// Random digits.
    #[default]
    Random,
    /// TempIDs of people who were at a place where it was not.
    Overheard,
}

/// Asks for more than anybody needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Flooder {
    /// When it begins.
    pub from: Seconds,
    /// How long it goes on.
    pub duration: Seconds,
    /// Connections a second.
    pub rate: Amount,
    /// What it asks on each.
    pub request: Request,
}

/// What a flooder asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// To be logged in, as nobody whom the server knows.
    Login,
    /// For TempIDs of 100 windows, as a user of its own.
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
