//! Random mixing: any two people meet, by a Poisson process.

use std::collections::VecDeque;
use std::time::Duration;

use hashbrown::{HashMap, HashSet};
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::posts::ByPlace;
use super::{Body, Change, ChangeKind, Meeting, posts};
use crate::town::draws::{self, Purpose};
use crate::town::ids::PersonId;
use crate::town::scenario::{Post, Scenario};

/// Draws of a partner for an encounter, as long as those drawn are near already. If half of all
/// others are near, one in 2^32 encounters fails to find one.
const MOST_TRIES: u32 = 32;

/// The encounters of people who mix at random.
///
/// Each encounter has a random stream of its own, in which everything is drawn in the same order.
/// So `people.homophily` changes only the encounters whose draw selects it, and the app only those.
#[derive(Debug)]
pub(super) struct RandomMixing {
    seed: u64,
    people: u32,
    homophily: f64,
    places: u32,
    contact_duration: Duration,
    duration: Duration,
    /// Encounters per second in the whole town.
    rate: f64,
    alike: Alike,
    listeners: Listeners,
    /// Number of encounters drawn, including those without a partner.
    drawn: u64,
    /// The next encounter before the end, if any.
    next: Option<Arrival>,
    begun: u64,
    /// In the order of their ends, which is that of their begins, as all last equally long.
    ongoing: VecDeque<Encounter>,
    near: HashSet<u64>,
    /// Changes at posts, after those of people.
    with_posts: VecDeque<Change>,
}

/// An encounter that is about to begin.
#[derive(Debug)]
struct Arrival {
    /// Begin in seconds.
    at: f64,
    draws: Xoshiro256PlusPlus,
}

#[derive(Debug)]
struct Encounter {
    ends: Duration,
    a: Body,
    b: Body,
    number: u64,
    place: u32,
}

/// People with the app, and people without.
#[derive(Debug)]
struct Alike {
    /// For each person, whether they have the app, and their index among those who are alike.
    rank: Vec<(bool, u32)>,
    with: Vec<Body>,
    without: Vec<Body>,
}

/// Posts, and people near them.
#[derive(Debug)]
struct Listeners {
    posts: ByPlace,
    /// Number of encounters of each person at each place.
    visits: HashMap<(Body, u32), u32>,
}

impl RandomMixing {
    pub(super) fn new(scenario: &Scenario, has_app: &[bool], posts: &[Post]) -> Self {
        let settings = &scenario.meetings.random_mixing;
        let people = scenario.people.count;
        let pairs_a_day = f64::from(people) * settings.contacts_per_day.get() / 2.0;
        let mut mixing = Self {
            seed: scenario.seed,
            people,
            homophily: scenario.people.homophily.get(),
            places: settings.places,
            contact_duration: settings.contact_duration.0,
            duration: scenario.duration.0,
            rate: if people < 2 { 0.0 } else { pairs_a_day / 86_400.0 },
            alike: Alike::new(has_app),
            listeners: Listeners::new(&posts::places(posts, settings.places)),
            drawn: 0,
            next: None,
            begun: 0,
            ongoing: VecDeque::new(),
            near: HashSet::new(),
            with_posts: VecDeque::new(),
        };
        mixing.draw_after(0.0);
        mixing
    }

    /// Draws the begin of the next encounter.
    fn draw_after(&mut self, before: f64) {
        let mut draws = draws::stream(self.seed, Purpose::Meetings, self.drawn);
        self.drawn += 1;
        // The inverse of the exponential distribution; the argument of the logarithm is never 0.
        let at = before - libm::log(1.0 - draws.random::<f64>()) / self.rate;
        // Without a rate it is infinite or no number at all, and the comparison fails.
        self.next = (at < self.duration.as_secs_f64()).then_some(Arrival { at, draws });
    }

    fn begin(&mut self, arrival: Arrival) -> Option<Change> {
        let Arrival { at, mut draws } = arrival;
        self.draw_after(at);
        let at = Duration::from_micros((at * 1e6) as u64);
        let a = draws.random_range(0..self.people);
        let place = draws.random_range(0..self.places);
        let among_alike = draws.random::<f64>() < self.homophily;
        let b = self.partner(a, among_alike, &mut draws)?;
        self.near.insert(pair(a, b));
        let number = self.begun;
        self.begun += 1;
        let ends = at + self.contact_duration;
        self.ongoing.push_back(Encounter { ends, a, b, number, place });
        for person in [a, b] {
            self.listeners.arrive(at, person, place, &mut self.with_posts);
        }
        let meeting = Meeting::Encounter { number, people: [a, b].map(PersonId::new) };
        Some(Change { at, meeting, kind: ChangeKind::Begins })
    }

