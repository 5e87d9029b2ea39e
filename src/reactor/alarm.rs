//! A timer to the microsecond, on a timer descriptor of the kernel.
//!
//! Timers of a wheel fire up to two milliseconds late, which is longer than the latencies that a
//! storm measures from such a moment on.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::Duration;

use mio::unix::SourceFd;
use mio::{Interest, Registry};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};

use super::Token;

/// A timer of the kernel that fires as an event of the poll.
#[derive(Debug)]
pub struct Alarm {
    timer: OwnedFd,
}

impl Alarm {
    /// Makes an alarm that is not set, registered under `token`.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn new(registry: &Registry, token: Token) -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        let mut source = SourceFd(&timer.as_raw_fd());
        registry.register(&mut source, token.into(), Interest::READABLE)?;
        Ok(Self { timer })
    }

    /// Raises one event `after` this time, and cancels an event that was set earlier. The
    /// descriptor need not be read: setting it anew clears it.
    pub fn set(&self, after: Duration) {
        let never = Timespec { tv_sec: 0, tv_nsec: 0 };
        // A time of zero would switch the timer off.
        let after = Timespec::try_from(after.max(Duration::from_nanos(1)))
            .unwrap_or(Timespec { tv_sec: i64::MAX, tv_nsec: 0 });
        let times = Itimerspec { it_interval: never, it_value: after };
        timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &times)
            .expect("a timer can be set to any time that is not negative");
    }
}

#[cfg(test)]
mod tests;
