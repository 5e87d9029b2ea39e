use std::io::{self, ErrorKind};
use std::time::Instant;

use mio::{Events, Poll, Registry};

use super::TimerWheel;

/// What a program waits with: the poll, and the timers that bound how long it waits.
#[derive(Debug)]
pub struct EventLoop<T> {
    poll: Poll,
    /// The program's timers, each with the value that says what it is for.
    pub timers: TimerWheel<T>,
}

impl<T> EventLoop<T> {
    /// Events that one tick takes at most.
    pub const EVENTS_PER_TICK: usize = 1024;

    /// A loop whose time begins at `now`.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn new(now: Instant) -> io::Result<Self> {
        Ok(Self { poll: Poll::new()?, timers: TimerWheel::new(now) })
    }

    /// Where sources of events are registered.
    pub fn registry(&self) -> &Registry {
        self.poll.registry()
    }

    /// Waits for events until the next timer is due; not at all if the program `is_busy` with what
    /// an earlier tick left over.
    ///
    /// # Errors
    ///
    /// What the system says. A signal is no error: it comes as an event of its own.
    pub fn wait(&mut self, events: &mut Events, is_busy: bool, now: Instant) -> io::Result<()> {
        self.wait_until(events, is_busy.then_some(now), now)
    }

    /// Waits for events until the next timer is due, or until `wake` if that is earlier, for those
    /// who have timers elsewhere.
    ///
    /// # Errors
    ///
    /// As [`wait`](EventLoop::wait).
    pub fn wait_until(
        &mut self,
        events: &mut Events,
        wake: Option<Instant>,
        now: Instant,
    ) -> io::Result<()> {
        let wake = wake.into_iter().chain(self.timers.next_wake()).min();
        let timeout = wake.map(|wake| wake.saturating_duration_since(now));
        match self.poll.poll(events, timeout) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {
                events.clear();
                Ok(())
            }
            other => other,
        }
    }
}
