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
mod tests {
    use super::*;
    use crate::town::outcome::Bin;
    use crate::town::scenario::Seconds;

    #[test]
    fn logs_that_are_empty_count_and_those_that_grow_do_not() {
        let mut scenario = Scenario { warm_up: Seconds::new(50), ..Scenario::default() };
        (scenario.phones.retention, scenario.duration) = (Seconds::new(100), Seconds::new(300));
        let bins = [(50.0, 9.0), (150.0, 4.0), (250.0, 0.0), (350.0, 0.0)];
        let over_time = bins.map(|(from, log_entries)| Bin { from, log_entries, ..Bin::default() });
        let outcome = Outcome { over_time: over_time.into(), ..Outcome::default() };
        assert_eq!(settled_log_size(&scenario, &outcome), Some(2.0));
        assert_eq!(settled_log_size(&scenario, &Outcome::default()), None);
    }

    #[test]
    fn deviation_is_that_of_all_values() {
        assert_eq!((mean(&[2.0, 4.0, 9.0]), deviation(&[1.0, 3.0])), (5.0, 1.0));
    }
}
