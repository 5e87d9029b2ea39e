//! Quantities computed from a run for experiments only.

use crate::town::{Outcome, Scenario};

/// Requests for TempIDs in each of `seconds` seconds, beginning `from` seconds after the start of
/// the meetings. `None` if there is no request from then on.
pub(super) fn requests(outcome: &Outcome, from: u64, seconds: u64) -> Option<Vec<f64>> {
    let counts = &outcome.server.downloads_by_second.counts.0;
    let counts = counts.get(from as usize..(from + seconds) as usize)?;
    Some(counts.iter().map(|count| f64::from(*count)).collect())
}

/// Mean of `values`.
pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Standard deviation of a whole population.
pub(super) fn deviation(values: &[f64]) -> f64 {
    let middle = mean(values);
    let squares: Vec<_> = values.iter().map(|value| (value - middle) * (value - middle)).collect();
    mean(&squares).sqrt()
}

/// Mean entries of a contact log, once the first entries have expired.
pub(super) fn settled_log_size(scenario: &Scenario, outcome: &Outcome) -> Option<f64> {
    let warm_up = scenario.warm_up.as_f64();
    let settled = warm_up + scenario.phones.retention.as_f64();
    // What happens at the very end may have begun a bin at whose end nobody measures.
    let settled = settled..warm_up + scenario.duration.as_f64();
    let bins = outcome.over_time.iter().filter(|bin| settled.contains(&bin.from));
    let entries: Vec<_> = bins.map(|bin| bin.log_entries).collect();
    (!entries.is_empty()).then(|| mean(&entries))
}

#[cfg(test)]
mod tests;
