//! The map of a town in a plane at the end of a run: the position of each person, with lines from
//! cases to their contacts.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::contacts::{Case, Finding};
use super::graph;
use crate::chart::{Mark, legend_entry};
use crate::numbers::count;
use crate::town::Records;
use crate::town::ids::PersonId;
use crate::town::scenario::Plane;

/// Maximum number of people drawn; more would merge into an area.
const MOST_DOTS: usize = 2000;

const WIDTH: f64 = 400.0;
const MARGIN: f64 = 8.0;

/// Draws the map with its legend.
pub(super) fn render(records: &Records, plane: &Plane, cases: &[Case]) -> Markup {
    let map = Map::of(plane);
    let drawn = &cases[..cases.len().min(graph::MOST_CASES)];
    let people = records.positions.len();
    let every = people.div_ceil(MOST_DOTS).max(1);
    let marked = marked(drawn);
    html! {
        section.card.town {
            h3 { "The town at the end of the run" }
            p {
                (count(people as u64)) " people in " (plane.width.get()) "\u{a0}m by "
                (plane.height.get()) "\u{a0}m. Lines lead from those who uploaded to where their \
                contacts are now."
            }
            (legend(cases))
            svg viewBox=(format!("0 0 {WIDTH} {:.0}", map.height)) role="img" {
                title { "Map of the town" }
                desc {
                    (people) " people as dots, " (drawn.len()) " with lines to their contacts."
                }
                rect.ground width=(WIDTH) height=(format!("{:.0}", map.height)) rx="6" {}
                (map.links(records, drawn))
                @for person in (0..people as u32).step_by(every).map(PersonId::new) {
                    @if !marked.contains_key(&person) { (map.person(records, person)) }
                }
                (map.contacts(records, &marked))
                (map.cases(records, drawn))
            }
            @if every > 1 { p.note { "One of " (every) " people is drawn, besides contacts." } }
            @if let Some(left_out) = graph::left_out(cases) { p.note { (left_out) } }
        }
    }
}

fn legend(cases: &[Case]) -> Markup {
    let middle = (12.0, 7.0);
    html! {
        ul.legend {
            (legend_entry("user", &Mark::Circle.draw(middle, 3.0, ""), "has the app"))
            (legend_entry("other", &Mark::Ring.draw(middle, 3.0, ""), "has not"))
        }
        @if !cases.is_empty() { (graph::legend(cases)) }
    }
}

/// The scale from metres to the picture.
struct Map {
    scale: f64,
    height: f64,
    bottom: f64,
}

impl Map {
    /// The map of a whole plane. The height of the picture is limited.
    fn of(plane: &Plane) -> Self {
        let (width, height) = (plane.width.get().max(1e-3), plane.height.get().max(1e-3));
        let inner = WIDTH - 2.0 * MARGIN;
        let scale = (inner / width).min(1.5 * inner / height);
        let bottom = MARGIN + height * scale;
        Self { scale, height: bottom + MARGIN, bottom }
    }

    fn place(&self, records: &Records, person: PersonId) -> Option<(f64, f64)> {
        let (x, y) = records.positions.get(person.index())?;
        Some((MARGIN + x * self.scale, self.bottom - y * self.scale))
    }

    fn person(&self, records: &Records, person: PersonId) -> Markup {
        let has_app = records.has_app.get(person.index()).is_some_and(|has_app| *has_app);
        let (class, mark) = if has_app { ("user", Mark::Circle) } else { ("other", Mark::Ring) };
        let place = self.place(records, person);
        html! { @if let Some(place) = place { g class=(class) { (mark.draw(place, 2.0, "")) } } }
    }

    fn links(&self, records: &Records, cases: &[Case]) -> Markup {
        let link = |from: PersonId, to: PersonId| {
            let from = self.place(records, from)?;
            let to = self.place(records, to)?;
            Some(format!("M{:.1} {:.1}L{:.1} {:.1}", from.0, from.1, to.0, to.1))
        };
        // What was traced is on top.
        let findings = Finding::ALL.into_iter().rev();
        html! {
            @for finding in findings { @for case in cases { @for contact in graph::shown(case) {
                @if contact.finding == finding {
                    @if let Some(link) = link(case.person, contact.person) {
                        path class={ "link " (graph::class(finding)) } d=(link) {}
                    }
                }
            } } }
        }
    }

    fn contacts(&self, records: &Records, marked: &BTreeMap<PersonId, Option<Finding>>) -> Markup {
        let place = |person: PersonId| self.place(records, person);
        html! {
            @for (person, finding) in marked {
                @if let (Some(finding), Some(place)) = (finding, place(*person)) {
                    g class=(graph::class(*finding)) {
                        (graph::mark(*finding).draw(place, 3.2, &format!("person {person}")))
                    }
                }
            }
        }
    }

    fn cases(&self, records: &Records, cases: &[Case]) -> Markup {
        let place = |case: &Case| self.place(records, case.person);
        html! {
            @for case in cases {
                @if let Some(place) = place(case) {
                    g class=(graph::case_class(case.is_forged)) {
                        (graph::case_mark(case.is_forged).draw(place, 6.0,
                            &format!("person {}", case.person)))
                    }
                }
            }
        }
    }
}

/// People with a mark: contacts with the best of their findings, and cases, which have a larger
/// mark, with none.
fn marked(cases: &[Case]) -> BTreeMap<PersonId, Option<Finding>> {
    let mut marked = BTreeMap::new();
    for contact in cases.iter().flat_map(graph::shown) {
        let best = marked.entry(contact.person).or_insert(Some(contact.finding));
        *best = (*best).min(Some(contact.finding));
    }
    marked.extend(cases.iter().map(|case| (case.person, None)));
    marked
}

#[cfg(test)]
mod tests;
