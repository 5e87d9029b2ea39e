//! Checks of notices.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::protocol::{Notice, TempId, Timestamp};
use crate::server::change::CaseNumber;
use crate::server::contact_tracing::ContactTrace;
use crate::world::database_disk::DatabaseDisk;
use crate::world::ids::PersonId;
use crate::world::phone::{person_of, username};
use crate::world::records::KeptNotice;

/// What users were told of cases. It checks that
///
/// - whoever is named by a case of which people are told has one notice of it on the disk, with the
///   day of the latest contact, also after a crash; and nobody else has,
/// - the server knows of them, unless it was never told that they are stored, and was not started
///   again,
/// - nobody is told anything but those notices,
/// - nobody is told one again once the server has said that it is noted as seen, also after a
///   crash.
#[derive(Debug)]
pub struct Notices {
    /// Whether people are told of every case.
    at_once: bool,
    /// Cases of which the operator has let people be told.
    notified: BTreeSet<CaseNumber>,
    /// Numbers of the notices of which the server knows.
    known: BTreeSet<i64>,
    /// Numbers of the notices that each person was told, and those that are noted as seen.
    users: Vec<BTreeMap<i64, State>>,
    told: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Told,
    Seen,
}

impl Notices {
    /// No notices, for people who are told of every case `at_once`, or when the operator says so.
    pub fn new(people: u32, at_once: bool) -> Self {
        let users = vec![BTreeMap::new(); people as usize];
        Self { at_once, notified: BTreeSet::new(), known: BTreeSet::new(), users, told: 0 }
    }

    /// How often people were told something.
    pub fn told_in_all(&self) -> u64 {
        self.told
    }

    /// Notes that the operator has let people be told of a case, and that `users` were not before.
    pub fn notified(&mut self, case: CaseNumber, users: usize, disk: &DatabaseDisk) {
        self.notified.insert(case);
        let notices = disk.records().notices().iter().filter(|kept| kept.case == case);
        let numbers: Vec<_> = notices.map(|kept| kept.notice.number).collect();
        // Of others the server may not know, if an earlier attempt failed.
        if numbers.len() == users {
            self.known.extend(numbers);
        }
    }

    /// Notes that the server takes a contact log.
    pub fn taken(&mut self, trace: &Arc<ContactTrace>, disk: &DatabaseDisk) {
        let records = disk.records();
        let case = (1..).zip(records.cases()).find(|(_, it)| Arc::ptr_eq(it, trace));
        if let Some((case, _)) = case.filter(|_| self.at_once) {
            let notices = records.notices().iter().filter(|kept| kept.case == case);
            self.known.extend(notices.map(|kept| kept.notice.number));
        }
    }

    /// Notes that the server begins again: it knows what is on the disk.
    pub fn restarted(&mut self, disk: &DatabaseDisk) {
        let notices = disk.records().notices().iter();
        self.known = notices.map(|kept| kept.notice.number).collect();
    }

    /// The notices that the server can tell and nobody has seen.
    pub fn unseen<'a>(&self, disk: &'a DatabaseDisk) -> impl Iterator<Item = &'a KeptNotice> {
        let notices = disk.records().notices().iter();
        notices.filter(|kept| !kept.is_seen && self.known.contains(&kept.notice.number))
    }

    /// Notes that a user is told a notice.
    ///
    /// # Errors
    ///
    /// A message if it is not one for this user, or was seen before.
    pub fn told(
        &mut self,
        person: PersonId,
        notice: &Notice,
        disk: &DatabaseDisk,
    ) -> Result<(), String> {
        let is_it = |kept: &KeptNotice| kept.user == username(person) && kept.notice == *notice;
        if !disk.records().notices().iter().any(is_it) {
            return Err(format!("{person} is told {notice:?}, which is not on the disk"));
        }
        self.told += 1;
        let state = self.users[person.index()].entry(notice.number).or_insert(State::Told);
        match state {
            State::Told => Ok(()),
            State::Seen => Err(format!("{person} is told {notice:?} again, and has seen it")),
        }
    }

    /// Notes that the server has noted a notice as seen.
    pub fn seen(&mut self, person: PersonId, notice: i64) {
        self.users[person.index()].insert(notice, State::Seen);
    }

    /// Compares the notices on the disk with the cases there. `owner_of` says who was told a
    /// TempID, and from when it is valid.
    ///
    /// # Errors
    ///
    /// A message if one is lost, or is there and should not be.
    pub fn check(
        &self,
        disk: &DatabaseDisk,
        owner_of: impl Fn(TempId) -> Option<(PersonId, Timestamp)>,
    ) -> Result<(), String> {
        let mut by_case: BTreeMap<CaseNumber, BTreeMap<PersonId, Timestamp>> = BTreeMap::new();
        for KeptNotice { user, case, notice, is_seen } in disk.records().notices() {
            let person = person_of(*user).ok_or("there is a notice for nobody")?;
            let of_case = by_case.entry(*case).or_default();
            if of_case.insert(person, notice.contact_on).is_some() {
                return Err(format!("case {case} has two notices for {person}"));
            }
            let state = self.users[person.index()].get(&notice.number);
            if state == Some(&State::Seen) && !is_seen {
                return Err(format!("{person} has seen {notice:?}, which is forgotten"));
            }
        }
        for (case, trace) in (1..).zip(disk.records().cases()) {
            let notices = by_case.remove(&case).unwrap_or_default();
            let named = named(trace, &owner_of);
            let is_complete = if self.at_once || self.notified.contains(&case) {
                notices == named
            } else {
                notices.iter().all(|(person, day)| named.get(person) == Some(day))
            };
            if !is_complete {
                return Err(format!("case {case} names {named:?} and has notices for {notices:?}"));
            }
        }
        match by_case.first_key_value() {
            None => Ok(()),
            Some((case, _)) => Err(format!("there are notices of case {case}, which is lost")),
        }
    }
}

/// Whom a case names, and the day of the latest contact.
fn named(
    trace: &ContactTrace,
    owner_of: impl Fn(TempId) -> Option<(PersonId, Timestamp)>,
) -> BTreeMap<PersonId, Timestamp> {
    let mut named = BTreeMap::new();
    for (person, start) in trace.entries.iter().filter_map(|entry| owner_of(entry.record.temp_id)) {
        let day = named.entry(person).or_insert(start.start_of_day());
        *day = start.start_of_day().max(*day);
    }
    named.retain(|person, _| username(*person) != trace.uploader);
    named
}

#[cfg(test)]
mod tests;
