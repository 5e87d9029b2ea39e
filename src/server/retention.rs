//! TempIDs that are older than they are kept leave memory and `tempIDs.txt`, while the server
//! serves.
//!
//! Memory is left a part a tick. The file is replaced: a thread writes the lines that stay into a
//! new one and copies what is appended meanwhile, in rounds that become shorter. When little is
//! left, the event loop copies the rest and puts the new file in the place of the old one.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::time::{Duration, Instant};

use mio::Waker;

use super::authority::{Authority, Retention};
use super::console::Console;
use super::journal::{Journal, JournalFile, MAX_COMMIT_BYTES, Replacement};
use crate::clock::Now;
use crate::numbers::counted;
use crate::protocol::Timestamp;
use crate::reactor::{WakeWhenDropped, spawn_helper};

/// How often old TempIDs are looked for.
const INTERVAL: Duration = Duration::from_secs(24 * 60 * 60);

/// Bytes that the event loop copies at most before it puts the new file in place: those of one
/// commit.
const MAX_COPIED_BYTES: u64 = MAX_COMMIT_BYTES as u64;

/// Bytes of an old file that are freed at a time.
const FREED_BYTES: u64 = 16 * 1024 * 1024;

/// Rounds in which the thread may try to keep up with what is appended, until the replacement is
/// given up for this day.
const MAX_ROUNDS: u32 = 100;

/// Keeps memory and file free of old TempIDs.
#[derive(Debug)]
pub(super) struct Cleaning {
    retention: Retention,
    waker: Arc<Waker>,
    next_at: Instant,
    /// The moment since which TempIDs are kept, while older ones leave the memory.
    forgetting: Option<Timestamp>,
    replacing: Replacing,
}

#[derive(Debug)]
enum Replacing {
    Idle,
    /// The thread works.
    Writing {
        orders: Sender<Order>,
        outcomes: Receiver<Outcome>,
        /// Rounds that it has begun.
        rounds: u32,
    },
}

/// What the thread is to do next.
enum Order {
    /// Copy what was appended to the journal, up to this length.
    CatchUp(Replacement, u64),
    /// Free a file that has no name any more. With millions of lines, that takes long.
    Free([File; 2]),
}

/// A new file, or `None` if nothing is old.
type Outcome = io::Result<Option<Replacement>>;

impl Cleaning {
    /// A cleaning that begins at `next_at`, and wakes the event loop with `waker`.
    pub(super) fn new(retention: Retention, next_at: Instant, waker: Arc<Waker>) -> Self {
        Self { retention, waker, next_at, forgetting: None, replacing: Replacing::Idle }
    }

    /// When it has more to do that no event announces.
    pub(super) fn next_wake(&self, now: Instant) -> Option<Instant> {
        match (self.forgetting, &self.replacing) {
            (Some(_), _) => Some(now),
            // Its thread wakes the event loop.
            (None, Replacing::Writing { .. }) => None,
            (None, Replacing::Idle) => Some(self.next_at),
        }
    }

    /// Looks for old TempIDs as soon as possible.
    pub(super) fn hurry(&mut self, now: Instant) {
        self.next_at = now;
    }

    /// Does a part of what is to be done. It must not be called in the middle of a commit.
    pub(super) fn go_on(
        &mut self,
        authority: &mut Authority,
        journal: &mut Journal<JournalFile>,
        console: &mut Console,
        now: Now,
    ) {
        if self.next_at <= now.monotonic && matches!(self.replacing, Replacing::Idle) {
            self.next_at = now.monotonic + INTERVAL;
            let since = self.retention.kept_since(now.wall);
            self.forgetting = Some(since);
            if let Err(error) = self.begin_to_replace(journal.storage(), since) {
                not_replaced(&error, console);
            }
        }
        if let Some(since) = self.forgetting
            && !authority.forget_some(since)
        {
            self.forgetting = None;
        }
        self.take_outcome(journal, console);
    }

