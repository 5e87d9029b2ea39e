use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use mio::{Events, Poll, Registry};

/// Longest wait for events. The poll's clock stands still while the machine sleeps and ours does
/// not, so that a timer which became due in a sleep fires within this time after it.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// What a program waits with. Its timers are its own; the earliest one bounds each wait.
#[derive(Debug)]
pub struct EventLoop {
    poll: Poll,
}

impl EventLoop {
    /// Events that one tick takes at most.
    pub const EVENTS_PER_TICK: usize = 1024;

    /// A loop without sources.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn new() -> io::Result<Self> {
        Ok(Self { poll: Poll::new()? })
    }

    /// Where sources of events are registered.
    pub fn registry(&self) -> &Registry {
        self.poll.registry()
    }

    /// Waits for events until `wake`, or for ever without one, and may return earlier; not at all
    /// if `wake` is not after `now`, as it is for a program with work left over from an earlier
    /// tick.
    ///
    /// # Errors
    ///
    /// What the system says. A signal is no error: it comes as an event of its own.
    pub fn wait(
        &mut self,
        events: &mut Events,
        wake: Option<Instant>,
        now: Instant,
    ) -> io::Result<()> {
        // mio rounds a timeout up to whole milliseconds, so that nobody wakes too early.
        let timeout = wake.map(|wake| wake.saturating_duration_since(now).min(LONGEST_WAIT));
        match self.poll.poll(events, timeout) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {
                events.clear();
                Ok(())
            }
            other => other,
        }
    }
}
