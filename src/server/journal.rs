//! `tempIDs.txt`: the form of a line, reading it at the start, appending to it in groups.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use thiserror::Error;

use super::registry::Registry;
use crate::protocol::{
    ContactRecord, ContactRecordError, TimestampDecoder, Username, UsernameError,
};
use crate::text_file::{FileError, Line, read_lines_of};

/// The name of the file in the data directory.
pub const FILE_NAME: &str = "tempIDs.txt";

/// The form of a line.
const EXPECTED: &str = "\"<username> <TempID of 20 digits> <start> <expiry>\" with times \"DD/MM/YYYY HH:MM:SS\" and one space between";

/// The longest line, without its end. More than that without a line end is no torn record.
const MAX_RECORD_BYTES: usize = Username::MAX_LEN + 1 + ContactRecord::LINE_LEN;

/// Where a journal keeps its bytes: a file, or in a simulation a disk that can fail.
pub trait Storage {
    /// How many bytes there are.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn size(&self) -> io::Result<u64>;

    /// Adds bytes at the end. If it fails, some of them may be there.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Returns when everything appended so far survives a crash.
    ///
    /// # Errors
    ///
    /// What the system says; then nobody knows what survives.
    fn sync(&mut self) -> io::Result<()>;

    /// Cuts everything off behind the first `len` bytes.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn truncate(&mut self, len: u64) -> io::Result<()>;
}

/// `tempIDs.txt`: every TempID that was issued, appended before anybody is told it.
///
/// It commits in groups: all that was issued in one tick is one write and one sync. What fails is cut
/// off again, so that the file never holds half a line in its middle, and the next commit starts where
/// the last good one ended.
#[derive(Debug)]
pub struct Journal<S> {
    storage: S,
    /// The length to cut back to before anything else, after a commit that failed.
    repair_to: Option<u64>,
}

impl<S: Storage> Journal<S> {
    /// A journal whose storage ends with a whole line, or is empty.
    pub fn new(storage: S) -> Self {
        Self { storage, repair_to: None }
    }

    /// A journal on a storage that an earlier run left, maybe in a crash, and what it holds. A torn last
    /// line is cut off, and one without an end gets one. `source` gives the bytes of the storage, and
    /// `path` is what they are called in an error.
    ///
    /// # Errors
    ///
    /// [`FileError`] if a line is malformed, or the system refuses.
    pub fn recover(
        mut storage: S,
        source: impl Read,
        path: &Path,
    ) -> Result<(Self, Registry, Replayed), FileError> {
        let with_path = |error| FileError::io(path, error);
        let mut registry = Registry::default();
        let size = storage.size().map_err(with_path)?;
        let replayed = replay(source, size, path, &mut registry)?;
        if let Some(offset) = replayed.torn_at {
            storage.truncate(offset).and_then(|()| storage.sync()).map_err(with_path)?;
        } else if replayed.lacks_line_end {
            storage.append(b"\n").and_then(|()| storage.sync()).map_err(with_path)?;
        }
        Ok((Self::new(storage), registry, replayed))
    }

    /// Makes `lines` survive a crash. If that fails, none of them is in the journal.
    ///
    /// # Errors
    ///
    /// What the system says. A later commit may work again.
    pub fn commit(&mut self, lines: &[u8]) -> io::Result<()> {
        self.repair()?;
        let end = self.storage.size()?;
        let outcome = self.storage.append(lines).and_then(|()| self.storage.sync());
        if outcome.is_err() {
            self.repair_to = Some(end);
            // If this fails as well, the next commit tries again before it writes anything.
            let _ = self.repair();
        }
        outcome
    }

    /// The storage, for those who made it.
    pub fn storage(&mut self) -> &mut S {
        &mut self.storage
    }

    fn repair(&mut self) -> io::Result<()> {
        if let Some(len) = self.repair_to {
            self.storage.truncate(len)?;
            self.repair_to = None;
        }
        Ok(())
    }
}

/// Appends the line of a TempID.
pub fn encode_line(user: Username, record: &ContactRecord, out: &mut Vec<u8>) {
    out.extend_from_slice(user.as_str().as_bytes());
    out.push(b' ');
    record.encode_line(out);
    out.push(b'\n');
}

/// What reading a journal found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Where a torn last line begins, to be cut off.
    pub torn_at: Option<u64>,
    /// Whether the last line is whole, or blank, but has no end.
    pub lacks_line_end: bool,
    /// The numbers of lines with a TempID that an earlier line has; the earlier one counts.
    pub repeated: Vec<u64>,
}

