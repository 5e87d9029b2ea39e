//! The bar that shows how far a storm is.

use std::io::{self, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::tally::Tally;

/// How often it is drawn.
pub(super) const INTERVAL: Duration = Duration::from_millis(100);

/// A bar on standard error, if that is a terminal.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    /// How long new phones come, if that is what ends the storm.
    duration: Option<Duration>,
}

impl Progress {
    pub(super) fn new(phones: Option<u64>, duration: Option<Duration>) -> Self {
        // What has a length in phones counts phones, what has one in time counts milliseconds.
        let (length, template) = match (phones, duration) {
            (Some(phones), _) => {
                (phones, "{elapsed} [{wide_bar}] {human_pos} of {human_len} phones, {msg}")
            }
            (None, Some(time)) => (time.as_millis() as u64, "{elapsed} [{wide_bar}] {msg}"),
            (None, None) => (0, "{elapsed} {msg}"),
        };
        let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template(template).expect("a template that is tested");
        bar.set_style(style.progress_chars("=> "));
        Self { bar, duration: phones.is_none().then_some(duration).flatten() }
    }

    pub(super) fn show(&self, tally: &Tally, running: usize, elapsed: Duration) {
        let (done, failed) = (tally.done(), tally.failed());
        let rate = done as f64 / elapsed.as_secs_f64().max(0.001);
        self.bar.set_message(format!("{running} connected, {rate:.0}/s, {failed} failed"));
        match self.duration {
            Some(_) => self.bar.set_position(elapsed.as_millis() as u64),
            None => self.bar.set_position(done + failed),
        }
    }

    /// Puts a line above the bar, also where there is no terminal and so no bar.
    pub(super) fn say(&self, line: &str) {
        self.bar.suspend(|| {
            // Nobody may be there to read it.
            let _ = writeln!(io::stderr(), "{line}");
        });
    }

    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_bar_has_a_template_that_works() {
        for phones in [None, Some(5)] {
            for duration in [None, Some(Duration::from_secs(1))] {
                let progress = Progress::new(phones, duration);
                progress.show(&Tally::new(), 0, Duration::ZERO);
                progress.end();
            }
        }
    }
}
