//! People in rooms by the clock: at home, on the bus, in class or at work, and back.

use std::time::Duration;

use rand::{Rng, RngExt};

use super::encounters::Encounters;
use super::posts::ByPlace;
use super::rooms::Rooms;
use super::{Body, Change, Pair, posts};
use crate::town::draws::{self, Purpose};
use crate::town::scenario::{self, Post, Scenario};

const DAY: Duration = Duration::from_secs(86_400);

/// Distinguishes the streams of a room on a day from those of people.
const OF_A_ROOM: u64 = 1 << 63;
const DAY_SHIFT: u32 = 32;

/// The encounters of a timetable, generated one part of a day at a time.
#[derive(Debug)]
pub(super) struct Timetable {
    seed: u64,
    near_share: f64,
    duration: Duration,
    rooms: Rooms,
    /// Parts of a day, with the end of each from midnight.
    parts: [(Part, Duration); 5],
    day: u32,
    /// Number of the next part of the day; `None` at the end.
    next: Option<usize>,
    posts: ByPlace,
    encounters: Encounters,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    AtHome,
    OnTheBus,
    InClassOrAtWork,
}

impl Timetable {
    pub(super) fn new(scenario: &Scenario, posts: &[Post]) -> Self {
        let settings = &scenario.meetings.timetable;
        let rooms = Rooms::new(scenario);
        Self {
            seed: scenario.seed,
            near_share: settings.near_share.get(),
            duration: scenario.duration.0,
            parts: parts_of_a_day(settings),
            day: 0,
            next: Some(0),
            posts: ByPlace::new(&posts::places(posts, rooms.count())),
            encounters: Encounters::new(scenario.people.count),
            rooms,
        }
    }

    /// Begins a part of the day, unless it is empty or after the end.
    fn go_on(&mut self, number: usize) {
        let midnight = DAY * self.day;
        let from = number.checked_sub(1).map_or(Duration::ZERO, |before| self.parts[before].1);
        let (part, until) = self.parts[number];
        if self.duration < midnight + from {
            self.next = None;
            return;
        }
        if from < until {
            let mut pairs = self.pairs(part);
            self.encounters.become_near(midnight + from, &mut pairs);
        }
        self.next = Some((number + 1) % self.parts.len());
        self.day += u32::from(self.next == Some(0));
    }

    /// Pairs that are near each other in a part of the day.
    fn pairs(&self, part: Part) -> Vec<Pair> {
        let rooms = match part {
            Part::AtHome => self.rooms.homes(),
            Part::OnTheBus => self.rooms.buses(),
            Part::InClassOrAtWork => self.rooms.classes_and_workplaces(),
        };
        let mut people: Vec<(u32, Body)> = rooms.iter().copied().zip(0..).collect();
        people.sort_unstable();
        let mut pairs = Vec::new();
        for members in people.chunk_by(|one, other| one.0 == other.0) {
            let room = members[0].0;
            match part {
                Part::AtHome => add_pairs(&mut pairs, members, |_, _| true),
                Part::OnTheBus | Part::InClassOrAtWork => {
                    let key = self.key_of(room);
                    let is_near = |a, b| is_near(key, (a, b), self.near_share);
                    add_pairs(&mut pairs, members, is_near);
                }
            }
            for post in self.posts.at(room) {
                let body = rooms.len() as Body + post.number();
                pairs.extend(members.iter().map(|(_, person)| (*person, body)));
            }
        }
        pairs
    }

    /// Seed of the draws of a room today.
    fn key_of(&self, room: u32) -> u64 {
        let number = OF_A_ROOM | u64::from(self.day) << DAY_SHIFT | u64::from(room);
        draws::stream(self.seed, Purpose::Meetings, number).next_u64()
    }
}

impl Iterator for Timetable {
    type Item = Change;

    fn next(&mut self) -> Option<Change> {
        loop {
            if let Some(change) = self.encounters.take() {
                return Some(change);
            }
            let number = self.next?;
            self.go_on(number);
        }
    }
}

/// Adds the pairs of a room that are near each other, in ascending order.
fn add_pairs(pairs: &mut Vec<Pair>, members: &[(u32, Body)], is_near: impl Fn(Body, Body) -> bool) {
    for (rank, &(_, a)) in members.iter().enumerate() {
        let others = members[rank + 1..].iter().map(|&(_, b)| b);
        pairs.extend(others.filter(|&b| is_near(a, b)).map(|b| (a, b)));
    }
}

/// Whether two people of a room are near each other today. `key` is the seed.
fn is_near(key: u64, (a, b): Pair, near_share: f64) -> bool {
    let pair = u64::from(a) << 32 | u64::from(b);
    draws::stream(key, Purpose::Meetings, pair).random::<f64>() < near_share
}

fn parts_of_a_day(settings: &scenario::Timetable) -> [(Part, Duration); 5] {
    let there = settings.leave.0 + settings.ride.0;
    let back = there + settings.stay.0;
    let home = back + settings.ride.0;
    assert!(home <= DAY, "at home again by midnight");
    [
        (Part::AtHome, settings.leave.0),
        (Part::OnTheBus, there),
        (Part::InClassOrAtWork, back),
        (Part::OnTheBus, home),
        (Part::AtHome, DAY),
    ]
}
