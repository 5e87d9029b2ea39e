//! Counts of sessions and their latencies.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;

use super::failure::Failure;
use super::script::Script;

/// Significant digits of a latency.
const DIGITS: u8 = 3;

/// Significant digits of a latency within a [`Bucket`]: fewer, as there are many buckets.
const BUCKET_DIGITS: u8 = 2;

/// Largest latency recorded, in microseconds: an hour.
const MAX_LATENCY_MICROSECONDS: u64 = 3_600_000_000;

/// Limit of the buckets of a [`Series`].
const MAX_BUCKETS: usize = 240;

/// Initial width of a bucket.
const FIRST_BUCKET_WIDTH: Duration = Duration::from_millis(50);

/// Limit of distinct reasons of failures, as a server may give every phone another one.
const MAX_REASONS: usize = 64;

/// Reason under which further failures are counted.
const OTHER_REASONS: &str = "other reasons, too many to tell apart";

/// Latencies, in microseconds.
pub type Latencies = Histogram<u64>;

/// Counts of sessions and their latencies.
///
/// Sessions that time out count too, with the time they had waited, which is the least that their
/// latency can be. Slow phones do not count, because they wait for themselves.
#[derive(Debug)]
pub struct Tally {
    /// Latency from the scheduled start of a phone until its login.
    pub logins: Latencies,
    /// Latency from a request to its reply.
    pub requests: Latencies,
    /// Latency from the scheduled start of a phone to the end of its script, for
    /// [timed](Script::is_timed) scripts.
    pub sessions: Latencies,
    /// Latencies over time.
    pub series: Series,
    done: BTreeMap<&'static str, u64>,
    failed: BTreeMap<String, u64>,
    breaches: u64,
}

impl Tally {
    /// An empty tally.
    pub fn new() -> Self {
        Self {
            logins: latencies(DIGITS),
            requests: latencies(DIGITS),
            sessions: latencies(DIGITS),
            series: Series::new(),
            done: BTreeMap::new(),
            failed: BTreeMap::new(),
            breaches: 0,
        }
    }

    /// Records the latency of a login, or of a phone that timed out.
    pub fn waited_for_login(&mut self, script: Script, latency: Duration) {
        if script != Script::Slow {
            self.logins.saturating_record(microseconds(latency));
        }
    }

    /// Records the latency of a request, or of a phone that timed out.
    pub fn waited_for_reply(&mut self, script: Script, latency: Duration) {
        if script != Script::Slow {
            self.requests.saturating_record(microseconds(latency));
        }
    }

    /// Records the end of a session, `at` this time since the storm began and after this `latency`.
    pub fn ended(
        &mut self,
        script: Script,
        outcome: Result<(), Failure>,
        at: Duration,
        latency: Duration,
    ) {
        let has_waited = matches!(outcome, Ok(()) | Err(Failure::Late(_)));
        if has_waited && script.is_timed() {
            self.sessions.saturating_record(microseconds(latency));
            self.series.bucket(at).latencies.saturating_record(microseconds(latency));
        }
        match outcome {
            Ok(()) => *self.done.entry(script.name()).or_default() += 1,
            Err(failure) => {
                self.breaches += u64::from(failure.is_breach());
                *self.failed_for(failure.to_string()) += 1;
                self.series.bucket(at).failed += 1;
            }
        }
    }

    /// How many failed for this reason, or for the others if there are too many.
    fn failed_for(&mut self, reason: String) -> &mut u64 {
        let is_told_apart = self.failed.len() < MAX_REASONS || self.failed.contains_key(&reason);
        let reason = if is_told_apart { reason } else { OTHER_REASONS.to_owned() };
        self.failed.entry(reason).or_default()
    }

    /// Sessions that ended as their scripts expect, by script.
    pub fn done_by_script(&self) -> &BTreeMap<&'static str, u64> {
        &self.done
    }

    /// Sessions that did not, by reason.
    pub fn failed_by_reason(&self) -> &BTreeMap<String, u64> {
        &self.failed
    }

    /// Sessions that ended as their scripts expect.
    pub fn done(&self) -> u64 {
        self.done.values().sum()
    }

    /// Sessions that did not.
    pub fn failed(&self) -> u64 {
        self.failed.values().sum()
    }

    /// Those of them in which the server did what it must never do.
    pub fn breaches(&self) -> u64 {
        self.breaches
    }
}

impl Default for Tally {
    fn default() -> Self {
        Self::new()
    }
}

/// Latencies over time, in buckets of the same width. When there are too many, each two are made
/// one.
#[derive(Debug)]
pub struct Series {
    width: Duration,
    buckets: Vec<Bucket>,
}

/// What ended within a stretch of time.
#[derive(Debug)]
pub struct Bucket {
    /// Of the sessions that ended as expected, and of those that gave up waiting.
    pub latencies: Latencies,
    /// How many did not end as expected.
    pub failed: u64,
}

impl Series {
    fn new() -> Self {
        Self { width: FIRST_BUCKET_WIDTH, buckets: Vec::new() }
    }

    /// How much time a bucket spans.
    pub fn width(&self) -> Duration {
        self.width
    }

    /// The buckets, from the beginning of the storm.
    pub fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    /// The middle of a bucket, in seconds since the storm began.
    pub fn middle(&self, index: usize) -> f64 {
        (index as f64 + 0.5) * self.width.as_secs_f64()
    }

    fn bucket(&mut self, at: Duration) -> &mut Bucket {
        while self.index(at) >= MAX_BUCKETS {
            self.halve();
        }
        let index = self.index(at);
        while self.buckets.len() <= index {
            self.buckets.push(Bucket { latencies: latencies(BUCKET_DIGITS), failed: 0 });
        }
        &mut self.buckets[index]
    }

    fn index(&self, at: Duration) -> usize {
        (at.as_nanos() / self.width.as_nanos()) as usize
    }

    fn halve(&mut self) {
        self.width *= 2;
        let mut buckets = std::mem::take(&mut self.buckets).into_iter();
        while let Some(mut bucket) = buckets.next() {
            if let Some(second) = buckets.next() {
                bucket.latencies.add(&second.latencies).expect("both are made alike");
                bucket.failed += second.failed;
            }
            self.buckets.push(bucket);
        }
    }
}

fn latencies(digits: u8) -> Latencies {
    Histogram::new_with_bounds(1, MAX_LATENCY_MICROSECONDS, digits)
        .expect("bounds that are allowed")
}

/// At least 1, the least that a histogram can tell.
fn microseconds(latency: Duration) -> u64 {
    u64::try_from(latency.as_micros()).unwrap_or(u64::MAX).max(1)
}

#[cfg(test)]
mod tests;
