use std::time::{Duration, Instant};

/// When to try again what failed for a reason that may last.
///
/// What fails for good must neither spin nor fill a log: it is tried again after a pause, and
/// reported when it begins to fail and when it works again.
#[derive(Debug, Default)]
pub struct Retry {
    /// When to try again, from a failure until the next success.
    at: Option<Instant>,
}

impl Retry {
    /// Takes note of a failure, and returns whether the attempt before did not fail: then the
    /// failure is news.
    pub fn failed(&mut self, now: Instant, pause: Duration) -> bool {
        self.at.replace(now + pause).is_none()
    }

    /// Takes note of a success, and returns whether the attempt before failed: then the success is
    /// news.
    pub fn worked(&mut self) -> bool {
        self.at.take().is_some()
    }

    /// When to try again, unless the last attempt worked.
    pub fn at(&self) -> Option<Instant> {
        self.at
    }

    /// Ends the pause: something has changed that may let the next attempt work.
    pub fn hurry(&mut self, now: Instant) {
        self.at = self.at.map(|at| at.min(now));
    }
}
