//! The contact graph: each case with its contacts around it.

use std::collections::BTreeMap;
use std::f64::consts::TAU;

use maud::{Markup, html};

use super::contacts::{Case, Contact, Finding};
use crate::chart::{Mark, legend_entry};
use crate::numbers::counted;

/// Maximum number of cases drawn; more would be unreadable.
pub(super) const MOST_CASES: usize = 12;
/// Maximum number of contacts drawn around a case.
const MOST_CONTACTS: usize = 60;

const SIZE: f64 = 180.0;
const FIRST_RING: f64 = 38.0;
const RING_DISTANCE: f64 = 19.0;

/// Draws the graph with its legend.
pub(super) fn render(cases: &[Case]) -> Markup {
    html! {
        section.card.graph {
            h3 { "Contacts of everybody who uploaded" }
            p {
                "Each in the middle, with those around them who were near them within the contact \
                 window before the upload, or of whom the server says so. "
                (shared(cases).unwrap_or_default())
            }
            (legend(cases))
            div.flowers { @for case in cases.iter().take(MOST_CASES) { (flower(case)) } }
            @if let Some(left_out) = left_out(cases) { p.note { (left_out) } }
        }
    }
}

/// The legend of the marks, with their counts.
pub(super) fn legend(cases: &[Case]) -> Markup {
    let middle = (12.0, 7.0);
    let has = |is_forged| cases.iter().any(|case| case.is_forged == is_forged);
    html! {
        ul.legend {
            @for is_forged in [false, true] {
                @if has(is_forged) {
                    @let sample = case_mark(is_forged).draw(middle, 5.0, "");
                    (legend_entry(case_class(is_forged), &sample, &case_text(cases, is_forged)))
                }
            }
            @for finding in Finding::ALL {
                @let count: usize = cases.iter().map(|case| case.count(finding)).sum();
                (legend_entry(class(finding), &mark(finding).draw(middle, 5.0, ""),
                    &format!("{} ({count})", name(finding))))
            }
        }
    }
}

/// Mark of a case.
pub(super) fn case_mark(is_forged: bool) -> Mark {
    if is_forged { Mark::Star } else { Mark::Square }
}

/// CSS class of a case.
pub(super) fn case_class(is_forged: bool) -> &'static str {
    if is_forged { "forger" } else { "index" }
}

fn case_text(cases: &[Case], is_forged: bool) -> String {
    let count = cases.iter().filter(|case| case.is_forged == is_forged).count();
    let who = if is_forged { "uploaded a forged log" } else { "index case that uploaded" };
    format!("{who} ({count})")
}

/// Mark of a contact.
pub(super) fn mark(finding: Finding) -> Mark {
    match finding {
        Finding::Traced => Mark::Circle,
        Finding::MissedUser => Mark::Diamond,
        Finding::MissedOther => Mark::Ring,
        Finding::FalselyNamed => Mark::Triangle,
    }
}

/// CSS class of a contact.
pub(super) fn class(finding: Finding) -> &'static str {
    match finding {
        Finding::Traced => "traced",
        Finding::MissedUser => "missed-user",
        Finding::MissedOther => "missed-other",
        Finding::FalselyNamed => "false",
    }
}

/// A finding in words.
pub(super) fn name(finding: Finding) -> &'static str {
    match finding {
        Finding::Traced => "traced",
        Finding::MissedUser => "missed, has the app",
        Finding::MissedOther => "missed, no app",
        Finding::FalselyNamed => "named, was not near",
    }
}

