//! The types of a scenario's values. Each checks its own range, so that a wrong value is refused
//! with its place in the file.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// A duration, to the microsecond. A file gives it as a number of seconds, or as a text with units:
/// `"15m"`, `"1day 12h"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
#[serde(into = "f64")]
pub struct Seconds(pub Duration);

/// A number from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Probability(f64);

/// A number from zero up.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Amount(f64);

impl Seconds {
    /// The longest time that a scenario may name: ten years.
    pub const MOST: Self = Self::new(3_652 * 86_400 + 43_200);

    /// A duration of whole seconds.
    pub const fn new(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// The duration in seconds.
    pub fn as_f64(self) -> f64 {
        self.0.as_secs_f64()
    }
}

impl Probability {
    /// The probability of a certain event.
    pub const ONE: Self = Self(1.0);
    /// The probability of an impossible event.
    pub const ZERO: Self = Self(0.0);

    /// The value, from 0 to 1.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl Amount {
    /// The value, zero or more.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Seconds {
    type Error = String;

    fn try_from(seconds: f64) -> Result<Self, String> {
        let most = Self::MOST.as_f64();
        if !(0.0..=most).contains(&seconds) {
            return Err(format!("expected a time from 0 to {most} s, not {seconds}"));
        }
        Ok(Self(Duration::from_micros((seconds * 1e6).round() as u64)))
    }
}

impl FromStr for Seconds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let time = humantime::parse_duration(text).map_err(|error| {
            format!("expected a time such as \"15m\" or \"1day 12h\", not {text:?}: {error}")
        })?;
        time.as_secs_f64().try_into()
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WrittenTime)
    }
}

/// Reads a time as it may be written.
struct WrittenTime;

impl Visitor<'_> for WrittenTime {
    type Value = Seconds;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a number of seconds, or a text such as \"15m\" or \"1day 12h\"")
    }

    fn visit_i64<E: Error>(self, seconds: i64) -> Result<Seconds, E> {
        self.visit_f64(seconds as f64)
    }

    fn visit_f64<E: Error>(self, seconds: f64) -> Result<Seconds, E> {
        seconds.try_into().map_err(E::custom)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Seconds, E> {
        text.parse().map_err(E::custom)
    }
}

/// Reads a count that must not be zero.
pub(super) fn at_least_one<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<NonZeroU32, D::Error> {
    let most = u32::MAX;
    NonZeroU32::new(u32::deserialize(deserializer)?).ok_or_else(|| {
        D::Error::custom(format_args!("expected a whole number from 1 to {most}, not 0"))
    })
}

/// The form of a scenario file: `1day 12h`.
impl fmt::Display for Seconds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        humantime::format_duration(self.0).fmt(formatter)
    }
}

impl From<Seconds> for f64 {
    fn from(seconds: Seconds) -> Self {
        seconds.as_f64()
    }
}

impl TryFrom<f64> for Probability {
    type Error = String;

    fn try_from(value: f64) -> Result<Self, String> {
        if (0.0..=1.0).contains(&value) {
            Ok(Self(value))
        } else {
            Err(format!("expected a number from 0 to 1, not {value}"))
        }
    }
}

impl From<Probability> for f64 {
    fn from(probability: Probability) -> Self {
        probability.0
    }
}

impl TryFrom<f64> for Amount {
    type Error = String;

    fn try_from(value: f64) -> Result<Self, String> {
        if (0.0..=1e12).contains(&value) {
            Ok(Self(value))
        } else {
            Err(format!("expected a number from 0 to 1e12, not {value}"))
        }
    }
}

impl From<Amount> for f64 {
    fn from(amount: Amount) -> Self {
        amount.0
    }
}
