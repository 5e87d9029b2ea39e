//! What a town is made of: the settings that a scenario file holds.
//!
//! Every key has a default, so that a scenario says only what is different in it. An unknown key is an
//! error: a misspelt one would silently be the default. `data/scenarios/README.md` documents each.

mod adversaries;
mod check;
mod meetings;
mod phones;
mod units;

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

pub use self::adversaries::{
    Adversaries, Flooder, Forger, Forgery, Guesser, Post, Relay, Replay, Request, Sniffer,
};
pub use self::check::Problem;
pub use self::meetings::{Meetings, MeetingsKind, Plane, RandomMixing, Timetable, Trace};
pub use self::phones::{Offline, Phones, Refresh, WhenExpired};
pub use self::units::{Amount, Probability, Seconds};

/// A town, its phones, its server, and what goes wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scenario {
    /// What it is called in reports.
    pub name: String,
    /// What it asks, in a sentence.
    pub question: String,
    /// The same seed gives the same town, to the last byte.
    pub seed: u64,
    /// How many towns that differ by their seeds only.
    pub runs: NonZeroU32,
    /// How long before people begin to meet, in which phones log in for the first time.
    pub warm_up: Seconds,
    /// How long people meet.
    pub duration: Seconds,
    /// How wide the bins of everything that is counted over time are; contact logs are measured at
    /// their ends.
    pub interval: Seconds,
    /// Who lives there.
    pub people: People,
    /// Who is near whom, and when.
    pub meetings: Meetings,
    /// What a phone does.
    pub phones: Phones,
    /// Phones that cannot reach the server.
    pub offline: Offline,
    /// The way from phone to phone.
    pub radio: Radio,
    /// The way from phones to the server.
    pub internet: Internet,
    /// The server.
    pub server: Server,
    /// Who falls ill, and what follows.
    pub illness: Illness,
    /// Who does not play by the rules.
    pub adversary: Adversaries,
}

/// Who lives in the town.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct People {
    /// How many.
    pub count: u32,
    /// Probability that somebody has the app.
    pub app_share: Probability,
    /// Probability that somebody who is about to meet anybody meets somebody who is alike: who has the
    /// app too, or has not either. For meetings that are drawn (`random-mixing`).
    pub homophily: Probability,
}

/// The way from phone to phone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Radio {
    /// Probability that two phones which come near each other hear each other at all while they are.
    pub capture: Probability,
    /// Probability that a beacon is lost on its way to one phone, independent of all others.
    pub loss: Probability,
    /// Probability that a beacon arrives twice.
    pub double: Probability,
    /// Longest time that a beacon is on its way; each takes a random part of it, so that later ones may
    /// overtake it.
    pub delay: Seconds,
}

/// The way from phones to the server. Bytes are cut anywhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Internet {
    /// Longest time that anything takes, in the ordinary way.
    pub delay: Seconds,
    /// Probability that a segment waits for up to `stall`.
    pub stall_probability: Probability,
    /// Longest such wait.
    pub stall: Seconds,
    /// Probability that a segment resets its connection instead of arriving.
    pub reset_probability: Probability,
}

/// The server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// For how long a TempID is valid, in whole seconds.
    pub temp_id_lifetime: Seconds,
    /// How long an account is blocked after three failures in a row.
    pub block_duration: Seconds,
    /// How long a connection may take to log in.
    pub login_timeout: Seconds,
    /// When its machine is without power.
    pub outage: Vec<Spell>,
    /// When its disk is full.
    pub disk_full: Vec<Spell>,
}

/// A stretch of time, from the start of the run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spell {
    /// When it begins.
    pub from: Seconds,
    /// How long it lasts.
    pub duration: Seconds,
}

/// Who falls ill, and what follows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Illness {
    /// How many fall ill.
    pub index_cases: u32,
    /// Whether only people with the app fall ill: the others cannot upload anything.
    pub among_users: bool,
    /// When the first may fall ill, from the beginning of the meetings.
    pub from: Seconds,
    /// Each falls ill at a random moment within this time.
    pub within: Seconds,
    /// From falling ill until the test is positive, and the contact log is uploaded.
    pub test_delay: Seconds,
    /// Probability that somebody who is ill uploads.
    pub upload_share: Probability,
    /// Who was near somebody who is ill at most so long before the upload is their contact, whatever phones
    /// remember.
    pub contact_window: Seconds,
}

impl Server {
    /// The lifetime of a TempID as a server has it, in seconds.
    pub fn lifetime_seconds(&self) -> u32 {
        u32::try_from(self.temp_id_lifetime.0.as_secs()).unwrap_or(u32::MAX)
    }
}

impl Spell {
    /// When it is over.
    pub fn until(&self) -> Seconds {
        Seconds(self.from.0 + self.duration.0)
    }

    /// The same time in as few spells as can be, in their order: those that touch are one.
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
            delay: Seconds(std::time::Duration::from_millis(50)),
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
