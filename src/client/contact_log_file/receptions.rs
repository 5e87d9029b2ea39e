//! When each record of a contact log was received, as a file keeps it.
//!
//! A line is `<TempID> <DD/MM/YYYY HH:MM:SS>`. Clocks are set, also by hours or years, and no age
//! may depend on that. So the times are those of one clock, which a line `boot <id> <unix seconds>`
//! above them describes by the moment at which it says that the machine was started. A later run on
//! the same start of the machine learns from it how far its own clock is set off from that one.
//! After another start nothing but the clock itself can say how much time has passed; it is then
//! believed, but for times to come, which count as now.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::client::contact_log::ContactLog;
use crate::client::log_storage::LogStorage;
use crate::clock::Now;
use crate::protocol::{TempId, Timestamp};
use crate::text_file::FileError;

const EXPECTED: &str = "\"<TempID of 20 digits> <DD/MM/YYYY HH:MM:SS>\"";

const BOOT: &[u8] = b"boot ";

/// Two readings of a clock that differ by no more than this are of the same clock: it is read in
/// whole seconds, and kept right by small steps.
const SAME_CLOCK_SECONDS: u64 = 2;

/// What was written of receptions, and is to be written next.
#[derive(Debug, Default)]
pub(super) struct Receptions {
    /// Lines of the file, which outgrows the log as beacons are received again.
    lines: usize,
    written: Option<Written>,
}

/// The moment at which the clock of the last lines was described.
#[derive(Debug)]
struct Written(Now);

/// What a file says about receptions.
pub(super) struct Ages {
    /// How long ago each beacon was received.
    pub(super) by_temp_id: HashMap<TempId, Duration>,
    /// The first line that makes no sense, counted from 1.
    pub(super) wrong_line: Option<usize>,
}

/// A wall clock, described by what it says about the start of the machine.
struct Clock {
    boot: String,
    booted_at: i64,
}

impl Receptions {
    /// Reads a file of an earlier run, or of this one.
    pub(super) fn read(&mut self, content: &[u8], storage: &impl LogStorage, now: Now) -> Ages {
        let mut ages = Ages { by_temp_id: HashMap::new(), wrong_line: None };
        let (ours, mut theirs) = (Clock::read(storage, now), None);
        self.lines = 0;
        for (index, line) in content.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let text = line.strip_suffix(b"\n").unwrap_or(line);
            let text = text.strip_suffix(b"\r").unwrap_or(text);
            if let Some(clock) = Clock::decode(text) {
                theirs = Some(clock);
                continue;
            }
            self.lines += usize::from(!text.is_empty());
            match decode(text) {
                Some((temp_id, received)) => {
                    let set_off = set_off(theirs.as_ref(), ours.as_ref());
                    let received = received.unix_seconds().saturating_add(set_off);
                    let age = now.wall.seconds_since(Timestamp::from_unix_seconds(received));
                    ages.by_temp_id.insert(temp_id, Duration::from_secs(age));
                }
                // A line without an end is what a crash leaves.
                None if text.is_empty() || !line.ends_with(b"\n") => {}
                None => ages.wrong_line = ages.wrong_line.or(Some(index + 1)),
            }
        }
        ages
    }

    /// Returns what is to be appended as a beacon was received now.
    pub(super) fn next(&mut self, temp_id: TempId, storage: &impl LogStorage, now: Now) -> Vec<u8> {
        let mut out = Vec::new();
        if self.written.as_ref().is_none_or(|written| written.is_of_another_clock(now)) {
            self.describe_clock(storage, now, &mut out);
        }
        self.lines += 1;
        encode(temp_id, now.wall, &mut out);
        out
    }

    /// Returns the whole content of a file for `log`.
    pub(super) fn all(&mut self, log: &ContactLog, storage: &impl LogStorage, now: Now) -> Vec<u8> {
        let mut out = Vec::new();
        self.describe_clock(storage, now, &mut out);
        self.lines = log.len();
        for entry in log.iter() {
            let age = i64::try_from(log.age(entry, now.monotonic).as_secs()).unwrap_or(i64::MAX);
            let received = now.wall.unix_seconds().saturating_sub(age);
            encode(entry.record.temp_id, Timestamp::from_unix_seconds(received), &mut out);
        }
        out
    }

    /// The number of receptions in the file.
    pub(super) fn lines(&self) -> usize {
        self.lines
    }

    /// Whether the clock was set since it was described last.
    pub(super) fn is_of_another_clock(&self, now: Now) -> bool {
        self.written.as_ref().is_some_and(|written| written.is_of_another_clock(now))
    }

    fn describe_clock(&mut self, storage: &impl LogStorage, now: Now, out: &mut Vec<u8>) {
        self.written = Some(Written(now));
        if let Some(clock) = Clock::read(storage, now) {
            clock.encode(out);
        }
    }
}

impl Written {
    fn is_of_another_clock(&self, now: Now) -> bool {
        let elapsed = now.monotonic.saturating_duration_since(self.0.monotonic).as_secs();
        let expected = self.0.wall.after_seconds(elapsed);
        let difference = now.wall.seconds_since(expected) + expected.seconds_since(now.wall);
        difference > SAME_CLOCK_SECONDS
    }
}

impl Clock {
    /// The clock at `now`; none if the machine does not say when it was started.
    fn read(storage: &impl LogStorage, now: Now) -> Option<Self> {
        let uptime = storage.uptime()?;
        Some(Self { boot: uptime.boot, booted_at: now.wall.unix_seconds() - uptime.seconds })
    }

    fn decode(line: &[u8]) -> Option<Self> {
        let (boot, booted_at) = str::from_utf8(line.strip_prefix(BOOT)?).ok()?.split_once(' ')?;
        Some(Self { boot: boot.to_owned(), booted_at: booted_at.parse().ok()? })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(format!("boot {} {}\n", self.boot, self.booted_at).as_bytes());
    }
}

/// How many seconds `ours` is ahead of `theirs`, as far as can be known.
fn set_off(theirs: Option<&Clock>, ours: Option<&Clock>) -> i64 {
    match (theirs, ours) {
        (Some(theirs), Some(ours)) if theirs.boot == ours.boot => {
            let difference = ours.booted_at.saturating_sub(theirs.booted_at);
            if difference.unsigned_abs() > SAME_CLOCK_SECONDS { difference } else { 0 }
        }
        (Some(_) | None, Some(_) | None) => 0,
    }
}

fn decode(line: &[u8]) -> Option<(TempId, Timestamp)> {
    let (temp_id, received) = line.split_at_checked(TempId::LEN)?;
    let received = received.strip_prefix(b" ")?;
    Some((TempId::decode(temp_id).ok()?, Timestamp::decode(received).ok()?))
}

fn encode(temp_id: TempId, received: Timestamp, out: &mut Vec<u8>) {
    temp_id.encode(out);
    out.push(b' ');
    received.encode(out);
    out.push(b'\n');
}

/// What is wrong with a line of the file at `path`.
pub(super) fn malformed(path: PathBuf, line: usize) -> FileError {
    let problem = "it is no TempID and time".to_owned();
    FileError::Malformed { path, line: line as u64, problem, expected: EXPECTED }
}
