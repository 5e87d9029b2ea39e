//! Index cases, and what the authority finds out.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use rand::RngExt;

use super::Core;
use super::draws::{self, Purpose};
use super::event::Event;
use super::ids::{CaseId, PersonId};
use super::nearness::{Encounter, Nearness};
use super::outcome::{Contact, Tracing};
use super::scenario::Scenario;

/// The people who fall ill, and whom the authority has found for them.
#[derive(Debug)]
pub struct Health {
    /// In the order of their tests.
    cases: Vec<Case>,
    /// Case of each person who falls ill.
    case_of: HashMap<PersonId, CaseId>,
    /// Time before an upload within which a contact counts.
    window: Duration,
    /// Index cases who uploaded.
    uploads: u32,
}

/// A person who falls ill.
#[derive(Debug)]
struct Case {
    /// The person.
    person: PersonId,
    /// Time of the positive test.
    tested_at: Duration,
    /// Time of the upload; that of the test before it.
    traced_at: Duration,
    /// Whether the person agrees to upload.
    uploads: bool,
    /// Finished encounters: other person, begin, end.
    encounters: Vec<(PersonId, Duration, Duration)>,
    /// People whom the server named, with the time.
    named: BTreeMap<PersonId, Duration>,
}

impl Case {
    /// Draws the people who fall ill before the run ends, in the order of their tests. Person `i`
    /// has the app if `has_app[i]`.
    fn draw(town: &Scenario, has_app: &[bool]) -> Vec<Self> {
        let illness = &town.illness;
        let beginning = town.warm_up.0 + illness.from.0;
        let end = town.end();
        // Everybody draws, so that who falls ill does not depend on who else could.
        let mut candidates: Vec<(f64, Case)> = (0..has_app.len() as u32)
            .map(PersonId::new)
            .filter(|person| has_app[person.index()] || !illness.among_users)
            .map(|person| {
                let mut rng = draws::stream(town.seed, Purpose::Illness, person.number().into());
                let [luck, moment, consent] = std::array::from_fn(|_| rng.random::<f64>());
                let falls_ill_at = beginning + illness.within.0.mul_f64(moment);
                let tested_at = falls_ill_at + illness.test_delay.0;
                let case = Self {
                    person,
                    tested_at,
                    traced_at: tested_at,
                    uploads: consent < illness.upload_share.get(),
                    encounters: Vec::new(),
                    named: BTreeMap::new(),
                };
                (luck, case)
            })
            .collect();
        candidates.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        candidates.truncate(illness.index_cases as usize);
        let falls_ill_in_time = |case: &Self| case.tested_at < end + illness.test_delay.0;
        let cases = candidates.into_iter().map(|(_, case)| case);
        let mut cases: Vec<Self> = cases.filter(falls_ill_in_time).collect();
        cases.sort_by_key(|case| (case.tested_at, case.person));
        cases
    }

    /// Encounters within `window` before the upload: other person, begin.
    fn relevant(&self, window: Duration) -> impl Iterator<Item = (PersonId, Duration)> {
        let (from, until) = (self.traced_at.saturating_sub(window), self.traced_at);
        let is_relevant =
            move |began: &Duration, ended: &Duration| *ended >= from && *began <= until;
        self.encounters
            .iter()
            .filter(move |(_, began, ended)| is_relevant(began, ended))
            .map(|(with, began, _)| (*with, *began))
    }
}

impl Health {
    /// The people who fall ill before the run ends. Person `i` has the app if `has_app[i]`.
    pub fn new(scenario: &Scenario, has_app: &[bool]) -> Self {
        let cases = Case::draw(scenario, has_app);
        let numbers = (0..cases.len() as u32).map(CaseId::new);
        let case_of = cases.iter().map(|case| case.person).zip(numbers).collect();
        Self { cases, case_of, window: scenario.illness.contact_window.0, uploads: 0 }
    }

    /// Schedules the positive tests.
    pub fn begin(&self, core: &mut Core<Event>) {
        for case in &self.cases {
            core.schedule(case.tested_at, Event::Tested(self.case_of[&case.person]));
        }
    }

    /// Who uploads after a positive test; nobody if the index case does not agree.
    pub fn uploader(&self, case: CaseId) -> Option<PersonId> {
        let case = &self.cases[case.index()];
        case.uploads.then_some(case.person)
    }

    /// Counts the upload of an index case.
    pub fn uploaded(&mut self) {
        self.uploads += 1;
    }

    /// Notes an encounter that ended at `until`.
    pub fn met(&mut self, encounter: &Encounter, until: Duration) {
        let [a, b] = encounter.people;
        for (one, other) in [(a, b), (b, a)] {
            if let Some(case) = self.case_of.get(&one) {
                self.cases[case.index()].encounters.push((other, encounter.from, until));
            }
        }
    }

    /// Notes the contacts whom the server has named for a person, and returns whether the person is
    /// an index case.
    pub fn named(&mut self, person: PersonId, contacts: &[PersonId], now: Duration) -> bool {
        let Some(case) = self.case_of.get(&person) else { return false };
        let case = &mut self.cases[case.index()];
        case.traced_at = now;
        for contact in contacts {
            case.named.entry(*contact).or_insert(now);
        }
        true
    }

    /// Whether an index case has been near a person within the retention.
    pub fn were_near(&self, person: PersonId, contact: PersonId, nearness: &Nearness) -> bool {
        let Some(case) = self.case_of.get(&person) else { return false };
        self.cases[case.index()].relevant(self.window).any(|(with, _)| with == contact)
            || nearness.iter().any(|encounter| {
                encounter.people == [person, contact] || encounter.people == [contact, person]
            })
    }

    /// Compares the people whom the server named with those who were near, at the `end` of the run.
    /// Returns the contacts of each case as well.
    pub fn conclude(mut self, nearness: &Nearness, end: Duration) -> (Tracing, Vec<Contact>) {
        for encounter in nearness.iter() {
            self.met(encounter, end);
        }
        let (index_cases, uploads) = (self.cases.len() as u32, self.uploads);
        let mut tracing = Tracing { index_cases, uploads, ..Tracing::default() };
        let mut contacts = Vec::new();
        let mut people_named = HashSet::<PersonId>::new();
        for case in self.cases.iter().filter(|case| case.tested_at <= end) {
            // When they met first, and how often they met.
            let mut met = BTreeMap::new();
            for (with, began) in case.relevant(self.window) {
                let (first, encounters) = met.entry(with).or_insert((began, 0));
                *first = began.min(*first);
                *encounters += 1;
            }
            tracing.contacts += met.len() as u64;
            tracing.named += case.named.len() as u64;
            people_named.extend(case.named.keys());
            for (contact, (first, encounters)) in met {
                let named_at = case.named.get(&contact);
                if let Some(at) = named_at {
                    tracing.traced += 1;
                    tracing.traced_encounters += u64::from(encounters);
                    tracing.seconds_to_notice.push(at.saturating_sub(first).as_secs_f64());
                }
                let (index, is_named) = (case.person, named_at.is_some());
                contacts.push(Contact { index, contact, encounters, is_named });
            }
        }
        tracing.people_named = people_named.len() as u64;
        tracing.seconds_to_notice.sort_by(f64::total_cmp);
        (tracing, contacts)
    }
}
