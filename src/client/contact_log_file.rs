//! The contact log on disk.

use std::collections::{HashMap, HashSet};
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::contact_log::{ContactLog, Entry};
use crate::clock::Now;
use crate::protocol::{ContactRecord, TempId, Timestamp, Username};
use crate::text_file::{FileError, read_lines};

/// The mode of a new file: whom somebody met is nobody else's business.
const PRIVATE: u32 = 0o600;

const EXPECTED: &str = "\"<TempID of 20 digits> <start> <expiry>\" with times \"DD/MM/YYYY HH:MM:SS\" and one space between";

const EXPECTED_TIME: &str = "\"<TempID of 20 digits> <DD/MM/YYYY HH:MM:SS>\"";

/// A contact log on disk, so that it survives a restart of the phone.
///
/// `<username>_contactlog.txt` has the records, in the form of the assignment. When each was received
/// has no place in that form, but the time to keep it counts from there: that is in a second file,
/// `<username>_contactlog_received.txt`. A record without a known reception, such as one that somebody
/// wrote by hand, counts as received when it is first seen.
///
/// The user may edit or delete the first file at any time; it is read again before it is written.
#[derive(Debug)]
pub struct ContactLogFile {
    records: PathBuf,
    receptions: PathBuf,
    /// The TempIDs that were in the file when it was last read or written. Whatever differs from
    /// them now is the user's doing.
    known: HashSet<TempId>,
    /// Whether it was read at all.
    is_loaded: bool,
    /// What the file looked like then; none if there was none.
    state: Option<FileState>,
    /// Lines of the second file, which outgrows the first as beacons are received again.
    reception_lines: usize,
}

impl ContactLogFile {
    /// The files of `user` in `directory`. Nothing is read or written yet.
    pub fn new(directory: &Path, user: Username) -> Self {
        Self {
            records: directory.join(format!("{user}_contactlog.txt")),
            receptions: directory.join(format!("{user}_contactlog_received.txt")),
            known: HashSet::new(),
            is_loaded: false,
            state: None,
            reception_lines: 0,
        }
    }

    /// Reads the records, with the receptions that an earlier run wrote down. Says what is wrong with the
    /// receptions, if anything is: those that are not known count as received now.
    ///
    /// # Errors
    ///
    /// [`FileError`] if the records cannot be read or one is malformed; then `log` is as it was, and
    /// [`follow`](ContactLogFile::follow) tries again when the file has changed.
    pub fn load(&mut self, log: &mut ContactLog, now: Now) -> Result<Option<FileError>, FileError> {
        // What an earlier run did not finish.
        let _ = fs::remove_file(temporary(&self.records));
        let _ = fs::remove_file(temporary(&self.receptions));
        let state = FileState::of(&self.records);
        let records = self.read_records()?;
        let (receptions, problem) = match self.read_receptions() {
            Ok(receptions) => (receptions, None),
            Err(error) => (HashMap::new(), Some(error)),
        };
        (self.is_loaded, self.state, self.known) = (true, state, temp_ids(&records));
        let received =
            |record: &ContactRecord| receptions.get(&record.temp_id).copied().unwrap_or(now.wall);
        let earlier = records.into_iter().map(|record| (record, received(&record))).collect();
        log.restore(earlier, now);
        Ok(problem)
    }

    /// Makes `log` follow what the user did to the file: records that were added count as received
    /// now, and those that were deleted are gone. Says whether there was anything to follow.
    ///
    /// # Errors
    ///
    /// [`FileError`]; then `log` is as it was.
    pub fn follow(&mut self, log: &mut ContactLog, now: Now) -> Result<bool, FileError> {
        let state = FileState::of(&self.records);
        if !self.is_loaded {
            return self.load(log, now).map(|_| true);
        }
        if state == self.state {
            return Ok(false);
        }
        let records = self.read_records()?;
        let present = temp_ids(&records);
        let before = log.len();
        log.retain(|temp_id| present.contains(temp_id) || !self.known.contains(temp_id));
        let mut is_changed = log.len() != before;
        for record in records.into_iter().filter(|record| !self.known.contains(&record.temp_id)) {
            if log.find(record.temp_id).is_none() {
                log.add(record, now);
                is_changed = true;
            }
        }
        self.known = present;
        self.state = state;
        Ok(is_changed)
    }

