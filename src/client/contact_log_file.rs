//! The contact log on disk, as a machine over a [`LogStorage`].

mod lines;
mod notice;
mod receptions;

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use self::lines::Lines;
pub use self::notice::Notice;
use self::receptions::{Ages, Receptions};
use super::contact_log::{ContactLog, Entry};
use super::log_storage::LogStorage;
use crate::clock::Now;
use crate::protocol::{ContactRecord, TempId, Username};
use crate::text_file::FileError;

/// An entry that a saved file lacks may not have been deleted by whoever saved it if it came to the
/// file after all that is left there, and less than this ago: the editor may have been opened
/// before.
pub const EDITING_TIME: Duration = Duration::from_secs(10 * 60);

/// A file that somebody else has changed is not rewritten before it has looked the same for so
/// long. Editors that save in place write for some milliseconds.
pub const SETTLING_TIME: Duration = Duration::from_secs(2);

/// A contact log on disk, so that it survives a restart of the phone.
///
/// `<username>_contactlog.txt` has the records, in the form of the assignment. When each was
/// received has no place in that form, but the time to keep it counts from there: that is in a
/// second file, `<username>_contactlog_received.txt`. A record without a known reception, such as
/// one that somebody wrote by hand, counts as received when it is first seen.
///
/// The user may edit or delete the first file at any time, also with an editor that writes into it;
/// it is read again before it is used or written. A line that is no record is copied to
/// `<username>_contactlog_rejected.txt` before it leaves the file. Only the program that has the
/// lock reads and writes any of them.
#[derive(Debug)]
pub struct ContactLogFile<S: LogStorage> {
    names: Names,
    content: Content<S>,
    /// Entries that the user took from the file, until it has settled: an editor that saves in
    /// place empties the file first, and what comes back has its old age.
    departed: HashMap<TempId, (ContactRecord, Instant)>,
    /// Entries that the file lacks since somebody saved it, to be put back by the next rewrite,
    /// once.
    spared: HashSet<TempId>,
    receptions: Receptions,
    notices: Vec<Notice>,
}

#[derive(Debug)]
struct Names {
    records: String,
    receptions: String,
    rejected: String,
    lock: String,
}

/// What is known of the records on disk.
#[derive(Debug)]
enum Content<S: LogStorage> {
    /// They cannot be read, or another program has the lock.
    Unread,
    /// Whatever differs from this now is the user's doing.
    Read {
        /// None if the storage cannot be locked, as where nothing can be written.
        _lock: Option<S::Lock>,
        known: HashMap<TempId, Known>,
        /// Places of the file that were given so far.
        places: usize,
        /// What the file looked like then; none if there was none.
        stamp: Option<S::Stamp>,
        /// What somebody else made of it, and when that was seen first.
        foreign: Option<(Option<S::Stamp>, Instant)>,
    },
}

/// A record that was in the file when it was last read or written.
#[derive(Debug, Clone, Copy)]
struct Known {
    /// Its place in the file.
    place: usize,
    since: Instant,
    /// It was put back once, so that whoever saves the file without it again means it: editors warn
    /// of a file that has changed since they read it.
    is_disputed: bool,
}

/// What somebody else made of the file.
struct Saved<'a, S: LogStorage> {
    stamp: Option<S::Stamp>,
    is_there: bool,
    lines: Lines<'a>,
}

impl<S: LogStorage> ContactLogFile<S> {
    /// The files of `user`. Nothing is read or written yet.
    pub fn new(user: Username) -> Self {
        Self {
            names: Names {
                records: format!("{user}_contactlog.txt"),
                receptions: format!("{user}_contactlog_received.txt"),
                rejected: format!("{user}_contactlog_rejected.txt"),
                lock: format!(".{user}_contactlog.lock"),
            },
            content: Content::Unread,
            departed: HashMap::new(),
            spared: HashSet::new(),
            receptions: Receptions::default(),
            notices: Vec::new(),
        }
    }

    /// Takes what the user should know.
    pub fn notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// Removes the files, also if another program has the log.
    ///
    /// # Errors
    ///
    /// What the system says of the first file that cannot be removed.
    pub fn erase(self, storage: &mut S) -> Result<(), FileError> {
        let Names { records, receptions, rejected, lock: _ } = &self.names;
        let mut erased = Ok(());
        for name in [records, receptions, rejected] {
            storage.discard_unfinished(name);
            let removed = storage.remove(name);
            erased = erased.and(removed.map_err(|error| FileError::io(&storage.path(name), error)));
        }
        erased
    }

