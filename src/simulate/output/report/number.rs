//! Numbers as people read them.

/// A whole number with its thousands apart: `12,345`.
pub(super) fn count(value: u64) -> String {
    apart(&value.to_string())
}

/// Three digits that count, or all before the point: `0.0163`, `12.3`, `12,345`.
pub(super) fn short(value: f64) -> String {
    let size = value.abs();
    if size < 1e-6 {
        return "0".to_owned();
    }
    let decimals = (2 - libm::floor(libm::log10(size)) as i32).clamp(0, 8) as usize;
    let text = format!("{value:.decimals$}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { apart(whole) } else { format!("{}.{fraction}", apart(whole)) }
}

/// A share in percent: `16.3 %`, with a space that does not break.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1}\u{a0}%", share * 100.0)
}

/// A length of time in its largest units: `3 days`, `1 h 30 min`, `50 ms`.
pub(super) fn duration(seconds: f64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3600, "h"), (60, "min"), (1, "s")];
    if seconds < 10.0 {
        return format!("{}\u{a0}s", short(seconds));
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

/// What a figure of this name looks like with its unit.
pub(super) fn of_figure(name: &str, value: f64) -> String {
    if is_share(name) {
        percent(value)
    } else if is_in_seconds(name) {
        duration(value)
    } else if is_in_hours(name) {
        format!("{}\u{a0}h", short(value))
    } else {
        short(value)
    }
}

/// Whether a figure is from 0 to 1, and shown in percent.
pub(super) fn is_share(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    last.contains("share") || last == "recall" || last == "precision"
}

fn is_in_seconds(name: &str) -> bool {
    name.ends_with("_seconds")
}

fn is_in_hours(name: &str) -> bool {
    name.contains("hours_to")
}

fn apart(digits: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |rest| ("-", rest));
    let mut text = sign.to_owned();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits_that_count() {
        let numbers = [0.0, 0.016_34, 0.5, 1.0, -12.349, 999.6, 12_345.6, 1e9];
        let texts = ["0", "0.0163", "0.5", "1", "-12.3", "1,000", "12,346", "1,000,000,000"];
        assert_eq!(numbers.map(short), texts);
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn times_have_their_two_largest_units() {
        let times = [0.05, 59.0, 900.0, 5400.0, 86_400.0, 3.0 * 86_400.0 + 7200.0];
        let texts = ["0.05 s", "59 s", "15 min", "1 h 30 min", "1 d", "3 d 2 h"];
        assert_eq!(times.map(|time| duration(time).replace('\u{a0}', " ")), texts);
    }

    #[test]
    fn figures_have_their_units() {
        assert_eq!(of_figure("tracing.recall", 0.5), "50.0\u{a0}%");
        assert_eq!(of_figure("encounters.recorded_share_of_possible", 1.0), "100.0\u{a0}%");
        assert_eq!(of_figure("tracing.hours_to_notice", 12.3), "12.3\u{a0}h");
        assert_eq!(of_figure("linkability.followed_seconds", 900.0), "15\u{a0}min");
        assert_eq!(of_figure("users", 144.0), "144");
    }
}
