//! What was simulated, and what came of it.

use super::figure_names::FigureNames;
use super::theory::{Expected, Measure};
use crate::town::figures::Figure;
use crate::town::{Outcome, Records, Scenario};

/// A scenario, all its points and runs.
#[derive(Debug, Clone)]
pub struct Study {
    /// The scenario as the file and the command line have it, before any sweep changes it; that of the
    /// first point of an experiment.
    pub scenario: Scenario,
    /// Where that comes from.
    pub origin: Origin,
    /// One for each combination of the values of a sweep; a single one without a sweep.
    pub points: Vec<Point>,
    /// What happened one by one in the first run of the first point, if that was asked for.
    pub records: Option<Records>,
    /// The figures that somebody wants to see instead of the usual ones.
    pub figures: Option<FigureNames>,
}

/// What a study is made of, and can be made of again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A scenario and the sweeps that its points tell of.
    Scenario,
    /// The experiment of this name, whose points each have settings of their own.
    Experiment(&'static str),
}

/// A point of a sweep that is to be run.
#[derive(Debug, Clone)]
pub struct PlannedPoint {
    /// The keys that the sweep changes and their values, as written.
    pub changed: Vec<(String, String)>,
    /// With these changes.
    pub scenario: Scenario,
}

impl PlannedPoint {
    /// What is special about it, for an error.
    pub(super) fn describe(&self) -> String {
        self.changed.iter().map(|(key, value)| format!("with {key}={value}: ")).collect()
    }
}

/// One point of a sweep.
#[derive(Debug, Clone)]
pub struct Point {
    /// The keys that the sweep changed and their values, as written: `("people.app_share", "0.4")`. All
    /// points of a study have the same keys.
    pub changed: Vec<(String, String)>,
    /// With these changes.
    pub scenario: Scenario,
    /// What came of each run.
    pub outcomes: Vec<Outcome>,
    /// What theory says, if somebody knows.
    pub expected: Vec<Expected>,
}

impl Point {
    /// The figures of one of its runs: those that every run has, and then what only this point is measured
    /// for.
    pub fn figures(&self, outcome: &Outcome) -> Vec<Figure> {
        let mut figures = outcome.figures();
        for expected in &self.expected {
            let Measure::Computed(name, compute) = expected.measure else { continue };
            if figures.iter().all(|figure| figure.name != name) {
                let (value, meaning) =
                    (compute(&self.scenario, outcome), "of this experiment only");
                figures.push(Figure { name, value, meaning });
            }
        }
        figures
    }
}
