//! What came of an experiment.

use std::fmt;

use super::{Expected, Experiment, Relation};
use crate::simulate::statistics::Estimate;
use crate::simulate::study::{Point, Study};
use crate::town::Outcome;

/// How much a value that never differs between runs may be off the expected one: what arithmetic takes.
const ROUNDING: f64 = 1e-9;

/// Columns of the settings, at least.
const MIN_SETTING_COLUMNS: usize = 42;

/// Columns by which settings stand further right than what is above them.
const INDENT: usize = 2;

/// What came of an experiment.
#[derive(Debug, Clone)]
pub struct Findings {
    /// Which one.
    pub experiment: Experiment,
    /// By setting, what came of each run.
    outcomes: Vec<Vec<Outcome>>,
    /// Each expected value beside the measured one.
    pub comparisons: Vec<Comparison>,
}

/// An expected value beside the measured one.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The settings: keys and values.
    pub changed: Vec<(&'static str, String)>,
    /// What was expected.
    pub expected: Expected,
    /// What was measured, over all runs; `None` if there was nothing to measure.
    pub measured: Option<Estimate>,
    /// Whether that is as expected.
    pub is_met: bool,
}

impl Findings {
    /// Compares the outcomes of each setting with what is expected of it.
    pub fn new(experiment: Experiment, outcomes: Vec<Vec<Outcome>>) -> Self {
        let mut comparisons = Vec::new();
        for (setting, outcomes) in experiment.settings.iter().zip(&outcomes) {
            for expected in &setting.expected {
                let values: Vec<f64> = outcomes
                    .iter()
                    .filter_map(|outcome| expected.measure.of(&setting.scenario, outcome))
                    .collect();
                let measured = Estimate::of(&values);
                let is_met = measured.as_ref().is_some_and(|it| expected.is_met_by(it, &values));
                let (changed, expected) = (setting.changed.clone(), expected.clone());
                comparisons.push(Comparison { changed, expected, measured, is_met });
            }
        }
        Self { experiment, outcomes, comparisons }
    }

    /// Whether everything is as expected.
    pub fn are_met(&self) -> bool {
        self.comparisons.iter().all(|comparison| comparison.is_met)
    }

    /// The same as a study, for reports.
    pub fn into_study(self) -> Option<Study> {
        let Self { experiment, outcomes, .. } = self;
        let mut scenario = experiment.settings.first()?.scenario.clone();
        scenario.name = experiment.name.to_owned();
        scenario.question = experiment.question.to_owned();
        let points = experiment
            .settings
            .iter()
            .zip(outcomes)
            .map(|(setting, outcomes)| Point {
                changed: setting
                    .changed
                    .iter()
                    .map(|(key, value)| ((*key).to_owned(), value.clone()))
                    .collect(),
                scenario: setting.scenario.clone(),
                outcomes,
                expected: setting
                    .expected
                    .iter()
                    .map(|expected| (expected.measure.name(), expected.value))
                    .collect(),
            })
            .collect();
        Some(Study { scenario, points, records: None })
    }
}

impl Expected {
    fn is_met_by(&self, measured: &Estimate, values: &[f64]) -> bool {
        match self.relation {
            Relation::Equal => {
                let (low, high) = measured.interval().unwrap_or((measured.mean, measured.mean));
                let slack = ROUNDING * self.value.abs().max(1.0);
                low - slack <= self.value && self.value <= high + slack
            }
            Relation::AtMost => values.iter().all(|value| *value <= self.value),
            Relation::AtLeast => values.iter().all(|value| *value >= self.value),
        }
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Experiment { name, question, theory, runs, .. } = &self.experiment;
        writeln!(f, "{name}: {question}")?;
        writeln!(f, "  {theory}")?;
        let settings = self.comparisons.iter().map(|it| it.setting().chars().count());
        let width = settings.max().unwrap_or_default().max(MIN_SETTING_COLUMNS);
        writeln!(
            f,
            "  {:<wider$} {:>10} {:>10}  99 % interval, {runs} runs",
            "setting",
            "expected",
            "measured",
            wider = width + INDENT,
        )?;
        let mut last_measure = "";
        for comparison in &self.comparisons {
            let measure = comparison.expected.measure.name();
            if measure != last_measure {
                writeln!(f, "  {measure}")?;
                last_measure = measure;
            }
            writeln!(f, "{comparison:width$}")?;
        }
        Ok(())
    }
}

impl Comparison {
    fn setting(&self) -> String {
        let setting: Vec<String> =
            self.changed.iter().map(|(key, value)| format!("{key} = {value}")).collect();
        setting.join(", ")
    }
}

impl fmt::Display for Comparison {
    /// The width is that of the setting.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.expected.relation {
            Relation::Equal => "",
            Relation::AtMost => "≤ ",
            Relation::AtLeast => "≥ ",
        };
        let expected = format!("{sign}{}", short(self.expected.value));
        let (mean, interval) = match &self.measured {
            Some(estimate) => {
                let between = |(low, high)| format!("{} to {}", short(low), short(high));
                (short(estimate.mean), estimate.interval().map(between).unwrap_or_default())
            }
            None => ("nothing".to_owned(), String::new()),
        };
        let verdict = if self.is_met { "as expected" } else { "NOT AS EXPECTED" };
        let (setting, width) = (self.setting(), f.width().unwrap_or_default());
        write!(f, "    {setting:<width$} {expected:>10} {mean:>10}  {interval:<25} {verdict}")
    }
}

/// A number with as many decimals as tell something.
fn short(value: f64) -> String {
    let decimals = match value.abs() {
        0.0 => 0,
        ..1.0 => 5,
        ..100.0 => 3,
        ..10_000.0 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::super::Measure;
    use super::*;

    fn is_met(relation: Relation, value: f64, values: &[f64]) -> bool {
        let expected = Expected { measure: Measure::Figure("users"), value, relation };
        let measured = Estimate::of(values).expect("some values");
        expected.is_met_by(&measured, values)
    }

    #[test]
    fn expected_value_outside_the_interval_is_not_met() {
        let values = [0.9, 1.0, 1.1, 1.0];
        assert!(is_met(Relation::Equal, 1.05, &values));
        assert!(!is_met(Relation::Equal, 2.0, &values));
    }

    #[test]
    fn value_that_is_always_the_same_must_be_the_expected_one() {
        assert!(is_met(Relation::Equal, 0.0, &[0.0; 5]));
        assert!(!is_met(Relation::Equal, 0.01, &[0.0; 5]));
    }

    #[test]
    fn bound_holds_in_every_run() {
        assert!(is_met(Relation::AtMost, 3.0, &[1.0, 3.0]));
        assert!(!is_met(Relation::AtMost, 3.0, &[1.0, 3.1]));
        assert!(!is_met(Relation::AtLeast, 3.0, &[2.9, 5.0]));
    }
}
