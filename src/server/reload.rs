//! `credentials.txt` read again while the server serves, on a thread that touches nothing of it:
//! reading, parsing, comparing and freeing takes seconds with millions of users.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread;
use std::time::Duration;

use mio::Waker;

use super::file_version::FileVersion;
use super::memory::{self, Memory};
use super::passwords::Passwords;
use super::settings::StartError;
use crate::protocol::Username;
use crate::reactor::{WakeWhenDropped, spawn_helper};
use crate::text_file::FileError;

/// How long nobody may have changed the file before it is read. Somebody who copies a long file
/// over it changes it again and again until the copy is whole.
const QUIET: Duration = Duration::from_secs(1);

/// How long nobody may have changed a file that was moved to the place of the earlier one. It was
/// whole before, unless somebody removed the earlier one and is copying.
const QUIET_IF_MOVED: Duration = Duration::from_millis(100);

/// How often the wait for that begins again, as somebody changed the file, until it is given up.
const MAX_ATTEMPTS: u32 = 60;

/// The form of a file that may be in force while the server runs.
const EXPECTED_END: &str = "a line feed behind the last user, as half a file may have none";

/// What is told if the thread ends without an outcome.
const FAULT: &str = "credentials not read again: reading them failed by a fault of the program";

/// Reads `credentials.txt` again whenever somebody asks for it.
#[derive(Debug)]
pub(super) struct Reload {
    path: PathBuf,
    memory: Memory,
    waker: Arc<Waker>,
    /// The file that was in the place when it was read last.
    latest: FileVersion,
    state: State,
}

#[derive(Debug)]
enum State {
    Idle,
    Reading {
        outcome: Receiver<Outcome>,
        retired: Sender<Arc<Passwords>>,
        /// Whether somebody asked once more meanwhile: the file may have changed again.
        is_stale: bool,
    },
}

type Outcome = Result<Reloaded, String>;

/// A reading that has ended.
#[derive(Debug)]
pub(super) struct Finished {
    /// What it found, or why the earlier list must stay in force.
    pub(super) outcome: Outcome,
    /// Takes a list that is in force no more, to free it.
    pub(super) retired: Sender<Arc<Passwords>>,
    /// Whether to [begin](Reload::begin) once more.
    pub(super) is_stale: bool,
}

/// What a reading found.
#[derive(Debug)]
pub(super) struct Reloaded {
    /// The users of the file.
    pub(super) passwords: Arc<Passwords>,
    /// Users of the earlier list who are none any more or have another password.
    pub(super) revoked: HashSet<Username>,
}

impl Reload {
    /// A reader of the file at `path`, who wakes the server with `waker` when a reading has ended.
    pub(super) fn new(
        path: PathBuf,
        memory: Memory,
        waker: Arc<Waker>,
    ) -> Result<Self, StartError> {
        let latest = FileVersion::of(&path)?;
        Ok(Self { path, memory, waker, latest, state: State::Idle })
    }

    /// Begins to read the file and to compare it with the list `in_force`.
    pub(super) fn begin(&mut self, in_force: &Arc<Passwords>) -> io::Result<()> {
        if let State::Reading { is_stale, .. } = &mut self.state {
            *is_stale = true;
            return Ok(());
        }
        let (path, memory, quiet) = (self.path.clone(), self.memory, self.quiet());
        let in_force = Arc::clone(in_force);
        self.begin_with(move || {
            read_when_quiet(&path, quiet, memory)
                .map(|fresh| Reloaded::new(fresh, &in_force))
                .map_err(|error| error.to_string())
        })
    }

    fn begin_with(&mut self, read: impl FnOnce() -> Outcome + Send + 'static) -> io::Result<()> {
        let (to_server, outcome) = channel();
        let (retired, from_server) = channel();
        let waking = WakeWhenDropped(Arc::clone(&self.waker));
        spawn_helper("credentials", move || {
            {
                // Dropped in reverse, also if `read` panics: the server is woken and finds the end.
                let _waking = waking;
                let to_server = to_server;
                // It fails only if the server has ended.
                let _ = to_server.send(read());
            }
            // The server's share of the earlier list comes here, so that the last one is dropped
            // here.
            let _ = from_server.recv();
        })?;
        self.state = State::Reading { outcome, retired, is_stale: false };
        Ok(())
    }

