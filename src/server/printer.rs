//! What the operator is shown, on its way out.

use std::time::Duration;

use super::console::Console;
use crate::reactor::Output;

/// How long a program waits until it tries again to write what could not be written.
pub(super) const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// Writes what the [`Console`] holds, events to standard output and diagnostics to standard error. It
/// says on the latter when the events cannot be written: contact logs are refused meanwhile.
#[derive(Debug)]
pub(super) struct Printer {
    /// Where events go.
    pub(super) stdout: Output,
    /// Where diagnostics go.
    pub(super) stderr: Output,
    /// How standard output was when it was looked at last.
    condition: Condition,
}

/// How standard output is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    /// It takes what is written, or will when whoever reads it does.
    Works,
    /// It takes nothing, for a reason that may pass: a full disk.
    Fails,
    /// Whoever read it is gone.
    Closed,
}

impl Printer {
    pub(super) fn new(stdout: Output, stderr: Output) -> Self {
        Self { stdout, stderr, condition: Condition::Works }
    }

    /// One whose output nobody reads.
    pub(super) fn nowhere() -> Self {
        Self::new(Output::nowhere(), Output::nowhere())
    }

    /// Writes what the console holds, now or when there is room.
    pub(super) fn print(&mut self, console: &mut Console) {
        self.stdout.write(&mut console.events);
        self.report(console);
        self.stderr.write(&mut console.diagnostics);
    }

    /// How many records of contact logs can be shown so that none is lost.
    pub(super) fn room(&self) -> usize {
        match self.condition {
            Condition::Works => Console::room_behind(self.stdout.pending()),
            Condition::Fails | Condition::Closed => 0,
        }
    }

    /// Whether something is to be tried [again](Printer::retry) of which no event will tell.
    pub(super) fn needs_retry(&self) -> bool {
        self.stdout.problem().is_some() || self.stderr.problem().is_some()
    }

    /// Tries again to write what could not be written.
    pub(super) fn retry(&mut self) {
        self.stdout.flush();
        self.stderr.flush();
    }

    /// Whether all events are written, as far as anybody reads them.
    pub(super) fn has_shown_all(&self) -> bool {
        self.stdout.is_empty()
    }

    /// Says what will never be written, as the program ends.
    pub(super) fn report_loss(&self, console: &mut Console) {
        let bytes = self.stdout.pending();
        match self.stdout.problem() {
            Some(problem) => console
                .diagnostic(format_args!("standard output: {bytes} bytes are lost: {problem}")),
            None => console
                .diagnostic(format_args!("standard output: {bytes} bytes are lost: nobody read")),
        }
    }

    /// Says when the output begins to fail, works again, or has no reader any more, and nothing in
    /// between.
    fn report(&mut self, console: &mut Console) {
        let current = self.current_condition();
        let earlier = std::mem::replace(&mut self.condition, current);
        match (earlier, current) {
            (Condition::Works, Condition::Fails) => {
                let problem = self.stdout.problem().expect("it fails");
                console.diagnostic(format_args!(
                    "standard output: {problem}; no contact log is taken until it can be shown"
                ));
            }
            (Condition::Fails, Condition::Works) => {
                console.diagnostic("standard output: written again");
            }
            (Condition::Works | Condition::Fails, Condition::Closed) => {
                console.diagnostic(
                    "standard output: its reader is gone; no contact log is taken any more",
                );
            }
            (Condition::Works, Condition::Works)
            | (Condition::Fails, Condition::Fails)
            | (Condition::Closed, _) => {}
        }
    }

    fn current_condition(&self) -> Condition {
        if self.stdout.is_closed() {
            Condition::Closed
        } else if self.stdout.problem().is_some() {
            Condition::Fails
        } else {
            Condition::Works
        }
    }
}