    fn begin_to_replace(&mut self, journal: &JournalFile, since: Timestamp) -> io::Result<()> {
        let (source, path, len) = (journal.reader()?, journal.path().to_owned(), journal.len());
        let (orders, for_thread) = channel();
        let (to_server, outcomes) = channel();
        let waking = WakeWhenDropped(Arc::clone(&self.waker));
        let write = move || write(source, path, len, since, &for_thread, &to_server, &waking);
        spawn_helper("retention", write)?;
        self.replacing = Replacing::Writing { orders, outcomes, rounds: 1 };
        Ok(())
    }

    fn take_outcome(&mut self, journal: &mut Journal<JournalFile>, console: &mut Console) {
        let Replacing::Writing { orders, outcomes, rounds } = &mut self.replacing else { return };
        let outcome = match outcomes.try_recv() {
            Ok(outcome) => outcome,
            Err(TryRecvError::Empty) => return,
            Err(TryRecvError::Disconnected) => Err(io::Error::other("a fault of the program")),
        };
        let new = match outcome {
            Ok(Some(new)) => new,
            Ok(None) => return self.replacing = Replacing::Idle,
            Err(error) => {
                not_replaced(&error, console);
                return self.replacing = Replacing::Idle;
            }
        };
        let len = journal.storage().len();
        if new.behind(len) > MAX_COPIED_BYTES && *rounds < MAX_ROUNDS {
            *rounds += 1;
            // If the thread is gone, the next look finds that.
            let _ = orders.send(Order::CatchUp(new, len));
            return;
        }
        match put_in_place(new, journal, console) {
            // If the thread is gone, the files are freed here.
            Ok(old) => drop(orders.send(Order::Free(old))),
            Err(error) => not_replaced(&error, console),
        }
        self.replacing = Replacing::Idle;
    }
}

fn put_in_place(
    new: Replacement,
    journal: &mut Journal<JournalFile>,
    console: &mut Console,
) -> io::Result<[File; 2]> {
    let problem = if !journal.is_whole() {
        Some("a commit has failed, and what it left is not cut off yet")
    } else if new.behind(journal.storage().len()) > MAX_COPIED_BYTES {
        Some("it grows faster than it can be copied")
    } else {
        None
    };
    if let Some(problem) = problem {
        new.discard();
        return Err(io::Error::other(problem));
    }
    let count = new.left_out();
    let old = journal.storage().replace(new)?;
    let (path, lines) = (journal.storage().path().display(), counted(count, "TempID"));
    console.diagnostic(format_args!("{path}: replaced without {lines} older than the retention"));
    Ok(old)
}

fn not_replaced(error: &io::Error, console: &mut Console) {
    console.diagnostic(format_args!(
        "{}: old TempIDs not removed: {error}; the next attempt is in a day, or on SIGHUP",
        super::journal::FILE_NAME
    ));
}

/// Frees the blocks of a file that has no name any more, a part at a time: while a file system
/// frees all of a long one, commits wait. A file with another name, such as a copy made with `ln`,
/// stays.
fn free(old: &File) {
    let Ok(metadata) = old.metadata() else { return };
    if metadata.nlink() > 0 {
        return;
    }
    let mut len = metadata.len();
    while len > 0 {
        len = len.saturating_sub(FREED_BYTES);
        // If it fails, the rest is freed when the file is closed.
        if old.set_len(len).and_then(|()| old.sync_data()).is_err() {
            return;
        }
    }
}

/// The work of the thread.
fn write(
    source: File,
    path: PathBuf,
    len: u64,
    since: Timestamp,
    orders: &Receiver<Order>,
    to_server: &Sender<Outcome>,
    waking: &WakeWhenDropped,
) {
    let tell = |outcome: Outcome| {
        // Both fail only if the server has ended.
        let _ = to_server.send(outcome);
        let _ = waking.0.wake();
    };
    tell(Replacement::write(source, &path, len, since));
    for order in orders {
        match order {
            Order::CatchUp(mut new, len) => {
                let outcome = new.catch_up(len).inspect_err(|_| new.discard());
                tell(outcome.map(|()| Some(new)));
            }
            Order::Free([old, _]) => free(&old),
        }
    }
}
