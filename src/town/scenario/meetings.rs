//! Who is near whom, and when.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::units::Amount;
use super::{Probability, Seconds};

/// Who is near whom, and when. Only the table of the kind in use counts.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Meetings {
    /// Which of the tables.
    pub kind: MeetingsKind,
    /// Anybody meets anybody.
    pub random_mixing: RandomMixing,
    /// People walk about.
    pub plane: Plane,
    /// People are in rooms by the clock.
    pub timetable: Timetable,
    /// It is read from a file.
    pub trace: Trace,
}

/// Where meetings come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MeetingsKind {
    /// Anybody meets anybody, at random.
    #[default]
    RandomMixing,
    /// People walk about in a plane, and are near whom their radio reaches.
    Plane,
    /// People are at home, on the bus, in class or at work, by the clock.
    Timetable,
    /// A contact trace.
    Trace,
}

impl fmt::Display for MeetingsKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::RandomMixing => "random-mixing",
            Self::Plane => "plane",
            Self::Timetable => "timetable",
            Self::Trace => "trace",
        })
    }
}

/// Anybody meets anybody, at random moments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RandomMixing {
    /// How many encounters a person has a day, on average.
    pub contacts_per_day: Amount,
    /// How long each lasts.
    pub contact_duration: Seconds,
    /// At how many places people meet, each time at a random one. Only listeners at places notice.
    pub places: u32,
}

/// People walk to random points of a rectangle, one after the other (random waypoint).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Plane {
    /// In metres.
    pub width: Amount,
    /// In metres.
    pub height: Amount,
    /// How far a beacon reaches, in metres.
    pub range: Amount,
    /// In metres a second.
    pub speed: Amount,
    /// Longest rest at a point; each is a random part of it.
    pub rest: Seconds,
    /// How often it is looked who is near whom.
    pub step: Seconds,
}

/// People are in rooms by the clock: at home, on the bus, in class or at work, and back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timetable {
    /// People of a home.
    pub home: u32,
    /// Probability that somebody goes to class; the others work.
    pub student_share: Probability,
    /// Students of a class.
    pub class: u32,
    /// People of a workplace.
    pub work: u32,
    /// Seats of a bus.
    pub bus: u32,
    /// When people leave home, from midnight; midnight is when meetings begin.
    pub leave: Seconds,
    /// How long the bus takes, each way.
    pub ride: Seconds,
    /// How long class and work last.
    pub stay: Seconds,
    /// Probability that two people in the same room are near each other that day.
    pub near_share: Probability,
}

/// A contact trace: a CSV file with the columns `t,a,b,seconds`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Trace {
    /// The file, from the folder of the scenario.
    pub file: PathBuf,
}

impl Default for RandomMixing {
    fn default() -> Self {
        Self { contacts_per_day: amount(10.0), contact_duration: Seconds::new(900), places: 100 }
    }
}

impl Default for Plane {
    fn default() -> Self {
        Self {
            width: amount(200.0),
            height: amount(200.0),
            range: amount(5.0),
            speed: amount(1.4),
            rest: Seconds::new(600),
            step: Seconds::new(10),
        }
    }
}

impl Default for Timetable {
    fn default() -> Self {
        Self {
            home: 3,
            student_share: Probability::try_from(0.3).expect("from 0 to 1"),
            class: 25,
            work: 12,
            bus: 30,
            leave: Seconds::new(7 * 3600 + 1800),
            ride: Seconds::new(1800),
            stay: Seconds::new(8 * 3600),
            near_share: Probability::try_from(0.3).expect("from 0 to 1"),
        }
    }
}

fn amount(value: f64) -> Amount {
    Amount::try_from(value).expect("from zero up")
}
