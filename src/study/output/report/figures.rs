//! Tables of all figures.

use maud::{Markup, html};

use super::settings::breakable;
use crate::study::measured::{Measured, MeasuredFigure};

/// Maximum number of points in the tables, so that the page stays fast. `figures.csv` has all.
const MOST_TABLES: usize = 24;

/// Tables of all figures of all points.
pub(super) fn render(points: &[Measured<'_>]) -> Markup {
    html! {
        h2 { "Everything" }
        @for point in points.iter().take(MOST_TABLES) {
            details.card {
                summary {
                    "All figures"
                    @for (key, value) in point.changed() { ", " (key) " = " (value) }
                }
                table.figures {
                    thead { tr { th { "figure" } th { "mean, 99 % interval" } } }
                    tbody { @for figure in &point.figures { (row(figure)) } }
                }
            }
        }
        @if points.len() > MOST_TABLES {
            p.note { (points.len() - MOST_TABLES) " more points are in figures.csv." }
        }
    }
}

fn row(figure: &MeasuredFigure) -> Markup {
    let shown = |value| figure.unit.unbroken(value);
    let interval = figure.estimate.and_then(|estimate| estimate.interval());
    let interval = interval.filter(|(low, high)| low < high);
    html! {
        tr {
            td { (breakable(figure.name)) small { (figure.meaning) } }
            td.number {
                @match figure.estimate {
                    Some(estimate) => span { (shown(estimate.mean)) },
                    None => "–",
                }
                @if let Some((low, high)) = interval {
                    small { span { (shown(low)) " to" } " " span { (shown(high)) } }
                }
                @for expected in &figure.expected {
                    small { (expected.relation.name()) " " span { (shown(expected.value)) } }
                }
            }
        }
    }
}
