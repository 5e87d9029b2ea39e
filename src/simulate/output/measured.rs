//! The figures of a point over all its runs.

use super::super::statistics::Estimate;
use super::super::study::Point;

/// A point with its figures. They are computed once, as some go through every second of a run.
#[derive(Debug)]
pub(super) struct Measured<'a> {
    /// What the sweep changed.
    pub(super) changed: &'a [(String, String)],
    /// All figures, in their order; none without a run.
    pub(super) figures: Vec<MeasuredFigure>,
}

/// A figure over all runs of a point.
#[derive(Debug, Clone, Copy)]
pub(super) struct MeasuredFigure {
    /// Its name.
    pub(super) name: &'static str,
    /// What it means.
    pub(super) meaning: &'static str,
    /// What it is; `None` if no run has it.
    pub(super) estimate: Option<Estimate>,
    /// What theory says.
    pub(super) expected: Option<f64>,
}

impl<'a> Measured<'a> {
    /// The figures of `point`.
    pub(super) fn of(point: &'a Point) -> Self {
        let runs: Vec<_> = point.outcomes.iter().map(|outcome| outcome.figures()).collect();
        let measured = |at: usize| {
            let values: Vec<_> = runs.iter().filter_map(|figures| figures[at].value).collect();
            let figure = runs[0][at];
            MeasuredFigure {
                name: figure.name,
                meaning: figure.meaning,
                estimate: Estimate::of(&values),
                expected: expected(point, figure.name),
            }
        };
        let figures = (0..runs.first().map_or(0, Vec::len)).map(measured).collect();
        Self { changed: &point.changed, figures }
    }

    /// The figure of this name.
    pub(super) fn figure(&self, name: &str) -> Option<&MeasuredFigure> {
        self.figures.iter().find(|figure| figure.name == name)
    }
}

fn expected(point: &Point, name: &str) -> Option<f64> {
    point.expected.iter().find(|(figure, _)| *figure == name).map(|(_, value)| *value)
}
