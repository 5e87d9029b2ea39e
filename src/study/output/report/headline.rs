//! The most important figures, one per card.

use maud::{Markup, html};

use super::sweep;
use crate::numbers::Unit;
use crate::study::measured::{Measured, MeasuredFigure};

/// The cards, in the order of the page.
const CARDS: [Card; 5] = [
    Card {
        name: "encounters.recorded_share",
        title: "Recorded",
        about: "of the real encounters, by at least one phone",
        parts: Some(("encounters.recorded", "encounters.real")),
    },
    Card {
        name: "tracing.recall",
        title: "Recall",
        about: "of the contacts (an index case and somebody near), named by the server",
        parts: Some(("tracing.traced", "tracing.contacts")),
    },
    Card {
        name: "tracing.precision",
        title: "Precision",
        about: "of the pairs that the server named, really contacts",
        parts: Some(("tracing.traced", "tracing.named")),
    },
    Card {
        name: "tracing.hours_to_notice",
        title: "Time to notice",
        about: "from the first encounter until the server named the contact, median",
        parts: None,
    },
    Card {
        name: "server.most_downloads_per_second",
        title: "Busiest second",
        about: "requests for TempIDs that phones sent in it",
        parts: None,
    },
];

struct Card {
    name: &'static str,
    title: &'static str,
    about: &'static str,
    parts: Option<(&'static str, &'static str)>,
}

/// The cards of a study. For a sweep, each shows the range over all points.
pub(super) fn render(points: &[Measured<'_>]) -> Markup {
    html! {
        div.headline {
            @for card in &CARDS {
                @match points {
                    [point] => (of_point(card, point)),
                    points => (of_sweep(card, points)),
                }
            }
        }
    }
}

fn of_point(card: &Card, point: &Measured<'_>) -> Markup {
    let figure = point.figure(card.name);
    let value = point.quantity(card.name);
    html! {
        div.card.figure {
            h2 { (card.title) }
            @match value {
                Some((unit, value)) => {
                    p.value { (unit.unbroken(value.mean)) }
                    @if unit == Unit::Share { (meter(value.mean)) }
                }
                None => p.value { "–" },
            }
            p { (card.about) }
            @if let Some(parts) = value.and(parts(card, point)) { p.note { (parts) } }
            @if let Some(interval) = figure.and_then(interval) { p.note { (interval) } }
        }
    }
}

fn of_sweep(card: &Card, points: &[Measured<'_>]) -> Markup {
    let range = sweep::range(points, card.name);
    html! {
        div.card.figure {
            h2 { (card.title) }
            p.value.range { (range.as_deref().unwrap_or("–")) }
            p { (card.about) }
            p.note { "over " (points.len()) " points" }
        }
    }
}

/// Draws a share as a bar.
fn meter(share: f64) -> Markup {
    html! {
        svg.meter viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" {
            rect.rest width="100" height="6" {}
            rect.part width=(format!("{:.1}", 100.0 * share.clamp(0.0, 1.0))) height="6" {}
        }
    }
}

fn parts(card: &Card, point: &Measured<'_>) -> Option<String> {
    let (part, whole) = card.parts?;
    let of = |name| Some(Unit::Number.value(point.figure(name)?.estimate?.mean));
    Some(format!("{} of {}", of(part)?, of(whole)?))
}

/// The confidence interval of a figure in words.
fn interval(figure: &MeasuredFigure) -> Option<String> {
    let estimate = figure.estimate?;
    let (low, high) = estimate.interval().filter(|(low, high)| low < high)?;
    let (low, high) = (figure.unit.unbroken(low), figure.unit.unbroken(high));
    Some(format!("99\u{a0}%: {low} to {high}, {} runs", estimate.count))
}
