//! Curves of figures over the values of a sweep, with what theory expects.

use super::key::{axis, bare, number};
use crate::chart::{Axis, Chart, Form, Point, Series};
use crate::numbers::Unit;
use crate::study::figure_names::FigureNames;
use crate::study::measured::{Measured, MeasuredFigure};
use crate::study::theory::Relation;
use crate::town::figures::MOST_TELLING;

/// Maximum number of charts, besides those of figures with expected values.
const MOST_CHARTS: usize = 18;
/// Maximum number of curves in a chart: the number of different styles.
const MOST_CURVES: usize = 5;

/// The charts of a sweep, and a note on what they leave out.
#[derive(Debug)]
pub(super) struct Curves {
    /// Charts of the requested figures; without a request, of those with an expected value and the
    /// most important ones.
    pub(super) charts: Vec<Chart>,
    /// Charts of other figures that change.
    pub(super) more: Vec<Chart>,
    /// Note on what is not shown.
    pub(super) left_out: Option<String>,
}

/// Draws the charts of a sweep; none for a single point. Requested figures come first, even if they
/// do not change.
pub(super) fn curves(points: &[Measured<'_>], asked: Option<&FigureNames>) -> Option<Curves> {
    let plan = Plan::of(points)?;
    let (early, late) = of_interest(points, asked);
    let charts = |names: &[&str]| names.iter().filter_map(|name| plan.chart(name)).collect();
    let is_nothing = |name: &&&str| points.iter().all(|point| point.estimate(name).is_none());
    let nothing: Vec<_> = early.iter().filter(is_nothing).copied().collect();
    let room = MOST_CHARTS.saturating_sub(early.len()).min(late.len());
    let mut left_out = Vec::new();
    if !nothing.is_empty() {
        left_out.push(format!("{}, which no run has", nothing.join(", ")));
    }
    if late.len() > room {
        left_out.push(format!("{} more figures that change", late.len() - room));
    }
    if plan.curves_left_out > 0 {
        left_out.push(format!("{} more curves of each figure", plan.curves_left_out));
    }
    let said = format!("Not drawn: {}. All figures are in figures.csv.", left_out.join("; "));
    let left_out = (!left_out.is_empty()).then_some(said);
    Some(Curves { charts: charts(&early), more: charts(&late[..room]), left_out })
}

/// Chooses the figures to draw: first the requested ones, or else those with expected values and
/// the most important ones that change; then all others that change.
fn of_interest(
    points: &[Measured<'_>],
    asked: Option<&FigureNames>,
) -> (Vec<&'static str>, Vec<&'static str>) {
    let each = |name: &'static str| points.iter().filter_map(move |point| point.figure(name));
    let is_expected = |name: &&'static str| each(name).any(|figure| !figure.expected.is_empty());
    let (mut early, others): (Vec<_>, Vec<_>) = names(points).into_iter().partition(is_expected);
    let (mut first, mut late): (Vec<_>, Vec<_>) =
        others.into_iter().partition(|name| MOST_TELLING.contains(name));
    // What few runs do not tell from chance is worth a look where it matters.
    first.retain(|name| differs(each(name)));
    late.retain(|name| changes(each(name)));
    first.sort_by_key(|name| MOST_TELLING.iter().position(|first| first == name));
    early.append(&mut first);
    match asked {
        None => (early, late),
        Some(asked) => {
            let asked: Vec<_> = asked.iter().collect();
            early.append(&mut late);
            early.retain(|name| !asked.contains(name));
            (asked, early)
        }
    }
}

/// The figures that at least one point has.
fn names(points: &[Measured<'_>]) -> Vec<&'static str> {
    let mut names = Vec::new();
    for figure in points.iter().flat_map(|point| &point.figures) {
        if !names.contains(&figure.name) {
            names.push(figure.name);
        }
    }
    names
}

/// Whether a figure differs between points.
fn differs<'a>(figures: impl Iterator<Item = &'a MeasuredFigure>) -> bool {
    let mut means = figures.filter_map(|figure| Some(figure.estimate?.mean));
    means.next().is_some_and(|first| means.any(|mean| mean != first))
}

/// Whether a figure differs between points by more than chance.
fn changes<'a>(figures: impl Iterator<Item = &'a MeasuredFigure>) -> bool {
    let ends = figures.filter_map(|figure| {
        let estimate = figure.estimate?;
        Some(estimate.interval().unwrap_or((estimate.mean, estimate.mean)))
    });
    let (mut highest_low, mut lowest_high) = (f64::NEG_INFINITY, f64::INFINITY);
    for (low, high) in ends {
        highest_low = highest_low.max(low);
        lowest_high = lowest_high.min(high);
    }
    highest_low > lowest_high + 1e-9 * lowest_high.abs()
}

/// The key on the horizontal axis, the place of each point on it, and the points of each curve.
struct Plan<'a> {
    points: &'a [Measured<'a>],
    axis: Axis,
    places: Vec<f64>,
    curves: Vec<Curve>,
    curves_left_out: usize,
}

