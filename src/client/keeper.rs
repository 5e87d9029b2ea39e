//! Keeps contact logs in memory and on disk the same, and removes entries whose time is over.

use std::time::{Duration, Instant};

use super::contact_log::{Added, ContactLog, Sender};
use super::contact_log_file::{ContactLogFile, Notice};
use super::log_storage::LogStorage;
use super::phone::{Phone, Reception};
use crate::clock::Now;
use crate::protocol::{ContactRecord, Username};
use crate::text_file::FileError;

/// Minimal time between two rewritings of the files, however many entries leave.
const REWRITE_INTERVAL: Duration = Duration::from_secs(1);

/// Maximal time for which an upload waits until nobody else changes the file. Editors need less,
/// and a program that writes for longer must not keep the user from uploading.
const UPLOAD_PATIENCE: Duration = Duration::from_secs(10);

/// The contact logs of the users that a phone has had, each in memory and on disk.
///
/// No operation fails: a problem with a file becomes a [notice](Keeper::notices), once, and what
/// cannot be written stays in memory and is tried again every second.
#[derive(Debug)]
pub struct Keeper<S: LogStorage> {
    storage: S,
    owner: Option<Owner<S>>,
    /// Earlier users, as long as an entry of theirs is left.
    former: Vec<Former<S>>,
    /// Earliest time of the next rewriting.
    next_rewrite: Instant,
    notices: Vec<Notice>,
}

/// The user of the phone. Before the first login there is none, and the log is only in memory.
#[derive(Debug)]
struct Owner<S: LogStorage> {
    user: Username,
    file: ContactLogFile<S>,
    /// Whether the file differs from the log, or is to be looked at again.
    is_stale: bool,
    reading: Trouble,
    writing: Trouble,
}

/// An earlier user of the phone.
#[derive(Debug)]
struct Former<S: LogStorage> {
    owner: Owner<S>,
    log: ContactLog,
}

/// A problem that lasts is told once and not at every beacon.
#[derive(Debug, Default)]
struct Trouble {
    is_known: bool,
}

impl<S: LogStorage> Keeper<S> {
    /// Creates a keeper of the logs in `storage`.
    pub fn new(storage: S, now: Now) -> Self {
        Self {
            storage,
            owner: None,
            former: Vec::new(),
            next_rewrite: now.monotonic,
            notices: Vec::new(),
        }
    }

    /// Returns the storage.
    pub fn storage(&mut self) -> &mut S {
        &mut self.storage
    }

    /// Ends the keeping of logs, and returns the storage.
    pub fn into_storage(self) -> S {
        self.storage
    }

    /// Takes the notices for the user.
    pub fn notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// Makes the phone `user`'s from now on; it goes on with the log of an earlier run. The log of
    /// whoever had it before keeps its deadlines.
    pub fn hand_over(&mut self, user: Username, phone: &mut Phone, now: Now) {
        match self.owner.take() {
            Some(owner) if owner.user == user => {
                self.owner = Some(owner);
                return;
            }
            Some(owner) => self.former.push(Former { owner, log: phone.reset() }),
            None => {}
        }
        // Its lock goes with it, so that it is free for its user again.
        self.former.retain(|former| former.owner.user != user);
        self.owner = Some(Owner::new(user));
        self.follow(phone, now);
    }

    /// Applies to the log what the user did to the file.
    pub fn follow(&mut self, phone: &mut Phone, now: Now) {
        let Self { storage, owner, notices, .. } = self;
        if let Some(owner) = owner {
            owner.follow(storage, phone.log_mut(), now, notices);
        }
    }

    /// Judges a datagram of `sender`, and keeps a valid beacon in memory and on disk.
    pub fn receive(
        &mut self,
        sender: Sender,
        datagram: &[u8],
        phone: &mut Phone,
        now: Now,
    ) -> Reception {
        self.follow(phone, now);
        let reception = phone.receive_from(sender, datagram, now);
        if let Reception::Valid(record, added) = &reception {
            self.keep(record, *added, phone, now);
        }
        reception
    }

    /// Writes an entry that was added to the log, or received again, to the file.
    fn keep(&mut self, record: &ContactRecord, added: Added, phone: &Phone, now: Now) {
        let Self { storage, owner, notices, .. } = self;
        let (Some(owner), Some(entry)) = (owner, phone.log().find(record.temp_id)) else { return };
        if !owner.file.is_writable(now) {
            owner.is_stale = true;
            return;
        }
        let kept = match added {
            Added::New | Added::InsteadOfOldest => owner.file.append(storage, entry, now),
            Added::Again => owner.file.append_reception(storage, entry, now),
            Added::TooMany => return,
        };
        let is_full = added == Added::InsteadOfOldest;
        owner.is_stale |= is_full || kept.is_err() || owner.file.is_overgrown(phone.log());
        owner.writing.tell_once(kept, notices);
    }

