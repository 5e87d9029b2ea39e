//! A study: what is simulated, and its outcomes.

use super::figure_names::FigureNames;
use super::theory::{Expected, Measure};
use crate::numbers::Unit;
use crate::town::figures::Figure;
use crate::town::{Outcome, Records, Scenario};

/// A scenario with the outcomes of all its points and runs.
#[derive(Debug, Clone)]
pub struct Study {
    /// The scenario of the file and the command line, before any sweep. That of the first point for
    /// an experiment.
    pub scenario: Scenario,
    /// Origin of the scenario.
    pub origin: Origin,
    /// A point for each combination of swept values; a single point without a sweep.
    pub points: Vec<Point>,
    /// Single events of the first run of the first point, if requested.
    pub records: Option<Records>,
    /// Figures to show instead of the usual ones.
    pub figures: Option<FigureNames>,
}

/// Origin of a study, from which it can be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A scenario, with the sweeps that its points show.
    Scenario,
    /// The experiment of this name, whose points have settings of their own.
    Experiment(&'static str),
}

/// A point of a sweep, before its runs.
#[derive(Debug, Clone)]
pub struct PlannedPoint {
    /// Keys that the sweep changes, with their values as written.
    pub changed: Vec<(String, String)>,
    /// The scenario with these changes.
    pub scenario: Scenario,
    /// What theory expects of it.
    pub expected: Vec<Expected>,
}

impl PlannedPoint {
    /// The changes, as a prefix of an error message.
    pub(super) fn describe(&self) -> String {
        self.changed.iter().map(|(key, value)| format!("with {key}={value}: ")).collect()
    }
}

/// A point of a sweep, with its outcomes.
#[derive(Debug, Clone)]
pub struct Point {
    /// Keys that the sweep changed, with their values as written: `("people.app_share", "0.4")`.
    /// All points of a study have the same keys.
    pub changed: Vec<(String, String)>,
    /// The scenario with these changes.
    pub scenario: Scenario,
    /// Outcome of each run.
    pub outcomes: Vec<Outcome>,
    /// Values expected by theory; empty without a theory.
    pub expected: Vec<Expected>,
}

impl Point {
    /// The figures of one of its runs: those of every run, then the quantities measured for this
    /// point only.
    pub fn figures(&self, outcome: &Outcome) -> Vec<Figure> {
        let mut figures = outcome.figures();
        for expected in &self.expected {
            let Measure::Computed(name, compute) = expected.measure else { continue };
            if figures.iter().all(|figure| figure.name != name) {
                let (value, meaning) =
                    (compute(&self.scenario, outcome), "of this experiment only");
                figures.push(Figure { name, unit: Unit::Number, value, meaning });
            }
        }
        figures
    }
}
