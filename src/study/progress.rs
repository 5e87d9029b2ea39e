//! The progress bar of a study.

use indicatif::ProgressBar;

use crate::numbers::counted;
use crate::progress_bar;

/// Steps of the bar for one run.
const STEPS: u64 = 1000;

/// A bar on standard error, if that is a terminal.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    pub(super) fn new(runs: usize) -> Self {
        let length = STEPS.saturating_mul(runs as u64);
        let bar = progress_bar::new(length);
        bar.set_style(progress_bar::style("{elapsed} [{wide_bar}] {percent} % of {msg}"));
        bar.set_message(counted(runs, "run"));
        Self { bar }
    }

    /// The part of the bar that belongs to one run.
    pub(super) fn run(&self) -> RunProgress<'_> {
        RunProgress { bar: &self.bar, steps: 0 }
    }

    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

/// Progress of a run.
#[derive(Debug)]
pub(super) struct RunProgress<'a> {
    bar: &'a ProgressBar,
    steps: u64,
}

impl RunProgress<'_> {
    /// Sets the share of the work that is done, from 0 to 1.
    pub(super) fn has_come_to(&mut self, share: f64) {
        let steps = ((share * STEPS as f64) as u64).min(STEPS);
        if let Some(more) = steps.checked_sub(self.steps).filter(|more| *more > 0) {
            self.bar.inc(more);
            self.steps = steps;
        }
    }
}

#[cfg(test)]
mod tests;
