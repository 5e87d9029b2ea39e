//! From an uploaded contact log to the people to be called. It has no clock and shows nothing.

use std::collections::HashSet;

use crate::protocol::{ContactRecord, TempId, Timestamp, Username};

/// What an uploaded contact log says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactTrace {
    /// The user who uploaded it.
    pub uploader: Username,
    /// When it arrived.
    pub uploaded_at: Timestamp,
    /// Its entries, in their order.
    pub entries: Vec<TracedEntry>,
    /// What is odd about entries, in the order of the entries.
    pub oddities: Vec<(EntryIndex, Oddity)>,
}

/// One entry of a contact log, and whom it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TracedEntry {
    /// The entry as the phone has it.
    pub record: ContactRecord,
    /// To whom and for when its TempID was issued; `None` if it was never issued here.
    pub issued: Option<Issued>,
}

/// The server's own record of a TempID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Issued {
    /// The user to whom it was issued.
    pub user: Username,
    /// From when it was valid.
    pub start: Timestamp,
    /// Until when, included.
    pub expiry: Timestamp,
}

impl TracedEntry {
    /// The user whom it names.
    pub fn contact(&self) -> Option<Username> {
        self.issued.map(|issued| issued.user)
    }
}

/// Index of an entry in [`ContactTrace::entries`], from 0.
pub type EntryIndex = usize;

/// Why an entry may name somebody who was not near, or nobody, although its TempID was issued here.
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
    /// It is older than TempIDs are kept, so it names nobody.
    OlderThanRetention,
}

impl Oddity {
    /// All of them, in the order of their declaration.
    pub const ALL: [Self; 5] =
        [Self::TimesDiffer, Self::InTheFuture, Self::Own, Self::Repeated, Self::OlderThanRetention];

    /// The word for it in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::TimesDiffer => "times_differ",
            Self::InTheFuture => "in_the_future",
            Self::Own => "own",
            Self::Repeated => "repeated",
            Self::OlderThanRetention => "older_than_retention",
        }
    }
}

impl ContactTrace {
    /// Memory that tracing an entry takes at most, in bytes: the entry, its oddities, and the table
    /// of the TempIDs seen.
    pub const MEMORY_PER_ENTRY: usize = size_of::<TracedEntry>()
        + Oddity::ALL.len() * size_of::<(EntryIndex, Oddity)>()
        + 4 * size_of::<TempId>();

    /// What is odd about an entry.
    pub fn oddities_of(&self, index: EntryIndex) -> impl Iterator<Item = Oddity> {
        let from = self.oddities.partition_point(|(odd, _)| *odd < index);
        let of_entry = self.oddities[from..].iter().take_while(move |(odd, _)| *odd == index);
        of_entry.map(|(_, oddity)| *oddity)
    }

    /// The users whom it names, in the order of the entries; some maybe more than once.
    pub fn contacts(&self) -> impl Iterator<Item = Username> {
        self.entries.iter().filter_map(TracedEntry::contact)
    }

    /// How many entries have a TempID that was never issued here, as far as that is known.
    pub fn unknown(&self) -> usize {
        let is_old = |(_, oddity): &&(EntryIndex, Oddity)| *oddity == Oddity::OlderThanRetention;
        let old = self.oddities.iter().filter(is_old).count();
        self.entries.iter().filter(|entry| entry.issued.is_none()).count() - old
    }
}

/// A contact log that is being traced, some entries at a time: with encrypted TempIDs, a long one
/// takes so long that others would have to wait.
#[derive(Debug)]
pub struct Tracing {
    trace: ContactTrace,
    /// Number of entries that are traced.
    done: usize,
    /// TempIDs of those.
    seen: HashSet<TempId>,
    /// What expired before names nobody any more.
    since: Timestamp,
}

impl Tracing {
    /// Begins to trace the contact log `log` that `uploader` uploads at `now`. TempIDs that expired
    /// before `since` are not kept any more.
    pub fn new(
        uploader: Username,
        log: &[ContactRecord],
        now: Timestamp,
        since: Timestamp,
    ) -> Self {
        let untraced = |record: &ContactRecord| TracedEntry { record: *record, issued: None };
        let entries = log.iter().map(untraced).collect();
        let trace = ContactTrace { uploader, uploaded_at: now, entries, oddities: Vec::new() };
        Self { trace, done: 0, seen: HashSet::with_capacity(log.len()), since }
    }

    /// Traces `count` more entries, or all that are left. `find` tells to whom the TempID of a
    /// record was issued, and for which time.
    ///
    /// An odd entry is traced all the same, as its TempID was issued: the authority judges.
    pub fn go_on(
        &mut self,
        count: usize,
        find: impl Fn(&ContactRecord) -> Option<(Username, ContactRecord)>,
    ) {
        let Self { trace, done, seen, since } = self;
        let ContactTrace { uploader, uploaded_at, entries, oddities } = trace;
        for (index, entry) in entries.iter_mut().enumerate().skip(*done).take(count) {
            *done += 1;
            let record = &entry.record;
            let is_repeated = !seen.insert(record.temp_id);
            let is_old = |record: &ContactRecord| record.expiry < *since;
            let found = if is_old(record) { None } else { find(record) };
            if is_old(record) || found.is_some_and(|(_, issued)| is_old(&issued)) {
                oddities.push((index, Oddity::OlderThanRetention));
                continue;
            }
            let Some((user, issued)) = found else { continue };
            let possible = [
                (issued != *record, Oddity::TimesDiffer),
                (*uploaded_at < issued.start, Oddity::InTheFuture),
                (user == *uploader, Oddity::Own),
                (is_repeated, Oddity::Repeated),
            ];
            let is_odd = possible.into_iter().filter(|(is_so, _)| *is_so);
            oddities.extend(is_odd.map(|(_, oddity)| (index, oddity)));
            let ContactRecord { start, expiry, .. } = issued;
            entry.issued = Some(Issued { user, start, expiry });
        }
    }

    /// Number of entries that are not traced yet.
    pub fn left(&self) -> usize {
        self.trace.entries.len() - self.done
    }

    /// What the contact log says, as far as it is traced.
    pub fn end(self) -> ContactTrace {
        self.trace
    }
}

/// The names of oddities, separated by blanks.
pub fn names(oddities: impl Iterator<Item = Oddity>) -> String {
    oddities.map(Oddity::name).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
pub(crate) mod tests;
