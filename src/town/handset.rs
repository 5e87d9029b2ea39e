//! A phone of the town besides its machines: its own clock, its rhythm, and TempIDs for later.

use std::collections::VecDeque;
use std::time::Duration;

use rand::RngExt;

use super::draws::{self, Purpose};
use super::ids::PersonId;
use super::scenario::{Phones, Scenario};
use crate::client::phone::Phone;
use crate::clock::Now;
use crate::protocol::{ContactRecord, TempId, Timestamp};

/// A phone of the town, without the machines that every simulated phone has.
#[derive(Debug)]
pub struct Handset {
    /// Clock of the phone.
    pub clock: LocalClock,
    /// Times of beacons and of listening.
    pub rhythm: Rhythm,
    /// TempIDs for the windows after the current one.
    pub supply: Supply,
    /// Number of TempIDs used, including those whose windows passed with nobody near.
    pub temp_ids_used: u32,
    /// Whether a beacon is scheduled.
    pub is_broadcasting: bool,
    /// Whether a request for TempIDs is scheduled or unanswered.
    pub is_asking: bool,
    /// Time at which the phone needs more TempIDs.
    pub needs_at: Duration,
    /// Random delays of requests.
    pub waits: Waits,
}

/// Random delays of a phone's requests. Each comes from a stream of its own, so that one more
/// failure changes no other delay.
#[derive(Debug, Clone, Copy)]
pub struct Waits {
    seed: u64,
    person: PersonId,
    needs: u32,
    returns: u32,
    failures: u32,
}

impl Handset {
    /// The phone of a person.
    pub fn new(person: PersonId, scenario: &Scenario) -> Self {
        let (seed, index) = (scenario.seed, u64::from(person.number()));
        Self {
            clock: LocalClock::random(seed, index, &scenario.phones),
            rhythm: Rhythm::random(seed, index, &scenario.phones),
            supply: Supply::default(),
            temp_ids_used: 0,
            is_broadcasting: false,
            is_asking: false,
            needs_at: Duration::ZERO,
            waits: Waits { seed, person, needs: 0, returns: 0, failures: 0 },
        }
    }

    /// Switches to the TempID of the latest window that has begun at `now` by the phone's clock.
    /// Returns whether that is another one than before.
    pub fn renew(&mut self, phone: &mut Phone, now: Now) -> bool {
        let Some((record, begun)) = self.supply.take(now.wall) else { return false };
        self.temp_ids_used += begun;
        phone.use_temp_id(record);
        true
    }

    /// Takes TempIDs downloaded at `now` by the phone's clock. A TempID that is still valid is used
    /// to its end, because the new ones may not have begun by a clock that is behind the server's.
    pub fn stock(&mut self, phone: &mut Phone, records: &[ContactRecord], now: Now) {
        let is_valid = |phone: &Phone| phone.temp_id().is_some_and(|it| it.is_valid_at(now.wall));
        if !is_valid(phone) {
            self.renew(phone, now);
        }
        if is_valid(phone) {
            self.supply.add(records);
        } else if let Some((first, later)) = records.split_first() {
            self.supply.add(later);
            self.temp_ids_used += 1;
            phone.use_temp_id(*first);
        }
    }
}

impl Waits {
    /// Delay before the first login, a part of `within`.
    pub fn first_login(&self, within: Duration) -> Duration {
        within.mul_f64(self.draw(Purpose::FirstLogin, 0))
    }

    /// Delay before a request for TempIDs, a part of `spread`.
    pub fn need(&mut self, spread: Duration) -> Duration {
        self.needs += 1;
        spread.mul_f64(self.draw(Purpose::Spread, self.needs))
    }

    /// Delay before it resumes after being offline, a part of `spread`.
    pub fn comeback(&mut self, spread: Duration) -> Duration {
        self.returns += 1;
        spread.mul_f64(self.draw(Purpose::Return, self.returns))
    }

    /// Delay after a failure, from half of `retry` to all of it.
    pub fn retry(&mut self, retry: Duration) -> Duration {
        self.failures += 1;
        retry.mul_f64(0.5 + 0.5 * self.draw(Purpose::Retry, self.failures))
    }

    /// A random number from 0 to 1.
    fn draw(&self, purpose: Purpose, occasion: u32) -> f64 {
        let number = u64::from(self.person.number()) << 32 | u64::from(occasion);
        draws::stream(self.seed, purpose, number).random::<f64>()
    }
}

/// A clock with a constant error and a drift.
#[derive(Debug, Clone, Copy)]
pub struct LocalClock {
    skew_us: i64,
    drift_ppb: i64,
}

impl LocalClock {
    fn random(seed: u64, index: u64, phones: &Phones) -> Self {
        let mut rng = draws::stream(seed, Purpose::Clock, index);
        let mut signed = || 2.0 * rng.random::<f64>() - 1.0;
        Self {
            skew_us: (signed() * phones.clock_skew.as_f64() * 1e6) as i64,
            drift_ppb: (signed() * phones.clock_drift_ppm.get() * 1e3) as i64,
        }
    }

