//! The results of adversaries.

use maud::{Markup, html};

use crate::numbers::Unit;
use crate::study::points::Point;
use crate::town::outcome::AdversaryOutcome;
use crate::town::scenario::Adversaries;

/// Whether a scenario has adversaries.
pub(super) fn has_any(adversaries: &Adversaries) -> bool {
    let Adversaries { sniffer, replay, relay, guesser, forger, flooder } = adversaries;
    let counts =
        [sniffer.len(), replay.len(), relay.len(), guesser.len(), forger.len(), flooder.len()];
    counts.iter().any(|count| *count > 0)
}

/// The results of adversaries, as means over the runs of `point`, which `which` names.
pub(super) fn render(set: &Adversaries, point: &Point, which: &str) -> Markup {
    let runs = point.outcomes.len().max(1) as f64;
    let mean = |of: fn(&AdversaryOutcome) -> u64| {
        let outcomes = point.outcomes.iter();
        outcomes.map(|outcome| of(&outcome.adversaries)).sum::<u64>() as f64 / runs
    };
    let part = |part: f64, whole: f64, what: &str| match whole {
        0.0 => format!("none {what}"),
        whole => {
            format!("{} {what} ({})", Unit::Number.value(part), Unit::Share.unbroken(part / whole))
        }
    };
    let replayed = mean(|of| of.replayed);
    let relayed = mean(|of| of.relayed);
    let guesses = mean(|of| of.guesses);
    let row = |count, who, did: &str, much, achieved| {
        (count, who, format!("{did}: {}", Unit::Number.value(much)), achieved)
    };
    let replayed_valid = part(mean(|of| of.replayed_valid), replayed, "taken for valid");
    let relayed_valid = part(mean(|of| of.relayed_valid), relayed, "taken for valid");
    let judged = part(mean(|of| of.guesses_judged), guesses, "not blocked");
    let guessed = format!("{judged}, {} right", Unit::Number.value(mean(|of| of.guesses_right)));
    let forged = mean(|of| of.forged_logs);
    let named =
        format!("people named for them: {}", Unit::Number.value(mean(|of| of.forged_names)));
    let floods = mean(|of| of.floods);
    let rows = [
        row(set.replay.len(), "replay", "beacons that arrived", replayed, replayed_valid),
        row(set.relay.len(), "relay", "beacons that arrived", relayed, relayed_valid),
        row(set.guesser.len(), "guesser", "passwords sent", guesses, guessed),
        row(set.forger.len(), "forger", "logs that were taken", forged, named),
        row(set.flooder.len(), "flooder", "connections", floods, "see the load".to_owned()),
    ];
    html! {
        section.card {
            h3 { "What they achieved" }
            p { "Means over the runs." (which) }
            table {
                thead { tr { th { "who" } th { "did" } th { "achieved" } } }
                tbody {
                    @if !set.sniffer.is_empty() {
                        tr { td { (set.sniffer.len()) " × sniffer" } td { "listened" }
                            td { "see linkability" } }
                    }
                    @for (count, who, did, achieved) in rows {
                        @if count > 0 {
                            tr { td { (count) " × " (who) } td { (did) } td { (achieved) } }
                        }
                    }
                }
            }
        }
    }
}
