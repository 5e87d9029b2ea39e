//! The settings of a town, as a scenario file holds them.
//!
//! Every key has a default, so a scenario holds only the differences. An unknown key is an error,
//! because a misspelt one would silently have its default. `data/scenarios/README.md` documents
//! each key.

mod adversaries;
mod check;
mod meetings;
mod phones;
mod units;

use std::num::NonZeroU32;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use self::adversaries::{
    Adversaries, Flooder, Forger, Forgery, Guesser, Post, Relay, Replay, Request, Sniffer,
};
pub use self::check::Problem;
pub use self::meetings::{Meetings, MeetingsKind, Plane, RandomMixing, Timetable, Trace};
pub use self::phones::{Offline, Phones, Refresh, WhenExpired};
pub use self::units::{Amount, Probability, Seconds};

/// The settings of a town: its people, phones and server, and what goes wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scenario {
    /// Name of the scenario in reports.
    pub name: String,
    /// Question that the scenario asks, in a sentence.
    pub question: String,
    /// Seed of all random numbers. The same seed gives the same town, to the last byte.
    pub seed: u64,
    /// Number of runs, which differ only by their seeds.
    #[serde(deserialize_with = "units::at_least_one")]
    pub runs: NonZeroU32,
    /// Time before the meetings begin, in which phones log in for the first time.
    pub warm_up: Seconds,
    /// Duration of the meetings.
    pub duration: Seconds,
    /// Width of the bins of all counts over time. Contact logs are measured at the end of each bin.
    pub interval: Seconds,
    /// The people of the town.
    pub people: People,
    /// Source of the encounters.
    pub meetings: Meetings,
    /// Behaviour of a phone.
    pub phones: Phones,
    /// Phones that cannot reach the server.
    pub offline: Offline,
    /// Faults between phone and phone.
    pub radio: Radio,
    /// Faults between phones and server.
    pub internet: Internet,
    /// Settings and outages of the server.
    pub server: Server,
    /// Index cases, tests and uploads.
    pub illness: Illness,
    /// Adversaries.
    pub adversary: Adversaries,
}

/// The people of a town.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct People {
    /// Number of people.
    pub count: u32,
    /// Probability that a person has the app.
    pub app_share: Probability,
    /// Probability that an encounter is drawn only from people who are alike in having the app or
    /// not. For `random-mixing` only.
    pub homophily: Probability,
}

/// Faults between phone and phone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Radio {
    /// Probability that two phones hear each other at all during an encounter.
    pub capture: Probability,
    /// Probability that a beacon is lost on its way to a phone, independent of all others.
    pub loss: Probability,
    /// Probability that a beacon arrives twice.
    pub double: Probability,
    /// Longest delay of a beacon. Each takes a random part of it, so later beacons may overtake it.
    pub delay: Seconds,
}

/// Faults between phones and server. Streams are cut into segments at any byte.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Internet {
    /// Longest delay of a segment without a stall.
    pub delay: Seconds,
    /// Probability that a segment stalls.
    pub stall_probability: Probability,
    /// Longest stall.
    pub stall: Seconds,
    /// Probability that a segment resets its connection instead of arriving.
    pub reset_probability: Probability,
}

/// Settings and outages of the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Lifetime of a TempID, in whole seconds.
    pub temp_id_lifetime: Seconds,
    /// Duration of the block after three failures in a row.
    pub block_duration: Seconds,
    /// Time that a connection may take to log in.
    pub login_timeout: Seconds,
    /// Times without power.
    pub outage: Vec<Spell>,
    /// Times with a full disk.
    pub disk_full: Vec<Spell>,
}

/// A span of time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spell {
    /// Start of the span, from the start of the run.
    pub from: Seconds,
    /// Length of the span.
    pub duration: Seconds,
}

/// Index cases, tests and uploads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Illness {
    /// Number of people who fall ill.
    pub index_cases: u32,
    /// Whether only people with the app fall ill, as others cannot upload.
    pub among_users: bool,
    /// Earliest moment at which a person falls ill, from the beginning of the meetings.
    pub from: Seconds,
    /// Length of the time in which people fall ill, each at a random moment.
    pub within: Seconds,
    /// Time from falling ill until the test is positive and the contact log is uploaded.
    pub test_delay: Seconds,
    /// Probability that an index case uploads.
    pub upload_share: Probability,
    /// Largest age of an encounter at the upload for the other person to be a contact, whatever
    /// phones retain.
    pub contact_window: Seconds,
}

impl Scenario {
    /// End of a run, from its start.
    pub fn end(&self) -> Duration {
        self.warm_up.0 + self.duration.0
    }
}

impl Server {
    /// Lifetime of a TempID in seconds, as the server takes it.
    pub fn lifetime_seconds(&self) -> u32 {
        u32::try_from(self.temp_id_lifetime.0.as_secs()).unwrap_or(u32::MAX)
    }
}

impl Spell {
    /// End of the span.
    pub fn until(&self) -> Seconds {
        Seconds(self.from.0 + self.duration.0)
    }

    /// The same times as the fewest spans, in order: spans that touch are merged.
    pub fn joined(spells: &[Self]) -> Vec<Self> {
        let mut spells = spells.to_vec();
        spells.sort_by_key(|spell| (spell.from, spell.duration));
        spells.dedup_by(|later, earlier| {
            let goes_on = later.from <= earlier.until();
            if goes_on {
                let until = earlier.until().max(later.until());
                earlier.duration = Seconds(until.0 - earlier.from.0);
            }
            goes_on
        });
        spells
    }
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            name: "town".to_owned(),
            question: "Whom does the authority find when somebody falls ill?".to_owned(),
            seed: 1,
            runs: NonZeroU32::MIN,
            warm_up: Seconds::new(3600),
            duration: Seconds::new(3 * 86_400),
            interval: Seconds::new(3600),
            people: People::default(),
            meetings: Meetings::default(),
            phones: Phones::default(),
            offline: Offline::default(),
            radio: Radio::default(),
            internet: Internet::default(),
            server: Server::default(),
            illness: Illness::default(),
            adversary: Adversaries::default(),
        }
    }
}

impl Default for People {
    fn default() -> Self {
        Self { count: 500, app_share: probability(0.6), homophily: Probability::ZERO }
    }
}

impl Default for Radio {
    fn default() -> Self {
        Self {
            capture: Probability::ONE,
            loss: Probability::ZERO,
            double: Probability::ZERO,
            delay: Seconds::new(0),
        }
    }
}

impl Default for Internet {
    fn default() -> Self {
        Self {
            delay: Seconds(Duration::from_millis(50)),
            stall_probability: Probability::ZERO,
            stall: Seconds::new(0),
            reset_probability: Probability::ZERO,
        }
    }
}

impl Default for Server {
    fn default() -> Self {
        Self {
            temp_id_lifetime: Seconds::new(900),
            block_duration: Seconds::new(60),
            login_timeout: Seconds::new(60),
            outage: Vec::new(),
            disk_full: Vec::new(),
        }
    }
}

impl Default for Illness {
    fn default() -> Self {
        Self {
            index_cases: 5,
            among_users: true,
            from: Seconds::new(86_400),
            within: Seconds::new(86_400),
            test_delay: Seconds::new(43_200),
            upload_share: Probability::ONE,
            contact_window: Seconds::new(21 * 86_400),
        }
    }
}

fn probability(value: f64) -> Probability {
    Probability::try_from(value).expect("from 0 to 1")
}
