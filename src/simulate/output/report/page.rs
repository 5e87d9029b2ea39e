//! The page around everything.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::super::measured::Measured;
use super::chart::Chart;
use super::number::{count, duration};
use super::{
    adversaries, contacts, figures, graph, headline, histogram, over_time, plane, settings, sweep,
};
use crate::simulate::study::{Point, Study};
use crate::town::scenario::MeetingsKind;

const STYLE: &str = include_str!("style.css");

/// The report of `study`.
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
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (scenario.name) }
                    p.question { (scenario.question) }
                    (facts(study))
                }
                main {
                    (headline::render(&points))
                    @if let Some(curves) = sweep::curves(&points) {
                        (sweep_section(curves, scenario.runs.get()))
                    }
                    @if let Some(first) = study.points.first() { (first_point(study, first)) }
                    (figures::render(&points))
                    (settings::render(study))
                }
                footer {
                    p { "bluetrace " (env!("CARGO_PKG_VERSION")) ", seed " (scenario.seed) ". \
                        What happened one by one is in the tables beside this page." }
                }
            }
        }
    }
}

fn facts(study: &Study) -> Markup {
    let scenario = &study.scenario;
    // A trace brings its people along.
    let of_trace = study.records.as_ref().map(|records| records.has_app.len() as u64);
    let of_trace = of_trace.filter(|_| scenario.meetings.kind == MeetingsKind::Trace);
    let people = of_trace.unwrap_or(scenario.people.count.into());
    let meetings = match scenario.meetings.kind {
        MeetingsKind::RandomMixing => "random mixing",
        MeetingsKind::Plane => "people who walk about",
        MeetingsKind::Timetable => "a timetable of rooms",
        MeetingsKind::Trace => "a contact trace",
    };
    html! {
        ul.facts {
            li { (count(people)) " people" }
            @if study.points.len() == 1 { @if let Some(outcome) = study.points[0].outcomes.first() {
                li { (count(outcome.users.into())) " with the app" }
            } }
            li { (duration(scenario.duration.as_f64())) " of " (meetings) }
            li { (scenario.runs) @if scenario.runs.get() == 1 { " run" } @else { " runs" } }
            @if study.points.len() > 1 { li { (study.points.len()) " points" } }
            li { "seed " (scenario.seed) }
        }
    }
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

/// What is shown of one point only.
fn first_point(study: &Study, point: &Point) -> Markup {
    let mut over_time = over_time::charts(&point.outcomes, &study.scenario);
    over_time.extend(histogram::notice(point));
    let linkability = histogram::linkability(point);
    html! {
        @if !over_time.is_empty() {
            h2 { "Over time" }
            (which(study, point, ""))
            (charts(&over_time))
        }
        (people(study, point))
        @if linkability.is_some() || adversaries::has_any(&study.scenario.adversary) {
            h2 { "Adversaries" }
            (which(study, point, ""))
            div.charts {
                @if let Some(chart) = linkability { (chart.render()) }
                @if adversaries::has_any(&study.scenario.adversary) {
                    (adversaries::render(&study.scenario.adversary, point))
                }
            }
        }
    }
}

/// For a sweep, which point it is.
fn which(study: &Study, point: &Point, what: &str) -> Markup {
    let changed: Vec<_> =
        point.changed.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    html! {
        @if study.points.len() > 1 || !what.is_empty() {
            p.lead {
                (what)
                @if study.points.len() > 1 { "At the first point: " (changed.join(", ")) "." }
            }
        }
    }
}

fn charts(charts: &[Chart]) -> Markup {
    html! { div.charts { @for chart in charts { (chart.render()) } } }
}

fn people(study: &Study, point: &Point) -> Markup {
    let Some(records) = &study.records else { return html! {} };
    let cases = contacts::cases(records, study.scenario.phones.retention.as_f64());
    let has_map = !records.positions.is_empty();
    html! {
        @if has_map || !cases.is_empty() {
            h2 { "People" }
            (which(study, point, "Of the first run. "))
            @if has_map { (plane::render(records, &study.scenario.meetings.plane, &cases)) }
            @if !cases.is_empty() { (graph::render(&cases)) }
        }
    }
}
