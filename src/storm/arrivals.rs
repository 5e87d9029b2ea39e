//! The arrivals of phones, in an open or closed loop. No clock.

use std::time::{Duration, Instant};

use rand::RngExt;
use rand::rngs::ChaCha12Rng;

/// Open or closed loop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Load {
    /// A phone begins as soon as another one is done. A slow server receives less load.
    Closed,
    /// Phones begin by a schedule, like independent users. A slow server receives as much load as a
    /// fast one.
    Open {
        /// Mean number of phones per second, above 0.
        rate: f64,
        /// Distribution of the gaps.
        spacing: Spacing,
    },
}

/// Distribution of the gaps between phones of an open loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Spacing {
    /// Exponentially distributed gaps, like those of independent users.
    Poisson,
    /// Equal gaps.
    Even,
}

/// The schedule of the phones of a storm.
#[derive(Debug)]
pub struct Arrivals {
    load: Load,
    /// Largest number of phones at a time.
    concurrency: usize,
    /// Phones still to come, if their number is limited.
    left: Option<u64>,
    /// Time after which no phone begins.
    end: Option<Instant>,
    /// Time of the next phone: by the schedule of an open loop, or the end of a pause of a closed
    /// one.
    next: Instant,
    rng: ChaCha12Rng,
}

impl Arrivals {
    /// Arrivals from `start` on, of at most `phones` phones or until `end`.
    pub fn new(
        load: Load,
        concurrency: usize,
        phones: Option<u64>,
        (start, end): (Instant, Option<Instant>),
        rng: ChaCha12Rng,
    ) -> Self {
        let mut arrivals = Self { load, concurrency, left: phones, end, next: start, rng };
        if let Load::Open { rate, spacing: Spacing::Poisson } = load {
            arrivals.next = start + arrivals.gap(rate, Spacing::Poisson);
        }
        arrivals
    }

    /// Begins a phone if one is due, beside `running` others, and returns the time at which it was
    /// due. In an open loop that is before `now` if the phone had to wait for a place or for the
    /// storm itself. Latencies count from it, so that there is no coordinated omission.
    pub fn begin(&mut self, running: usize, now: Instant) -> Option<Instant> {
        if self.is_over(now) || running >= self.concurrency {
            return None;
        }
        if now < self.next {
            return None;
        }
        let scheduled = match self.load {
            Load::Closed => now,
            Load::Open { rate, spacing } => {
                let scheduled = self.next;
                self.next = scheduled + self.gap(rate, spacing);
                scheduled
            }
        };
        if let Some(left) = &mut self.left {
            *left -= 1;
        }
        Some(scheduled)
    }

    /// Whether no phone begins any more. Phones due before the end still begin, however late,
    /// because those with the longest waits must not be left out.
    pub fn is_over(&self, now: Instant) -> bool {
        let next = match self.load {
            Load::Closed => now,
            Load::Open { .. } => self.next,
        };
        self.left == Some(0) || self.end.is_some_and(|end| end <= next)
    }

    /// Lets no phone of a closed loop begin before `until`. An open loop keeps its schedule.
    pub fn pause(&mut self, until: Instant) {
        if self.load == Load::Closed {
            self.next = until;
        }
    }

    /// Lets no phone begin any more.
    pub fn stop(&mut self) {
        self.left = Some(0);
    }

    /// Time at which the next phone may begin, unless a phone ends before.
    pub fn next_wake(&self) -> Option<Instant> {
        Some(self.end.map_or(self.next, |end| end.min(self.next)))
    }

    fn gap(&mut self, rate: f64, spacing: Spacing) -> Duration {
        let mean = match spacing {
            Spacing::Even => 1.0,
            // The inverse of the exponential distribution; the argument is never 0.
            Spacing::Poisson => -(1.0 - self.rng.random::<f64>()).ln(),
        };
        Duration::try_from_secs_f64(mean / rate).unwrap_or(Duration::MAX)
    }
}

#[cfg(test)]
mod tests;