    /// Whether this program has the log, and nobody else is writing it as far as can be seen.
    pub fn is_writable(&self, now: Now) -> bool {
        self.is_read() && self.is_settled(now.monotonic)
    }

    /// Whether this program has the log.
    pub fn is_read(&self) -> bool {
        matches!(self.content, Content::Read { .. })
    }

    /// Makes `log` follow the file. The first time, the records of an earlier run are added to
    /// `log` with the ages that it wrote down. From then on, records that the user added count as
    /// received now, and those that were deleted are gone. Returns whether the file has to be
    /// rewritten.
    ///
    /// # Errors
    ///
    /// A [`Notice`] that says why the file cannot be used; then `log` is as it was.
    pub fn follow(
        &mut self,
        storage: &mut S,
        log: &mut ContactLog,
        now: Now,
    ) -> Result<bool, Notice> {
        let looks = storage.stamp(&self.names.records);
        match &mut self.content {
            Content::Unread => return self.load(storage, log, now),
            Content::Read { stamp, .. } if *stamp == looks => {
                return Ok(self.receptions.is_of_another_clock(now));
            }
            Content::Read { foreign: Some((seen, _)), .. } if *seen == looks => {}
            Content::Read { foreign, .. } => *foreign = Some((looks.clone(), now.monotonic)),
        }
        let content = self.read(storage)?;
        let mut lines = Lines::of(content.as_deref().unwrap_or_default());
        if lines.last_is_unfinished() {
            if !self.is_settled(now.monotonic) {
                // Somebody is writing it.
                return Ok(true);
            }
            lines.reject_last();
        }
        self.keep_rejected(storage, &lines)?;
        let saved = Saved { stamp: looks, is_there: content.is_some(), lines };
        Ok(self.merge(saved, log, now))
    }

    /// Adds an entry that is new; the file must be [writable](Self::is_writable).
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn append(&mut self, storage: &mut S, entry: &Entry, now: Now) -> Result<(), FileError> {
        let Content::Read { known, places, stamp, .. } = &mut self.content else {
            return Ok(());
        };
        let mut line = Vec::with_capacity(ContactRecord::LINE_LEN + 1);
        entry.record.encode_line(&mut line);
        line.push(b'\n');
        let name = &self.names.records;
        let before = storage.stamp(name);
        let appended = storage.append(name, &line);
        appended.map_err(|error| FileError::io(&storage.path(name), error))?;
        let is_new = Known { place: *places, since: now.monotonic, is_disputed: false };
        known.insert(entry.record.temp_id, is_new);
        *places += 1;
        // Otherwise there is still something to follow.
        if *stamp == before {
            *stamp = storage.stamp(name);
        }
        self.append_reception(storage, entry, now)
    }

