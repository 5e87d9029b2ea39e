//! The rooms of a timetable, and their people.

use rand::RngExt;

use super::Body;
use crate::town::draws::{self, Purpose};
use crate::town::scenario::{Scenario, Timetable};

/// The rooms of a town. Their numbers: first the homes, then the classes, the workplaces and the
/// buses.
///
/// People of a home have neighbouring numbers, and so do people of a bus. Classes and workplaces
/// are mixed at random.
#[derive(Debug)]
pub(super) struct Rooms {
    homes: u32,
    classes: u32,
    workplaces: u32,
    buses: u32,
    /// Home of each person.
    home: Vec<u32>,
    bus: Vec<u32>,
    /// Class or workplace of each person.
    day: Vec<u32>,
}

impl Rooms {
    /// Assigns all people to rooms.
    pub(super) fn new(scenario: &Scenario) -> Self {
        let (settings, people) = (&scenario.meetings.timetable, scenario.people.count);
        let &Timetable { home, class, work, bus, .. } = settings;
        let (students, workers) = occupations(scenario);
        let homes = people.div_ceil(home);
        let classes = (students.len() as u32).div_ceil(class);
        let workplaces = (workers.len() as u32).div_ceil(work);
        let buses = people.div_ceil(bus);
        let mut day = vec![0; people as usize];
        let mut seat = |people: Vec<Body>, first, size| {
            for (rank, person) in (0..).zip(people) {
                day[person as usize] = first + rank / size;
            }
        };
        seat(students, homes, class);
        seat(workers, homes + classes, work);
        let first_bus = homes + classes + workplaces;
        Self {
            homes,
            classes,
            workplaces,
            buses,
            home: (0..people).map(|person| person / home).collect(),
            bus: (0..people).map(|person| first_bus + person / bus).collect(),
            day,
        }
    }

    /// Number of rooms.
    pub(super) fn count(&self) -> u32 {
        self.homes + self.classes + self.workplaces + self.buses
    }

    /// The home of each person.
    pub(super) fn homes(&self) -> &[u32] {
        &self.home
    }

    /// The bus of each person.
    pub(super) fn buses(&self) -> &[u32] {
        &self.bus
    }

    /// The class or workplace of each person.
    pub(super) fn classes_and_workplaces(&self) -> &[u32] {
        &self.day
    }
}

/// Students and workers, each in random order. Each person draws from a stream of their own.
fn occupations(scenario: &Scenario) -> (Vec<Body>, Vec<Body>) {
    let student_share = scenario.meetings.timetable.student_share.get();
    let (mut students, mut workers) = (Vec::new(), Vec::new());
    for person in 0..scenario.people.count {
        let mut draws = draws::stream(scenario.seed, Purpose::Meetings, person.into());
        let is_student = draws.random::<f64>() < student_share;
        let group = if is_student { &mut students } else { &mut workers };
        group.push((draws.random::<u64>(), person));
    }
    let shuffled = |mut group: Vec<(u64, Body)>| {
        group.sort_unstable();
        group.into_iter().map(|(_, person)| person).collect()
    };
    (shuffled(students), shuffled(workers))
}

#[cfg(test)]
mod tests;
