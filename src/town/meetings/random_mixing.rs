//! Anybody meets anybody, at random moments.

use std::collections::VecDeque;
use std::time::Duration;

use hashbrown::HashSet;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{AT_POST, Body, Change, ChangeKind};
use crate::town::draws::{self, Purpose};
use crate::town::scenario::Scenario;

/// Seconds of a day.
const DAY: f64 = 86_400.0;

/// How often somebody is drawn anew who is busy with the other one already. In a town of two that is
/// everybody.
const MOST_DRAWS: usize = 64;

/// Encounters of a whole town as a Poisson process: each is of two random people at a random place, and
/// lasts as long as any other.
#[derive(Debug)]
pub struct RandomMixing {
    rng: Xoshiro256PlusPlus,
    people: u32,
    homophily: f64,
    /// People with the app, then those without, each in ascending order; and how many have it.
    alike: (Vec<Body>, u32),
    /// By person, where they stand among those who are like them.
    rank: Vec<u32>,
    /// The posts at each place.
    posts_at: Vec<Vec<Body>>,
    /// Encounters a second.
    rate: f64,
    lasts: Duration,
    end: Duration,
    /// When the next encounter begins, in seconds.
    next: f64,
    number: u64,
    /// Changes that belong to the encounter that began last.
    beginning: VecDeque<Change>,
    /// As all last equally long, those that began first end first.
    ending: VecDeque<Change>,
    together: HashSet<(Body, Body)>,
}

impl RandomMixing {
    /// People of whom `has_app` says who has the app, and posts by the place where they are.
    pub fn new(scenario: &Scenario, has_app: &[bool], places_of_posts: &[u32]) -> Self {
        let settings = &scenario.meetings.random_mixing;
        let people = has_app.len() as u32;
        let with = |wanted: bool| (0..people).filter(move |it| has_app[*it as usize] == wanted);
        let users = with(true).count() as u32;
        let alike: Vec<Body> = with(true).chain(with(false)).collect();
        let mut rank = vec![0; has_app.len()];
        for (at, person) in alike.iter().enumerate() {
            let at = at as u32;
            rank[*person as usize] = if at < users { at } else { at - users };
        }
        let mut posts_at = vec![Vec::new(); settings.places as usize];
        for (post, place) in places_of_posts.iter().enumerate() {
            posts_at[*place as usize].push(people + post as u32);
        }
        let rate = f64::from(people) * settings.contacts_per_day.get() / 2.0 / DAY;
        let mut mixing = Self {
            rng: draws::stream(scenario.seed, Purpose::Meetings, 0),
            people,
            homophily: scenario.people.homophily.get(),
            alike: (alike, users),
            rank,
            posts_at,
            rate: if people > 1 { rate } else { 0.0 },
            lasts: settings.contact_duration.0,
            end: scenario.duration.0,
            next: 0.0,
            number: 0,
            beginning: VecDeque::new(),
            ending: VecDeque::new(),
            together: HashSet::new(),
        };
        mixing.wait();
        mixing
    }

    /// Draws when the next encounter begins.
    fn wait(&mut self) {
        self.next -= libm::log(1.0 - self.rng.random::<f64>()) / self.rate;
    }

    /// Two people meet.
    fn meet(&mut self) {
        let at = Duration::from_secs_f64(self.next);
        let pair = (0..MOST_DRAWS).find_map(|_| self.draw_pair());
        let place = self.rng.random_range(0..self.posts_at.len().max(1));
        self.wait();
        let Some((a, b)) = pair else { return };
        self.together.insert((a.min(b), a.max(b)));
        let encounter = self.number;
        self.number += 1;
        self.add(Change { at, encounter, a, b, kind: ChangeKind::Begins });
        for index in 0..self.posts_at.get(place).map_or(0, Vec::len) {
            let post = self.posts_at[place][index];
            for person in [a, b] {
                let encounter = AT_POST | (encounter << 1) | u64::from(person == b);
                self.add(Change { at, encounter, a: person, b: post, kind: ChangeKind::Begins });
            }
        }
    }

    fn add(&mut self, change: Change) {
        self.beginning.push_back(change);
        let at = (change.at + self.lasts).min(self.end);
        self.ending.push_back(Change { at, kind: ChangeKind::Ends, ..change });
    }

    /// Two different people, unless they are together already. It always draws the same numbers, so that
    /// who meets whom depends on who has the app only as far as homophily says.
    fn draw_pair(&mut self) -> Option<(Body, Body)> {
        let a = self.rng.random_range(0..self.people);
        let [is_choosy, choice] = std::array::from_fn(|_| self.rng.random::<f64>());
        let b = if is_choosy < self.homophily {
            self.one_like(a, choice)?
        } else {
            let other = part(choice, self.people - 1);
            other + u32::from(other >= a)
        };
        (!self.together.contains(&(a.min(b), a.max(b)))).then_some((a, b))
    }

