//! Who was near whom before an upload, and what the server made of it.

use std::collections::BTreeMap;

use crate::town::Records;
use crate::town::outcome::{Traced, Upload};

/// Somebody who uploaded, and everybody whom that concerns.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Case {
    /// Who uploaded.
    pub(super) person: u32,
    /// Whether the upload is forged.
    pub(super) is_forged: bool,
    /// Sorted by what the server made of them, then by number.
    pub(super) contacts: Vec<Contact>,
}

/// Somebody who was near somebody who uploaded, or of whom the server says so.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub(super) struct Contact {
    /// What the server made of it.
    pub(super) finding: Finding,
    /// Who.
    pub(super) person: u32,
    /// How often they met within the contact window.
    pub(super) encounters: u32,
}

/// What the server made of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Finding {
    /// It was one, and the server named them.
    Traced,
    /// It was one, and the server did not name them although they have the app.
    MissedUser,
    /// It was one, and they do not have the app.
    MissedOther,
    /// The server named them, and they were not near.
    FalselyNamed,
}

impl Finding {
    /// All, in their order.
    pub(super) const ALL: [Self; 4] =
        [Self::Traced, Self::MissedUser, Self::MissedOther, Self::FalselyNamed];
}

impl Case {
    /// How many contacts the server made this of.
    pub(super) fn count(&self, finding: Finding) -> usize {
        self.contacts.iter().filter(|contact| contact.finding == finding).count()
    }
}

/// Everybody who uploaded, in the order of their first upload.
pub(super) fn cases(records: &Records) -> Vec<Case> {
    let mut cases: Vec<(Upload, BTreeMap<u32, Contact>)> = Vec::new();
    let mut numbers = BTreeMap::new();
    for upload in &records.uploads {
        numbers.entry(upload.person).or_insert_with(|| {
            cases.push((*upload, BTreeMap::new()));
            cases.len() - 1
        });
    }
    for real in &records.contacts {
        if let Some((_, contacts)) = numbers.get(&real.index).map(|at| &mut cases[*at]) {
            let finding =
                if real.is_named { Finding::Traced } else { missed(records, real.contact) };
            let (person, encounters) = (real.contact, real.encounters);
            contacts.insert(person, Contact { finding, person, encounters });
        }
    }
    for Traced { index, contact: person, .. } in &records.traces {
        if let Some((_, contacts)) = numbers.get(index).map(|at| &mut cases[*at]) {
            let finding = Finding::FalselyNamed;
            let stranger = Contact { finding, person: *person, encounters: 0 };
            contacts.entry(*person).or_insert(stranger);
        }
    }
    cases.into_iter().map(|(upload, contacts)| case(upload, contacts)).collect()
}

/// What it is if the server does not name somebody who was near.
fn missed(records: &Records, person: u32) -> Finding {
    let has_app = records.has_app.get(person as usize).is_some_and(|has_app| *has_app);
    if has_app { Finding::MissedUser } else { Finding::MissedOther }
}

fn case(upload: Upload, contacts: BTreeMap<u32, Contact>) -> Case {
    let mut contacts: Vec<_> = contacts.into_values().collect();
    contacts.sort_by_key(|contact| (contact.finding, contact.person));
    Case { person: upload.person, is_forged: upload.is_forged, contacts }
}

#[cfg(test)]
mod tests;
