//! Settings of phones.

use serde::{Deserialize, Serialize};

use super::{Amount, Probability, Seconds};

/// Behaviour of a phone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Phones {
    /// Length of the time in which phones log in first, each at a random moment.
    pub first_login_within: Seconds,
    /// Time between two beacons of a phone.
    pub beacon_interval: Seconds,
    /// Largest random delay of a beacon after its interval.
    pub beacon_jitter: Seconds,
    /// Time between two starts of listening.
    pub scan_period: Seconds,
    /// Length of a listening window. A phone whose window equals the period always listens.
    pub scan_window: Seconds,
    /// Largest error of a phone's clock, in either direction.
    pub clock_skew: Seconds,
    /// Largest drift of a phone's clock, in either direction, in parts per million.
    pub clock_drift_ppm: Amount,
    /// Time that a contact log keeps an entry.
    pub retention: Seconds,
    /// When a phone downloads TempIDs.
    pub refresh: Refresh,
    /// Windows that a phone with `refresh = "batch"` requests at once, from 1 to 100.
    pub batch: u8,
    /// Time before the expiry of its last TempID at which a phone requests more.
    pub ahead: Seconds,
    /// Longest random delay of a request, so that not all phones ask at once.
    pub spread: Seconds,
    /// Longest time until a failed request is repeated. Each is repeated after a random time of at
    /// least half of it.
    pub retry: Seconds,
    /// Behaviour of a phone without a valid TempID.
    pub when_expired: WhenExpired,
}

/// When a phone downloads TempIDs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refresh {
    /// One TempID, when the current one expires.
    OnExpiry,
    /// TempIDs for many windows at once.
    Batch,
}

/// Behaviour of a phone without a valid TempID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhenExpired {
    /// The phone sends no beacons.
    Silent,
    /// The phone keeps sending its last TempID.
    Keep,
}

/// Times in which phones cannot reach the server. They still send and receive beacons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Offline {
    /// Probability that a phone is offline during the long outage.
    pub share: Probability,
    /// Start of the long outage, from the start of the run.
    pub from: Seconds,
    /// Length of the long outage; zero for none.
    pub duration: Seconds,
    /// Mean number of further outages of a phone per day, at random moments.
    pub spells_per_day: Amount,
    /// Length of a further outage.
    pub spell: Seconds,
}

impl Phones {
    /// Windows that a phone requests at once.
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
