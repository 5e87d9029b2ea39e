//! Who is near whom, and when: the truth that phones try to notice.

pub mod pending;
pub mod plane;
pub mod posts;
pub mod random_mixing;
pub mod timetable;
pub mod trace;

use std::time::Duration;

use self::plane::Plane;
use self::random_mixing::RandomMixing;
use self::timetable::Timetable;
use self::trace::Trace;
use super::TownError;
use super::scenario::{MeetingsKind, Post, Scenario};

/// Somebody or something with a radio, by number: first all people, then the posts of adversaries.
pub type Body = u32;

/// Set in the number of an encounter with a post.
pub const AT_POST: u64 = 1 << 63;

/// Two bodies come near each other, or part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// When, from the beginning of the meetings.
    pub at: Duration,
    /// Which encounter. Numbers of encounters between people do not depend on the posts; those with
    /// posts have [`AT_POST`] set.
    pub encounter: u64,
    /// One of the two; a person.
    pub a: Body,
    /// The other; a person or a post.
    pub b: Body,
    /// Whether it begins or ends.
    pub kind: ChangeKind,
}

/// Whether an encounter begins or ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    /// The two are near each other from now on.
    Begins,
    /// They are not any more.
    Ends,
}

/// All changes of a town, in the order of time. Every encounter that begins ends, when the meetings are
/// over at the latest.
#[derive(Debug)]
pub struct Meetings(Kind);

#[derive(Debug)]
enum Kind {
    RandomMixing(Box<RandomMixing>),
    Plane(Box<Plane>),
    Timetable(Box<Timetable>),
    Trace(Trace),
}

impl Meetings {
    /// The meetings of a scenario, of people of whom `has_app` says who has the app, and with posts.
    ///
    /// # Errors
    ///
    /// That a post is at no place of this kind of meetings, or a contact trace cannot be used.
    pub fn new(scenario: &Scenario, has_app: &[bool], posts: &[Post]) -> Result<Self, TownError> {
        let people = has_app.len() as u32;
        Ok(Self(match scenario.meetings.kind {
            MeetingsKind::RandomMixing => {
                let places = posts::places(posts, places_of(scenario))?;
                Kind::RandomMixing(Box::new(RandomMixing::new(scenario, has_app, &places)))
            }
            MeetingsKind::Plane => {
                let points = posts::points(posts, &scenario.meetings.plane)?;
                Kind::Plane(Box::new(Plane::new(scenario, people, &points)))
            }
            MeetingsKind::Timetable => {
                let places = posts::places(posts, places_of(scenario))?;
                Kind::Timetable(Box::new(Timetable::new(scenario, people, &places)))
            }
            MeetingsKind::Trace => Kind::Trace(Trace::read(scenario, posts)?),
        }))
    }

    /// Where people are, in metres, as far as the changes have been taken; nowhere but in a plane.
    pub fn positions(&self) -> Vec<(f64, f64)> {
        match &self.0 {
            Kind::Plane(plane) => plane.positions(),
            Kind::RandomMixing(_) | Kind::Timetable(_) | Kind::Trace(_) => Vec::new(),
        }
    }
}

impl Iterator for Meetings {
    type Item = Change;

    fn next(&mut self) -> Option<Change> {
        match &mut self.0 {
            Kind::RandomMixing(mixing) => mixing.next(),
            Kind::Plane(plane) => plane.next(),
            Kind::Timetable(timetable) => timetable.next(),
            Kind::Trace(trace) => trace.next(),
        }
    }
}

/// How many people a scenario has: a contact trace says that itself.
///
/// # Errors
///
/// That a contact trace cannot be used.
pub fn people_of(scenario: &Scenario) -> Result<u32, TownError> {
    match scenario.meetings.kind {
        MeetingsKind::RandomMixing | MeetingsKind::Plane | MeetingsKind::Timetable => {
            Ok(scenario.people.count)
        }
        MeetingsKind::Trace => trace::people(scenario),
    }
}

/// How many places there are, at which a post can be.
pub fn places_of(scenario: &Scenario) -> u32 {
    match scenario.meetings.kind {
        MeetingsKind::RandomMixing => scenario.meetings.random_mixing.places,
        MeetingsKind::Timetable => timetable::rooms_of(scenario),
        MeetingsKind::Plane | MeetingsKind::Trace => 0,
    }
}

#[cfg(test)]
mod tests;
