//! Values expected by theory, and whether measured values agree with them.

use super::statistics::Estimate;
use crate::town::{Outcome, Scenario};

/// Allowed error of a value that is the same in all runs, and so has no confidence interval:
/// rounding.
const ROUNDING: f64 = 1e-9;

/// A value expected by theory.
#[derive(Debug, Clone, Copy)]
pub struct Expected {
    /// The measured quantity.
    pub measure: Measure,
    /// The expected value.
    pub value: f64,
    /// How the measured value must compare with it.
    pub relation: Relation,
}

/// A quantity measured from the outcome of a run.
#[derive(Debug, Clone, Copy)]
pub enum Measure {
    /// The figure of this name.
    Figure(&'static str),
    /// A quantity with this name and computation.
    Computed(&'static str, fn(&Scenario, &Outcome) -> Option<f64>),
}

/// How a measured value must compare with the expected one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// Equal: the expected value lies in the confidence interval.
    Equal,
    /// At most the expected value, in every run.
    AtMost,
    /// At least the expected value, in every run.
    AtLeast,
}

impl Measure {
    /// Name of the quantity.
    pub fn name(self) -> &'static str {
        match self {
            Self::Figure(name) | Self::Computed(name, _) => name,
        }
    }
}

impl Relation {
    /// All relations.
    pub const ALL: [Self; 3] = [Self::Equal, Self::AtMost, Self::AtLeast];

    /// The relation in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Equal => "expected",
            Self::AtMost => "expected at most",
            Self::AtLeast => "expected at least",
        }
    }

    /// The sign before a value.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Equal => "",
            Self::AtMost => "≤ ",
            Self::AtLeast => "≥ ",
        }
    }
}

impl Expected {
    /// Expects the measured value to equal `value`.
    pub fn equal(measure: Measure, value: f64) -> Self {
        Self { measure, value, relation: Relation::Equal }
    }

    /// Expects the measured value to be from `low` to `high`.
    pub fn between(measure: Measure, low: f64, high: f64) -> [Self; 2] {
        let bound = |value, relation| Self { measure, value, relation };
        [bound(low, Relation::AtLeast), bound(high, Relation::AtMost)]
    }

    /// Whether the `values` of all runs agree. A missing value or a NaN does not.
    pub fn is_met_by(&self, values: &[Option<f64>]) -> bool {
        let finite = |value: &Option<f64>| value.filter(|value| value.is_finite());
        let Some(values) = values.iter().map(finite).collect::<Option<Vec<_>>>() else {
            return false;
        };
        let Some(measured) = Estimate::of(&values) else { return false };
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

#[cfg(test)]
mod tests;
