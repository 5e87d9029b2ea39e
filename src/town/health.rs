//! Index cases, and what the authority finds out.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use rand::RngExt;

use super::draws::{self, Purpose};
use super::event::Event;
use super::ids::{PersonId, PhoneId};
use super::outcome::{Contact, Traced, Upload};
use super::{Core, Town};
use crate::protocol::Username;
use crate::server::contact_tracing::ContactTrace;
use crate::workload::step::Step;
use crate::world::phone::number_of;

/// A person who falls ill.
#[derive(Debug)]
pub struct Case {
    /// The person.
    pub person: PersonId,
    /// Time of the positive test.
    pub tested_at: Duration,
    /// Time of the upload; that of the test before it.
    pub traced_at: Duration,
    /// Whether the person agrees to upload.
    pub uploads: bool,
    /// Finished encounters: other person, begin, end.
    pub encounters: Vec<(PersonId, Duration, Duration)>,
    /// People whom the server named, with the time.
    pub named: BTreeMap<PersonId, Duration>,
}

impl Case {
    /// Draws the people who fall ill before the run ends, in the order of their tests. Person `i`
    /// has the app if `has_app[i]`.
    pub fn draw(town: &super::Scenario, has_app: &[bool]) -> Vec<Self> {
        let illness = &town.illness;
        let beginning = town.warm_up.0 + illness.from.0;
        let end = town.warm_up.0 + town.duration.0;
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

/// Index of the case of each person in `cases`.
pub fn case_numbers(cases: &[Case]) -> HashMap<PersonId, usize> {
    cases.iter().enumerate().map(|(number, case)| (case.person, number)).collect()
}

impl Town {
    /// The case of a person, if they fall ill.
    pub(super) fn case_of(&mut self, person: PersonId) -> Option<&mut Case> {
        let number = self.case_of.get(&person)?;
        self.cases.get_mut(*number)
    }

    /// Handles a positive test: the index case uploads, if they can and agree.
    pub(super) fn tested(&mut self, case: u32, core: &mut Core<Event>) {
        let case = &self.cases[case as usize];
        if let Some(phone) = self.owners.phone_of(case.person)
            && case.uploads
        {
            core.phones[phone.index()].intend(&[Step::Upload, Step::LogOut]);
            core.wake(phone.number());
        }
    }

    /// Notes a contact log that the server accepted.
    pub(super) fn uploaded(&mut self, phone: PhoneId, entries: usize, core: &Core<Event>) {
        let is_forged = self.owners.is_adversary(phone);
        if is_forged {
            self.outcome.adversaries.forged_logs += 1;
        } else {
            self.outcome.tracing.uploads += 1;
        }
        if self.collect.records {
            let (at, person) = (core.clock.elapsed().as_secs_f64(), self.owners.owner_of(phone));
            let entries = entries as u64;
            self.records.uploads.push(Upload { at, person, entries, is_forged });
        }
    }

    /// Notes the people whom the server named for a contact log.
    pub(super) fn traced(&mut self, trace: &ContactTrace, core: &Core<Event>) {
        let person_of = |user: Username| number_of(user.as_str().as_bytes()).map(PersonId::new);
        let Some(person) = person_of(trace.uploader) else { return };
        let now = core.clock.elapsed();
        let mut fresh: Vec<PersonId> = trace.contacts().filter_map(person_of).collect();
        fresh.sort_unstable();
        fresh.dedup();
        if self.collect.messages {
            let names: Vec<String> =
                fresh.iter().map(|contact| self.owners.name_of(*contact)).collect();
            self.transcript.named(now, &self.owners.name_of(person), &names);
        }
        let case = self.case_of.get(&person).copied();
        if let Some(case) = case {
            self.cases[case].traced_at = now;
        }
        // Who uploads may have heard an echo of the own phone; nobody calls them for that.
        fresh.retain(|contact| *contact != person);
        for contact in fresh {
            let is_real = case.is_some_and(|case| self.were_near(case, contact, now));
            match case {
                Some(case) => {
                    self.cases[case].named.entry(contact).or_insert(now);
                }
                None => self.outcome.adversaries.forged_names += 1,
            }
            if self.collect.records {
                let at = now.as_secs_f64();
                self.records.traces.push(Traced { at, index: person, contact, is_real });
            }
        }
    }

    fn were_near(&self, case: usize, contact: PersonId, now: Duration) -> bool {
        let case = &self.cases[case];
        let lasts = |encounter: &super::nearness::Encounter| {
            encounter.people == [case.person, contact] || encounter.people == [contact, case.person]
        };
        case.relevant(self.scenario.illness.contact_window.0).any(|(with, _)| with == contact)
            || self.nearness.iter().any(|encounter| lasts(encounter) && encounter.from <= now)
    }

    /// Compares the people whom the server named with those who were near, at the end.
    pub(super) fn conclude_tracing(&mut self) {
        let window = self.scenario.illness.contact_window.0;
        for encounter in self.nearness.iter() {
            let [a, b] = encounter.people;
            for (one, other) in [(a, b), (b, a)] {
                if let Some(case) = self.case_of.get(&one) {
                    self.cases[*case].encounters.push((other, encounter.from, self.end));
                }
            }
        }
        let (tracing, ends_before) = (&mut self.outcome.tracing, self.end);
        let mut people_named = HashSet::<PersonId>::new();
        tracing.index_cases = self.cases.len() as u32;
        for case in self.cases.iter().filter(|case| case.tested_at <= ends_before) {
            // When they met first, and how often they met.
            let mut met = BTreeMap::new();
            for (with, began) in case.relevant(window) {
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
                if self.collect.records {
                    let (index, is_named) = (case.person, named_at.is_some());
                    self.records.contacts.push(Contact { index, contact, encounters, is_named });
                }
            }
        }
        tracing.people_named = people_named.len() as u64;
        tracing.seconds_to_notice.sort_by(f64::total_cmp);
    }
}
