//! People walk about in a plane, and are near whom their radio reaches.

use std::collections::HashMap;
use std::time::Duration;

use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::pending::Pending;
use super::posts::Point;
use super::{Body, Change};
use crate::town::draws::{self, Purpose};
use crate::town::scenario::{self, Scenario};

/// People who walk to random points of a rectangle, one after the other, and rest at each (random
/// waypoint). Now and then it is looked who is near whom.
#[derive(Debug)]
pub struct Plane {
    settings: scenario::Plane,
    end: Duration,
    walkers: Vec<Walker>,
    posts: Vec<Point>,
    /// When it is looked next.
    look: Duration,
    pending: Pending,
}

#[derive(Debug)]
struct Walker {
    rng: Xoshiro256PlusPlus,
    from: (f64, f64),
    to: (f64, f64),
    /// When the walk began, in seconds.
    began: f64,
    /// When it ends.
    arrives: f64,
    /// When the next one begins.
    leaves: f64,
}

impl Plane {
    /// So many people, and posts.
    pub fn new(scenario: &Scenario, people: u32, posts: &[Point]) -> Self {
        let settings = scenario.meetings.plane.clone();
        let walkers = (0..people)
            .map(|person| {
                let rng = draws::stream(scenario.seed, Purpose::Meetings, person.into());
                Walker::new(rng, &settings)
            })
            .collect();
        Self {
            settings,
            end: scenario.duration.0,
            walkers,
            posts: posts.to_vec(),
            look: Duration::ZERO,
            pending: Pending::new(people),
        }
    }

    /// Where people were when it was looked last.
    pub fn positions(&self) -> Vec<(f64, f64)> {
        let at = self.look.saturating_sub(self.settings.step.0).as_secs_f64();
        self.walkers.iter().map(|walker| walker.position(at)).collect()
    }

    /// Who is near whom, in ascending order.
    fn near(&mut self, at: f64) -> Vec<(Body, Body)> {
        for walker in &mut self.walkers {
            walker.go_on(at, &self.settings);
        }
        let points: Vec<_> = self.walkers.iter().map(|walker| walker.position(at)).collect();
        let range = self.settings.range.get();
        let mut near = neighbours(&points, range);
        let people = points.len() as u32;
        for (number, post) in self.posts.iter().enumerate() {
            let post_body = people + number as u32;
            let reached = (0..people).filter(|person| {
                distance(points[*person as usize], (post.x, post.y)) <= post.range
            });
            near.extend(reached.map(|person| (person, post_body)));
        }
        near.sort_unstable();
        near
    }
}

impl Iterator for Plane {
    type Item = Change;

    fn next(&mut self) -> Option<Change> {
        loop {
            if let Some(change) = self.pending.pop() {
                return Some(change);
            }
            if self.look > self.end {
                return None;
            }
            let near =
                if self.look == self.end { Vec::new() } else { self.near(self.look.as_secs_f64()) };
            self.pending.set(&near, self.look);
            let step = self.settings.step.0.max(Duration::from_millis(1));
            let is_over = self.look == self.end;
            self.look = (self.look + step).min(self.end);
            if is_over {
                self.look = self.end + step;
            }
        }
    }
}

impl Walker {
    fn new(mut rng: Xoshiro256PlusPlus, settings: &scenario::Plane) -> Self {
        let place = random_point(&mut rng, settings);
        // Nobody sets off at the same time as all others.
        let leaves = rng.random::<f64>() * settings.rest.as_f64();
        Self { rng, from: place, to: place, began: 0.0, arrives: 0.0, leaves }
    }

    /// Begins the walks that begin until `at`.
    fn go_on(&mut self, at: f64, settings: &scenario::Plane) {
        let speed = settings.speed.get();
        while self.leaves <= at && speed > 0.0 {
            self.from = self.to;
            self.to = random_point(&mut self.rng, settings);
            self.began = self.leaves;
            self.arrives = self.began + distance(self.from, self.to) / speed;
            let rest = self.rng.random::<f64>() * settings.rest.as_f64();
            // However small the plane and short the rest, time goes on.
            self.leaves = (self.arrives + rest).max(self.began + 1.0);
        }
    }

    fn position(&self, at: f64) -> (f64, f64) {
        if at >= self.arrives {
            return self.to;
        }
        let part = (at - self.began) / (self.arrives - self.began);
        let between = |from: f64, to: f64| from + part * (to - from);
        (between(self.from.0, self.to.0), between(self.from.1, self.to.1))
    }
}

fn random_point(rng: &mut Xoshiro256PlusPlus, settings: &scenario::Plane) -> (f64, f64) {
    let [x, y] = std::array::from_fn(|_| rng.random::<f64>());
    (x * settings.width.get(), y * settings.height.get())
}

fn distance(a: (f64, f64), b: (f64, f64)) -> f64 {
    let (x, y) = (a.0 - b.0, a.1 - b.1);
    (x * x + y * y).sqrt()
}

/// Pairs of points that are at most `range` apart, the lower number first. Only the cells around each are
/// looked at.
pub fn neighbours(points: &[(f64, f64)], range: f64) -> Vec<(Body, Body)> {
    if range <= 0.0 {
        return Vec::new();
    }
    let cell_of = |point: (f64, f64)| ((point.0 / range) as i64, (point.1 / range) as i64);
    let mut cells: HashMap<(i64, i64), Vec<Body>> = HashMap::new();
    let mut near = Vec::new();
    for (number, point) in points.iter().enumerate() {
        let (x, y) = cell_of(*point);
        for cell in (x - 1..=x + 1).flat_map(|x| (y - 1..=y + 1).map(move |y| (x, y))) {
            let others = cells.get(&cell).into_iter().flatten();
            let reached =
                others.filter(|other| distance(points[**other as usize], *point) <= range);
            near.extend(reached.map(|other| (*other, number as Body)));
        }
        cells.entry((x, y)).or_default().push(number as Body);
    }
    near
}