/// Reads all that was issued earlier, `size` bytes, into `registry`. A last line without an end that is
/// no whole record is none: it is what a crash leaves.
fn replay(
    source: impl Read,
    size: u64,
    path: &Path,
    registry: &mut Registry,
) -> Result<Replayed, FileError> {
    let mut replayed = Replayed::default();
    let mut batch = Batch::default();
    let mut times = TimestampDecoder::default();
    let has_end = read_lines_of(source, path, EXPECTED, |line| {
        match decode_line(line.text, &mut times) {
            Ok((user, record)) => {
                if registry.is_empty() && batch.is_empty() {
                    // Lines are about equally long, so the first one tells how many there are.
                    registry.reserve(size as usize / (line.text.len() + 1));
                }
                batch.push(line.number, user, record);
                if batch.is_full() {
                    batch.empty_into(registry, &mut replayed.repeated);
                }
                Ok(())
            }
            Err(error) => take_torn(line, error.to_string(), &mut replayed),
        }
    })?;
    batch.empty_into(registry, &mut replayed.repeated);
    replayed.lacks_line_end = !has_end && replayed.torn_at.is_none();
    Ok(replayed)
}

/// Lines that were read and are not in the registry yet.
#[derive(Default)]
struct Batch {
    numbers: Vec<u64>,
    issued: Vec<(Username, ContactRecord)>,
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.issued.is_empty()
    }

    fn is_full(&self) -> bool {
        self.issued.len() == Registry::BATCH
    }

    fn push(&mut self, number: u64, user: Username, record: ContactRecord) {
        self.numbers.push(number);
        self.issued.push((user, record));
    }

    fn empty_into(&mut self, registry: &mut Registry, repeated: &mut Vec<u64>) {
        let positions = registry.insert_all(&self.issued);
        repeated.extend(positions.into_iter().map(|position| self.numbers[position]));
        self.numbers.clear();
        self.issued.clear();
    }
}

fn take_torn(line: Line<'_>, problem: String, replayed: &mut Replayed) -> Result<(), String> {
    // Some file systems leave zeros where the data did not arrive any more, perhaps behind some that did.
    let len = line.text.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    if line.is_terminated || len > MAX_RECORD_BYTES {
        return Err(problem);
    }
    replayed.torn_at = Some(line.offset);
    Ok(())
}