    /// Adds an entry that is new.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn append(&mut self, entry: &Entry) -> Result<(), FileError> {
        let mut line = Vec::with_capacity(ContactRecord::LINE_LEN + 1);
        entry.record.encode_line(&mut line);
        let is_unchanged = FileState::of(&self.records) == self.state;
        append_line(&self.records, line)?;
        self.known.insert(entry.record.temp_id);
        // Otherwise there is still something to follow.
        if is_unchanged {
            self.state = FileState::of(&self.records);
        }
        self.append_reception(entry)
    }

    /// Writes down that an entry was received again.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn append_reception(&mut self, entry: &Entry) -> Result<(), FileError> {
        self.reception_lines += 1;
        append_line(&self.receptions, reception_line(entry))
    }

    /// Whether the files do not have just one line each for each entry of `log`.
    pub fn is_untidy(&self, log: &ContactLog) -> bool {
        self.reception_lines != log.len() || self.known.len() != log.len()
    }

    /// Whether so many receptions are written down that the files had better be rewritten.
    pub fn is_overgrown(&self, log: &ContactLog) -> bool {
        self.reception_lines > 2 * log.len() + 1024
    }

    /// Writes both files anew. Each is replaced at once, so that a crash leaves the old or the new.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn rewrite(&mut self, log: &ContactLog) -> Result<(), FileError> {
        let (mut records, mut receptions) = (Vec::new(), Vec::new());
        for entry in log.iter() {
            entry.record.encode_line(&mut records);
            records.push(b'\n');
            receptions.append(&mut reception_line(entry));
            receptions.push(b'\n');
        }
        replace(&self.records, &records)?;
        self.known = log.iter().map(|entry| entry.record.temp_id).collect();
        self.state = FileState::of(&self.records);
        self.reception_lines = log.len();
        replace(&self.receptions, &receptions)
    }

    fn read_records(&self) -> Result<Vec<ContactRecord>, FileError> {
        let mut records = Vec::new();
        if is_there(&self.records)? {
            read_lines(&self.records, EXPECTED, |line| {
                let record = ContactRecord::decode_line(line.text);
                records.push(record.map_err(|error| error.to_string())?);
                Ok(())
            })?;
        }
        Ok(records)
    }

    fn read_receptions(&mut self) -> Result<HashMap<TempId, Timestamp>, FileError> {
        let mut receptions = HashMap::new();
        self.reception_lines = 0;
        if is_there(&self.receptions)? {
            read_lines(&self.receptions, EXPECTED_TIME, |line| {
                self.reception_lines += 1;
                match decode_reception(line.text) {
                    Some((temp_id, received)) => {
                        receptions.insert(temp_id, received);
                    }
                    // What a crash leaves.
                    None if !line.is_terminated => {}
                    None => return Err("it is no TempID and time".to_owned()),
                }
                Ok(())
            })?;
        }
        Ok(receptions)
    }
}

/// Tells whether a file is still the one that was read or written last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileState {
    inode: u64,
    len: u64,
    modified: (i64, i64),
}

impl FileState {
    fn of(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        let modified = (metadata.mtime(), metadata.mtime_nsec());
        Some(Self { inode: metadata.ino(), len: metadata.len(), modified })
    }
}

fn temp_ids(records: &[ContactRecord]) -> HashSet<TempId> {
    records.iter().map(|record| record.temp_id).collect()
}

fn reception_line(entry: &Entry) -> Vec<u8> {
    let mut line = Vec::with_capacity(TempId::LEN + Timestamp::LEN + 2);
    entry.record.temp_id.encode(&mut line);
    line.push(b' ');
    entry.received.encode(&mut line);
    line
}

fn decode_reception(line: &[u8]) -> Option<(TempId, Timestamp)> {
    let (temp_id, received) = line.split_at_checked(TempId::LEN)?;
    let received = received.strip_prefix(b" ")?;
    Some((TempId::decode(temp_id).ok()?, Timestamp::decode(received).ok()?))
}

fn is_there(path: &Path) -> Result<bool, FileError> {
    path.try_exists().map_err(|error| FileError::io(path, error))
}

/// Appends a line, on a new line even if the file does not end with one.
fn append_line(path: &Path, line: Vec<u8>) -> Result<(), FileError> {
    try_append_line(path, line).map_err(|error| FileError::io(path, error))
}

