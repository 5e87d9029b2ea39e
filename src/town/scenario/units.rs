//! The types of a scenario's values. Each checks its own range, so that a wrong value is refused with its place
//! in the file.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A duration, to the microsecond. A file gives it as a number of seconds, or as a text with units: `"15m"`,
/// `"1day 12h"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(try_from = "WrittenTime", into = "f64")]
pub struct Seconds(pub Duration);

/// A number from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Probability(f64);

/// A number from zero up.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Amount(f64);

/// The forms of a duration in a file.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "expected a number of seconds, or a text such as \"15m\" or \"1day 12h\""
)]
enum WrittenTime {
    Number(f64),
    Text(String),
}

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

impl TryFrom<WrittenTime> for Seconds {
    type Error = String;

    fn try_from(written: WrittenTime) -> Result<Self, String> {
        let seconds = match written {
            WrittenTime::Number(seconds) => seconds,
            WrittenTime::Text(text) => humantime::parse_duration(&text)
                .map_err(|error| {
                    format!(
                        "expected a time such as \"15m\" or \"1day 12h\", not {text:?}: {error}"
                    )
                })?
                .as_secs_f64(),
        };
        let most = Self::MOST.as_f64();
        if !(0.0..=most).contains(&seconds) {
            return Err(format!("expected a time from 0 to {most} s, not {seconds}"));
        }
        Ok(Self(Duration::from_micros((seconds * 1e6).round() as u64)))
    }
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
