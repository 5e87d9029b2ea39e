//! When the contact log is written and what has to leave it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::contact_log::{Added, ContactLog};
use super::contact_log_file::ContactLogFile;
use super::phone::Phone;
use crate::clock::Now;
use crate::protocol::{ContactRecord, Username};
use crate::text_file::FileError;

/// The files are rewritten at most this often, however many entries leave.
const REWRITE_INTERVAL: Duration = Duration::from_secs(1);

/// Keeps the contact log on disk what it is in memory, and both free of what has had its time.
#[derive(Debug)]
pub struct Keeper {
    directory: PathBuf,
    owner: Option<Owner>,
    /// Whoever had the phone before, with logs that are not empty yet.
    former: Vec<(Owner, ContactLog)>,
    /// The file does not show yet what the log is.
    is_stale: bool,
    /// Not to be rewritten before.
    next_rewrite: Instant,
    reading: Trouble,
    writing: Trouble,
}

/// Whether the user knows that something does not work, so as to be told once and not at every beacon.
#[derive(Debug, Default)]
struct Trouble {
    is_known: bool,
}

/// Whose log it is. Until somebody logs in for the first time, it is nobody's and only in memory.
#[derive(Debug)]
struct Owner {
    user: Username,
    file: ContactLogFile,
}

impl Keeper {
    /// A keeper of logs in `directory`.
    pub fn new(directory: PathBuf, now: Now) -> Self {
        Self {
            directory,
            owner: None,
            former: Vec::new(),
            is_stale: false,
            next_rewrite: now.monotonic,
            reading: Trouble::default(),
            writing: Trouble::default(),
        }
    }

    /// The phone is `user`'s from now on; it goes on with the log of an earlier run. The log of whoever
    /// had it before keeps its deadlines. Says what the user should know about the files.
    ///
    /// # Errors
    ///
    /// [`FileError`] if the log cannot be read or is malformed; it then begins without what is in the
    /// file, which is left alone until it can be read.
    pub fn hand_over(
        &mut self,
        user: Username,
        phone: &mut Phone,
        now: Now,
    ) -> Result<Option<FileError>, FileError> {
        match self.owner.take() {
            Some(owner) if owner.user == user => {
                self.owner = Some(owner);
                return Ok(None);
            }
            Some(owner) => self.former.push((owner, phone.reset())),
            None => {}
        }
        self.former.retain(|(owner, _)| owner.user != user);
        let mut file = ContactLogFile::new(&self.directory, user);
        let loaded = file.load(phone.log_mut(), now);
        // Written by hand, received before the login, or left by a crash between the two files.
        self.is_stale = file.is_untidy(phone.log());
        self.owner = Some(Owner { user, file });
        self.reading.is_known = loaded.is_err();
        self.writing.is_known = matches!(loaded, Err(FileError::Io { .. }));
        loaded
    }

    /// Makes the log follow what the user did to the file.
    ///
    /// # Errors
    ///
    /// [`FileError`], the first time.
    pub fn follow(&mut self, phone: &mut Phone, now: Now) -> Result<(), FileError> {
        let Some(owner) = &mut self.owner else { return Ok(()) };
        let followed = owner.file.follow(phone.log_mut(), now);
        self.is_stale |= followed.as_ref().is_ok_and(|is_changed| *is_changed);
        self.reading.once(followed.map(|_| ()))
    }

    /// What was received is in the log; the file shall have it as well.
    ///
    /// # Errors
    ///
    /// What the system says, the first time that it does.
    pub fn keep(
        &mut self,
        record: &ContactRecord,
        added: Added,
        phone: &Phone,
    ) -> Result<(), FileError> {
        let (Some(owner), Some(entry)) = (&mut self.owner, phone.log().find(record.temp_id)) else {
            return Ok(());
        };
        let kept = match added {
            Added::New | Added::InsteadOfOldest => owner.file.append(entry),
            Added::Again => owner.file.append_reception(entry),
        };
        let is_full = added == Added::InsteadOfOldest;
        self.is_stale |= is_full || kept.is_err() || owner.file.is_overgrown(phone.log());
        self.writing.once(kept)
    }

    /// The log as it is to be uploaded, with what the user changed in the file.
    ///
    /// # Errors
    ///
    /// [`FileError`]
    pub fn log_to_upload(
        &mut self,
        phone: &mut Phone,
        now: Now,
    ) -> Result<Vec<ContactRecord>, FileError> {
        self.is_stale |= phone.log_mut().expire(now.monotonic);
        if let Some(owner) = &mut self.owner {
            self.is_stale |= owner.file.follow(phone.log_mut(), now)?;
        }
        Ok(phone.log().iter().map(|entry| entry.record).collect())
    }

    /// When [`tidy`](Keeper::tidy) has something to do.
    pub fn next_tidying(&self, phone: &Phone) -> Option<Instant> {
        if self.is_stale && self.owner.is_some() {
            return Some(self.next_rewrite);
        }
        let logs = self.former.iter().map(|(_, log)| log).chain([phone.log()]);
        let leaving = logs.filter_map(ContactLog::next_leaving).min();
        leaving.map(|leaving| leaving.max(self.next_rewrite))
    }

    /// Lets go what has had its time, in memory and on disk.
    ///
    /// # Errors
    ///
    /// [`FileError`], the first time; it is tried again every second.
    pub fn tidy(&mut self, phone: &mut Phone, now: Now) -> Result<(), FileError> {
        self.is_stale |= phone.log_mut().expire(now.monotonic);
        if self.is_stale && self.next_rewrite <= now.monotonic {
            self.next_rewrite = now.monotonic + REWRITE_INTERVAL;
            self.rewrite(phone, now)?;
        }
        self.tidy_former(now)
    }

    fn tidy_former(&mut self, now: Now) -> Result<(), FileError> {
        let mut outcome = Ok(());
        for (owner, log) in &mut self.former {
            if log.expire(now.monotonic) {
                outcome = owner.file.follow(log, now).and_then(|_| owner.file.rewrite(log));
            }
        }
        self.former.retain(|(_, log)| !log.is_empty());
        outcome
    }

    fn rewrite(&mut self, phone: &mut Phone, now: Now) -> Result<(), FileError> {
        let Some(owner) = &mut self.owner else { return Ok(()) };
        // What the user added to the file, or took from it, must survive the rewriting.
        if let Err(error) = owner.file.follow(phone.log_mut(), now) {
            return self.reading.once(Err(error));
        }
        let rewritten = owner.file.rewrite(phone.log());
        self.is_stale = rewritten.is_err();
        self.reading.once(Ok(()))?;
        self.writing.once(rewritten)
    }
}

impl Trouble {
    /// Passes an error on only if the one before was none.
    fn once(&mut self, outcome: Result<(), FileError>) -> Result<(), FileError> {
        let was_known = std::mem::replace(&mut self.is_known, outcome.is_err());
        if was_known { Ok(()) } else { outcome }
    }
}
