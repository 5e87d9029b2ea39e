//! People are in rooms by the clock: at home, on the bus, in class or at work, and back.

use std::time::Duration;

use rand::RngExt;

use super::pending::Pending;
use super::{Body, Change};
use crate::town::draws::{self, Purpose};
use crate::town::scenario::{self, Scenario};

/// Seconds of a day.
const DAY: Duration = Duration::from_secs(86_400);

/// People who are in rooms by the clock. Rooms have numbers: first all homes, then classes, workplaces
/// and buses.
#[derive(Debug)]
pub struct Timetable {
    seed: u64,
    settings: scenario::Timetable,
    end: Duration,
    people: u32,
    rooms: Rooms,
    /// The rooms of posts.
    posts: Vec<u32>,
    /// Which part of which day begins next.
    day: u32,
    part: usize,
    is_over: bool,
    pending: Pending,
}

/// A part of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    AtHome,
    OnTheBus,
    AtWork,
}

/// What comes after what.
const PARTS: [Part; 5] = [Part::AtHome, Part::OnTheBus, Part::AtWork, Part::OnTheBus, Part::AtHome];

/// Who has which rooms.
#[derive(Debug)]
struct Rooms {
    homes: u32,
    classes: u32,
    workplaces: u32,
    buses: u32,
    /// By person.
    home_of: Vec<u32>,
    work_of: Vec<u32>,
    bus_of: Vec<u32>,
}

/// How many rooms a town has.
pub fn rooms_of(scenario: &Scenario) -> u32 {
    Rooms::of(scenario, scenario.people.count).count()
}

impl Rooms {
    fn of(scenario: &Scenario, people: u32) -> Self {
        let settings = &scenario.meetings.timetable;
        let [home, class, work, bus] =
            [settings.home, settings.class, settings.work, settings.bus].map(|size| size.max(1));
        let mut draws: Vec<[f64; 2]> = (0..people)
            .map(|person| {
                let mut rng = draws::stream(scenario.seed, Purpose::Meetings, person.into());
                std::array::from_fn(|_| rng.random::<f64>())
            })
            .collect();
        // Neighbours are no more likely to be colleagues than others.
        let mut mixed: Vec<u32> = (0..people).collect();
        mixed.sort_by(|one, other| draws[*one as usize][1].total_cmp(&draws[*other as usize][1]));
        let is_student = |person: &u32| draws[*person as usize][0] < settings.student_share.get();
        let (students, workers): (Vec<u32>, Vec<u32>) = mixed.iter().partition(|it| is_student(it));
        let mut rooms = Self {
            homes: people.div_ceil(home),
            classes: (students.len() as u32).div_ceil(class),
            workplaces: (workers.len() as u32).div_ceil(work),
            buses: people.div_ceil(bus),
            home_of: (0..people).map(|person| person / home).collect(),
            work_of: vec![0; people as usize],
            bus_of: vec![0; people as usize],
        };
        draws.clear();
        let mut first = rooms.homes;
        for (members, size, count) in
            [(students, class, rooms.classes), (workers, work, rooms.workplaces)]
        {
            for (at, person) in members.into_iter().enumerate() {
                rooms.work_of[person as usize] = first + at as u32 / size;
            }
            first += count;
        }
        for (at, person) in mixed.into_iter().enumerate() {
            rooms.bus_of[person as usize] = first + at as u32 / bus;
        }
        rooms
    }

    fn count(&self) -> u32 {
        self.homes + self.classes + self.workplaces + self.buses
    }

    /// By person, where they are in a part of the day.
    fn of_part(&self, part: Part) -> &[u32] {
        match part {
            Part::AtHome => &self.home_of,
            Part::OnTheBus => &self.bus_of,
            Part::AtWork => &self.work_of,
        }
    }
}

impl Timetable {
    /// So many people, and posts in rooms.
    pub fn new(scenario: &Scenario, people: u32, posts: &[u32]) -> Self {
        Self {
            seed: scenario.seed,
            settings: scenario.meetings.timetable.clone(),
            end: scenario.duration.0,
            people,
            rooms: Rooms::of(scenario, people),
            posts: posts.to_vec(),
            day: 0,
            part: 0,
            is_over: false,
            pending: Pending::new(people),
        }
    }

    /// When a part of a day begins.
    fn beginning(&self) -> Duration {
        let scenario::Timetable { leave, ride, stay, .. } = &self.settings;
        let [leave, ride, stay] = [leave.0, ride.0, stay.0];
        let begins =
            [Duration::ZERO, leave, leave + ride, leave + ride + stay, leave + ride + stay + ride];
        DAY * self.day + begins[self.part]
    }

    /// Who is near whom in the part of the day that begins, in ascending order.
    fn near(&self) -> Vec<(Body, Body)> {
        let part = PARTS[self.part];
        let room_of = self.rooms.of_part(part);
        let mut members = vec![Vec::new(); self.rooms.count() as usize];
        for (person, room) in room_of.iter().enumerate() {
            members[*room as usize].push(person as Body);
        }
        let mut near = Vec::new();
        for (room, members) in members.iter().enumerate() {
            for (at, a) in members.iter().enumerate() {
                let others = members[at + 1..].iter();
                let is_near = |b: &&Body| part == Part::AtHome || self.are_near(*a, **b, room);
                near.extend(others.filter(is_near).map(|b| (*a, *b)));
            }
            for (post, place) in self.posts.iter().enumerate() {
                if *place as usize == room {
                    let post = self.people + post as Body;
                    near.extend(members.iter().map(|person| (*person, post)));
                }
            }
        }
        near.sort_unstable();
        near
    }

    /// Whether two people are near each other in a room that day.
    fn are_near(&self, a: Body, b: Body, room: usize) -> bool {
        // One number for the pair, the day and the room; those of people alone are smaller.
        let pair = (1 << 62) | (u64::from(a) << 31) | u64::from(b);
        let number = pair ^ (u64::from(self.day) << 40) ^ ((room as u64) << 20).rotate_left(7);
        let luck = draws::stream(self.seed, Purpose::Nearness, number).random::<f64>();
        luck < self.settings.near_share.get()
    }
}

impl Iterator for Timetable {
    type Item = Change;

    fn next(&mut self) -> Option<Change> {
        loop {
            if let Some(change) = self.pending.pop() {
                return Some(change);
            }
            if self.is_over {
                return None;
            }
            let at = self.beginning();
            if at >= self.end {
                self.pending.set(&[], self.end);
                self.is_over = true;
                continue;
            }
            let near = self.near();
            self.pending.set(&near, at);
            self.part = (self.part + 1) % PARTS.len();
            self.day += u32::from(self.part == 0);
        }
    }
}
