//! The time, as everything that decides is told it.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::protocol::Timestamp;

/// One moment on both clocks. A program reads them once a tick; its state machines get the moment
/// as an argument, and in a simulation it is whatever the simulation says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Never goes back: timers, blocks and ages.
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
        Self { monotonic: Instant::now(), wall: Timestamp::from_unix_seconds(seconds) }
    }
}