fn try_append_line(path: &Path, mut line: Vec<u8>) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options.read(true).append(true).create(true).mode(PRIVATE).open(path)?;
    let len = file.metadata()?.len();
    let mut last = [b'\n'];
    if len > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    if last != *b"\n" {
        line.insert(0, b'\n');
    }
    line.push(b'\n');
    file.write_all(&line).inspect_err(|_| {
        // Half a line would make the whole file malformed. If this fails too, it says so itself.
        let _ = file.set_len(len);
    })
}

fn replace(path: &Path, content: &[u8]) -> Result<(), FileError> {
    try_replace(path, content).map_err(|error| FileError::io(path, error))
}

fn try_replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let temporary = temporary(path);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(PRIVATE);
    let mut file = options.custom_flags(OFlags::NOFOLLOW.bits() as i32).open(&temporary)?;
    if let Ok(old) = fs::metadata(path) {
        file.set_permissions(old.permissions())?;
    }
    file.write_all(content)?;
    // Otherwise a crash of the machine could leave the new name with nothing in it.
    file.sync_all()?;
    fs::rename(&temporary, path)
}

fn temporary(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    name.into()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    const SAMPLE: &str = "12345678901234567891 13/05/2020 17:54:06 13/05/2020 18:09:05";
    const OTHER: &str = "12345678901234567892 13/05/2020 18:00:06 13/05/2020 18:15:05";

    /// A directory, and a phone's log in it that can be restarted at any time.
    struct Fixture {
        directory: tempfile::TempDir,
        file: ContactLogFile,
        log: ContactLog,
        now: Now,
    }

    impl Fixture {
        #[expect(clippy::disallowed_methods, reason = "only the distance to it matters")]
        fn new() -> Self {
            let directory = tempfile::tempdir().expect("a directory");
            let user = Username::decode(b"ann").expect("a name");
            let file = ContactLogFile::new(directory.path(), user);
            let wall = Timestamp::from_unix_seconds(1_600_000_000);
            let now = Now { monotonic: Instant::now(), wall };
            let log = ContactLog::new(Duration::from_secs(180));
            let mut fixture = Self { directory, file, log, now };
            fixture.restart();
            fixture
        }

        fn receive(&mut self, line: &str) {
            let record = ContactRecord::decode_line(line.as_bytes()).expect("a record");
            self.log.add(record, self.now);
            let entry = self.log.find(record.temp_id).expect("just added");
            self.file.append(entry).expect("appended");
        }

        fn wait(&mut self, seconds: u64) {
            self.now.monotonic += Duration::from_secs(seconds);
            self.now.wall = self.now.wall.after_seconds(seconds);
        }

        fn restart(&mut self) {
            self.log = ContactLog::new(Duration::from_secs(180));
            let problem = self.file.load(&mut self.log, self.now).expect("loaded");
            assert!(problem.is_none(), "{problem:?}");
        }

        fn content(&self) -> String {
            fs::read_to_string(&self.file.records).unwrap_or_default()
        }
    }

    #[test]
    fn log_survives_a_restart_with_its_ages() {
        let mut fixture = Fixture::new();
        fixture.receive(SAMPLE);
        fixture.wait(100);
        fixture.receive(OTHER);
        fixture.wait(50);
        fixture.restart();
        assert_eq!(fixture.log.len(), 2);
        fixture.wait(30);
        assert!(fixture.log.expire(fixture.now.monotonic));
        assert_eq!(fixture.log.len(), 1);
        fixture.file.rewrite(&fixture.log).expect("rewritten");
        assert_eq!(fixture.content(), format!("{OTHER}\n"));
        fixture.restart();
        fixture.wait(100);
        assert!(fixture.log.expire(fixture.now.monotonic) && fixture.log.is_empty());
    }

    #[test]
    fn log_written_by_hand_counts_as_received_when_first_seen() {
        let mut fixture = Fixture::new();
        fs::write(&fixture.file.records, format!("{SAMPLE}\r\n\r\n{OTHER}")).expect("written");
        fixture.restart();
        assert_eq!(fixture.log.len(), 2);
        fixture.wait(179);
        assert!(!fixture.log.expire(fixture.now.monotonic));
    }

    #[test]
    fn record_is_appended_on_a_new_line() {
        let mut fixture = Fixture::new();
        fs::write(&fixture.file.records, SAMPLE).expect("written");
        fixture.receive(OTHER);
        assert_eq!(fixture.content(), format!("{SAMPLE}\n{OTHER}\n"));
    }

    #[test]
    fn file_edited_meanwhile_is_followed() {
        let mut fixture = Fixture::new();
        fixture.receive(SAMPLE);
        fs::write(&fixture.file.records, OTHER).expect("written");
        assert!(fixture.file.follow(&mut fixture.log, fixture.now).expect("read"));
        let records: Vec<_> = fixture.log.iter().map(|entry| entry.record).collect();
        assert_eq!(records, [ContactRecord::decode_line(OTHER.as_bytes()).expect("a record")]);
        assert!(!fixture.file.follow(&mut fixture.log, fixture.now).expect("read"));
        fs::remove_file(&fixture.file.records).expect("removed");
        assert!(fixture.file.follow(&mut fixture.log, fixture.now).expect("read"));
        assert!(fixture.log.is_empty());
    }

    #[test]
    fn entry_that_left_does_not_come_back_from_the_file() {
        let mut fixture = Fixture::new();
        fixture.receive(SAMPLE);
        fixture.wait(180);
        assert!(fixture.log.expire(fixture.now.monotonic));
        assert!(!fixture.file.follow(&mut fixture.log, fixture.now).expect("read"));
        assert!(fixture.log.is_empty());
    }

    #[test]
    fn malformed_file_is_named_and_changes_nothing() {
        let mut fixture = Fixture::new();
        fixture.receive(SAMPLE);
        fs::write(&fixture.file.records, format!("{OTHER}\nnonsense\n")).expect("written");
        let error = fixture.file.follow(&mut fixture.log, fixture.now).expect_err("malformed");
        assert!(error.to_string().contains("ann_contactlog.txt:2: "), "{error}");
        assert_eq!(fixture.log.len(), 1);
        assert!(fixture.directory.path().exists());
    }

    #[test]
    fn malformed_receptions_cost_the_ages_and_not_the_log() {
        let mut fixture = Fixture::new();
        fixture.receive(SAMPLE);
        fs::write(&fixture.file.receptions, "nonsense\n").expect("written");
        fixture.log = ContactLog::new(Duration::from_secs(180));
        let problem = fixture.file.load(&mut fixture.log, fixture.now).expect("loaded");
        assert!(problem.is_some_and(|error| error.to_string().contains("_received.txt:1: ")));
        assert_eq!(fixture.log.len(), 1);
    }

    #[test]
    fn malformed_file_that_is_mended_is_loaded_with_its_ages() {
        let mut fixture = Fixture::new();
        fixture.receive(SAMPLE);
        fixture.wait(100);
        fs::write(&fixture.file.records, format!("{SAMPLE}\nnonsense\n")).expect("written");
        fixture.log = ContactLog::new(Duration::from_secs(180));
        let user = Username::decode(b"ann").expect("a name");
        fixture.file = ContactLogFile::new(fixture.directory.path(), user);
        assert!(fixture.file.load(&mut fixture.log, fixture.now).is_err());
        fs::write(&fixture.file.records, SAMPLE).expect("written");
        assert!(fixture.file.follow(&mut fixture.log, fixture.now).expect("read"));
        fixture.wait(80);
        assert!(fixture.log.expire(fixture.now.monotonic));
    }

    #[test]
    fn rewritten_file_keeps_its_mode() {
        let mut fixture = Fixture::new();
        fixture.receive(SAMPLE);
        let mode =
            |fixture: &Fixture| fs::metadata(&fixture.file.records).expect("a file").mode() & 0o777;
        assert_eq!(mode(&fixture), 0o600);
        let readable = std::os::unix::fs::PermissionsExt::from_mode(0o640);
        fs::set_permissions(&fixture.file.records, readable).expect("changed");
        fixture.file.rewrite(&fixture.log).expect("rewritten");
        assert_eq!(mode(&fixture), 0o640);
    }

    #[test]
    fn receptions_of_one_beacon_make_the_files_overgrown_not_endless() {
        let mut fixture = Fixture::new();
        fixture.receive(SAMPLE);
        while !fixture.file.is_overgrown(&fixture.log) {
            let entry = *fixture.log.iter().next().expect("one entry");
            fixture.file.append_reception(&entry).expect("appended");
        }
        fixture.file.rewrite(&fixture.log).expect("rewritten");
        assert!(!fixture.file.is_overgrown(&fixture.log));
    }
}
