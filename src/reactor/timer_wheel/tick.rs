//! Time in the unit of the wheel.

use std::time::Duration;

/// The resolution of the wheel. One millisecond, because epoll, and with it [`mio::Poll`], cannot
/// wait for less.
pub(super) const TICK: Duration = Duration::from_millis(1);

pub(super) const TICKS_PER_SECOND: u64 = 1_000;

/// A moment, in whole ticks since the start of the wheel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tick(pub(super) u64);

impl Tick {
    /// The last moment: half a billion years away, and where later ones end up.
    pub(super) const MAX: Self = Self(u64::MAX);

    /// The whole ticks in `elapsed`.
    pub(super) fn whole(elapsed: Duration) -> Self {
        let seconds = elapsed.as_secs().saturating_mul(TICKS_PER_SECOND);
        let rest = elapsed.subsec_nanos() / TICK.subsec_nanos();
        Self(seconds.saturating_add(u64::from(rest)))
    }

    pub(super) fn since_start(self) -> Duration {
        let rest = (self.0 % TICKS_PER_SECOND) as u32;
        Duration::from_secs(self.0 / TICKS_PER_SECOND) + TICK * rest
    }
}
