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

/// Writes a value with so many significant digits, grouped by thousands; a whole number with all of
/// its digits.
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
mod tests;
