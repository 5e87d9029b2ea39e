//! A study in one file for programs: the settings, and each figure over the runs of each point.

use std::io::{self, Write};

use serde::Serialize;

use super::super::measured::{Judged, Measured, MeasuredFigure};
use super::super::points::{Point, Study};
use crate::town::Scenario;

/// Content of `summary.json`, in this order.
#[derive(Serialize)]
struct Summary<'a> {
    version: &'static str,
    seed: u64,
    runs: u32,
    scenario: &'a Scenario,
    points: Vec<PointSummary<'a>>,
}

#[derive(Serialize)]
struct PointSummary<'a> {
    changed: Vec<Change<'a>>,
    seeds: Vec<u64>,
    figures: Vec<FigureSummary>,
}

#[derive(Serialize)]
struct Change<'a> {
    key: &'a str,
    value: &'a str,
}

/// A figure. A value is `null` if no run has the figure, or if it needs more than one run.
#[derive(Serialize)]
struct FigureSummary {
    name: &'static str,
    meaning: &'static str,
    mean: Option<f64>,
    deviation: Option<f64>,
    /// Ends of the 99 % confidence interval of the mean.
    interval: Option<Interval>,
    runs: usize,
    expected: Vec<Expectation>,
}

/// The value that theory expects of a figure.
#[derive(Serialize)]
struct Expectation {
    /// The relation in words: `expected`, `expected at most` or `expected at least`.
    relation: &'static str,
    value: f64,
    is_met: bool,
}

#[derive(Serialize)]
struct Interval {
    low: f64,
    high: f64,
}

/// Writes the summary as JSON.
pub(super) fn write(study: &Study, file: &mut dyn Write) -> io::Result<()> {
    let summary = Summary {
        version: env!("CARGO_PKG_VERSION"),
        seed: study.scenario.seed,
        runs: study.scenario.runs.get(),
        scenario: &study.scenario,
        points: study.points.iter().map(of_point).collect(),
    };
    serde_json::to_writer_pretty(&mut *file, &summary)?;
    file.write_all(b"\n")
}

fn of_point(point: &Point) -> PointSummary<'_> {
    PointSummary {
        changed: point.changed.iter().map(|(key, value)| Change { key, value }).collect(),
        seeds: point.outcomes.iter().map(|outcome| outcome.seed).collect(),
        figures: Measured::of(point).figures.iter().map(of_figure).collect(),
    }
}

fn of_figure(figure: &MeasuredFigure) -> FigureSummary {
    let estimate = figure.estimate;
    let interval = estimate.and_then(|estimate| estimate.interval());
    FigureSummary {
        name: figure.name,
        meaning: figure.meaning,
        mean: estimate.map(|estimate| estimate.mean),
        deviation: estimate.and_then(|estimate| estimate.deviation),
        interval: interval.map(|(low, high)| Interval { low, high }),
        runs: estimate.map_or(0, |estimate| estimate.count),
        expected: figure.expected.iter().map(of_expected).collect(),
    }
}

fn of_expected(expected: &Judged) -> Expectation {
    let Judged { relation, value, is_met } = *expected;
    Expectation { relation: relation.name(), value, is_met }
}
