//! The page that contains all parts of the report.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{
    adversaries, contacts, figures, graph, headline, histogram, over_time, plane, settings, sweep,
};
use crate::chart::{self, Chart};
use crate::numbers::{Unit, count, counted, duration};
use crate::study::measured::Measured;
use crate::study::points::{Point, Study};
use crate::study::remarks;
use crate::town::Scenario;
use crate::town::scenario::MeetingsKind;

const STYLE: &str = include_str!("style.css");

/// The report of a study as an HTML page.
pub(super) fn render(study: &Study) -> Markup {
    let points: Vec<_> = study.points.iter().map(Measured::of).collect();
    let scenario = &study.scenario;
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                // Whatever a scenario is called, nothing is run and nothing is fetched.
                meta http-equiv="Content-Security-Policy"
                    content="default-src 'none'; style-src 'unsafe-inline'; img-src data:";
                title { (scenario.name) " – simulation of contact tracing" }
                link rel="icon" href="data:,";
                style { (PreEscaped(chart::STYLE)) (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (scenario.name) }
                    @if !scenario.question.is_empty() { p.question { (scenario.question) } }
                    (facts(study))
                    @for remark in remarks::of(&study.points) { p.note { (remark) } }
                }
                main {
                    (headline::render(&points))
                    @if let Some(curves) = sweep::curves(&points, study.figures.as_ref()) {
                        (sweep_section(curves, scenario.runs.get()))
                    }
                    @if let Some(first) = study.points.first() { (first_point(study, first)) }
                    (figures::render(&points))
                    (settings::render(study))
                }
                footer {
                    p { "bluetrace " (env!("CARGO_PKG_VERSION"))
                        @if let Some(seed) = seed(study) { ", seed " (seed) } ". \
                        What happened one by one is in the tables beside this page." }
                }
            }
        }
    }
}

fn facts(study: &Study) -> Markup {
    let range = |mut values: Vec<f64>, shown: fn(f64) -> String| {
        values.sort_by(f64::total_cmp);
        let (low, high) = (values.first().copied(), values.last().copied());
        let (low, high) =
            (low.map_or_else(String::new, shown), high.map_or_else(String::new, shown));
        if low == high { low } else { format!("{low} – {high}") }
    };
    let outcomes = study.points.iter().filter_map(|point| point.outcomes.first());
    let people: Vec<_> = outcomes.map(|outcome| f64::from(outcome.people)).collect();
    let durations = scenarios(study).map(|scenario| scenario.duration.as_f64()).collect();
    let mut meetings: Vec<_> = scenarios(study).map(meetings).collect();
    meetings.dedup();
    let runs = study.scenario.runs;
    html! {
        ul.facts {
            @if !people.is_empty() { li { (range(people, |people| Unit::Number.value(people))) " people" } }
            @if study.points.len() == 1 { @if let Some(outcome) = study.points[0].outcomes.first() {
                li { (count(outcome.users.into())) " with the app" }
            } }
            li { (range(durations, duration)) " of " (meetings.join(" or ")) }
            li { (counted(runs.get(), "run")) }
            @if study.points.len() > 1 { li { (study.points.len()) " points" } }
            @if let Some(seed) = seed(study) { li { "seed " (seed) } }
        }
    }
}

/// Scenarios of all points; the requested scenario if there is no point.
fn scenarios(study: &Study) -> impl Iterator<Item = &Scenario> {
    let asked_for = study.points.is_empty().then_some(&study.scenario);
    study.points.iter().map(|point| &point.scenario).chain(asked_for)
}

fn meetings(scenario: &Scenario) -> &'static str {
    match scenario.meetings.kind {
        MeetingsKind::RandomMixing => "random mixing",
        MeetingsKind::Plane => "people who walk about",
        MeetingsKind::Timetable => "a timetable of rooms",
        MeetingsKind::Trace => "a contact trace",
    }
}

/// The seed, unless the sweep changes it.
fn seed(study: &Study) -> Option<u64> {
    let seed = study.scenario.seed;
    scenarios(study).all(|scenario| scenario.seed == seed).then_some(seed)
}

fn sweep_section(curves: sweep::Curves, runs: u32) -> Markup {
    html! {
        h2 { "What the sweep changes" }
        p.lead {
            @if runs == 1 { "Each mark is one run." }
            @else { "Marks are means over " (runs) " runs, with 99 % intervals." }
        }
        (charts(&curves.charts))
        @if !curves.more.is_empty() {
            details.more {
                summary { "Other figures that change: " (curves.more.len()) }
                (charts(&curves.more))
            }
        }
        @if let Some(left_out) = curves.left_out { p.note { (left_out) } }
    }
}

/// The parts that show only one point.
fn first_point(study: &Study, point: &Point) -> Markup {
    let of_point = |mut chart: Chart| {
        chart.about += &which(study, point);
        chart
    };
    let over_time = over_time::charts(&point.outcomes, &point.scenario).into_iter();
    let over_time: Vec<_> = over_time.chain(histogram::notice(point)).map(of_point).collect();
    let linkability = histogram::linkability(point).map(of_point);
    let adversary = &point.scenario.adversary;
    html! {
        @if !over_time.is_empty() {
            h2 { "Over time" }
            (charts(&over_time))
        }
        (people(study, point))
        @if linkability.is_some() || adversaries::has_any(adversary) {
            h2 { "Adversaries" }
            div.charts {
                @if let Some(chart) = linkability { (chart.render()) }
                @if adversaries::has_any(adversary) {
                    (adversaries::render(adversary, point, &which(study, point)))
                }
            }
        }
    }
}

/// The point that a chart shows, for a sweep; otherwise nothing.
fn which(study: &Study, point: &Point) -> String {
    if study.points.len() < 2 {
        return String::new();
    }
    let changed: Vec<_> =
        point.changed.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    format!(" At the first point: {}.", changed.join(", "))
}

fn charts(charts: &[Chart]) -> Markup {
    html! { div.charts { @for chart in charts { (chart.render()) } } }
}

fn people(study: &Study, point: &Point) -> Markup {
    let Some(records) = &study.records else { return html! {} };
    let cases = contacts::cases(records);
    let has_map = !records.positions.is_empty();
    html! {
        @if has_map || !cases.is_empty() {
            h2 { "People" }
            p.lead { "Of the first run." (which(study, point)) }
            @if has_map { (plane::render(records, &point.scenario.meetings.plane, &cases)) }
            @if !cases.is_empty() { (graph::render(&cases)) }
        }
    }
}

#[cfg(test)]
mod tests;
