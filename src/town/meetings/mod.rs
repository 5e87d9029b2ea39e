//! Who is near whom, and when: the truth that phones try to record.
//!
//! All kinds of meetings are iterators of [`Change`]s in the order of time. They know people,
//! places and times, but no phones and no server. Who has the app matters only to homophily. Two
//! bodies are never in two encounters at the same time.

mod encounters;
mod plane;
mod posts;
mod random_mixing;
mod rooms;
mod timetable;
mod trace;
mod walker;

#[cfg(test)]
mod tests;

use std::time::Duration;

use self::plane::Plane;
use self::random_mixing::RandomMixing;
use self::rooms::Rooms;
use self::timetable::Timetable;
use self::trace::{Contacts, Trace};
use super::TownError;
use super::ids::{PersonId, PostId};
use super::scenario::{MeetingsKind, Post, Scenario};

/// Number of a body with a radio: first all people, then the posts of adversaries.
type Body = u32;

/// A person and another body, the smaller number first: posts have larger ones than people.
type Pair = (Body, Body);

/// The begin or end of a meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Time of the change, from the beginning of the meetings.
    pub at: Duration,
    /// The meeting that begins or ends.
    pub meeting: Meeting,
    /// Whether the meeting begins or ends.
    pub kind: ChangeKind,
}

/// A person near another one, or near a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meeting {
    /// Two people are near each other.
    Encounter {
        /// Unique number, in the order in which encounters begin.
        number: u64,
        /// The two people, the smaller number first.
        people: [PersonId; 2],
    },
    /// A person is near the post of an adversary.
    AtPost {
        /// The person.
        person: PersonId,
        /// The post.
        post: PostId,
    },
}

/// Whether a meeting begins or ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// The two are near each other from now on.
    Begins,
    /// The two are no longer near each other.
    Ends,
}

/// All changes of a town in the order of time, with ends before beginnings at the same moment. A
/// meeting that outlasts the run has no end; one that ends at its very last moment has one.
#[derive(Debug)]
pub struct Meetings {
    kind: Kind,
    duration: Duration,
}

#[derive(Debug)]
enum Kind {
    RandomMixing(Box<RandomMixing>),
    Plane(Box<Plane>),
    Timetable(Box<Timetable>),
    Trace(Trace),
}

impl Meetings {
    /// The meetings of a scenario. Person `i` has the app if `has_app[i]`. `posts` are the
    /// positions of the adversaries' radios; post `k` is body number `has_app.len() + k`.
    ///
    /// # Errors
    ///
    /// [`TownError`] if the file of a trace cannot be used, or lacks a person who carries a post.
    ///
    /// # Panics
    ///
    /// If `has_app` is not as long as [`people_of`](Self::people_of) says, or the scenario is not
    /// one that [`check`](Scenario::check) takes.
    pub fn new(scenario: &Scenario, has_app: &[bool], posts: &[Post]) -> Result<Self, TownError> {
        let is_countable = u32::try_from(posts.len())
            .is_ok_and(|posts| scenario.people.count.checked_add(posts).is_some());
        assert!(is_countable, "people and posts have numbers");
        if scenario.meetings.kind != MeetingsKind::Trace {
            assert_eq!(has_app.len(), scenario.people.count as usize, "one entry a person");
        }
        let kind = match scenario.meetings.kind {
            MeetingsKind::Trace => {
                let contacts = Contacts::read(scenario)?;
                assert_eq!(has_app.len(), contacts.people() as usize, "one entry a person");
                Kind::Trace(Trace::new(scenario, &contacts, posts)?)
            }
            MeetingsKind::RandomMixing => {
                Kind::RandomMixing(Box::new(RandomMixing::new(scenario, has_app, posts)))
            }
            MeetingsKind::Plane => Kind::Plane(Box::new(Plane::new(scenario, posts))),
            MeetingsKind::Timetable => Kind::Timetable(Box::new(Timetable::new(scenario, posts))),
        };
        Ok(Self { kind, duration: scenario.duration.0 })
    }

    /// Number of people: that of the scenario, or of the names in a trace without carriers of
    /// posts.
    ///
    /// # Errors
    ///
    /// [`TownError`] if the file of a trace cannot be used.
    pub fn people_of(scenario: &Scenario) -> Result<u32, TownError> {
        match scenario.meetings.kind {
            MeetingsKind::RandomMixing | MeetingsKind::Plane | MeetingsKind::Timetable => {
                Ok(scenario.people.count)
            }
            MeetingsKind::Trace => Ok(Contacts::read(scenario)?.people()),
        }
    }

    /// Number of places, or of rooms of a timetable; 0 for a plane or a trace.
    pub fn places_of(scenario: &Scenario) -> u32 {
        match scenario.meetings.kind {
            MeetingsKind::RandomMixing => scenario.meetings.random_mixing.places,
            MeetingsKind::Timetable => Rooms::new(scenario).count(),
            MeetingsKind::Plane | MeetingsKind::Trace => 0,
        }
    }

    /// Contacts of a trace that begin after the end of the run, and are left out.
    pub fn late_contacts(&self) -> u64 {
        match &self.kind {
            Kind::Trace(trace) => trace.late_contacts(),
            Kind::RandomMixing(_) | Kind::Plane(_) | Kind::Timetable(_) => 0,
        }
    }

    /// Positions of people in a plane, in metres, at the last check of who is near whom: at the
    /// time of the latest change given, or later. Empty for other kinds of meetings.
    pub fn positions(&self) -> Vec<(f64, f64)> {
        match &self.kind {
            Kind::Plane(plane) => plane.positions().to_vec(),
            Kind::RandomMixing(_) | Kind::Timetable(_) | Kind::Trace(_) => Vec::new(),
        }
    }
}

impl Iterator for Meetings {
    type Item = Change;

    fn next(&mut self) -> Option<Change> {
        let change = match &mut self.kind {
            Kind::RandomMixing(mixing) => mixing.next(),
            Kind::Plane(plane) => plane.next(),
            Kind::Timetable(timetable) => timetable.next(),
            Kind::Trace(trace) => trace.next(),
        }?;
        let is_in_time = match change.kind {
            ChangeKind::Begins => change.at < self.duration,
            ChangeKind::Ends => change.at <= self.duration,
        };
        // At the last moment all that begins comes behind all that ends.
        is_in_time.then_some(change)
    }
}