/// Draws a case with its contacts. Contacts of a finding are adjacent on the circle, so that it
/// also shows the shares of the findings.
fn flower(case: &Case) -> Markup {
    let shown = shown(case);
    let places: Vec<_> = (0..shown.len()).map(|at| place(at, shown.len())).collect();
    let middle = SIZE / 2.0;
    let (who, caption) = (who(case), caption(case));
    html! {
        figure {
            svg viewBox=(format!("0 0 {SIZE} {SIZE}")) role="img" {
                title { (who) }
                desc { (caption) }
                @for ((x, y), contact) in places.iter().zip(&shown) {
                    path class={ "link " (class(contact.finding)) }
                        d=(format!("M{middle} {middle}L{x:.1} {y:.1}")) {}
                }
                @for (place, contact) in places.iter().zip(&shown) {
                    g class=(class(contact.finding)) {
                        (mark(contact.finding).draw(*place, 4.2, &told(contact)))
                    }
                }
                g class=(case_class(case.is_forged)) {
                    (case_mark(case.is_forged).draw((middle, middle), 8.0, &who))
                }
            }
            figcaption { strong { (who) } br; (caption) }
        }
    }
}

/// The contacts to draw. If there are too many, each finding keeps its share.
pub(super) fn shown(case: &Case) -> Vec<&Contact> {
    let (all, most) = (case.contacts.len(), case.contacts.len().min(MOST_CONTACTS));
    (0..most).map(|at| &case.contacts[at * all / most]).collect()
}

/// Position of a contact: clockwise from the top, on up to three rings.
fn place(at: usize, of: usize) -> (f64, f64) {
    let rings = match of {
        0..=16 => 1,
        17..=36 => 2,
        _ => 3,
    };
    // A few look better further out.
    let first = if rings == 1 { FIRST_RING + RING_DISTANCE } else { FIRST_RING };
    let radius = first + RING_DISTANCE * (at % rings) as f64;
    // The first and the last are neighbours, and must not be on the same ring either.
    let angle = TAU * at as f64 / of.next_multiple_of(rings) as f64;
    (SIZE / 2.0 + radius * libm::sin(angle), SIZE / 2.0 - radius * libm::cos(angle))
}

fn who(case: &Case) -> String {
    if case.is_forged { "forger".to_owned() } else { format!("person {}", case.person) }
}

fn caption(case: &Case) -> String {
    let named_wrongly = case.count(Finding::FalselyNamed);
    let real = case.contacts.len() - named_wrongly;
    let traced = match real {
        0 => "no contacts".to_owned(),
        real => format!("{} of {real} traced", case.count(Finding::Traced)),
    };
    match named_wrongly {
        0 => traced,
        wrong => format!("{traced}, {wrong} falsely named"),
    }
}

fn told(contact: &Contact) -> String {
    let often = match contact.encounters {
        0 => String::new(),
        many => format!(", {}", counted(many, "encounter")),
    };
    format!("person {}: {}{often}", contact.person, name(contact.finding))
}

/// People who are contacts of several cases.
fn shared(cases: &[Case]) -> Option<String> {
    let mut often = BTreeMap::new();
    for contact in cases.iter().flat_map(|case| &case.contacts) {
        *often.entry(contact.person).or_insert(0) += 1;
    }
    let shared = often.values().filter(|count| **count > 1).count();
    (shared > 0).then(|| format!("Contacts of several, drawn beside each: {shared}."))
}

/// Note on cases and contacts that are not drawn.
pub(super) fn left_out(cases: &[Case]) -> Option<String> {
    let more = cases.len().saturating_sub(MOST_CASES);
    let contacts: usize = cases
        .iter()
        .take(MOST_CASES)
        .map(|case| case.contacts.len().saturating_sub(MOST_CONTACTS))
        .sum();
    match (more, contacts) {
        (0, 0) => None,
        (more, 0) => Some(format!("Not drawn: {more} more who uploaded.")),
        (0, contacts) => Some(format!(
            "Not drawn: {contacts} contacts beyond {MOST_CONTACTS} of one case; each finding has \
             its share of those that are."
        )),
        (more, contacts) => Some(format!(
            "Not drawn: {more} more who uploaded, and {contacts} contacts beyond {MOST_CONTACTS} \
             of one case; each finding has its share of those that are."
        )),
    }
}

#[cfg(test)]
mod tests;
