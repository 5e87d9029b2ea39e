//! Writes what the operator is shown.

use std::time::{Duration, Instant};

use super::console::Console;
use crate::reactor::{Output, Retry};

/// How long the server waits until it tries again to write what could not be written: an operator
/// who makes room on a disk looks at it no sooner.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// Writes the text of the [`Console`]: events to standard output, diagnostics to standard error.
/// Reports on standard error when events cannot be written. What they tell is stored elsewhere.
#[derive(Debug)]
pub(super) struct Printer {
    /// Where events go.
    pub(super) stdout: Output,
    /// Where diagnostics go.
    pub(super) stderr: Output,
    /// Condition of standard output when it was last looked at.
    condition: Condition,
    /// When to write again what could not be written, as no event will tell.
    retry: Retry,
}

/// Conditions of standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    /// It takes text, now or as soon as its reader does.
    Works,
    /// It takes nothing, for a reason that may pass, such as a full disk.
    Fails,
    /// Its reader is gone.
    Closed,
}

impl Printer {
    pub(super) fn new(stdout: Output, stderr: Output) -> Self {
        Self { stdout, stderr, condition: Condition::Works, retry: Retry::default() }
    }

    /// Makes a printer whose output is discarded.
    pub(super) fn nowhere() -> Self {
        Self::new(Output::nowhere(), Output::nowhere())
    }

    /// Writes the text of the console, now or when there is room, and retries what could not be
    /// written earlier when its pause is over.
    pub(super) fn print(&mut self, console: &mut Console, now: Instant) {
        if self.retry.at().is_some_and(|at| at <= now) {
            self.stdout.flush();
            self.stderr.flush();
            self.retry.worked();
        }
        self.stdout.write(&mut console.events);
        self.report(console);
        self.stderr.write(&mut console.diagnostics);
        let is_failing = self.stdout.problem().is_some() || self.stderr.problem().is_some();
        if is_failing && self.retry.at().is_none() {
            self.retry.failed(now, RETRY_INTERVAL);
        }
    }

    /// Changes how much text may wait for a reader, in bytes.
    pub(super) fn limit_pending(&mut self, bytes: usize) {
        self.stdout.limit_pending(bytes);
        self.stderr.limit_pending(bytes);
    }

    /// When [`print`](Printer::print) tries again, if anything could not be written.
    pub(super) fn next_attempt(&self) -> Option<Instant> {
        self.retry.at()
    }

    /// Whether all events are written.
    pub(super) fn has_shown_all(&self) -> bool {
        self.stdout.is_empty()
    }

    /// Reports the events that are lost because the program ends.
    pub(super) fn report_loss(&self, console: &mut Console) {
        let bytes = self.stdout.pending();
        match self.stdout.problem() {
            Some(problem) => console
                .diagnostic(format_args!("standard output: {bytes} bytes are lost: {problem}")),
            None => console
                .diagnostic(format_args!("standard output: {bytes} bytes are lost: nobody read")),
        }
    }

    /// Reports when the output begins to fail, works again, or loses its reader, and nothing in
    /// between.
    fn report(&mut self, console: &mut Console) {
        let current = self.current_condition();
        let earlier = std::mem::replace(&mut self.condition, current);
        match (earlier, current) {
            (Condition::Works, Condition::Fails) => {
                let problem = self.stdout.problem().expect("it fails");
                console.diagnostic(format_args!(
                    "standard output: {problem}; events are shown when it works again"
                ));
            }
            (Condition::Fails, Condition::Works) => {
                console.diagnostic("standard output: written again");
            }
            (Condition::Works | Condition::Fails, Condition::Closed) => {
                console.diagnostic("standard output: its reader is gone; events are not shown");
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

#[cfg(test)]
mod tests;
