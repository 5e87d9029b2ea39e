//! What was simulated, and what came of it.

use crate::town::{Outcome, Records, Scenario};

/// A scenario, all its points and runs.
#[derive(Debug, Clone)]
pub struct Study {
    /// The scenario as the file and the command line have it, before any sweep changes it.
    pub scenario: Scenario,
    /// One for each combination of the values of a sweep; a single one without a sweep.
    pub points: Vec<Point>,
    /// What happened one by one in the first run of the first point, if that was asked for.
    pub records: Option<Records>,
}

/// One point of a sweep.
#[derive(Debug, Clone)]
pub struct Point {
    /// The keys that the sweep changed and their values, as written: `("people.app_share", "0.4")`.
    pub changed: Vec<(String, String)>,
    /// With these changes.
    pub scenario: Scenario,
    /// What came of each run.
    pub outcomes: Vec<Outcome>,
    /// What theory says, if somebody knows: the name of a figure and its expected value.
    pub expected: Vec<(&'static str, f64)>,
}