/// A curve: points that differ only in the key of the axis.
struct Curve {
    /// Values of the other keys.
    name: String,
    /// Points in the order of their places on the axis.
    points: Vec<usize>,
}

impl<'a> Plan<'a> {
    fn of(points: &'a [Measured<'a>]) -> Option<Self> {
        let keys = points.first()?.changed().len();
        let key = (0..keys).max_by_key(|key| {
            let values = values(points, *key);
            let is_numeric = values.iter().all(|value| number(value).is_some());
            // The first of equals: `max_by_key` alone would take the last.
            (values.len() > 1, is_numeric, values.len(), keys - key)
        })?;
        let values = values(points, key);
        if values.len() < 2 {
            return None;
        }
        let (axis, places) = axis(&points[0].changed()[key].0, &values);
        let place = |point: &Measured<'_>| {
            let value = point.changed()[key].1.as_str();
            values.iter().position(|other| *other == value).map_or(0.0, |at| places[at])
        };
        let places: Vec<_> = points.iter().map(place).collect();
        let mut curves = curves_without(points, key);
        for curve in &mut curves {
            curve.points.sort_by(|a, b| places[*a].total_cmp(&places[*b]));
        }
        let curves_left_out = curves.len().saturating_sub(MOST_CURVES);
        curves.truncate(MOST_CURVES);
        Some(Self { points, axis, places, curves, curves_left_out })
    }

    /// The chart of one figure; `None` if no run has it.
    fn chart(&self, name: &str) -> Option<Chart> {
        let &MeasuredFigure { unit, meaning, .. } =
            self.points.iter().find_map(|point| point.figure(name))?;
        let factor = if unit == Unit::Share { 100.0 } else { 1.0 };
        let mut series: Vec<_> =
            (0..self.curves.len()).map(|number| self.measured(name, number, factor)).collect();
        for relation in Relation::ALL {
            series.extend(self.theories(name, relation, factor));
        }
        series.retain(|series| !series.points.is_empty());
        let (series, same) = folded(series);
        let values = || series.iter().flat_map(|series| &series.points).flat_map(ends);
        // Nothing is less than none, whatever an interval says.
        let (low, high) = (
            values().fold(f64::INFINITY, f64::min).max(0.0),
            values().fold(f64::NEG_INFINITY, f64::max),
        );
        // From zero, unless that would hide what there is to see.
        let low = if low > 0.6 * high { low } else { low.min(0.0) };
        // Nor is there anything above all of them.
        let high = if unit == Unit::Share { high.min(100.0) } else { high };
        (low <= high).then(|| Chart {
            title: title(name),
            about: format!("{}.{}{same}", capitalized(meaning), self.verdict(name)),
            x: self.axis.clone(),
            y: Axis::rounded(label(name, unit), low, high),
            series,
            shades: Vec::new(),
        })
    }

    fn measured(&self, name: &str, number: usize, factor: f64) -> Series {
        let point = |at: &usize| {
            let estimate = self.points[*at].figure(name)?.estimate?;
            let interval = estimate.interval().map(|(low, high)| (low * factor, high * factor));
            Some(Point { x: self.places[*at], y: estimate.mean * factor, interval })
        };
        let curve = &self.curves[number];
        let name = if curve.name.is_empty() { "measured".to_owned() } else { curve.name.clone() };
        let points = curve.points.iter().filter_map(point).collect();
        Series { name, look: number, form: Form::Marks, points }
    }

    /// Series of the values that theory expects: one per curve, or one for all curves if these
    /// values are the same.
    fn theories(&self, name: &str, relation: Relation, factor: f64) -> Vec<Series> {
        const LOOK_OF_ALL: usize = 6;
        let numbers = 0..self.curves.len();
        let mut series: Vec<_> =
            numbers.map(|number| self.theory(name, relation, number, factor)).collect();
        if series.iter().all(|one| one.points == series[0].points) {
            series.truncate(1);
            for one in &mut series {
                one.name = relation.name().to_owned();
                one.look = LOOK_OF_ALL;
            }
        }
        series
    }

    fn theory(&self, name: &str, relation: Relation, number: usize, factor: f64) -> Series {
        let point = |at: &usize| {
            let mut expected = self.points[*at].figure(name)?.expected.iter();
            let expected = expected.find(|expected| expected.relation == relation)?;
            Some(Point { x: self.places[*at], y: expected.value * factor, interval: None })
        };
        let curve = &self.curves[number];
        let points = curve.points.iter().filter_map(point).collect();
        let name = format!("{}, {}", relation.name(), curve.name);
        Series { name, look: number, form: Form::Theory, points }
    }

    /// Text on how many points agree with theory.
    fn verdict(&self, name: &str) -> String {
        let judged = |point: &Measured<'_>| {
            let figure = point.figure(name)?;
            // One run says nothing.
            figure.estimate?.interval()?;
            let has_some = !figure.expected.is_empty();
            has_some.then(|| figure.expected.iter().all(|expected| expected.is_met))
        };
        let judged: Vec<_> = self.points.iter().filter_map(judged).collect();
        let right = judged.iter().filter(|is_right| **is_right).count();
        match judged.len() {
            0 => String::new(),
            all => {
                format!(" The measured value is as expected at {right} of {all} points.")
            }
        }
    }
}

