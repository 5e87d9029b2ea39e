//! People who walk in a plane and are near those whom their radio reaches.

use std::time::Duration;

use super::encounters::Encounters;
use super::posts::{self, Point};
use super::walker::{Ground, Walker};
use super::{Body, Change, Pair};
use crate::town::draws::{self, Purpose};
use crate::town::scenario::{Post, Scenario};

/// The encounters of people in a plane.
#[derive(Debug)]
pub(super) struct Plane {
    ground: Ground,
    range: f64,
    step: Duration,
    duration: Duration,
    /// Time of the next check.
    next_look: Duration,
    walkers: Vec<Walker>,
    positions: Vec<(f64, f64)>,
    posts: Vec<Point>,
    cells: Cells,
    pairs: Vec<Pair>,
    encounters: Encounters,
}

/// People by the cell of a grid. A cell is at least as wide and as high as the range, so that all
/// neighbours of a person are in the same cell or in one of the eight around it.
#[derive(Debug)]
struct Cells {
    columns: usize,
    rows: usize,
    /// Cells per metre, in each direction.
    scale: (f64, f64),
    /// Index in `people` at which each cell begins, and the end of the last.
    starts: Vec<usize>,
    people: Vec<Body>,
}

impl Plane {
    pub(super) fn new(scenario: &Scenario, posts: &[Post]) -> Self {
        let settings = &scenario.meetings.plane;
        let ground = Ground {
            width: settings.width.get(),
            height: settings.height.get(),
            speed: settings.speed.get(),
            rest: settings.rest.as_f64(),
        };
        let sizes = [ground.width, ground.height, ground.speed, settings.step.as_f64()];
        assert!(sizes.iter().all(|size| *size > 0.0), "a plane in which people walk");
        let stream = |person| draws::stream(scenario.seed, Purpose::Meetings, person);
        let people = 0..u64::from(scenario.people.count);
        let mut walkers: Vec<_> =
            people.map(|person| Walker::new(&ground, stream(person))).collect();
        let range = settings.range.get();
        Self {
            ground,
            range,
            step: settings.step.0,
            duration: scenario.duration.0,
            next_look: Duration::ZERO,
            positions: walkers.iter_mut().map(|walker| walker.position(&ground, 0.0)).collect(),
            cells: Cells::new(&ground, range, walkers.len()),
            walkers,
            posts: posts::points(posts, settings),
            pairs: Vec::new(),
            encounters: Encounters::new(scenario.people.count),
        }
    }

    /// Positions at the last check.
    pub(super) fn positions(&self) -> &[(f64, f64)] {
        &self.positions
    }

    /// Checks who is near whom at `at`.
    fn look(&mut self, at: Duration) {
        self.next_look = at + self.step;
        let seconds = at.as_secs_f64();
        for (position, walker) in self.positions.iter_mut().zip(&mut self.walkers) {
            *position = walker.position(&self.ground, seconds);
        }
        self.cells.sort(&self.positions);
        self.pairs.clear();
        self.find_pairs();
        self.encounters.become_near(at, &mut self.pairs);
    }

    fn find_pairs(&mut self) {
        let Self { positions, cells, pairs, posts, .. } = self;
        for (a, &(x, y)) in (0..).zip(&*positions) {
            let near = Point { x, y, range: self.range };
            let others = cells.around(&near).filter(|&b| a < b);
            pairs.extend(others.filter(|&b| near.reaches(positions[b as usize])).map(|b| (a, b)));
        }
        for (body, post) in (positions.len() as Body..).zip(posts) {
            let people = cells.around(post);
            pairs
                .extend(people.filter(|&a| post.reaches(positions[a as usize])).map(|a| (a, body)));
        }
    }
}

impl Iterator for Plane {
    type Item = Change;

    fn next(&mut self) -> Option<Change> {
        loop {
            if let Some(change) = self.encounters.take() {
                return Some(change);
            }
            if self.next_look > self.duration {
                return None;
            }
            self.look(self.next_look);
        }
    }
}

impl Cells {
    fn new(ground: &Ground, range: f64, people: usize) -> Self {
        // More cells than people would only cost time.
        let most = (people as f64).sqrt() * 2.0 + 1.0;
        let count = |length: f64| (length / range).min(most).max(1.0).floor();
        let (columns, rows) = (count(ground.width), count(ground.height));
        Self {
            columns: columns as usize,
            rows: rows as usize,
            scale: (columns / ground.width, rows / ground.height),
            starts: Vec::new(),
            people: vec![0; people],
        }
    }

    /// Sorts people into cells by their positions.
    fn sort(&mut self, positions: &[(f64, f64)]) {
        let mut starts = std::mem::take(&mut self.starts);
        starts.clear();
        starts.resize(self.columns * self.rows + 1, 0);
        for &(x, y) in positions {
            starts[self.cell(self.column(x), self.row(y))] += 1;
        }
        // First each is the end of its cell; taking one place after the other makes it the start.
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        for (person, &(x, y)) in positions.iter().enumerate().rev() {
            let cell = self.cell(self.column(x), self.row(y));
            starts[cell] -= 1;
            self.people[starts[cell]] = person as Body;
        }
        self.starts = starts;
    }

    /// All people of the cells that touch the square around the range of a point.
    fn around(&self, point: &Point) -> impl Iterator<Item = Body> {
        let Point { x, y, range } = *point;
        let (first, last) = (self.column(x - range), self.column(x + range));
        (self.row(y - range)..=self.row(y + range)).flat_map(move |row| {
            // The cells of a row are one after the other, and so are their people.
            let start = self.starts[self.cell(first, row)];
            let end = self.starts[self.cell(last, row) + 1];
            self.people[start..end].iter().copied()
        })
    }

    fn cell(&self, column: usize, row: usize) -> usize {
        row * self.columns + column
    }

    fn column(&self, x: f64) -> usize {
        // What is below 0 becomes 0.
        ((x * self.scale.0) as usize).min(self.columns - 1)
    }

    fn row(&self, y: f64) -> usize {
        ((y * self.scale.1) as usize).min(self.rows - 1)
    }
}

impl Point {
    /// Whether a position is in range, its edge included.
    fn reaches(&self, (x, y): (f64, f64)) -> bool {
        let (x, y) = (x - self.x, y - self.y);
        x * x + y * y <= self.range * self.range
    }
}

#[cfg(test)]
mod tests;