    /// A random person who is not near `a` already.
    fn partner(&self, a: Body, among_alike: bool, draws: &mut Xoshiro256PlusPlus) -> Option<Body> {
        let (group, rank) = self.alike.others_like(a);
        let among_alike = among_alike && group.len() > 1;
        let (count, own) = if among_alike { (group.len() as u32, rank) } else { (self.people, a) };
        for _ in 0..MOST_TRIES {
            let other = draws.random_range(0..count - 1);
            let other = other + u32::from(other >= own);
            let b = if among_alike { group[other as usize] } else { other };
            if !self.near.contains(&pair(a, b)) {
                return Some(b);
            }
        }
        None
    }

    fn end(&mut self, encounter: Encounter) -> Change {
        let Encounter { ends: at, a, b, number, place } = encounter;
        self.near.remove(&pair(a, b));
        for person in [a, b] {
            self.listeners.leave(at, person, place, &mut self.with_posts);
        }
        let meeting = Meeting::Encounter { number, people: [a, b].map(PersonId::new) };
        Change { at, meeting, kind: ChangeKind::Ends }
    }
}

impl Iterator for RandomMixing {
    type Item = Change;

    fn next(&mut self) -> Option<Change> {
        loop {
            if let Some(change) = self.with_posts.pop_front() {
                return Some(change);
            }
            let begins = self.next.as_ref().map(|next| next.at);
            let ends = self.ongoing.front().map(|encounter| encounter.ends);
            let is_end_first = match (ends, begins) {
                (Some(ends), Some(at)) => ends <= Duration::from_micros((at * 1e6) as u64),
                (Some(_), None) => true,
                (None, _) => false,
            };
            if is_end_first {
                let encounter = self.ongoing.pop_front()?;
                return Some(self.end(encounter));
            }
            let arrival = self.next.take()?;
            if let Some(change) = self.begin(arrival) {
                return Some(change);
            }
        }
    }
}

impl Alike {
    fn new(has_app: &[bool]) -> Self {
        let mut alike =
            Self { rank: Vec::with_capacity(has_app.len()), with: Vec::new(), without: Vec::new() };
        for (person, &has_app) in has_app.iter().enumerate() {
            let group = if has_app { &mut alike.with } else { &mut alike.without };
            alike.rank.push((has_app, group.len() as u32));
            group.push(person as Body);
        }
        alike
    }

    /// All people who are like a person, and the index of the person among them.
    fn others_like(&self, person: Body) -> (&[Body], u32) {
        let (has_app, rank) = self.rank[person as usize];
        (if has_app { &self.with } else { &self.without }, rank)
    }
}

impl Listeners {
    fn new(places: &[u32]) -> Self {
        Self { posts: ByPlace::new(places), visits: HashMap::new() }
    }

    fn arrive(&mut self, at: Duration, person: Body, place: u32, changes: &mut VecDeque<Change>) {
        if self.posts.at(place).len() == 0 {
            return;
        }
        let encounters = self.visits.entry((person, place)).or_default();
        *encounters += 1;
        if *encounters == 1 {
            self.tell(at, person, place, ChangeKind::Begins, changes);
        }
    }

    fn leave(&mut self, at: Duration, person: Body, place: u32, changes: &mut VecDeque<Change>) {
        let Some(encounters) = self.visits.get_mut(&(person, place)) else { return };
        *encounters -= 1;
        if *encounters == 0 {
            self.visits.remove(&(person, place));
            self.tell(at, person, place, ChangeKind::Ends, changes);
        }
    }

    fn tell(
        &self,
        at: Duration,
        person: Body,
        place: u32,
        kind: ChangeKind,
        changes: &mut VecDeque<Change>,
    ) {
        let person = PersonId::new(person);
        let meetings = self.posts.at(place).map(|post| Meeting::AtPost { person, post });
        changes.extend(meetings.map(|meeting| Change { at, meeting, kind }));
    }
}

fn pair(a: Body, b: Body) -> u64 {
    u64::from(a.min(b)) << 32 | u64::from(a.max(b))
}