/// Merges curves that coincide, because only the last would be visible, and says so in the label.
fn folded(series: Vec<Series>) -> (Vec<Series>, String) {
    let (mut folded, mut said) = (Vec::<Series>::new(), String::new());
    for one in series {
        let is_same = |other: &&mut Series| other.form == one.form && other.points == one.points;
        match folded.iter_mut().find(is_same) {
            Some(other) => {
                said += &format!(" {} is the same as {}.", one.name, other.name);
                other.name += &format!(" and {}", one.name);
            }
            None => folded.push(one),
        }
    }
    (folded, said)
}

fn ends(point: &Point) -> [f64; 2] {
    point.interval.map_or([point.y, point.y], |(low, high)| [low.min(point.y), high.max(point.y)])
}

/// The different values of a key, in the order of their first occurrence.
fn values<'a>(points: &'a [Measured<'_>], key: usize) -> Vec<&'a str> {
    let mut values = Vec::new();
    for point in points {
        let value = point.changed()[key].1.as_str();
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values
}

fn curves_without(points: &[Measured<'_>], key: usize) -> Vec<Curve> {
    let mut curves: Vec<Curve> = Vec::new();
    for (at, point) in points.iter().enumerate() {
        let others = point.changed().iter().enumerate().filter(|(other, _)| *other != key);
        let name = others.map(|(_, (key, value))| format!("{key} = {}", bare(value)));
        let name = name.collect::<Vec<_>>().join(", ");
        match curves.iter_mut().find(|curve| curve.name == name) {
            Some(curve) => curve.points.push(at),
            None => curves.push(Curve { name, points: vec![at] }),
        }
    }
    curves
}

fn title(name: &str) -> String {
    capitalized(&name.replace('.', ": ").replace('_', " "))
}

/// Label of the axis of a figure.
fn label(name: &str, unit: Unit) -> String {
    if unit == Unit::Share {
        return "%".to_owned();
    }
    name.rsplit('.').next().unwrap_or(name).replace('_', " ")
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// Range of a figure over all points, with its unit.
pub(super) fn range(points: &[Measured<'_>], name: &str) -> Option<String> {
    let unit = points.iter().find_map(|point| point.figure(name))?.unit;
    let means = || points.iter().filter_map(|point| Some(point.estimate(name)?.mean));
    let (low, high) =
        (means().fold(f64::INFINITY, f64::min), means().fold(f64::NEG_INFINITY, f64::max));
    let (low, high) = (low <= high).then(|| (unit.unbroken(low), unit.unbroken(high)))?;
    if low == high {
        return Some(low);
    }
    // The unit once is enough if it is the same.
    let name_of_unit = |text: &str| text.split_once('\u{a0}').map(|(_, unit)| unit.to_owned());
    let number = low.split('\u{a0}').next().filter(|_| name_of_unit(&low) == name_of_unit(&high));
    Some(format!("{} – {high}", number.unwrap_or(&low)))
}

#[cfg(test)]
mod tests;