    /// Writes down that the beacon of an entry was received now.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn append_reception(
        &mut self,
        storage: &mut S,
        entry: &Entry,
        now: Now,
    ) -> Result<(), FileError> {
        let lines = self.receptions.next(entry.record.temp_id, storage, now);
        let name = &self.names.receptions;
        let appended = storage.append(name, &lines);
        appended.map_err(|error| FileError::io(&storage.path(name), error))
    }

    /// Whether so many receptions are written down that the files had better be rewritten.
    pub fn is_overgrown(&self, log: &ContactLog) -> bool {
        self.receptions.lines() > 2 * log.len() + 1024
    }

    /// Whether the files do not have just one line each for each entry of `log`.
    fn is_untidy(&self, log: &ContactLog) -> bool {
        match &self.content {
            Content::Unread => false,
            Content::Read { known, .. } => {
                known.len() != log.len() || self.receptions.lines() != log.len()
            }
        }
    }

    /// Returns when the file has settled if it does not change again; none if nobody else has
    /// changed it since it was written.
    pub fn settles_at(&self) -> Option<Instant> {
        match &self.content {
            Content::Unread | Content::Read { foreign: None, .. } => None,
            Content::Read { foreign: Some((_, since)), .. } => Some(*since + SETTLING_TIME),
        }
    }

    fn is_settled(&self, now: Instant) -> bool {
        self.settles_at().is_none_or(|at| at <= now)
    }

    /// Writes both files anew; they must be [writable](Self::is_writable).
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn rewrite(
        &mut self,
        storage: &mut S,
        log: &ContactLog,
        now: Now,
    ) -> Result<(), FileError> {
        let Content::Read { known, places, stamp, foreign, .. } = &mut self.content else {
            return Ok(());
        };
        let mut records = Vec::with_capacity(log.len() * (ContactRecord::LINE_LEN + 1));
        for entry in log.iter() {
            entry.record.encode_line(&mut records);
            records.push(b'\n');
        }
        let name = &self.names.records;
        let replaced = storage.replace(name, &records);
        replaced.map_err(|error| FileError::io(&storage.path(name), error))?;
        let before = std::mem::take(known);
        *known = log
            .iter()
            .enumerate()
            .map(|(place, Entry { record: ContactRecord { temp_id, .. }, .. })| {
                let known = before.get(temp_id);
                let since = known.map_or(now.monotonic, |known| known.since);
                let is_disputed = known.is_some_and(|known| known.is_disputed);
                let is_disputed = is_disputed || self.spared.contains(temp_id);
                (*temp_id, Known { place, since, is_disputed })
            })
            .collect();
        (*places, *stamp, *foreign) = (log.len(), storage.stamp(name), None);
        self.departed.clear();
        let put_back = self.spared.drain().filter(|temp_id| log.find(*temp_id).is_some()).count();
        if put_back > 0 {
            self.notices.push(Notice::Spared { path: storage.path(name), count: put_back });
        }
        let lines = self.receptions.all(log, storage, now);
        let name = &self.names.receptions;
        let replaced = storage.replace(name, &lines);
        replaced.map_err(|error| FileError::io(&storage.path(name), error))
    }

    /// Reads the files of an earlier run, and returns whether they have to be rewritten.
    fn load(&mut self, storage: &mut S, log: &mut ContactLog, now: Now) -> Result<bool, Notice> {
        let lock = match storage.lock(&self.names.lock) {
            Ok(None) => return Err(Notice::InUse { path: storage.path(&self.names.records) }),
            Ok(Some(lock)) => Some(lock),
            // Where nothing can be written, nobody else writes either.
            Err(_) => None,
        };
        let name = &self.names.records;
        storage.discard_unfinished(name);
        storage.discard_unfinished(&self.names.receptions);
        let looks = storage.stamp(name);
        let content = self.read(storage)?.unwrap_or_default();
        let lines = Lines::of(&content);
        // Its records count even if its wrong lines cannot be moved. The next look tells of that.
        let are_kept = self.keep_rejected(storage, &lines).is_ok();
        let received = storage.read(&self.names.receptions).unwrap_or_else(|error| {
            let path = storage.path(&self.names.receptions);
            self.notices.push(Notice::AgesLost(FileError::io(&path, error)));
            None
        });
        let received = received.unwrap_or_default();
        let Ages { by_temp_id, wrong_line } = self.receptions.read(&received, storage, now);
        if let Some(line) = wrong_line {
            let path = storage.path(&self.names.receptions);
            self.notices.push(Notice::AgesLost(receptions::malformed(path, line)));
        }
        let known = known_of(&lines.records, &HashMap::new(), now.monotonic);
        let places = lines.records.len();
        // Half a record is what a crash leaves, or somebody is writing it: it is read once more.
        let is_open = lines.last_is_unfinished() || !are_kept;
        let (stamp, foreign) =
            if is_open { (None, Some((looks, now.monotonic))) } else { (looks, None) };
        self.content = Content::Read { _lock: lock, known, places, stamp, foreign };
        // Of which nothing is known was received now.
        let age = |record: &ContactRecord| by_temp_id.get(&record.temp_id).copied();
        let earlier: Vec<_> =
            lines.records.iter().map(|record| (*record, age(record).unwrap_or_default())).collect();
        log.restore(&earlier, now.monotonic);
        Ok(is_open || !lines.rejected.is_empty() || self.is_untidy(log))
    }

    /// Brings together what the log has and what somebody made of the file, and returns whether the
    /// two differ still.
    fn merge(&mut self, saved: Saved<'_, S>, log: &mut ContactLog, now: Now) -> bool {
        let Content::Read { known, .. } = &self.content else { return false };
        let records = &saved.lines.records;
        let present: HashSet<TempId> = records.iter().map(|record| record.temp_id).collect();
        let last_place = present.iter().filter_map(|it| Some(known.get(it)?.place)).max();
        let is_spared = |it: &Known| {
            let is_recent = now.monotonic < it.since + EDITING_TIME;
            let is_last = last_place.is_none_or(|last| it.place > last);
            saved.is_there && is_recent && is_last && !it.is_disputed
        };
        let lacking = known.iter().filter(|(it, _)| !present.contains(*it));
        let lacking = lacking.filter(|(it, _)| log.find(**it).is_some());
        let (spared, gone): (Vec<_>, Vec<_>) = lacking.partition(|(_, known)| is_spared(known));
        let gone: HashSet<TempId> = gone.into_iter().map(|(temp_id, _)| *temp_id).collect();
        // Who saves in place may have been seen halfway: what came back needs not be put back.
        self.spared.retain(|temp_id| !present.contains(temp_id));
        self.spared.extend(spared.into_iter().map(|(temp_id, _)| *temp_id));
        for entry in log.iter().filter(|entry| gone.contains(&entry.record.temp_id)) {
            let age = log.age(entry, now.monotonic);
            let received = now.monotonic.checked_sub(age).unwrap_or(now.monotonic);
            self.departed.insert(entry.record.temp_id, (entry.record, received));
        }
        log.retain(|temp_id| !gone.contains(temp_id));
        let added: Vec<_> = records
            .iter()
            .filter(|record| !known.contains_key(&record.temp_id))
            .map(|record| match self.departed.remove(&record.temp_id) {
                Some((record, received)) => (record, now.monotonic - received),
                None => (*record, Duration::ZERO),
            })
            .collect();
        log.restore(&added, now.monotonic);
        let has_rejected = !saved.lines.rejected.is_empty();
        let are_known = known_of(records, known, now.monotonic);
        if let Content::Read { known, places, stamp, .. } = &mut self.content {
            (*known, *places, *stamp) = (are_known, records.len(), saved.stamp);
        }
        has_rejected || self.is_untidy(log)
    }

    fn read(&self, storage: &S) -> Result<Option<Vec<u8>>, Notice> {
        let name = &self.names.records;
        let with_path = |error| Notice::Unreadable(FileError::io(&storage.path(name), error));
        storage.read(name).map_err(with_path)
    }

    /// Copies the lines that are no records to a file beside, before they leave this one.
    fn keep_rejected(&mut self, storage: &mut S, lines: &Lines<'_>) -> Result<(), Notice> {
        let Some(first) = lines.rejected.first() else { return Ok(()) };
        let beside = storage.path(&self.names.rejected);
        let with_path = |error| Notice::NotMoved(FileError::io(&beside, error));
        // A crash may have come between the copy and the rewriting.
        let kept = storage.read(&self.names.rejected).map_err(with_path)?.unwrap_or_default();
        let kept: HashSet<&[u8]> = kept.split(|byte| *byte == b'\n').collect();
        let rejected = lines.rejected.iter().map(|line| line.text);
        let new: Vec<&[u8]> = rejected.filter(|text| !kept.contains(text)).collect();
        if !new.is_empty() {
            let copy = [&new.join(&b'\n')[..], b"\n"].concat();
            storage.append(&self.names.rejected, &copy).map_err(with_path)?;
        }
        self.notices.push(Notice::Rejected {
            path: storage.path(&self.names.records),
            line: first.number,
            problem: first.problem.clone(),
            count: lines.rejected.len(),
            beside,
        });
        Ok(())
    }
}

/// The records of a file by TempID; those that were `before` are known since then.
fn known_of(
    records: &[ContactRecord],
    before: &HashMap<TempId, Known>,
    now: Instant,
) -> HashMap<TempId, Known> {
    let known = |(place, record): (usize, &ContactRecord)| {
        let new = Known { place, since: now, is_disputed: false };
        let known = before.get(&record.temp_id).map_or(new, |known| Known { place, ..*known });
        (record.temp_id, known)
    };
    records.iter().enumerate().map(known).collect()
}

#[cfg(test)]
mod tests;
