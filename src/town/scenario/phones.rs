//! What a phone does.

use serde::{Deserialize, Serialize};

use super::{Amount, Probability, Seconds};

/// What a phone does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Phones {
    /// Phones log in for the first time at a random moment within this time.
    pub first_login_within: Seconds,
    /// From one beacon of a phone to the next.
    pub beacon_interval: Seconds,
    /// Each beacon comes up to this much later than its interval says, at random.
    pub beacon_jitter: Seconds,
    /// A phone listens once in this time,
    pub scan_period: Seconds,
    /// for so long. As long as the period, it listens always.
    pub scan_window: Seconds,
    /// A phone's clock is off by up to this much, each way.
    pub clock_skew: Seconds,
    /// A phone's clock runs up to this much too fast or too slow, in parts of a million.
    pub clock_drift_ppm: Amount,
    /// How long a contact log keeps a beacon.
    pub retention: Seconds,
    /// When a phone gets a new TempID.
    pub refresh: Refresh,
    /// For how many windows a phone with `refresh = "batch"` asks at once, from 1 to 100.
    pub batch: u8,
    /// How long before its last TempID expires a phone asks for more.
    pub ahead: Seconds,
    /// A phone that needs a TempID asks after a random part of this time, so that not all ask at once.
    pub spread: Seconds,
    /// A phone that could not get a TempID tries again after half of this time at least, at random, and
    /// all of it at most.
    pub retry: Seconds,
    /// What a phone does that has no valid TempID.
    pub when_expired: WhenExpired,
}

/// When a phone gets a new TempID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refresh {
    /// One when its own expires.
    OnExpiry,
    /// Those for many windows at once.
    Batch,
}

/// What a phone does that has no valid TempID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhenExpired {
    /// It sends no beacons.
    Silent,
    /// It goes on sending the last one.
    Keep,
}

/// Phones that cannot reach the server; they hear and send beacons all the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Offline {
    /// Probability that it happens to a phone at all.
    pub share: Probability,
    /// When it begins, from the start of the run,
    pub from: Seconds,
    /// and how long it lasts. Zero for none.
    pub duration: Seconds,
    /// How often a day a phone is offline besides, on average, at random moments,
    pub spells_per_day: Amount,
    /// and for how long each time.
    pub spell: Seconds,
}

impl Phones {
    /// For how many windows a phone asks at once.
    pub fn windows(&self) -> u8 {
        match self.refresh {
            Refresh::OnExpiry => 1,
            Refresh::Batch => self.batch,
        }
    }
}

impl Default for Phones {
    fn default() -> Self {
        Self {
            first_login_within: Seconds::new(900),
            beacon_interval: Seconds::new(60),
            beacon_jitter: Seconds::new(0),
            scan_period: Seconds::new(60),
            scan_window: Seconds::new(60),
            clock_skew: Seconds::new(0),
            clock_drift_ppm: Amount::default(),
            retention: Seconds::new(21 * 86_400),
            refresh: Refresh::OnExpiry,
            batch: 96,
            ahead: Seconds::new(0),
            spread: Seconds::new(0),
            retry: Seconds::new(60),
            when_expired: WhenExpired::Silent,
        }
    }
}

impl Default for Offline {
    fn default() -> Self {
        Self {
            share: Probability::ZERO,
            from: Seconds::new(0),
            duration: Seconds::new(0),
            spells_per_day: Amount::default(),
            spell: Seconds::new(3600),
        }
    }
}
