//! Moments of a run, as a diagram shows them and a user types them.

use std::time::Duration;

use crate::study::messages::MAX_T_SECONDS;

const MS_PER_SECOND: u64 = 1000;
const SECONDS_PER_DAY: u64 = 24 * 60 * 60;

/// Format of the moments of a diagram, which all have the same width.
#[derive(Debug, Clone, Copy)]
pub(super) struct MomentFormat {
    has_days: bool,
    has_fractions: bool,
    width: usize,
}

impl MomentFormat {
    /// The shortest format that fits all these moments.
    pub(super) fn new(moments: impl Iterator<Item = f64>) -> Self {
        let (mut latest, mut has_fractions) = (0, false);
        for moment in moments.map(milliseconds) {
            latest = moment.max(latest);
            has_fractions |= moment % MS_PER_SECOND != 0;
        }
        let has_days = latest >= SECONDS_PER_DAY * MS_PER_SECOND;
        let mut format = Self { has_days, has_fractions, width: 0 };
        format.width = format.text(latest as f64 / MS_PER_SECOND as f64).len();
        format
    }

    /// Width of a moment, in columns.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// The moment as `00:15:03`, with days and milliseconds if any moment of the diagram has some.
    pub(super) fn text(&self, moment: f64) -> String {
        let (seconds, rest) =
            (milliseconds(moment) / MS_PER_SECOND, milliseconds(moment) % MS_PER_SECOND);
        let (days, seconds) = (seconds / SECONDS_PER_DAY, seconds % SECONDS_PER_DAY);
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
        let days = if self.has_days { format!("{days}d ") } else { String::new() };
        let rest = if self.has_fractions { format!(".{rest:03}") } else { String::new() };
        let text = format!("{days}{hours:02}:{minutes:02}:{:02}{rest}", seconds % 60);
        format!("{text:>width$}", width = self.width)
    }
}

/// The moment in milliseconds, as it is shown.
pub(super) fn milliseconds(moment: f64) -> u64 {
    (moment.clamp(0.0, MAX_T_SECONDS) * MS_PER_SECOND as f64).round() as u64
}

/// Reads a moment: seconds, a text with units, or the form of a diagram.
pub(super) fn parse(text: &str) -> Result<f64, String> {
    let seconds = parse_clock(text)
        .or_else(|| text.parse().ok())
        .or_else(|| humantime::parse_duration(text).ok().as_ref().map(Duration::as_secs_f64));
    seconds.filter(|seconds| (0.0..=MAX_T_SECONDS).contains(seconds)).ok_or_else(|| {
        "expected a time from the start of the run, such as 90, \"15m\" or \"1d 08:15:30.5\""
            .to_owned()
    })
}

/// `[<days>d ]HH:MM:SS[.fraction]`
fn parse_clock(text: &str) -> Option<f64> {
    let (days, clock) = text.split_once("d ").unwrap_or(("0", text));
    let fields: Vec<&str> = clock.trim().split(':').collect();
    let [hours, minutes, seconds] = fields[..] else { return None };
    let days: u32 = days.trim().parse().ok()?;
    let hours: u8 = hours.parse().ok().filter(|hours| *hours < 24)?;
    let minutes: u8 = minutes.parse().ok().filter(|minutes| *minutes < 60)?;
    let seconds: f64 = seconds.parse().ok().filter(|seconds| (0.0..60.0).contains(seconds))?;
    let whole = f64::from(days) * SECONDS_PER_DAY as f64
        + f64::from(hours) * 3600.0
        + f64::from(minutes) * 60.0;
    Some(whole + seconds)
}

#[cfg(test)]
mod tests;
