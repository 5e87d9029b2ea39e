//! The progress bar of a storm.

use std::io::{self, Write};
use std::time::Duration;

use indicatif::ProgressBar;
use rustix::stdio::stderr;
use rustix::termios::tcgetwinsize;

use super::tally::Tally;
use crate::numbers::counted;
use crate::progress_bar;

/// How often it is drawn.
pub(super) const INTERVAL: Duration = Duration::from_millis(100);

/// Columns of a terminal below which the bar makes room for the numbers.
const MIN_COLUMNS_OF_BAR: u16 = 64;

/// A bar with numbers in one row, as wide as the terminal.
#[derive(Debug)]
pub(super) struct Progress {
    goal: Goal,
    bar: ProgressBar,
}

/// What ends the storm.
#[derive(Debug, Clone, Copy)]
enum Goal {
    Phones(u64),
    Time(Duration),
    None,
}

impl Progress {
    pub(super) fn new(phones: Option<u64>, duration: Option<Duration>) -> Self {
        let goal = match (phones, duration) {
            (Some(phones), _) => Goal::Phones(phones),
            (None, Some(time)) => Goal::Time(time),
            (None, None) => Goal::None,
        };
        Self { goal, bar: progress_bar::new(goal.steps()) }
    }

    pub(super) fn show(&self, tally: &Tally, running: usize, elapsed: Duration) {
        if self.bar.is_hidden() {
            return;
        }
        let is_wide = tcgetwinsize(stderr()).is_ok_and(|size| size.ws_col >= MIN_COLUMNS_OF_BAR);
        self.bar.set_style(progress_bar::style(match self.goal {
            Goal::Phones(_) | Goal::Time(_) if is_wide => "{elapsed} [{wide_bar}] {msg}",
            Goal::Phones(_) | Goal::Time(_) | Goal::None => "{elapsed} {wide_msg}",
        }));
        self.bar.set_message(self.goal.numbers(tally, running, elapsed));
        self.bar.set_position(self.goal.steps_done(tally, elapsed));
    }

    /// Writes a line above the bar, or without one where there is no terminal.
    pub(super) fn say(&self, line: &str) {
        // Nobody may be there to read it.
        self.bar.suspend(|| drop(writeln!(io::stderr(), "{line}")));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Goal {
    fn steps(self) -> u64 {
        match self {
            Self::Phones(phones) => phones,
            Self::Time(time) => milliseconds(time),
            Self::None => 0,
        }
    }

    fn steps_done(self, tally: &Tally, elapsed: Duration) -> u64 {
        match self {
            Self::Phones(_) => tally.done() + tally.failed(),
            Self::Time(_) | Self::None => milliseconds(elapsed),
        }
    }

    fn numbers(self, tally: &Tally, running: usize, elapsed: Duration) -> String {
        let (done, failed) = (tally.done(), tally.failed());
        let rate = done as f64 / elapsed.as_secs_f64().max(0.001);
        let numbers = format!("{running} connected, {rate:.0}/s, {failed} failed");
        match self {
            Self::Phones(phones) => {
                format!("{} of {}, {numbers}", done + failed, counted(phones, "phone"))
            }
            Self::Time(_) | Self::None => numbers,
        }
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
