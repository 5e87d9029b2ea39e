//! Numbers in text: units, significant digits, thousands, plurals.

use std::fmt;

/// Significant digits of a value.
const DIGITS: i32 = 4;

/// Significant digits of the margin of a confidence interval.
const MARGIN_DIGITS: i32 = 2;

/// Most decimals; smaller numbers are written with an exponent.
const MOST_DECIMALS: i32 = 8;

/// The unit of a number, which decides how it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A count, a rate, or another number without a unit.
    Number,
    /// A share from 0 to 1, written as a percentage.
    Share,
    /// A time in hours.
    Hours,
    /// A time in seconds, written in seconds, minutes or hours.
    Seconds,
    /// A number of bytes.
    Bytes,
}

impl Unit {
    /// The scale at which `value` is written, and the name of the unit at that scale.
    fn scale(self, value: f64) -> (f64, &'static str) {
        match self {
            Self::Number => (1.0, ""),
            Self::Share => (0.01, " %"),
            Self::Hours => (1.0, " h"),
            Self::Seconds if value >= 7200.0 => (3600.0, " h"),
            Self::Seconds if value >= 120.0 => (60.0, " min"),
            Self::Seconds => (1.0, " s"),
            Self::Bytes if value >= 1e9 => (1e9, " GB"),
            Self::Bytes if value >= 1e6 => (1e6, " MB"),
            Self::Bytes if value >= 1e4 => (1e3, " kB"),
            Self::Bytes => (1.0, " B"),
        }
    }

    /// Writes a value with its unit.
    pub fn value(self, value: f64) -> String {
        let (scale, name) = self.scale(value);
        significant(value / scale, DIGITS) + name
    }

    /// Writes a value like [`value`](Self::value), with non-breaking spaces for HTML.
    pub fn unbroken(self, value: f64) -> String {
        self.value(value).replace(' ', "\u{a0}")
    }

    /// Writes the margin of a confidence interval at the scale of its mean: `±0.12 %`.
    pub fn margin(self, mean: f64, margin: f64) -> String {
        let (scale, name) = self.scale(mean);
        format!("±{}{name}", significant(margin / scale, MARGIN_DIGITS))
    }

    /// Writes a mean with the margin of its confidence interval: `36.12 ±0.12 %`.
    pub fn mean(self, mean: f64, margin: Option<f64>) -> String {
        let Some(margin) = margin else { return self.value(mean) };
        let (scale, _) = self.scale(mean);
        format!("{} {}", significant(mean / scale, DIGITS), self.margin(mean, margin))
    }
}

/// Writes a whole number with a comma before each three digits: `12,345`.
pub fn count(value: u64) -> String {
    grouped(&value.to_string())
}

/// Writes a number with its noun, which gets an `s` unless there is one: `1 run`, `2 runs`.
pub fn counted(count: impl TryInto<u64> + fmt::Display, noun: &str) -> String {
    let text = format!("{count} {noun}");
    if count.try_into().is_ok_and(|count| count == 1) { text } else { text + "s" }
}

/// Writes a duration in its two largest units: `3 d`, `1 h 30 min`, `0.05 s`.
pub fn duration(seconds: f64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3600, "h"), (60, "min"), (1, "s")];
    if seconds < 10.0 {
        return format!("{seconds}\u{a0}s");
    }
    let mut left = seconds.round() as u64;
    let mut parts = Vec::new();
    for (size, unit) in UNITS {
        if left >= size && parts.len() < 2 {
            parts.push(format!("{}\u{a0}{unit}", left / size));
            left %= size;
        }
    }
    parts.join(" ")
}

/// Writes a value with so many significant digits, grouped by thousands; a whole number with all of its
/// digits.
fn significant(value: f64, digits: i32) -> String {
    if !value.is_finite() {
        return value.to_string();
    }
    if value.fract() == 0.0 {
        return grouped(&format!("{value:.0}"));
    }
    let decimals = digits - 1 - magnitude(value);
    if decimals > MOST_DECIMALS {
        return format!("{value:.*e}", (digits - 1).unsigned_abs() as usize);
    }
    grouped(&format!("{value:.*}", decimals.max(0).unsigned_abs() as usize))
}