    /// Time that the clock shows at the true time `now`, `elapsed` after the start of the run.
    pub fn show(&self, now: Now, elapsed: Duration) -> Now {
        if self.skew_us == 0 && self.drift_ppb == 0 {
            return now;
        }
        let true_us = elapsed.as_micros() as i64;
        let start = now.wall.unix_seconds() - true_us.div_euclid(1_000_000);
        let wall = start + self.local_us(true_us).div_euclid(1_000_000);
        Now { monotonic: now.monotonic, wall: Timestamp::from_unix_seconds(wall) }
    }

    /// Time after the start of the run at which the clock first shows `wall`. `start` is the true
    /// time of the start.
    pub fn time_of(&self, wall: Timestamp, start: Timestamp) -> Duration {
        let local_us = (wall.unix_seconds() - start.unix_seconds()) * 1_000_000 - self.skew_us;
        let ppb = i128::from(1_000_000_000 + self.drift_ppb);
        let true_us = (i128::from(local_us) * 1_000_000_000 + ppb - 1).div_euclid(ppb);
        Duration::from_micros(u64::try_from(true_us).unwrap_or(0))
    }

    fn local_us(&self, true_us: i64) -> i64 {
        // Rounded down, as the whole is.
        let drift = (i128::from(true_us) * i128::from(self.drift_ppb)).div_euclid(1_000_000_000);
        true_us + self.skew_us + drift as i64
    }
}

/// Times at which a phone sends beacons and listens, in microseconds from the start of the run.
#[derive(Debug, Clone, Copy)]
pub struct Rhythm {
    seed: u64,
    number: u64,
    beacon_phase: u64,
    beacon_interval: u64,
    beacon_jitter: u64,
    scan_phase: u64,
    scan_period: u64,
    scan_window: u64,
}

impl Rhythm {
    fn random(seed: u64, index: u64, phones: &Phones) -> Self {
        let mut rng = draws::stream(seed, Purpose::Schedule, index);
        let us = |time: Duration| time.as_micros() as u64;
        let beacon_interval = us(phones.beacon_interval.0).max(1);
        let scan_period = us(phones.scan_period.0).max(1);
        Self {
            seed,
            number: index,
            beacon_phase: (rng.random::<f64>() * beacon_interval as f64) as u64,
            beacon_interval,
            beacon_jitter: us(phones.beacon_jitter.0),
            scan_phase: (rng.random::<f64>() * scan_period as f64) as u64,
            scan_period,
            scan_window: us(phones.scan_window.0),
        }
    }

    /// Time of the first beacon after `now`, or at `now` if `is_now_included`.
    pub fn next_beacon(&self, now: Duration, is_now_included: bool) -> Duration {
        let earliest = now.as_micros() as u64 + u64::from(!is_now_included);
        // One before, as jitter may bring it behind `earliest`.
        let mut beacon = (earliest.saturating_sub(self.beacon_phase) / self.beacon_interval)
            .saturating_sub(u64::from(self.beacon_jitter > 0));
        loop {
            let at = self.beacon_time(beacon);
            if at >= earliest {
                return Duration::from_micros(at);
            }
            beacon += 1;
        }
    }

    fn beacon_time(&self, beacon: u64) -> u64 {
        let at = self.beacon_phase + beacon * self.beacon_interval;
        if self.beacon_jitter == 0 {
            return at;
        }
        let number = (self.number << 40) | beacon;
        let part = draws::stream(self.seed, Purpose::Jitter, number).random::<f64>();
        at + (part * self.beacon_jitter as f64) as u64
    }

    /// Whether the phone listens at `now`.
    pub fn is_scanning(&self, now: Duration) -> bool {
        self.scan_window >= self.scan_period
            || (now.as_micros() as u64 + self.scan_phase) % self.scan_period < self.scan_window
    }
}

/// TempIDs for later windows, in a third less memory than as records, as a town has many of them.
#[derive(Debug, Default)]
pub struct Supply {
    windows: VecDeque<Window>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    temp_id: TempId,
    /// Seconds since 1970, which is enough until 2106.
    start: u32,
    expiry: u32,
}

impl Supply {
    /// Replaces the TempIDs that begin with or after the downloaded ones.
    pub fn add(&mut self, records: &[ContactRecord]) {
        let seconds = |time: Timestamp| u32::try_from(time.unix_seconds()).unwrap_or(u32::MAX);
        let Some(first) = records.first().map(|record| seconds(record.start)) else { return };
        self.windows.truncate(self.windows.partition_point(|window| window.start < first));
        self.windows.shrink_to(records.len());
        self.windows.extend(records.iter().map(|record| Window {
            temp_id: record.temp_id,
            start: seconds(record.start),
            expiry: seconds(record.expiry),
        }));
    }

    /// Removes all TempIDs whose window has begun at `now`. Returns the latest of them and their
    /// number.
    pub fn take(&mut self, now: Timestamp) -> Option<(ContactRecord, u32)> {
        let (mut taken, mut count) = (None, 0);
        while let Some(window) = self.windows.front()
            && i64::from(window.start) <= now.unix_seconds()
        {
            taken = self.windows.pop_front();
            count += 1;
        }
        taken.map(|window| (window.record(), count))
    }
}

impl Window {
    fn record(self) -> ContactRecord {
        let time = |seconds| Timestamp::from_unix_seconds(i64::from(seconds));
        ContactRecord { temp_id: self.temp_id, start: time(self.start), expiry: time(self.expiry) }
    }
}

#[cfg(test)]
mod tests;
