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
