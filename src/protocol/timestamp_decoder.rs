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
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What chrono makes of a text of this form, bytes and meaning.
    fn plain(text: &[u8]) -> Result<Timestamp, TimestampError> {
        let text = str::from_utf8(text).map_err(|_| TimestampError)?;
        let moment = chrono::NaiveDateTime::parse_from_str(text, "%d/%m/%Y %H:%M:%S");
        let moment = moment.map_err(|_| TimestampError)?.and_utc().timestamp();
        let timestamp = Timestamp::from_unix_seconds(moment);
        // It also takes signs, leap seconds and fewer digits; what we take is written the same.
        if timestamp.to_string() == text { Ok(timestamp) } else { Err(TimestampError) }
    }

    /// Valid times with few dates, and such with one byte or the length wrong.
    fn any_text() -> impl Strategy<Value = Vec<u8>> {
        let range = Timestamp::MIN.unix_seconds()..=Timestamp::MAX.unix_seconds();
        let seconds = prop_oneof![range, 1_589_241_600_i64..1_589_500_800];
        let text = seconds.prop_map(|s| Timestamp::from_unix_seconds(s).to_string().into_bytes());
        let digit = prop_oneof![b'0'..=b'9', any::<u8>()];
        (text, 0..2 * Timestamp::LEN, digit, 0..=Timestamp::LEN + 1).prop_map(
            |(mut text, at, byte, len)| {
                match text.get_mut(at) {
                    Some(place) => *place = byte,
                    None if len % 2 == 0 => {}
                    None => text.resize(len, b'0'),
                }
                text
            },
        )
    }

    #[test]
    fn refused_date_does_not_replace_the_one_before() {
        let mut decoder = TimestampDecoder::default();
        let sample = b"13/05/2020 17:54:06";
        for text in [&sample[..], b"31/02/2020 17:54:06", sample, b"13/05/2020 17:54:60", sample] {
            assert_eq!(decoder.decode(text), Timestamp::decode(text));
        }
    }

    proptest! {
        #[test]
        fn times_in_any_order_are_read_as_one_by_one(
            texts in prop::collection::vec(any_text(), 1..20),
        ) {
            let mut decoder = TimestampDecoder::default();
            for text in texts {
                let expected = plain(&text);
                prop_assert_eq!(Timestamp::decode(&text), expected);
                prop_assert_eq!(decoder.decode(&text), expected);
            }
        }
    }
}