fn decode_line(
    line: &[u8],
    times: &mut TimestampDecoder,
) -> Result<(Username, ContactRecord), LineError> {
    let blank = memchr::memchr(b' ', line).ok_or(LineError::OneWord)?;
    let user = Username::decode(&line[..blank])?;
    Ok((user, ContactRecord::decode_line_with(&line[blank + 1..], times)?))
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, Error)]
enum LineError {
    #[error("it is one word")]
    OneWord,
    #[error(transparent)]
    User(#[from] UsernameError),
    #[error(transparent)]
    Record(#[from] ContactRecordError),
}

/// A file that is only appended to.
#[derive(Debug)]
pub struct JournalFile(File);

impl JournalFile {
    /// Opens the file at `path`, or makes an empty one that survives a crash.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn open(path: &Path) -> io::Result<Self> {
        // Opening a pipe for writing only would wait for a reader.
        let file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        // A new file is found after a crash only if its directory was synced as well; and whether an
        // earlier run came so far is not known.
        if let Some(directory) = path.parent() {
            File::open(directory)?.sync_all()?;
        }
        Ok(Self(file))
    }
}

impl Storage for JournalFile {
    fn size(&self) -> io::Result<u64> {
        let metadata = self.0.metadata()?;
        if metadata.nlink() == 0 {
            // What is written to it now, no restart will find.
            return Err(io::Error::other("the file was deleted; start the server again"));
        }
        Ok(metadata.len())
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    const LINE: &str = "+61410888888 12345678901234567891 13/05/2020 17:54:06 13/05/2020 18:09:05";
    const OTHER: &str = "+61410777777 12345678901234567892 14/05/2020 17:45:06 14/05/2020 18:00:05";

    fn replay_text(content: &str) -> (Result<Replayed, String>, usize) {
        let mut registry = Registry::default();
        let (bytes, path) = (content.as_bytes(), Path::new("tempIDs.txt"));
        let replayed = replay(bytes, bytes.len() as u64, path, &mut registry);
        let replayed = replayed.map_err(|error| error.to_string());
        (replayed, registry.len())
    }

    #[test]
    fn lines_of_both_ends_are_read() {
        let (replayed, len) = replay_text(&format!("{LINE}\r\n\r\n{OTHER}\n"));
        assert_eq!((replayed, len), (Ok(Replayed::default()), 2));
    }

    #[test]
    fn whole_last_line_without_end_is_read() {
        let (replayed, len) = replay_text(&format!("{LINE}\n{OTHER}"));
        assert_eq!(len, 2);
        assert!(replayed.expect("read").lacks_line_end);
    }

    #[test]
    fn last_line_torn_at_any_byte_is_found() {
        for cut in 1..OTHER.len() {
            assert_torn(&OTHER[..cut]);
        }
    }

    #[test]
    fn last_line_that_ends_in_zeros_is_torn() {
        for cut in 0..=OTHER.len() {
            for zeros in [1, 100, 5000] {
                assert_torn(&format!("{}{}", &OTHER[..cut], "\0".repeat(zeros)));
            }
        }
    }

    #[track_caller]
    fn assert_torn(last: &str) {
        let (replayed, len) = replay_text(&format!("{LINE}\n{last}"));
        let torn_at = Some(LINE.len() as u64 + 1);
        assert_eq!(replayed, Ok(Replayed { torn_at, ..Replayed::default() }), "{last:?}");
        assert_eq!(len, 1);
    }

    #[test]
    fn malformed_line_with_an_end_is_refused_with_its_number() {
        for (line, problem) in [
            ("word", "it is one word"),
            ("+61 1234 x y", "not a TempID"),
            (&OTHER.replace("14/05", "31/02"), "the start is not"),
            (&OTHER.replace("892", "89x"), "the TempID is not"),
            (&OTHER.replace(' ', "  "), "not a TempID"),
        ] {
            let (replayed, _) = replay_text(&format!("{LINE}\n{line}\n{LINE}\n"));
            let error = replayed.expect_err(line);
            assert!(error.contains(&format!(":2: {problem}")), "{error}");
        }
    }

    #[test]
    fn last_line_that_is_no_torn_record_is_refused_and_not_cut_off() {
        for last in ["x".repeat(200), format!("{OTHER}\0{OTHER}"), format!("\0{}", "x".repeat(91))]
        {
            let (replayed, _) = replay_text(&last);
            assert!(replayed.is_err(), "{last:?}");
        }
    }

    #[test]
    fn repeated_temp_id_counts_once() {
        let repeated = OTHER.replace("892", "891");
        let (replayed, len) = replay_text(&format!("{LINE}\n{repeated}\n"));
        assert_eq!(replayed.expect("read").repeated, [2]);
        assert_eq!(len, 1);
    }

    #[test]
    fn repeated_temp_ids_far_apart_are_told_with_their_lines() {
        let line = |number: usize| LINE.replace("12345678901234567891", &format!("{number:020}"));
        let numbers = (1..=100).chain([7, 101, 100]);
        let content: String = numbers.map(|number| line(number) + "\n\n").collect();
        let (replayed, len) = replay_text(&content);
        assert_eq!(replayed.expect("read").repeated, [201, 205]);
        assert_eq!(len, 101);
    }

    /// A storage in memory that fails as told.
    #[derive(Debug, Default)]
    pub(in crate::server) struct Flaky {
        pub(in crate::server) bytes: Vec<u8>,
        room: Option<usize>,
        pub(in crate::server) sync_fails: bool,
        truncate_fails: bool,
    }

    impl Storage for Flaky {
        fn size(&self) -> io::Result<u64> {
            Ok(self.bytes.len() as u64)
        }

        fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
            let room = self.room.unwrap_or(usize::MAX).min(bytes.len());
            self.bytes.extend_from_slice(&bytes[..room]);
            if room < bytes.len() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
        }

        fn sync(&mut self) -> io::Result<()> {
            if self.sync_fails { Err(io::Error::other("sync")) } else { Ok(()) }
        }

        fn truncate(&mut self, len: u64) -> io::Result<()> {
            if self.truncate_fails {
                return Err(io::Error::other("truncate"));
            }
            self.bytes.truncate(len as usize);
            Ok(())
        }
    }

    #[test]
    fn failed_commit_leaves_nothing_and_the_next_one_works() {
        for failing in [
            Flaky { room: Some(3), ..Flaky::default() },
            Flaky { sync_fails: true, ..Flaky::default() },
        ] {
            let mut journal = Journal::new(failing);
            assert!(journal.commit(b"first\n").is_err());
            assert_eq!(journal.storage().bytes, b"");
            (journal.storage().room, journal.storage().sync_fails) = (None, false);
            assert!(journal.commit(b"second\n").is_ok());
            assert_eq!(journal.storage().bytes, b"second\n");
        }
    }

    #[test]
    fn failed_repair_is_done_before_the_next_commit_writes() {
        let mut journal =
            Journal::new(Flaky { room: Some(3), truncate_fails: true, ..Flaky::default() });
        assert!(journal.commit(b"first\n").is_err());
        journal.storage().room = None;
        assert!(journal.commit(b"second\n").is_err());
        assert_eq!(journal.storage().bytes, b"fir");
        journal.storage().truncate_fails = false;
        assert!(journal.commit(b"third\n").is_ok());
        assert_eq!(journal.storage().bytes, b"third\n");
    }
}
