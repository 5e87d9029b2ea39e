//! When a phone fetches TempIDs by itself. No socket, no clock.

use std::time::{Duration, Instant};

use super::phone::Phone;
use crate::clock::Now;
use crate::protocol::request::MAX_TEMP_IDS;
use crate::protocol::{ContactRecord, Timestamp};
use crate::reactor::Retry;

/// TempIDs of one batch. With the usual 15 minutes each, they last for 25 hours.
pub const BATCH: u8 = MAX_TEMP_IDS;

/// Pause after the first failure. Each further one doubles it.
const FIRST_PAUSE: Duration = Duration::from_secs(5);

/// The longest pause: half of a batch, which is left when the first attempt fails, lasts for hours.
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

/// By how much the clocks of phone and server may differ before it matters, in seconds: a TempID
/// that begins so much later by the phone's clock will soon be valid.
const CLOCK_SLACK_SECONDS: u64 = 60;

/// Decides when a phone fetches its next batch of TempIDs: after each login, and when half of the
/// time of the batch is over. What fails is tried again after a growing pause, and told once.
#[derive(Debug, Default)]
pub struct Renewal {
    state: State,
    retry: Retry,
    /// Failures since the last success.
    failures: u32,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    /// Nobody is logged in.
    #[default]
    Offline,
    /// A batch is to be fetched, whatever the phone has.
    Due,
    /// A request is sent and not answered yet.
    Asked,
    /// The phone has what it was sent.
    Stocked,
}

impl Renewal {
    /// Notes a login: a batch is fetched at once.
    pub fn logged_in(&mut self) {
        *self = Self { state: State::Due, ..Self::default() };
    }

    /// Notes the end of the connection. The phone goes on with what it has.
    pub fn lost(&mut self) {
        self.state = State::Offline;
    }

    /// Whether the next reply of the server answers a request of this machine.
    pub fn is_asked(&self) -> bool {
        self.state == State::Asked
    }

    /// Whether a batch may arrive before the next pause: a request is sent, or about to be.
    pub fn is_under_way(&self) -> bool {
        match self.state {
            State::Asked => true,
            State::Due => self.retry.at().is_none(),
            State::Offline | State::Stocked => false,
        }
    }

    /// Returns when to fetch a batch; none while nobody is logged in or a request is not answered.
    pub fn next(&self, phone: &Phone, now: Now) -> Option<Instant> {
        let needed = match self.state {
            State::Offline | State::Asked => return None,
            State::Due => now.monotonic,
            State::Stocked => now.monotonic + time_left(phone.batch(), now.wall),
        };
        Some(self.retry.at().map_or(needed, |retry| retry.max(needed)))
    }

    /// Notes that [`BATCH`] TempIDs are requested.
    pub fn asked(&mut self) {
        self.state = State::Asked;
    }

    /// Gives a batch that was requested to the phone. Returns the problem to tell, if there is one.
    pub fn fetched(
        &mut self,
        records: &[ContactRecord],
        phone: &mut Phone,
        now: Now,
    ) -> Option<String> {
        phone.use_batch(records, now);
        let (first, last) = (records.first()?, records.last()?);
        if !time_left(records, now.wall).is_zero() {
            *self = Self { state: State::Stocked, ..Self::default() };
            return None;
        }
        // One whose half is over already, by a clock that is far from the server's, would else be
        // renewed without an end.
        let is_news = self.failed(now);
        (is_news && !is_of_our_time(first, last, now.wall)).then(|| {
            format!(
                "The server's TempIDs are valid from {} to {}, but the clock of this phone says {}.",
                first.start, last.expiry, now.wall
            )
        })
    }

    /// Notes that the server refused a request with `reason`. Returns the problem to tell, if it is
    /// a new one.
    pub fn refused(&mut self, reason: &str, now: Now) -> Option<String> {
        self.failed(now)
            .then(|| format!("TempIDs cannot be fetched, and are asked for again later: {reason}"))
    }

    /// Returns whether the attempt before did not fail.
    fn failed(&mut self, now: Now) -> bool {
        self.state = State::Due;
        let pause = FIRST_PAUSE.saturating_mul(1 << self.failures.min(16)).min(LONGEST_PAUSE);
        self.failures += 1;
        self.retry.failed(now.monotonic, pause)
    }
}

/// Returns the time until half of the time of a batch is over; zero if the batch is not of our
/// time, as when somebody has set the clock.
fn time_left(batch: &[ContactRecord], now: Timestamp) -> Duration {
    let (Some(first), Some(last)) = (batch.first(), batch.last()) else { return Duration::ZERO };
    if !is_of_our_time(first, last, now) {
        return Duration::ZERO;
    }
    let middle = first.start.after_seconds(last.expiry.seconds_since(first.start) / 2);
    Duration::from_secs(middle.seconds_since(now))
}

fn is_of_our_time(first: &ContactRecord, last: &ContactRecord, now: Timestamp) -> bool {
    first.start <= now.after_seconds(CLOCK_SLACK_SECONDS) && now <= last.expiry
}

#[cfg(test)]
mod tests;
