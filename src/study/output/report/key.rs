//! A key of a sweep as the axis of a chart.

use crate::chart::Axis;
use crate::study::scenario_file::{Keys, unit_of};

/// Ratio of the largest to the smallest value from which the axis is logarithmic, so that the small
/// ones are apart.
const FAR_APART: f64 = 30.0;

/// The axis for a key with these values, and the place of each value on it.
pub(super) fn axis(key: &str, values: &[&str]) -> (Axis, Vec<f64>) {
    let numbers: Option<Vec<_>> = values.iter().map(|value| number(value)).collect();
    match numbers {
        Some(numbers) => (of_numbers(key, &numbers), numbers.iter().map(|of| of.value).collect()),
        None => {
            let names: Vec<_> = values.iter().map(|value| bare(value).to_owned()).collect();
            (Axis::categories(key, &names), (0..names.len()).map(|at| at as f64).collect())
        }
    }
}

fn of_numbers(key: &str, numbers: &[Number]) -> Axis {
    let low = numbers.iter().map(|number| number.value).fold(f64::INFINITY, f64::min);
    let high = numbers.iter().map(|number| number.value).fold(f64::NEG_INFINITY, f64::max);
    // Seconds may be written without a unit.
    let are_times = numbers.iter().any(|number| number.is_time) || Keys::new().takes_times(key);
    if low > 0.0 && high / low >= FAR_APART && numbers.len() > 2 {
        let label = if are_times { format!("{key}, seconds") } else { label(key) };
        Axis::logarithmic(label, low, high)
    } else if are_times {
        let mut axis = Axis::time("", low, high);
        axis.label = format!("{key}, {}", axis.label);
        axis
    } else {
        Axis::tight(label(key), low, high)
    }
}

/// A key with the unit of its values, if they have one.
fn label(key: &str) -> String {
    match unit_of(key) {
        Some(unit) => format!("{key}, {unit}"),
        None => key.to_owned(),
    }
}

/// A value of a sweep as a number.
pub(super) struct Number {
    value: f64,
    is_time: bool,
}

/// The number of a value, if it is a number or a time, which counts in seconds.
pub(super) fn number(value: &str) -> Option<Number> {
    let value = bare(value);
    if let Ok(value) = value.parse::<f64>() {
        return value.is_finite().then_some(Number { value, is_time: false });
    }
    let time = humantime::parse_duration(value).ok()?;
    Some(Number { value: time.as_secs_f64(), is_time: true })
}

/// A value as in TOML, with the quotes of a string removed.
pub(super) fn bare(value: &str) -> &str {
    let value = value.trim();
    let inner = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.unwrap_or(value)
}

#[cfg(test)]
mod tests;
