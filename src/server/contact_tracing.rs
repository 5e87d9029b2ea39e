//! From an uploaded contact log to the people to be called. It has no clock and shows nothing.

use std::collections::HashSet;

use super::registry::Registry;
use crate::protocol::{ContactRecord, Timestamp, Username};

/// What an uploaded contact log says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactTrace {
    /// The user who uploaded it.
    pub uploader: Username,
    /// Its entries, in their order.
    pub entries: Vec<TracedEntry>,
    /// What is odd about entries that were traced, in the order of the entries.
    pub oddities: Vec<(EntryIndex, Oddity)>,
}

/// One entry of a contact log, and whom it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TracedEntry {
    /// The entry as the phone has it.
    pub record: ContactRecord,
    /// The user to whom its TempID was issued; `None` if it was never issued here.
    pub contact: Option<Username>,
}

/// Index of an entry in [`ContactTrace::entries`], from 0.
pub type EntryIndex = usize;

/// Why an entry may name somebody who was not near, although its TempID was issued here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Oddity {
    /// Its times are not those of the server's record.
    TimesDiffer,
    /// Its TempID is not valid yet: nobody can have heard it.
    InTheFuture,
    /// Its TempID is the uploader's own: an echo, or a copy.
    Own,
    /// An earlier entry has the same TempID.
    Repeated,
}

impl ContactTrace {
    /// Traces the contact log `log` that `uploader` uploads at `now`.
    ///
    /// An odd entry is traced all the same, as its TempID was issued: the authority judges.
    pub fn new(
        uploader: Username,
        log: &[ContactRecord],
        registry: &Registry,
        now: Timestamp,
    ) -> Self {
        let mut trace =
            Self { uploader, entries: Vec::with_capacity(log.len()), oddities: Vec::new() };
        let mut seen = HashSet::with_capacity(log.len());
        for (index, record) in log.iter().enumerate() {
            let found = registry.find(record.temp_id);
            let contact = found.map(|(contact, _)| contact);
            trace.entries.push(TracedEntry { record: *record, contact });
            let is_repeated = !seen.insert(record.temp_id);
            let Some((contact, issued)) = found else { continue };
            let oddities = [
                (issued != *record, Oddity::TimesDiffer),
                (now < issued.start, Oddity::InTheFuture),
                (contact == uploader, Oddity::Own),
                (is_repeated, Oddity::Repeated),
            ];
            let is_odd = oddities.into_iter().filter(|(is_so, _)| *is_so);
            trace.oddities.extend(is_odd.map(|(_, oddity)| (index, oddity)));
        }
        trace
    }

    /// The users whom it names, in the order of the entries; some maybe more than once.
    pub fn contacts(&self) -> impl Iterator<Item = Username> {
        self.entries.iter().filter_map(|entry| entry.contact)
    }

    /// How many entries have a TempID that was never issued here.
    pub fn unknown(&self) -> usize {
        self.entries.iter().filter(|entry| entry.contact.is_none()).count()
    }
}

#[cfg(test)]
pub(super) mod tests;
