//! When the contact log is written and what has to leave it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::contact_log::{Added, ContactLog};
use super::contact_log_file::{ContactLogFile, Notice};
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
    /// Whoever had the phone before, as long as something of them is left.
    former: Vec<Former>,
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

/// Somebody who had the phone before.
#[derive(Debug)]
struct Former {
    owner: Owner,
    log: ContactLog,
    /// The file does not show yet what the log is.
    is_stale: bool,
    writing: Trouble,
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
    ) -> Result<Vec<Notice>, FileError> {
        match self.owner.take() {
            Some(owner) if owner.user == user => {
                self.owner = Some(owner);
                return Ok(Vec::new());
            }
            Some(owner) => self.former.push(Former {
                owner,
                log: phone.reset(),
                is_stale: self.is_stale,
                writing: Trouble::default(),
            }),
            None => {}
        }
        self.former.retain(|former| former.owner.user != user);
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
        if self.has_stale_file() {
            return Some(self.next_rewrite);
        }
        let logs = self.former.iter().map(|former| &former.log).chain([phone.log()]);
        let leaving = logs.filter_map(ContactLog::next_leaving).min();
        leaving.map(|leaving| leaving.max(self.next_rewrite))
    }

    fn has_stale_file(&self) -> bool {
        let has_former = self.former.iter().any(|former| former.is_stale);
        has_former || (self.is_stale && self.owner.is_some())
    }

    /// Lets go what has had its time, in memory and on disk.
    ///
    /// # Errors
    ///
    /// [`FileError`], the first time; it is tried again every second.
    pub fn tidy(&mut self, phone: &mut Phone, now: Now) -> Result<(), FileError> {
        self.is_stale |= phone.log_mut().expire(now.monotonic);
        for former in &mut self.former {
            former.is_stale |= former.log.expire(now.monotonic);
        }
        if !self.has_stale_file() || now.monotonic < self.next_rewrite {
            return Ok(());
        }
        self.next_rewrite = now.monotonic + REWRITE_INTERVAL;
        let rewritten = if self.is_stale { self.rewrite(phone, now) } else { Ok(()) };
        let former = self.rewrite_former(now);
        rewritten.and(former)
    }

    /// Nobody is forgotten before the file shows that nothing is left of them.
    fn rewrite_former(&mut self, now: Now) -> Result<(), FileError> {
        let mut outcome = Ok(());
        for former in self.former.iter_mut().filter(|former| former.is_stale) {
            let rewritten = former.rewrite(now);
            outcome = outcome.and(rewritten);
        }
        self.former.retain(|former| former.is_stale || !former.log.is_empty());
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

impl Former {
    fn rewrite(&mut self, now: Now) -> Result<(), FileError> {
        let Owner { file, .. } = &mut self.owner;
        let followed = file.follow(&mut self.log, now);
        let rewritten = followed.and_then(|_| file.rewrite(&self.log));
        self.is_stale = rewritten.is_err();
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::protocol::Timestamp;

    const SAMPLE: &str = "12345678901234567891 13/05/2020 17:54:06 13/05/2020 18:09:05";

    /// A phone, the keeper of its logs, and their directory.
    struct Fixture {
        directory: tempfile::TempDir,
        phone: Phone,
        keeper: Keeper,
        now: Now,
    }

    impl Fixture {
        #[expect(clippy::disallowed_methods, reason = "only the distance to it matters")]
        fn owned_by(name: &str) -> Self {
            let directory = tempfile::tempdir().expect("a directory");
            let wall = Timestamp::from_unix_seconds(1_600_000_000);
            let now = Now { monotonic: Instant::now(), wall };
            let phone = Phone::new(Duration::from_secs(180));
            let keeper = Keeper::new(directory.path().into(), now);
            let mut fixture = Self { directory, phone, keeper, now };
            fixture.hand_over(name);
            fixture
        }

        fn hand_over(&mut self, name: &str) {
            let user = Username::decode(name.as_bytes()).expect("a name");
            let handed_over = self.keeper.hand_over(user, &mut self.phone, self.now);
            assert!(handed_over.expect("read").is_empty());
        }

        fn receive(&mut self, record: ContactRecord) {
            let added = self.phone.log_mut().add(record, self.now);
            self.keeper.keep(&record, added, &self.phone).expect("kept");
        }

        fn wait(&mut self, seconds: u64) {
            self.now.monotonic += Duration::from_secs(seconds);
            self.now.wall = self.now.wall.after_seconds(seconds);
        }

        fn tidy(&mut self) -> Result<(), FileError> {
            self.keeper.tidy(&mut self.phone, self.now)
        }

        fn content(&self, name: &str) -> String {
            let path = self.directory.path().join(format!("{name}_contactlog.txt"));
            fs::read_to_string(path).expect("a log")
        }
    }

    fn sample() -> ContactRecord {
        ContactRecord::decode_line(SAMPLE.as_bytes()).expect("a record")
    }

    #[test]
    fn former_log_whose_rewrite_fails_is_tried_again_until_nothing_is_left() {
        let mut fixture = Fixture::owned_by("ann");
        fixture.receive(sample());
        fixture.hand_over("bob");
        fixture.wait(180);
        // A directory stands where the new file is to be written.
        let obstacle = fixture.directory.path().join("ann_contactlog.txt.new");
        fs::create_dir(&obstacle).expect("a directory");
        assert!(fixture.tidy().is_err());
        fixture.wait(1);
        assert!(fixture.tidy().is_ok(), "the user knows");
        assert_eq!(fixture.content("ann"), format!("{SAMPLE}\n"));
        fs::remove_dir(&obstacle).expect("removed");
        let next = fixture.keeper.next_tidying(&fixture.phone);
        assert_eq!(next, Some(fixture.now.monotonic + REWRITE_INTERVAL));
        fixture.wait(1);
        assert!(fixture.tidy().is_ok());
        assert_eq!(fixture.content("ann"), "");
        assert_eq!(fixture.keeper.next_tidying(&fixture.phone), None);
    }

    #[test]
    fn record_received_again_with_other_times_is_the_same_in_memory_and_on_disk() {
        let mut fixture = Fixture::owned_by("ann");
        fixture.receive(sample());
        fixture.receive(ContactRecord { expiry: sample().expiry.after_seconds(99), ..sample() });
        let records: Vec<_> = fixture.phone.log().iter().map(|entry| entry.record).collect();
        assert_eq!(records, [sample()]);
        assert_eq!(fixture.content("ann"), format!("{SAMPLE}\n"));
    }

    #[test]
    fn error_of_one_former_log_is_told_although_the_next_is_written() {
        let mut fixture = Fixture::owned_by("ann");
        fixture.receive(sample());
        fixture.hand_over("bob");
        fixture.receive(sample());
        fixture.hand_over("cem");
        fs::create_dir(fixture.directory.path().join("ann_contactlog.txt.new")).expect("made");
        fixture.wait(180);
        assert!(fixture.tidy().is_err());
        assert_eq!(fixture.content("bob"), "");
    }
}
