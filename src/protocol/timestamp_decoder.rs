use chrono::{NaiveDate, NaiveTime};

use super::{Timestamp, TimestampError};

/// A decoder of times that caches the date: in a file, many times in a row have the same one, and
/// the calendar is computed only when it changes.
#[derive(Debug, Default)]
pub struct TimestampDecoder {
    /// `DD/MM/YYYY`, or zeros at first, which are no date.
    date: [u8; DATE_LEN],
    midnight: Timestamp,
}

const DATE_LEN: usize = 10;

impl TimestampDecoder {
    /// Reads the text form.
    ///
    /// # Errors
    ///
    /// Those of [`Timestamp::decode`].
    pub fn decode(&mut self, text: &[u8]) -> Result<Timestamp, TimestampError> {
        let (date, time) = text.split_first_chunk().ok_or(TimestampError)?;
        if *date != self.date {
            self.midnight = midnight(date)?;
            self.date = *date;
        }
        Ok(self.midnight.after_seconds(seconds_of_day(time)?))
    }
}

impl Timestamp {
    /// Decodes the text form.
    ///
    /// # Errors
    ///
    /// [`TimestampError`] if `text` is not 19 bytes of that form, or names no moment that exists
    /// (`30/02/2020 …`, `… 24:00:00`).
    pub fn decode(text: &[u8]) -> Result<Self, TimestampError> {
        TimestampDecoder::default().decode(text)
    }

    /// Decodes the text form of a day, `DD/MM/YYYY`, to its first second.
    ///
    /// # Errors
    ///
    /// [`TimestampError`] if `text` is not 10 bytes of that form, or names no day that exists.
    pub fn decode_date(text: &[u8]) -> Result<Self, TimestampError> {
        midnight(text.try_into().map_err(|_| TimestampError)?)
    }
}

/// The start of the day `DD/MM/YYYY`.
fn midnight(date: &[u8; DATE_LEN]) -> Result<Timestamp, TimestampError> {
    let [d, dd, b'/', m, mm, b'/', y, yy, yyy, yyyy] = *date else { return Err(TimestampError) };
    let year = number(y, yy)? * 100 + number(yyy, yyyy)?;
    let (month, day) = (number(m, mm)?, number(d, dd)?);
    let date = NaiveDate::from_ymd_opt(year as i32, month, day).filter(|_| year > 0);
    let midnight = date.ok_or(TimestampError)?.and_time(NaiveTime::MIN).and_utc();
    Ok(Timestamp::from_unix_seconds(midnight.timestamp()))
}

/// The seconds until the time ` HH:MM:SS`, with the blank behind the date.
fn seconds_of_day(time: &[u8]) -> Result<u64, TimestampError> {
    let [b' ', h, hh, b':', m, mm, b':', s, ss] = *time else { return Err(TimestampError) };
    let (hour, minute, second) = (number(h, hh)?, number(m, mm)?, number(s, ss)?);
    if hour > 23 || minute > 59 || second > 59 {
        return Err(TimestampError);
    }
    Ok(u64::from((hour * 60 + minute) * 60 + second))
}

fn number(tens: u8, ones: u8) -> Result<u32, TimestampError> {
    if !tens.is_ascii_digit() || !ones.is_ascii_digit() {
        return Err(TimestampError);
    }
    Ok(u32::from(tens - b'0') * 10 + u32::from(ones - b'0'))
}

#[cfg(test)]
mod tests;
