//! The contact log on disk.

use std::collections::{HashMap, HashSet};
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use thiserror::Error;

use super::contact_log::{ContactLog, Entry};
use crate::clock::Now;
use crate::protocol::{ContactRecord, TempId, Timestamp, Username};
use crate::text_file::{FileError, Line, read_lines};

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
    content: Content,
    /// What was wrong with the records when they were read last, if anything was.
    malformed: Option<Malformed>,
    /// Lines of the second file, which outgrows the first as beacons are received again.
    reception_lines: usize,
}

/// What is known of the records on disk.
#[derive(Debug)]
enum Content {
    /// Nothing: they have never been read.
    Unread,
    /// Whatever differs from it now is the user's doing.
    Loaded {
        /// The TempIDs that were in the file when it was last read or written.
        known: HashSet<TempId>,
        /// What the file looked like then; none if there was none.
        state: Option<FileState>,
    },
}

/// A file with a malformed line, which is not read again before it looks different.
#[derive(Debug)]
struct Malformed {
    state: Option<FileState>,
    line: u64,
    problem: String,
}

/// What the user should know about a log that could be read all the same.
#[derive(Debug, Error)]
pub enum Notice {
    /// The last line had no end and was no record, which is what a crash leaves. It is cut off.
    #[error("{path}:{line}: cut off, as it is not a whole record", path = path.display())]
    Torn {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: u64,
    },
    /// When the records were received cannot be read.
    #[error("{0}; ages are counted from now")]
    AgesLost(FileError),
}

/// Records as they are read.
struct Records {
    whole: Vec<ContactRecord>,
    torn: Option<Torn>,
}

/// A last line without an end that is no record.
struct Torn {
    line: u64,
    /// Where in the file it begins, in bytes.
    offset: u64,
    problem: String,
}

impl ContactLogFile {
    /// The files of `user` in `directory`. Nothing is read or written yet.
    pub fn new(directory: &Path, user: Username) -> Self {
        Self {
            records: directory.join(format!("{user}_contactlog.txt")),
            receptions: directory.join(format!("{user}_contactlog_received.txt")),
            content: Content::Unread,
            malformed: None,
            reception_lines: 0,
        }
    }

    /// Reads the records, with the receptions that an earlier run wrote down; those that are not known
    /// count as received now. Cuts off what a crash tore.
    ///
    /// # Errors
    ///
    /// [`FileError`] if the records cannot be read or one is malformed; then `log` is as it was, and
    /// [`follow`](ContactLogFile::follow) tries again when the file has changed.
    pub fn load(&mut self, log: &mut ContactLog, now: Now) -> Result<Vec<Notice>, FileError> {
        // What an earlier run did not finish.
        let _ = fs::remove_file(temporary(&self.records));
        let _ = fs::remove_file(temporary(&self.receptions));
        let mut notices = Vec::new();
        let mut state = FileState::of(&self.records);
        let Records { whole, torn } = self.read_records(state)?;
        if let Some(torn) = torn {
            cut(&self.records, torn.offset).map_err(|error| FileError::io(&self.records, error))?;
            state = FileState::of(&self.records);
            notices.push(Notice::Torn { path: self.records.clone(), line: torn.line });
        }
        let receptions = self.read_receptions().unwrap_or_else(|error| {
            notices.push(Notice::AgesLost(error));
            HashMap::new()
        });
        self.content = Content::Loaded { known: temp_ids(&whole), state };
        let received =
            |record: &ContactRecord| receptions.get(&record.temp_id).copied().unwrap_or(now.wall);
        log.restore(whole.into_iter().map(|record| (record, received(&record))).collect(), now);
        Ok(notices)
    }

