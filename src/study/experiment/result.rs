//! What came of an experiment.

use std::fmt;

use super::Experiment;
use crate::study::measured::{Judged, Measured, MeasuredFigure};
use crate::study::points::{Point, Study};
use crate::study::statistics::Estimate;
use crate::study::theory::Relation;

/// Columns of the settings, at least.
const MIN_SETTING_COLUMNS: usize = 42;

/// Columns by which settings stand further right than what is above them.
const INDENT: usize = 2;

/// What came of an experiment.
#[derive(Debug, Clone)]
pub struct Findings {
    /// Which one.
    pub experiment: Experiment,
    /// What came of each run, a point a setting.
    pub study: Study,
    /// Each expected value beside the measured one.
    pub comparisons: Vec<Comparison>,
}

/// An expected value beside the measured one.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The settings: keys and values.
    pub changed: Vec<(String, String)>,
    /// What was measured.
    pub measure: &'static str,
    /// How it is to compare with what was expected.
    pub relation: Relation,
    /// What was expected.
    pub expected: f64,
    /// The measured value, over all runs; `None` if there was nothing to measure.
    pub measured: Option<Estimate>,
    /// Whether that is as expected.
    pub is_met: bool,
}

impl Findings {
    /// Compares the outcomes of each setting with what theory expects of it.
    pub fn new(experiment: Experiment, study: Study) -> Self {
        let comparisons = study.points.iter().flat_map(comparisons).collect();
        Self { experiment, study, comparisons }
    }
}

/// What is expected of a point, beside what was measured.
fn comparisons(point: &Point) -> Vec<Comparison> {
    let compare = |figure: &MeasuredFigure| {
        let compare = |expected: &Judged| Comparison {
            changed: point.changed.clone(),
            measure: figure.name,
            relation: expected.relation,
            expected: expected.value,
            measured: figure.estimate,
            is_met: expected.is_met,
        };
        figure.expected.iter().map(compare).collect::<Vec<_>>()
    };
    Measured::of(point).figures.iter().flat_map(compare).collect()
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
            if comparison.measure != last_measure {
                writeln!(f, "  {}", comparison.measure)?;
                last_measure = comparison.measure;
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
        let expected = format!("{}{}", self.relation.sign(), short(self.expected));
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
mod tests;
