//! Checks of the cases that the server keeps.

use std::collections::BTreeMap;

use crate::server::contact_tracing::ContactTrace;
use crate::world::database_disk::DatabaseDisk;
use crate::world::ids::PersonId;
use crate::world::phone::username;

/// The contact logs that phones have sent, and those of which they were told that they are taken.
/// It checks that
///
/// - each that was acknowledged is on the disk, also after a crash,
/// - none is there more often than it was sent.
#[derive(Debug)]
pub struct Cases {
    /// By person.
    uploads: Vec<Uploads>,
}

/// What a user has uploaded.
#[derive(Debug, Default)]
struct Uploads {
    /// By content.
    counts: BTreeMap<Vec<u8>, Count>,
    /// The content of the latest one, to which the next answer belongs.
    latest: Vec<u8>,
}

#[derive(Debug, Default)]
struct Count {
    sent: usize,
    acknowledged: usize,
}

impl Cases {
    /// For users who have sent nothing.
    pub fn new(people: u32) -> Self {
        Self { uploads: (0..people).map(|_| Uploads::default()).collect() }
    }

    /// Notes that a user sends a contact log, in the form of the wire.
    pub fn sent(&mut self, person: PersonId, log: &[u8]) {
        let Uploads { counts, latest } = &mut self.uploads[person.index()];
        *latest = log.to_vec();
        counts.entry(latest.clone()).or_default().sent += 1;
    }

    /// Notes that a user is told that the latest contact log was taken.
    pub fn acknowledged(&mut self, person: PersonId) {
        let Uploads { counts, latest } = &mut self.uploads[person.index()];
        counts.entry(latest.clone()).or_default().acknowledged += 1;
    }

    /// Compares what was sent and acknowledged with the cases on the disk.
    ///
    /// # Errors
    ///
    /// A message if one is lost or doubled.
    pub fn check(&self, disk: &DatabaseDisk) -> Result<(), String> {
        let mut stored: BTreeMap<_, BTreeMap<Vec<u8>, usize>> = BTreeMap::new();
        for case in disk.records().cases() {
            let of_user = stored.entry(case.uploader).or_default();
            *of_user.entry(wire(case)).or_default() += 1;
        }
        for (number, Uploads { counts, .. }) in self.uploads.iter().enumerate() {
            let person = PersonId::new(number as u32);
            let mut stored = stored.remove(&username(person)).unwrap_or_default();
            for (log, Count { sent, acknowledged }) in counts {
                let found = stored.remove(log).unwrap_or_default();
                if found < *acknowledged {
                    return Err(format!(
                        "a contact log of {person} was acknowledged and is missing"
                    ));
                }
                if found > *sent {
                    return Err(format!(
                        "a contact log of {person} was sent {sent} times and stored {found} times"
                    ));
                }
            }
            if !stored.is_empty() {
                return Err(format!("a contact log of {person} was stored that was never sent"));
            }
        }
        Ok(())
    }
}

/// The contact log of a case in the form of the wire.
fn wire(case: &ContactTrace) -> Vec<u8> {
    let mut bytes = Vec::new();
    case.entries.iter().for_each(|entry| entry.record.encode(&mut bytes));
    bytes
}

#[cfg(test)]
pub(super) mod tests;
