use std::sync::{Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How long a test waits for something that should take milliseconds.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// When waiting ends.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(Instant);

impl Deadline {
    /// The end of the usual patience, from now.
    pub fn new() -> Self {
        Self(now() + PATIENCE)
    }

    pub fn remaining(self) -> Duration {
        self.0.saturating_duration_since(now())
    }

    /// Fails the test if the deadline has passed.
    #[track_caller]
    pub fn check(self, waiting_for: &str) {
        assert!(!self.remaining().is_zero(), "waited {PATIENCE:?} in vain for {waiting_for}");
    }
}

/// The one clock of the tests.
#[allow(clippy::disallowed_methods, reason = "tests measure deadlines of real processes")]
pub fn now() -> Instant {
    Instant::now()
}

/// Lets time pass, where nothing else is the matter: while a server stands still.
pub fn let_pass(time: Duration) {
    let end = now() + time;
    while now() < end {
        std::thread::park_timeout(end.saturating_duration_since(now()));
    }
}

/// The wall clock, in seconds since 1970.
#[allow(clippy::disallowed_methods, reason = "compared with the times that real processes print")]
pub fn unix_seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    i64::try_from(since.as_secs()).expect("a time that fits")
}

/// Runs `work` beside the test: programs are read and loaded while the test does something else.
#[allow(clippy::disallowed_methods, reason = "only the programs are single-threaded")]
pub fn background<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    std::thread::spawn(work)
}

/// A value that one thread changes and another waits for.
#[derive(Debug, Default)]
pub struct Watched<T> {
    value: Mutex<T>,
    changed: Condvar,
}

impl<T> Watched<T> {
    pub fn update<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        let result = change(&mut self.lock());
        self.changed.notify_all();
        result
    }

    pub fn read<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        look(&self.lock())
    }

    /// Waits until `look` finds something, or gives up at the deadline.
    pub fn wait<R>(&self, mut look: impl FnMut(&T) -> Option<R>) -> Option<R> {
        let deadline = Deadline::new();
        let mut value = self.lock();
        loop {
            if let Some(found) = look(&value) {
                return Some(found);
            }
            let remaining = deadline.remaining();
            if remaining.is_zero() {
                return None;
            }
            let waited = self.changed.wait_timeout(value, remaining);
            value = waited.unwrap_or_else(|poison| poison.into_inner()).0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, T> {
        // A test that failed while it looked has not broken what it looked at.
        self.value.lock().unwrap_or_else(|poison| poison.into_inner())
    }
}