    /// How long to wait for changes of the file that is in the place now.
    fn quiet(&mut self) -> Duration {
        // Whoever reads the file says what is wrong if there is none.
        let Ok(version) = FileVersion::of(&self.path) else { return QUIET };
        let is_moved = !version.is_same_file(&self.latest);
        self.latest = version;
        if is_moved { QUIET_IF_MOVED } else { QUIET }
    }

    /// The reading that has ended, if one has.
    pub(super) fn take(&mut self) -> Option<Finished> {
        let State::Reading { outcome, .. } = &self.state else { return None };
        let outcome = match outcome.try_recv() {
            Ok(outcome) => outcome,
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => Err(FAULT.to_owned()),
        };
        match std::mem::replace(&mut self.state, State::Idle) {
            State::Reading { retired, is_stale, .. } => {
                Some(Finished { outcome, retired, is_stale })
            }
            State::Idle => None,
        }
    }
}

impl Reloaded {
    fn new(fresh: Passwords, in_force: &Passwords) -> Self {
        let is_revoked = |user: &Username| fresh.of(*user) != in_force.of(*user);
        let revoked = in_force.users().filter(is_revoked).collect();
        Self { passwords: Arc::new(fresh), revoked }
    }
}

/// Reads the file at the start of the server.
///
/// # Errors
///
/// [`FileError`], also if somebody changes the file meanwhile.
pub(super) fn read_now(path: &Path, memory: Memory) -> Result<Passwords, FileError> {
    let (passwords, _) = read_unchanged(path, memory)?.ok_or_else(|| being_changed(path))?;
    Ok(passwords)
}

/// Reads the file as soon as nobody changes it any more. A file that ends in the middle of a line
/// may be a copy that has come to a stop, and nobody must get in with the beginning of a password.
fn read_when_quiet(path: &Path, quiet: Duration, memory: Memory) -> Result<Passwords, FileError> {
    let mut quiet = quiet;
    for _ in 0..MAX_ATTEMPTS {
        let version = FileVersion::of(path)?;
        wait(quiet);
        if FileVersion::of(path)? != version {
            // Somebody is copying, so it was not moved here whole.
            quiet = QUIET;
            continue;
        }
        let Some((passwords, has_end)) = read_unchanged(path, memory)? else {
            quiet = QUIET;
            continue;
        };
        let problem = match (passwords.is_empty(), has_end) {
            (true, _) => "it has no user",
            (false, false) => "its last line has no end",
            (false, true) => return Ok(passwords),
        };
        let problem = format!("{problem}; expected {EXPECTED_END}");
        return Err(FileError::io(path, io::Error::other(problem)));
    }
    Err(being_changed(path))
}

/// Reads the file, and says whether its last line has an end; `None` if somebody changed it
/// meanwhile.
fn read_unchanged(path: &Path, memory: Memory) -> Result<Option<(Passwords, bool)>, FileError> {
    let version = FileVersion::of(path)?;
    // A line of 25 bytes takes up to 100 while the tables grow.
    if !memory.has_room_for(4 * version.len) {
        return Err(FileError::io(path, memory::too_large()));
    }
    let read = Passwords::read(path);
    if FileVersion::of(path)? == version { read.map(Some) } else { Ok(None) }
}

/// The error of a file that somebody changes while it is read.
pub(super) fn being_changed(path: &Path) -> FileError {
    FileError::io(path, io::Error::other("somebody is changing it; try again when it is whole"))
}

#[expect(clippy::disallowed_methods, reason = "nobody waits for this thread")]
fn wait(time: Duration) {
    thread::sleep(time);
}

#[cfg(test)]
mod tests;