    /// Returns the log as it is to be uploaded, with what the user changed in the file.
    ///
    /// # Errors
    ///
    /// The [`Notice`] that says why the file cannot be read. If another program has it, the log is
    /// what this one has received.
    pub fn log_to_upload(
        &mut self,
        phone: &mut Phone,
        now: Now,
    ) -> Result<Vec<ContactRecord>, Notice> {
        let Self { storage, owner, notices, .. } = self;
        let is_changed = phone.log_mut().expire(now.monotonic);
        if let Some(owner) = owner {
            owner.is_stale |= is_changed;
            match owner.try_follow(storage, phone.log_mut(), now, notices) {
                // Both are told when the file is looked at, and what is in memory is in order.
                Ok(()) | Err(Notice::InUse { .. } | Notice::NotMoved(_)) => {}
                Err(notice) => return Err(notice),
            }
        }
        Ok(phone.log().iter().map(|entry| entry.record).collect())
    }

    /// Returns when to ask again for the [log to upload](Keeper::log_to_upload) that the user
    /// wanted at `asked`; none if it can be uploaded now. Entries can be missing while an editor
    /// saves the file.
    pub fn next_look(&self, asked: Instant, now: Instant) -> Option<Instant> {
        let settled = self.owner.as_ref()?.file.settles_at()?;
        let next = settled.min(asked + UPLOAD_PATIENCE);
        (now < next).then_some(next)
    }

    /// Returns when [`tidy`](Keeper::tidy) has something to do.
    pub fn next_tidying(&self, phone: &Phone) -> Option<Instant> {
        if self.owners().any(|owner| owner.is_stale) {
            return Some(self.next_rewrite);
        }
        let logs = self.former.iter().map(|former| &former.log).chain([phone.log()]);
        let leaving = logs.filter_map(ContactLog::next_leaving).min();
        leaving.map(|leaving| leaving.max(self.next_rewrite))
    }

    /// Removes entries whose time is over from memory, and brings the files up to date.
    pub fn tidy(&mut self, phone: &mut Phone, now: Now) {
        let Self { owner, former, .. } = self;
        let is_changed = phone.log_mut().expire(now.monotonic);
        if let Some(owner) = owner {
            owner.is_stale |= is_changed;
        }
        for former in &mut *former {
            former.owner.is_stale |= former.log.expire(now.monotonic);
        }
        if now.monotonic < self.next_rewrite || !self.owners().any(|owner| owner.is_stale) {
            return;
        }
        let Self { storage, owner, former, notices, .. } = self;
        if let Some(owner) = owner {
            owner.rewrite(storage, phone.log_mut(), now, notices);
        }
        for Former { owner, log } in &mut *former {
            owner.rewrite(storage, log, now, notices);
        }
        // Nobody is forgotten before the file shows that nothing is left of them.
        former.retain(|Former { owner, log }| {
            !log.is_empty() || (owner.is_stale && owner.file.is_read())
        });
        self.next_rewrite = now.monotonic + REWRITE_INTERVAL;
    }

    /// Removes the log of the user from memory and disk.
    ///
    /// # Errors
    ///
    /// What the system says of the first file that cannot be removed.
    pub fn erase(&mut self, phone: &mut Phone) -> Result<(), FileError> {
        phone.reset();
        self.owner.take().map_or(Ok(()), |owner| owner.file.erase(&mut self.storage))
    }

    fn owners(&self) -> impl Iterator<Item = &Owner<S>> {
        self.owner.iter().chain(self.former.iter().map(|former| &former.owner))
    }
}

impl<S: LogStorage> Owner<S> {
    fn new(user: Username) -> Self {
        Self {
            user,
            file: ContactLogFile::new(user),
            is_stale: false,
            reading: Trouble::default(),
            writing: Trouble::default(),
        }
    }

    /// Applies to `log` what the user did to the file, and returns whether that worked.
    fn follow(
        &mut self,
        storage: &mut S,
        log: &mut ContactLog,
        now: Now,
        notices: &mut Vec<Notice>,
    ) -> bool {
        let followed = self.try_follow(storage, log, now, notices);
        let is_followed = followed.is_ok();
        self.reading.tell_once(followed, notices);
        is_followed
    }

    fn try_follow(
        &mut self,
        storage: &mut S,
        log: &mut ContactLog,
        now: Now,
        notices: &mut Vec<Notice>,
    ) -> Result<(), Notice> {
        let followed = self.file.follow(storage, log, now);
        // What cannot be read is looked at again.
        self.is_stale |= *followed.as_ref().unwrap_or(&true);
        notices.append(&mut self.file.notices());
        followed.map(|_| ())
    }

    fn rewrite(
        &mut self,
        storage: &mut S,
        log: &mut ContactLog,
        now: Now,
        notices: &mut Vec<Notice>,
    ) {
        if !self.is_stale {
            return;
        }
        // What the user added to the file, or took from it, must survive the rewriting.
        if self.follow(storage, log, now, notices) && self.file.is_writable(now) {
            let rewritten = self.file.rewrite(storage, log, now);
            self.is_stale = rewritten.is_err();
            notices.append(&mut self.file.notices());
            self.writing.tell_once(rewritten, notices);
        }
    }
}

impl Trouble {
    /// Adds an error to `notices` if the outcome before was a success.
    fn tell_once<E: Into<Notice>>(&mut self, outcome: Result<(), E>, notices: &mut Vec<Notice>) {
        let was_known = std::mem::replace(&mut self.is_known, outcome.is_err());
        if let Err(error) = outcome
            && !was_known
        {
            notices.push(error.into());
        }
    }
}

impl From<FileError> for Notice {
    fn from(error: FileError) -> Self {
        Self::Unwritable(error)
    }
}

#[cfg(test)]
mod tests;
