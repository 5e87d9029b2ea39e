use std::fmt;

use chrono::{DateTime, Datelike, Timelike};
use thiserror::Error;

const SECONDS_PER_DAY: i64 = 24 * 60 * 60;

/// A moment of wall-clock time, in UTC, to the second.
///
/// Its text form is `DD/MM/YYYY HH:MM:SS`, always 19 bytes, for the years 0001 to 9999. UTC because
/// phones in two time zones, or on the two sides of a daylight-saving change, must agree. A leap
/// second (`:60`) is refused, as POSIX time has none.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Length of the text form, in bytes.
    pub const LEN: usize = 19;

    /// `01/01/0001 00:00:00`
    pub const MIN: Self = Self(-62_135_596_800);

    /// `31/12/9999 23:59:59`
    pub const MAX: Self = Self(253_402_300_799);

    /// The moment `seconds` after 1970-01-01 00:00:00 UTC, clamped to the years 0001 to 9999.
    pub fn from_unix_seconds(seconds: i64) -> Self {
        Self(seconds.clamp(Self::MIN.0, Self::MAX.0))
    }

    /// Seconds since 1970-01-01 00:00:00 UTC.
    pub fn unix_seconds(self) -> i64 {
        self.0
    }

    /// The moment `seconds` later, or [`Timestamp::MAX`] if that lies beyond it.
    pub fn after_seconds(self, seconds: u64) -> Self {
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        Self::from_unix_seconds(self.0.saturating_add(seconds))
    }

    /// Whole seconds from `earlier` to this moment, zero if it is not earlier.
    pub fn seconds_since(self, earlier: Self) -> u64 {
        u64::try_from(self.0 - earlier.0).unwrap_or(0)
    }

    /// The first second of its day.
    pub fn start_of_day(self) -> Self {
        Self(self.0 - self.0.rem_euclid(SECONDS_PER_DAY))
    }

    /// The text form of its day, `DD/MM/YYYY`.
    pub fn date(self) -> String {
        let mut text = self.to_string();
        text.truncate("DD/MM/YYYY".len());
        text
    }

    /// Appends the text form.
    pub fn encode(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.text());
    }

    fn text(self) -> [u8; Self::LEN] {
        // Naive, so that no field has to be brought into a time zone.
        let moment =
            DateTime::from_timestamp(self.0, 0).expect("the years 0001 to 9999").naive_utc();
        let year = moment.year().unsigned_abs();
        let mut text = *b"DD/MM/YYYY HH:MM:SS";
        let fields = [
            (0, moment.day()),
            (3, moment.month()),
            (6, year / 100),
            (8, year % 100),
            (11, moment.hour()),
            (14, moment.minute()),
            (17, moment.second()),
        ];
        for (at, value) in fields {
            text[at] = b'0' + (value / 10) as u8;
            text[at + 1] = b'0' + (value % 10) as u8;
        }
        text
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(str::from_utf8(&self.text()).expect("ASCII"))
    }
}

/// The bytes are no moment of the form that [`Timestamp`] describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a time is DD/MM/YYYY HH:MM:SS")]
pub struct TimestampError;

#[cfg(test)]
mod tests;
