//! The contacts of people who uploaded, and whether the server named them.

use std::collections::BTreeMap;

use crate::town::Records;
use crate::town::ids::PersonId;
use crate::town::outcome::{Traced, Upload};

/// A person who uploaded, with all contacts, real or named.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Case {
    /// Person who uploaded.
    pub(super) person: PersonId,
    /// Whether the upload is forged.
    pub(super) is_forged: bool,
    /// Contacts, sorted by finding and then by person.
    pub(super) contacts: Vec<Contact>,
}

/// A person who was near a case, or whom the server named as a contact of it.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub(super) struct Contact {
    /// Whether the contact is real and was named.
    pub(super) finding: Finding,
    /// Person of the contact.
    pub(super) person: PersonId,
    /// Number of encounters with the case within the contact window.
    pub(super) encounters: u32,
}

/// Whether a contact is real, and whether the server named it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Finding {
    /// A real contact that the server named.
    Traced,
    /// A real contact with the app that the server did not name.
    MissedUser,
    /// A real contact without the app.
    MissedOther,
    /// A person whom the server named and who was not near.
    FalselyNamed,
}

impl Finding {
    /// All findings, in ascending order.
    pub(super) const ALL: [Self; 4] =
        [Self::Traced, Self::MissedUser, Self::MissedOther, Self::FalselyNamed];
}

impl Case {
    /// Number of contacts with this finding.
    pub(super) fn count(&self, finding: Finding) -> usize {
        self.contacts.iter().filter(|contact| contact.finding == finding).count()
    }
}

/// The cases of a run, in the order of their first upload.
pub(super) fn cases(records: &Records) -> Vec<Case> {
    let mut cases: Vec<(Upload, BTreeMap<PersonId, Contact>)> = Vec::new();
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

/// The finding for a real contact that the server did not name.
fn missed(records: &Records, person: PersonId) -> Finding {
    let has_app = records.has_app.get(person.index()).is_some_and(|has_app| *has_app);
    if has_app { Finding::MissedUser } else { Finding::MissedOther }
}

fn case(upload: Upload, contacts: BTreeMap<PersonId, Contact>) -> Case {
    let mut contacts: Vec<_> = contacts.into_values().collect();
    contacts.sort_by_key(|contact| (contact.finding, contact.person));
    Case { person: upload.person, is_forged: upload.is_forged, contacts }
}

#[cfg(test)]
mod tests;
