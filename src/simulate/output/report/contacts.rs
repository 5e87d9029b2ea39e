//! Who was near whom before an upload, and what the server made of it.

use std::collections::BTreeMap;

use crate::town::Records;
use crate::town::outcome::Upload;

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
    /// How often they met within the retention.
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

/// Everybody who uploaded, in the order of their first upload. A contact log keeps beacons for
/// `retention` seconds.
pub(super) fn cases(records: &Records, retention: f64) -> Vec<Case> {
    let mut cases: Vec<(Upload, BTreeMap<u32, Contact>)> = Vec::new();
    let mut numbers = BTreeMap::new();
    for upload in &records.uploads {
        let number = *numbers.entry(upload.person).or_insert_with(|| {
            cases.push((*upload, BTreeMap::new()));
            cases.len() - 1
        });
        // Whoever uploads twice has shown more the second time.
        cases[number].0 = *upload;
    }
    for encounter in &records.encounters {
        for (index, other) in [(encounter.a, encounter.b), (encounter.b, encounter.a)] {
            let Some((upload, contacts)) = numbers.get(&index).map(|at| &mut cases[*at]) else {
                continue;
            };
            if encounter.from <= upload.at && encounter.until >= upload.at - retention {
                let contact = contacts.entry(other).or_insert_with(|| missed(records, other));
                contact.encounters += 1;
            }
        }
    }
    for trace in &records.traces {
        if let Some((_, contacts)) = numbers.get(&trace.index).map(|at| &mut cases[*at]) {
            let named =
                contacts.entry(trace.contact).or_insert_with(|| missed(records, trace.contact));
            named.finding = if trace.is_real { Finding::Traced } else { Finding::FalselyNamed };
        }
    }
    cases.into_iter().map(|(upload, contacts)| case(upload, contacts)).collect()
}

fn missed(records: &Records, person: u32) -> Contact {
    let has_app = records.has_app.get(person as usize).is_some_and(|has_app| *has_app);
    let finding = if has_app { Finding::MissedUser } else { Finding::MissedOther };
    Contact { finding, person, encounters: 0 }
}

fn case(upload: Upload, contacts: BTreeMap<u32, Contact>) -> Case {
    let mut contacts: Vec<_> = contacts.into_values().collect();
    contacts.sort_by_key(|contact| (contact.finding, contact.person));
    Case { person: upload.person, is_forged: upload.is_forged, contacts }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::town::outcome::{Encounter, Traced};

    fn encounter(from: f64, a: u32, b: u32) -> Encounter {
        Encounter {
            from,
            until: from + 10.0,
            a,
            b,
            is_possible: true,
            a_recorded: true,
            b_recorded: true,
        }
    }

    fn upload(at: f64, person: u32) -> Upload {
        Upload { at, person, entries: 1, is_forged: false }
    }

    fn found(case: &Case) -> Vec<(u32, Finding, u32)> {
        let of = |of: &Contact| (of.person, of.finding, of.encounters);
        case.contacts.iter().map(of).collect()
    }

    #[test]
    fn people_near_before_the_upload_are_contacts() {
        let records = Records {
            encounters: vec![
                // The log has forgotten this one at the upload,
                encounter(0.0, 0, 1),
                encounter(100.0, 2, 0),
                encounter(110.0, 0, 3),
                encounter(120.0, 3, 0),
                encounter(130.0, 0, 4),
                // and does not know this one yet.
                encounter(300.0, 0, 5),
                encounter(100.0, 6, 7),
            ],
            uploads: vec![upload(200.0, 0)],
            traces: vec![
                Traced { at: 200.0, index: 0, contact: 3, is_real: true },
                Traced { at: 200.0, index: 0, contact: 6, is_real: false },
            ],
            has_app: vec![true, true, false, true, true, true, true, true],
            ..Records::default()
        };
        let cases = cases(&records, 100.0);
        assert_eq!(cases.len(), 1);
        assert_eq!(
            found(&cases[0]),
            [
                (3, Finding::Traced, 2),
                (4, Finding::MissedUser, 1),
                (2, Finding::MissedOther, 1),
                (6, Finding::FalselyNamed, 0),
            ]
        );
        assert_eq!(cases[0].count(Finding::Traced), 1);
    }

    #[test]
    fn two_uploads_of_one_person_are_one_case() {
        let records = Records {
            encounters: vec![encounter(0.0, 0, 1), encounter(100.0, 0, 2)],
            uploads: vec![upload(50.0, 0), upload(60.0, 2), upload(150.0, 0)],
            ..Records::default()
        };
        let cases = cases(&records, 1000.0);
        let people: Vec<_> = cases.iter().map(|case| (case.person, case.contacts.len())).collect();
        assert_eq!(people, [(0, 2), (2, 0)]);
    }

    #[test]
    fn two_index_cases_that_met_are_contacts_of_each_other() {
        let records = Records {
            encounters: vec![encounter(0.0, 0, 1)],
            uploads: vec![upload(50.0, 0), upload(60.0, 1)],
            ..Records::default()
        };
        let cases = cases(&records, 1000.0);
        assert_eq!(found(&cases[0]), [(1, Finding::MissedOther, 1)]);
        assert_eq!(found(&cases[1]), [(0, Finding::MissedOther, 1)]);
    }
}