    /// Makes `log` follow what the user did to the file: records that were added count as received
    /// now, and those that were deleted are gone. Says whether there was anything to follow.
    ///
    /// # Errors
    ///
    /// [`FileError`]; then `log` is as it was.
    pub fn follow(&mut self, log: &mut ContactLog, now: Now) -> Result<bool, FileError> {
        let looks = FileState::of(&self.records);
        match &self.content {
            Content::Unread => return self.load(log, now).map(|_| true),
            Content::Loaded { state, .. } if *state == looks => return Ok(false),
            Content::Loaded { .. } => {}
        }
        let Records { whole, torn } = self.read_records(looks)?;
        if let Some(Torn { line, problem, .. }) = torn {
            // No crash of ours: somebody is writing it.
            return Err(self.refuse(Malformed { state: looks, line, problem }));
        }
        let is_known = |temp_id: &TempId| match &self.content {
            Content::Unread => false,
            Content::Loaded { known, .. } => known.contains(temp_id),
        };
        let present = temp_ids(&whole);
        let before = log.len();
        log.retain(|temp_id| present.contains(temp_id) || !is_known(temp_id));
        let mut is_changed = log.len() != before;
        for record in whole.into_iter().filter(|record| !is_known(&record.temp_id)) {
            if log.find(record.temp_id).is_none() {
                log.add(record, now);
                is_changed = true;
            }
        }
        self.content = Content::Loaded { known: present, state: looks };
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
        let before = FileState::of(&self.records);
        append_line(&self.records, line)?;
        let after = FileState::of(&self.records);
        if let Content::Loaded { known, state } = &mut self.content {
            known.insert(entry.record.temp_id);
            // Otherwise there is still something to follow.
            if *state == before {
                *state = after;
            }
        }
        if let Some(malformed) = self.malformed.as_mut().filter(|it| it.state == before) {
            malformed.state = after;
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
        let known = match &self.content {
            Content::Unread => 0,
            Content::Loaded { known, .. } => known.len(),
        };
        self.reception_lines != log.len() || known != log.len()
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
        self.content = Content::Loaded {
            known: log.iter().map(|entry| entry.record.temp_id).collect(),
            state: FileState::of(&self.records),
        };
        self.reception_lines = log.len();
        replace(&self.receptions, &receptions)
    }

    /// Reads a file that looks like `state`, unless it looked so when it was malformed.
    fn read_records(&mut self, state: Option<FileState>) -> Result<Records, FileError> {
        if let Some(malformed) = self.malformed.take_if(|malformed| malformed.state == state) {
            return Err(self.refuse(malformed));
        }
        self.malformed = None;
        let mut records = Records { whole: Vec::new(), torn: None };
        if !is_there(&self.records)? {
            return Ok(records);
        }
        let read = read_lines(&self.records, EXPECTED, |line| records.take(line));
        match read {
            Ok(_) => Ok(records),
            Err(FileError::Malformed { line, problem, .. }) => {
                Err(self.refuse(Malformed { state, line, problem }))
            }
            Err(error @ FileError::Io { .. }) => Err(error),
        }
    }

    /// Remembers that a file is malformed, and says so.
    fn refuse(&mut self, malformed: Malformed) -> FileError {
        let Malformed { line, problem, .. } = self.malformed.insert(malformed);
        FileError::Malformed {
            path: self.records.clone(),
            line: *line,
            problem: problem.clone(),
            expected: EXPECTED,
        }
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

impl Records {
    fn take(&mut self, line: Line<'_>) -> Result<(), String> {
        match ContactRecord::decode_line(line.text) {
            Ok(record) => self.whole.push(record),
            Err(error) if !line.is_terminated && line.text.len() <= ContactRecord::LINE_LEN => {
                let (offset, problem) = (line.offset, error.to_string());
                self.torn = Some(Torn { line: line.number, offset, problem });
            }
            Err(error) => return Err(error.to_string()),
        }
        Ok(())
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

fn cut(path: &Path, len: u64) -> io::Result<()> {
    OpenOptions::new().write(true).open(path)?.set_len(len)
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
mod tests;
