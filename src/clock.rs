//! The time, as everything that decides is told it.

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

use crate::protocol::Timestamp;

/// One moment on both clocks. A program reads them once a tick; its state machines get the moment
/// as an argument, and in a simulation it is whatever the simulation says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Never goes back, and includes time in which the machine slept: timers, blocks and ages.
    pub monotonic: Instant,
    /// What people and other phones agree on, and what somebody may set: the times of TempIDs.
    pub wall: Timestamp,
}

impl Now {
    /// Reads both clocks of the system.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clocks")]
    pub fn read() -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let seconds = i64::try_from(wall.as_secs()).unwrap_or(i64::MAX);
        let since_boot = since_boot();
        let first = FIRST.get_or_init(|| FirstReading { instant: Instant::now(), since_boot });
        let monotonic = first.instant_at(since_boot);
        Self { monotonic, wall: Timestamp::from_unix_seconds(seconds) }
    }
}

/// The first reading of the clock, from which all later ones count.
static FIRST: OnceLock<FirstReading> = OnceLock::new();

/// One moment on two clocks of the system.
#[derive(Debug)]
struct FirstReading {
    /// On `CLOCK_MONOTONIC`, which stands still while the machine sleeps. The standard library
    /// reads no other one.
    instant: Instant,
    /// On `CLOCK_BOOTTIME`, which does not.
    since_boot: Duration,
}

impl FirstReading {
    fn instant_at(&self, since_boot: Duration) -> Instant {
        self.instant + since_boot.saturating_sub(self.since_boot)
    }
}

/// Time since the machine was started, including the time in which it slept.
fn since_boot() -> Duration {
    let time = clock_gettime(ClockId::Boottime);
    // Neither is negative.
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

#[cfg(test)]
mod tests;
