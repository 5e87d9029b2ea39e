//! The summary of a study, for the terminal.

mod rows;

use self::rows::SECTIONS;
use super::figure_names::FigureNames;
use super::measured::Measured;
use super::points::Study;
use super::remarks;
use crate::numbers::{Unit, counted};
use crate::table::Table;
use crate::town::Scenario;
use crate::town::figures::MOST_TELLING;

/// Widest table of a sweep with the usual figures, in columns.
const WIDTH: usize = 100;

/// Cell of a figure without a value, such as a share of nothing.
const NOTHING: &str = "-";

/// The summary of a study, with the requested figures or the usual ones.
pub fn of(study: &Study) -> String {
    let points: Vec<_> = study.points.iter().map(Measured::of).collect();
    let mut lines = title(&study.scenario, &points);
    lines.push(String::new());
    match (single(&points), &study.figures) {
        (Some(point), None) => lines.extend(town(&study.scenario, point)),
        (Some(point), Some(figures)) => lines.extend(list(point, figures)),
        (None, None) => lines.extend(sweep(&points, &chosen(&points))),
        (None, Some(figures)) => lines.extend(sweep(&points, &figures.iter().collect::<Vec<_>>())),
    }
    let remarks = remarks::of(&study.points);
    lines.extend((!remarks.is_empty()).then(String::new));
    lines.extend(remarks);
    lines.into_iter().map(|line| line + "\n").collect()
}

/// The only point of a study without a sweep; a sweep over a single value is still a sweep.
fn single<'p, 'a>(points: &'p [Measured<'a>]) -> Option<&'p Measured<'a>> {
    match points {
        [point] if point.changed().is_empty() => Some(point),
        _ => None,
    }
}

/// Title lines: what was simulated.
fn title(scenario: &Scenario, points: &[Measured<'_>]) -> Vec<String> {
    let name = format!("{}: {}", scenario.name, scenario.question);
    let mut lines = vec![name.trim_end_matches([':', ' ']).to_owned()];
    lines.push(match single(points) {
        Some(point) => one_point(scenario, point),
        None => {
            let is_swept = |(key, _): &(String, String)| key == "seed";
            let has_seed = !points.iter().flat_map(Measured::changed).any(is_swept);
            let seed = if has_seed { format!(", seed {}", scenario.seed) } else { String::new() };
            let runs = points.first().map_or_else(String::new, runs);
            counted(points.len(), "point") + &seed + &runs
        }
    });
    lines
}

fn one_point(scenario: &Scenario, point: &Measured<'_>) -> String {
    let users = point.estimate("users").map_or(0.0, |users| users.mean);
    let users = Unit::Number.value(users);
    let people = point.point.outcomes.first().map_or(0, |outcome| outcome.people);
    let people = format!("{} people, {users} with the app", Unit::Number.value(people.into()));
    let (duration, kind, seed) = (scenario.duration, scenario.meetings.kind, scenario.seed);
    format!("{people}, meet for {duration} ({kind}), seed {seed}{}", runs(point))
}

fn runs(point: &Measured<'_>) -> String {
    match point.point.outcomes.len() {
        0 | 1 => String::new(),
        runs => format!(", {runs} runs: mean ± the 99 % interval"),
    }
}

/// All figures of a town, one per line.
fn town(scenario: &Scenario, point: &Measured<'_>) -> Vec<String> {
    let sections: Vec<_> = SECTIONS.iter().filter(|section| (section.is_about)(scenario)).collect();
    let mut table = Table::new(1);
    for section in &sections {
        for (label, figure) in section.rows {
            table.push(row(format!("  {label}"), point, figure));
        }
    }
    let mut rows = table.lines().into_iter();
    let with_title = |section: &&rows::Section| {
        let title = std::iter::once(section.title.to_owned());
        title.chain(rows.by_ref().take(section.rows.len())).collect::<Vec<_>>()
    };
    sections.iter().flat_map(with_title).collect()
}

/// Figures of a single town, by name.
fn list(point: &Measured<'_>, figures: &FigureNames) -> Vec<String> {
    let mut table = Table::new(1);
    for figure in figures.iter() {
        table.push(row(figure.to_owned(), point, figure));
    }
    table.lines()
}

/// A figure of a single town: its value, or the mean of several runs and its interval.
fn row(label: String, point: &Measured<'_>, figure: &str) -> Vec<String> {
    let Some((unit, estimate)) = point.quantity(figure) else {
        return vec![label, NOTHING.to_owned()];
    };
    let margin = estimate.margin.map(|margin| unit.margin(estimate.mean, margin));
    [label, unit.value(estimate.mean)].into_iter().chain(margin).collect()
}

/// A row for each point: the swept values, and the figures.
fn sweep(points: &[Measured<'_>], figures: &[&str]) -> Vec<String> {
    sweep_table(points, figures).lines()
}

fn sweep_table(points: &[Measured<'_>], figures: &[&str]) -> Table {
    let keys = points.iter().flat_map(Measured::changed).map(|(key, _)| &key[..]);
    let keys: Vec<_> = keys.take(points.first().map_or(0, |point| point.changed().len())).collect();
    let mut table = Table::new(keys.len());
    let columns = || keys.iter().chain(figures);
    // Names are long: what they belong to stands above them.
    if columns().any(|name| !parts(name).0.is_empty()) {
        table.push(columns().map(|name| parts(name).0.to_owned()).collect());
    }
    table.push(columns().map(|name| parts(name).1.to_owned()).collect());
    for point in points {
        let values = point.changed().iter().map(|(_, value)| value.clone());
        let figures = figures.iter().map(|figure| cell(point, figure));
        table.push(values.chain(figures).collect());
    }
    table
}

fn parts(name: &str) -> (&str, &str) {
    name.split_once('.').unwrap_or(("", name))
}

/// The figures that a sweep shows by default: those that differ between points, as many as fit.
fn chosen(points: &[Measured<'_>]) -> Vec<&'static str> {
    let differs = |figure: &&'static str| {
        let mut cells = points.iter().map(|point| cell(point, figure));
        let first = cells.next();
        cells.any(|cell| Some(cell) != first)
    };
    let others = FigureNames::all().into_iter().filter(|name| !MOST_TELLING.contains(name));
    let mut candidates: Vec<_> =
        MOST_TELLING.iter().copied().chain(others).filter(differs).collect();
    if candidates.is_empty() {
        let is_something = |figure: &&str| {
            let mut estimates = points.iter().filter_map(|point| point.estimate(figure));
            estimates.any(|estimate| estimate.mean != 0.0)
        };
        candidates = MOST_TELLING.iter().copied().filter(is_something).collect();
        // Where nothing happened at all, one column of nothing says so.
        if candidates.is_empty() {
            candidates.extend(MOST_TELLING.first());
        }
    }
    let mut chosen = Vec::new();
    for figure in candidates {
        chosen.push(figure);
        if chosen.len() > 1 && sweep_table(points, &chosen).width() > WIDTH {
            chosen.pop();
            break;
        }
    }
    chosen
}

/// A figure at a point: its value, or the mean of several runs with its interval.
fn cell(point: &Measured<'_>, figure: &str) -> String {
    point.quantity(figure).map_or_else(
        || NOTHING.to_owned(),
        |(unit, estimate)| unit.mean(estimate.mean, estimate.margin),
    )
}

#[cfg(test)]
mod tests;
