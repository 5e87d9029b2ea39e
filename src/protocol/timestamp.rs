use std::fmt;

use chrono::{DateTime, Datelike, Timelike};
use thiserror::Error;

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
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn assignment_sample_is_read_as_utc() {
        let sample = Timestamp::decode(b"13/05/2020 17:54:06").expect("the assignment's own form");
        assert_eq!(sample.unix_seconds(), 1_589_392_446);
        assert_eq!(sample.to_string(), "13/05/2020 17:54:06");
    }

    #[test]
    fn ends_of_the_range_have_four_digits_of_year() {
        assert_eq!(Timestamp::MIN.to_string(), "01/01/0001 00:00:00");
        assert_eq!(Timestamp::MAX.to_string(), "31/12/9999 23:59:59");
        assert_eq!(Timestamp::MAX.after_seconds(u64::MAX), Timestamp::MAX);
        assert_eq!(Timestamp::from_unix_seconds(i64::MIN), Timestamp::MIN);
    }

    #[test]
    fn moments_that_do_not_exist_are_refused() {
        for text in [
            "30/02/2020 00:00:00",
            "29/02/2021 00:00:00",
            "00/01/2020 00:00:00",
            "01/13/2020 00:00:00",
            "01/01/0000 00:00:00",
            "01/01/2020 24:00:00",
            "01/01/2020 00:60:00",
            "31/12/2016 23:59:60",
        ] {
            assert_eq!(Timestamp::decode(text.as_bytes()), Err(TimestampError), "{text}");
        }
        assert!(Timestamp::decode(b"29/02/2020 23:59:59").is_ok());
    }

    #[test]
    fn other_forms_are_refused() {
        for text in ["", "2020-05-13 17:54:06", "13/05/2020T17:54:06", "+3/05/2020 17:54:06"] {
            assert_eq!(Timestamp::decode(text.as_bytes()), Err(TimestampError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn decoding_an_encoded_timestamp_gives_it_back(
            seconds in Timestamp::MIN.0..=Timestamp::MAX.0,
        ) {
            let timestamp = Timestamp::from_unix_seconds(seconds);
            let mut text = Vec::new();
            timestamp.encode(&mut text);
            prop_assert_eq!(text.len(), Timestamp::LEN);
            prop_assert_eq!(Timestamp::decode(&text), Ok(timestamp));
        }

        #[test]
        fn any_19_bytes_are_refused_or_encoded_the_same(text in any::<[u8; Timestamp::LEN]>()) {
            if let Ok(timestamp) = Timestamp::decode(&text) {
                prop_assert_eq!(timestamp.to_string().into_bytes(), text.to_vec());
            }
        }
    }
}
