//! Settings of the encounters.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::units::Amount;
use super::{Probability, Seconds};

/// Source of the encounters. Only the table of the kind in use counts.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Meetings {
    /// Kind in use.
    pub kind: MeetingsKind,
    /// Settings of random mixing.
    pub random_mixing: RandomMixing,
    /// Settings of the plane.
    pub plane: Plane,
    /// Settings of the timetable.
    pub timetable: Timetable,
    /// Settings of the contact trace.
    pub trace: Trace,
}

/// Kind of the source of encounters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MeetingsKind {
    /// Any two people meet at random.
    #[default]
    RandomMixing,
    /// People walk in a plane and are near those whom their radio reaches.
    Plane,
    /// People are at home, on the bus, in class or at work, by the clock.
    Timetable,
    /// Encounters are read from a contact trace.
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

/// Any two people meet, at random moments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RandomMixing {
    /// Mean number of encounters of a person per day.
    pub contacts_per_day: Amount,
    /// Duration of an encounter.
    pub contact_duration: Seconds,
    /// Number of places. Each encounter is at a random one, which matters only to adversaries at
    /// places.
    pub places: u32,
}

/// People walk to random points of a rectangle, one after the other (random waypoint).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Plane {
    /// Width of the rectangle, in metres.
    pub width: Amount,
    /// Height of the rectangle, in metres.
    pub height: Amount,
    /// Range of a phone's radio, in metres.
    pub range: Amount,
    /// Walking speed, in metres per second.
    pub speed: Amount,
    /// Longest rest at a point. Each rest takes a random part of it.
    pub rest: Seconds,
    /// Time between two checks of who is near whom.
    pub step: Seconds,
}

/// People are in rooms by the clock: at home, on the bus, in class or at work, and back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timetable {
    /// People per home.
    pub home: u32,
    /// Probability that a person goes to class; the others work.
    pub student_share: Probability,
    /// Students per class.
    pub class: u32,
    /// People per workplace.
    pub work: u32,
    /// Seats per bus.
    pub bus: u32,
    /// Time at which people leave home, from midnight. The meetings begin at midnight.
    pub leave: Seconds,
    /// Duration of the bus ride, each way.
    pub ride: Seconds,
    /// Duration of class and work.
    pub stay: Seconds,
    /// Probability that two people in the same room are near each other that day.
    pub near_share: Probability,
}

/// A contact trace: a CSV file with the columns `t,a,b,seconds`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Trace {
    /// Path of the file, relative to the folder of the scenario.
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