    /// Somebody else who has the app if `person` has it, and has it not if not.
    fn one_like(&self, person: Body, choice: f64) -> Option<Body> {
        let (alike, users) = &self.alike;
        let (with, without) = alike.split_at(*users as usize);
        let rank = self.rank[person as usize];
        let group = if with.get(rank as usize) == Some(&person) { with } else { without };
        let others = group.len() as u32 - 1;
        if others == 0 {
            return None;
        }
        let other = part(choice, others);
        Some(group[(other + u32::from(other >= rank)) as usize])
    }
}

impl Iterator for RandomMixing {
    type Item = Change;

    fn next(&mut self) -> Option<Change> {
        if let Some(change) = self.beginning.pop_front() {
            return Some(change);
        }
        let ends_first = |ending: &Change| {
            ending.at.as_secs_f64() <= self.next || self.next >= self.end.as_secs_f64()
        };
        if self.ending.front().is_some_and(ends_first) {
            let change = self.ending.pop_front()?;
            self.together.remove(&(change.a.min(change.b), change.a.max(change.b)));
            return Some(change);
        }
        if self.next >= self.end.as_secs_f64() {
            return None;
        }
        self.meet();
        self.next()
    }
}

/// The part of `count` that a number from 0 to 1 stands for.
fn part(choice: f64, count: u32) -> u32 {
    ((choice * f64::from(count)) as u32).min(count - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::town::scenario::{Amount, Probability, Seconds};

    const PEOPLE: usize = 200;

    fn scenario(homophily: f64) -> Scenario {
        let mut scenario = Scenario { duration: Seconds::new(86_400), ..Scenario::default() };
        scenario.people.homophily = Probability::try_from(homophily).expect("a probability");
        scenario.meetings.random_mixing.places = 4;
        scenario
    }

    fn changes(homophily: f64, has_app: &[bool], posts: &[u32]) -> Vec<Change> {
        RandomMixing::new(&scenario(homophily), has_app, posts).collect()
    }

    /// Every third person has the app.
    fn some() -> Vec<bool> {
        (0..PEOPLE).map(|person| person % 3 == 0).collect()
    }

    #[test]
    fn encounters_come_in_order_and_end_after_their_time() {
        let changes = changes(0.0, &some(), &[]);
        assert!(changes.is_sorted_by_key(|change| change.at));
        let mut begun = std::collections::BTreeMap::new();
        for change in &changes {
            match change.kind {
                ChangeKind::Begins => {
                    assert!(change.a != change.b);
                    assert_eq!(begun.insert(change.encounter, change.at), None);
                }
                ChangeKind::Ends => {
                    let from = begun.remove(&change.encounter).expect("it began");
                    let end = Duration::from_secs(86_400);
                    assert_eq!(change.at, (from + Duration::from_secs(900)).min(end));
                }
            }
        }
        assert!(begun.is_empty());
        // 1,000 are expected, with a deviation of 32.
        assert!((840..1160).contains(&(changes.len() / 2)), "{}", changes.len() / 2);
    }

    #[test]
    fn who_has_the_app_does_not_matter_without_homophily() {
        let all = vec![true; PEOPLE];
        assert_eq!(changes(0.0, &some(), &[]), changes(0.0, &all, &[]));
        assert_ne!(changes(0.5, &some(), &[]), changes(0.5, &all, &[]));
    }

    #[test]
    fn with_homophily_people_meet_who_are_alike() {
        let has_app = some();
        let alike = |homophily| {
            let changes = changes(homophily, &has_app, &[]);
            let is_alike = |it: &&Change| has_app[it.a as usize] == has_app[it.b as usize];
            changes.iter().filter(is_alike).count() as f64 / changes.len() as f64
        };
        assert_eq!(alike(1.0), 1.0);
        // (1/3)^2 + (2/3)^2, with a deviation of 0.016.
        assert!((alike(0.0) - 5.0 / 9.0).abs() < 0.08, "{}", alike(0.0));
    }

    #[test]
    fn posts_meet_whoever_comes_to_their_place_and_change_nothing_else() {
        let changes_with = changes(0.0, &some(), &[1, 1]);
        let of_people: Vec<Change> =
            changes_with.iter().copied().filter(|it| it.encounter & AT_POST == 0).collect();
        assert_eq!(of_people, changes(0.0, &some(), &[]));
        let at_posts = changes_with.len() - of_people.len();
        // A quarter of the encounters, of two people with two posts.
        assert!(at_posts * 10 > of_people.len() * 8 && at_posts * 10 < of_people.len() * 12);
    }

    #[test]
    fn two_people_meet_only_when_they_are_not_together() {
        let mut scenario = scenario(0.0);
        scenario.meetings.random_mixing.contacts_per_day =
            Amount::try_from(1000.0).expect("from zero up");
        let mut is_together = false;
        for change in RandomMixing::new(&scenario, &[true, true], &[]) {
            assert_eq!(change.kind == ChangeKind::Begins, !is_together);
            is_together = !is_together;
        }
        assert_eq!(RandomMixing::new(&scenario, &[true], &[]).count(), 0);
    }
}
