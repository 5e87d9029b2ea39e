//! Values expected by theory, and whether measured values agree with them.

use super::statistics::Estimate;
use crate::town::{Outcome, Scenario};

/// Allowed error of a value that is the same in all runs, and so has no confidence interval: rounding.
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
mod tests {
    use super::*;

    fn is_met(relation: Relation, value: f64, values: &[f64]) -> bool {
        let values: Vec<_> = values.iter().copied().map(Some).collect();
        Expected { measure: Measure::Figure("users"), value, relation }.is_met_by(&values)
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

    #[test]
    fn what_is_no_number_or_not_there_meets_nothing() {
        for relation in Relation::ALL {
            for wrong in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                assert!(!is_met(relation, 3.0, &[3.0, wrong]), "{relation:?} {wrong}");
            }
            let expected = Expected { measure: Measure::Figure("users"), value: 3.0, relation };
            assert!(expected.is_met_by(&[Some(3.0)]));
            assert!(!expected.is_met_by(&[Some(3.0), None]), "{relation:?}");
            assert!(!expected.is_met_by(&[]), "{relation:?}");
        }
    }
}
