//! Virtual time.

use std::time::{Duration, Instant};

use crate::clock::Now;
use crate::protocol::Timestamp;

/// Both clocks of a simulated machine. The monotonic one begins at any point; only distances
/// matter.
#[derive(Debug, Clone, Copy)]
pub struct VirtualClock {
    start: Now,
    elapsed: Duration,
}

impl VirtualClock {
    /// A clock whose wall time is `wall`.
    #[expect(clippy::disallowed_methods, reason = "an arbitrary origin, of which nothing depends")]
    pub fn starting_at(wall: Timestamp) -> Self {
        Self { start: Now { monotonic: Instant::now(), wall }, elapsed: Duration::ZERO }
    }

    /// Virtual time since the start.
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Time on both clocks.
    pub fn now(&self) -> Now {
        Now {
            monotonic: self.start.monotonic + self.elapsed,
            wall: self.start.wall.after_seconds(self.elapsed.as_secs()),
        }
    }

    /// Virtual time since the start at `moment`; the current one if `moment` is past.
    pub fn elapsed_at(&self, moment: Instant) -> Duration {
        moment.saturating_duration_since(self.start.monotonic).max(self.elapsed)
    }

    /// Advances to `elapsed` since the start; never back.
    pub fn advance_to(&mut self, elapsed: Duration) {
        debug_assert!(self.elapsed <= elapsed, "time goes on");
        self.elapsed = elapsed;
    }
}
