//! The figures of a point of a sweep over all its runs.

use super::points::Point;
use super::statistics::Estimate;
use super::theory::Relation;
use crate::numbers::Unit;
use crate::town::Outcome;
use crate::town::figures::Figure;

/// A point with its figures, computed once, because some read every second of a run.
#[derive(Debug)]
pub(super) struct Measured<'a> {
    /// The point.
    pub(super) point: &'a Point,
    /// All figures, in the order of the summary.
    pub(super) figures: Vec<MeasuredFigure>,
}

/// A figure over all runs of a point.
#[derive(Debug, Clone)]
pub(super) struct MeasuredFigure {
    /// Name of the figure.
    pub(super) name: &'static str,
    /// Unit of the values.
    pub(super) unit: Unit,
    /// Meaning of the figure.
    pub(super) meaning: &'static str,
    /// Estimate over all runs; `None` if no run has the figure.
    pub(super) estimate: Option<Estimate>,
    /// Values expected by theory.
    pub(super) expected: Vec<Judged>,
}

/// An expected value, and whether the measured one agrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Judged {
    /// How the measured value must compare with the expected one.
    pub(super) relation: Relation,
    /// The expected value.
    pub(super) value: f64,
    /// Whether the measured value agrees.
    pub(super) is_met: bool,
}

impl<'a> Measured<'a> {
    /// The figures of `point`.
    pub(super) fn of(point: &'a Point) -> Self {
        let runs: Vec<_> = point.outcomes.iter().map(|outcome| point.figures(outcome)).collect();
        let measured = |(at, figure): (usize, Figure)| {
            let values: Vec<_> = runs.iter().map(|figures| figures[at].value).collect();
            MeasuredFigure::of(point, figure, &values)
        };
        let figures = point.figures(&Outcome::default()).into_iter().enumerate();
        Self { point, figures: figures.map(measured).collect() }
    }

    /// Keys that the sweep changed, with their values.
    pub(super) fn changed(&self) -> &'a [(String, String)] {
        &self.point.changed
    }

    /// The figure of this name.
    pub(super) fn figure(&self, name: &str) -> Option<&MeasuredFigure> {
        self.figures.iter().find(|figure| figure.name == name)
    }

    /// The figure of this name with its unit; `None` if no run has it.
    pub(super) fn quantity(&self, name: &str) -> Option<(Unit, Estimate)> {
        let figure = self.figure(name)?;
        Some((figure.unit, figure.estimate?))
    }

    /// Estimate of the figure of this name; `None` if no run has it.
    pub(super) fn estimate(&self, name: &str) -> Option<Estimate> {
        self.figure(name)?.estimate
    }
}

impl MeasuredFigure {
    /// The figure with its `values` in all runs.
    fn of(
        point: &Point,
        Figure { name, unit, meaning, .. }: Figure,
        values: &[Option<f64>],
    ) -> Self {
        let expected = point.expected.iter().filter(|expected| expected.measure.name() == name);
        let judged = expected.map(|expected| Judged {
            relation: expected.relation,
            value: expected.value,
            is_met: expected.is_met_by(values),
        });
        let there: Vec<_> = values.iter().copied().flatten().collect();
        Self { name, unit, meaning, estimate: Estimate::of(&there), expected: judged.collect() }
    }
}

#[cfg(test)]
mod tests;