/// The decimal exponent of a value. It is counted, because logarithms differ between platforms.
fn magnitude(value: f64) -> i32 {
    let (mut value, mut power) = (value.abs(), 0);
    while value >= 10.0 {
        value /= 10.0;
        power += 1;
    }
    while value < 1.0 && power > -20 {
        value *= 10.0;
        power -= 1;
    }
    power
}

fn grouped(number: &str) -> String {
    let (sign, number) = number.strip_prefix('-').map_or(("", number), |rest| ("-", rest));
    let (whole, fraction) = number.find('.').map_or((number, ""), |dot| number.split_at(dot));
    let mut text = sign.to_owned();
    for (at, digit) in whole.char_indices() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + fraction
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn shown_number_is_the_number(digits in -10.0..10.0, power in -12..12) {
            let value: f64 = digits * 10_f64.powi(power);
            let shown = significant(value, DIGITS);
            let read: f64 = shown.replace(',', "").parse().expect("a number");
            prop_assert!((read - value).abs() <= 0.000_5 * value.abs(), "{} {}", shown, value);
            prop_assert!(shown.len() <= 20, "{}", shown);
        }
    }

    #[test]
    fn numbers_have_the_digits_that_say_something() {
        let cases = [
            (0.0, "0"),
            (7.0, "7"),
            (1_234_567.0, "1,234,567"),
            (-1234.0, "-1,234"),
            (999.0, "999"),
            (0.5, "0.5000"),
            (1.0 / 3.0, "0.3333"),
            (12.345, "12.35"),
            (999.96, "1,000.0"),
            (1234.5, "1,234"),
            (98_765.4, "98,765"),
            (0.001_234_5, "0.001234"),
            (0.000_000_123_46, "1.235e-7"),
            (f64::NAN, "NaN"),
        ];
        for (value, expected) in cases {
            assert_eq!(significant(value, DIGITS), expected, "{value}");
        }
    }

    #[test]
    fn values_are_written_in_their_unit() {
        let cases = [
            (Unit::Share, 0.361_23, "36.12 %"),
            (Unit::Share, 1.0, "100 %"),
            (Unit::Hours, 12.5, "12.50 h"),
            (Unit::Seconds, 90.0, "90 s"),
            (Unit::Seconds, 900.0, "15 min"),
            (Unit::Seconds, 8133.0, "2.259 h"),
            (Unit::Bytes, 9_999.0, "9,999 B"),
            (Unit::Bytes, 12_345.0, "12.35 kB"),
            (Unit::Bytes, 1_234_567.0, "1.235 MB"),
            (Unit::Bytes, 5e9, "5 GB"),
            (Unit::Number, 0.25, "0.2500"),
            (Unit::Number, 12.0, "12"),
            (Unit::Number, 1000.0, "1,000"),
        ];
        for (unit, value, expected) in cases {
            assert_eq!(unit.value(value), expected, "{unit:?}");
        }
    }

    #[test]
    fn times_have_their_two_largest_units() {
        let times = [0.05, 59.0, 900.0, 5400.0, 86_400.0, 3.0 * 86_400.0 + 7200.0];
        let texts = ["0.05 s", "59 s", "15 min", "1 h 30 min", "1 d", "3 d 2 h"];
        assert_eq!(times.map(|time| duration(time).replace('\u{a0}', " ")), texts);
    }

    #[test]
    fn nouns_are_singular_for_one_only() {
        assert_eq!([0, 1, 2].map(|n| counted(n, "run")), ["0 runs", "1 run", "2 runs"]);
    }

    #[test]
    fn whole_numbers_have_their_thousands_apart() {
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(Unit::Share.unbroken(0.361_23), "36.12\u{a0}%");
    }

    #[test]
    fn margin_has_the_unit_of_its_mean() {
        assert_eq!(Unit::Share.mean(0.361_23, Some(0.001_234)), "36.12 ±0.12 %");
        assert_eq!(Unit::Bytes.mean(2e6, Some(1234.0)), "2 ±0.0012 MB");
        assert_eq!(Unit::Number.mean(5.0, None), "5");
    }
}
