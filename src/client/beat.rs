//! When a phone beacons by itself. No socket, no clock.

use std::time::{Duration, Instant};

use rand::RngExt;
use rand::rngs::ChaCha12Rng;

/// The first beacon comes within this time, so that phones side by side notice each other soon.
pub const FIRST_WITHIN: Duration = Duration::from_secs(3);

/// By what part of itself an interval is shorter or longer, at most. Phones that were started
/// together drift apart, and do not always speak at the same time.
pub const JITTER: f64 = 0.1;

/// The beat of the beacons of a phone: regular but for a random part of each interval.
#[derive(Debug)]
pub struct Beat {
    every: Duration,
    next: Option<Instant>,
    rng: ChaCha12Rng,
}

impl Beat {
    /// Creates a beat that comes `every` so often once it is [started](Self::start).
    pub fn new(every: Duration, rng: ChaCha12Rng) -> Self {
        Self { every, next: None, rng }
    }

    /// Starts the beat, unless it is running.
    pub fn start(&mut self, now: Instant) {
        if self.next.is_none() {
            let within = FIRST_WITHIN.min(self.every);
            self.next = Some(now + within.mul_f64(self.rng.random()));
        }
    }

    /// Returns when the next beacon is due; none before the start.
    pub fn next(&self) -> Option<Instant> {
        self.next
    }

    /// Returns whether a beacon is due, and if so, waits for the next one. Beats that were missed,
    /// as in a machine that slept, are not made up for.
    pub fn take(&mut self, now: Instant) -> bool {
        let is_due = self.next.is_some_and(|next| next <= now);
        if is_due {
            let factor = self.rng.random_range(1.0 - JITTER..=1.0 + JITTER);
            self.next = Some(now + self.every.mul_f64(factor));
        }
        is_due
    }

    /// Lets the next beacon come `after` this time already, if that is sooner.
    pub fn hurry(&mut self, now: Instant, after: Duration) {
        self.next = self.next.map(|next| next.min(now + after));
    }
}

#[cfg(test)]
mod tests;
