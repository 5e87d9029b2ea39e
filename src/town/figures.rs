//! The figures of a run, each with a name: what tables show, sweeps plot and experiments check.

use super::outcome::{
    AdversaryOutcome, Beacons, Encounters, Linkability, Logs, Outcome, ServerLoad, Tracing,
};
use crate::numbers::Unit;

/// A number computed from an outcome.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure {
    /// Name, such as `encounters.recorded_share`.
    pub name: &'static str,
    /// Unit of the value.
    pub unit: Unit,
    /// Value; `None` if there was nothing to measure, such as a share of nothing.
    pub value: Option<f64>,
    /// Meaning, in words.
    pub meaning: &'static str,
}

/// Names of the figures that are most useful to compare several towns, the most useful first.
pub const MOST_TELLING: &[&str] = &[
    "encounters.recorded_share",
    "tracing.recall",
    "tracing.precision",
    "beacons.valid_share",
    "linkability.linked_share",
    "linkability.followed_seconds",
    "adversaries.replayed_valid_share",
    "adversaries.relayed_valid_share",
    "adversaries.guesses_judged",
    "adversaries.forged_names",
    "server.downloads",
    "server.most_downloads_per_second",
    "tracing.hours_to_notice",
    "encounters.missed_ways_share",
    "logs.mean_entries",
];

impl Outcome {
    /// All figures, always the same ones in the same order.
    pub fn figures(&self) -> Vec<Figure> {
        let nothing = Linkability::default();
        let linkability = self.linkability.as_ref().unwrap_or(&nothing);
        let mut figures = vec![count("users", self.users.into(), "people with the app")];
        figures.extend(self.encounters.figures());
        figures.extend(self.tracing.figures());
        figures.extend(self.beacons.figures());
        figures.extend(self.server.figures());
        figures.extend(self.logs.figures());
        figures.extend(self.adversaries.figures());
        figures.extend(linkability.figures());
        figures
    }

    /// The value of the figure of this name.
    pub fn figure(&self, name: &str) -> Option<f64> {
        self.figures().into_iter().find(|figure| figure.name == name)?.value
    }
}

impl Encounters {
    fn figures(&self) -> [Figure; 6] {
        [
            count("encounters.real", self.real, "two people near each other"),
            count("encounters.possible", self.possible, "both had the app"),
            count("encounters.recorded", self.recorded, "at least one phone logged the other"),
            figure(
                "encounters.recorded_share",
                Unit::Share,
                share(self.recorded, self.real),
                "recorded, of the real ones",
            ),
            figure(
                "encounters.recorded_share_of_possible",
                Unit::Share,
                share(self.recorded, self.possible),
                "recorded, of the possible ones",
            ),
            figure(
                "encounters.missed_ways_share",
                Unit::Share,
                share(self.recorded_ways, 2 * self.possible).map(|share| 1.0 - share),
                "phones that did not log the other, of both phones of possible encounters",
            ),
        ]
    }
}

impl Tracing {
    fn figures(&self) -> [Figure; 10] {
        [
            count("tracing.index_cases", self.index_cases.into(), "people who fell ill"),
            count("tracing.uploads", self.uploads.into(), "contact logs that they uploaded"),
            count(
                "tracing.contacts",
                self.contacts,
                "contacts: pairs of one of them and somebody who was near",
            ),
            count("tracing.traced", self.traced, "contacts that the server named"),
            count("tracing.named", self.named, "all pairs that the server named"),
            count(
                "tracing.people_named",
                self.people_named,
                "different people whom the server named for contact logs of index cases",
            ),
            figure(
                "tracing.recall",
                Unit::Share,
                share(self.traced, self.contacts),
                "contacts that the server named, of all contacts",
            ),
            figure(
                "tracing.precision",
                Unit::Share,
                share(self.traced, self.named),
                "contacts, of all pairs that the server named",
            ),
            count(
                "tracing.traced_encounters",
                self.traced_encounters,
                "encounters of index cases with people whom the server named",
            ),
            figure(
                "tracing.hours_to_notice",
                Unit::Hours,
                median(&self.seconds_to_notice).map(|seconds| seconds / 3600.0),
                "from the first encounter until the server named the contact, median, in hours",
            ),
        ]
    }
}

impl Beacons {
    fn figures(&self) -> [Figure; 11] {
        [
            count("beacons.sent", self.sent, "broadcasts with another phone near"),
            count("beacons.near", self.near, "beacons on their way, one to each phone near"),
            count("beacons.received", self.received, "datagrams that phones received"),
            count("beacons.logged", self.logged, "new entries of contact logs"),
            count("beacons.logged_again", self.logged_again, "TempIDs that were in the log"),
            count("beacons.too_early", self.too_early, "refused: not valid yet"),
            count("beacons.expired", self.expired, "refused: not valid any more"),
            count("beacons.lost", self.lost, "lost by the radio"),
            count("beacons.not_scanned", self.not_scanned, "missed: the phone was not listening"),
            count("beacons.silent", self.silent, "not sent: the phone had no valid TempID"),
            figure(
                "beacons.valid_share",
                Unit::Share,
                share(self.logged + self.logged_again, self.received),
                "valid, of the datagrams that phones received",
            ),
        ]
    }
}

impl ServerLoad {
    fn figures(&self) -> [Figure; 10] {
        [
            count("server.connections", self.connections, "connections that the server accepted"),
            count("server.failed_connections", self.failed_connections, "connections that failed"),
            count("server.logins", self.logins, "logins that succeeded"),
            count("server.downloads", self.downloads, "requests for TempIDs"),
            count("server.temp_ids", self.temp_ids, "TempIDs that phones got"),
            bytes("server.bytes_in", self.bytes_in, "bytes from phones"),
            bytes("server.bytes_out", self.bytes_out, "bytes to phones"),
            figure(
                "server.downloads_per_second",
                Unit::Number,
                self.downloads_by_second.mean(),
                "requests for TempIDs a second, mean over the run",
            ),
            figure(
                "server.most_downloads_per_second",
                Unit::Number,
                self.downloads_by_second.most(),
                "requests for TempIDs in the busiest second",
            ),
            figure(
                "server.most_connections_per_second",
                Unit::Number,
                self.connections_by_second.most(),
                "connections in the busiest second",
            ),
        ]
    }
}

impl Logs {
    fn figures(&self) -> [Figure; 2] {
        [
            figure(
                "logs.mean_entries",
                Unit::Number,
                share(self.entries, self.samples),
                "entries of a contact log, mean over phones and time",
            ),
            count("logs.most_entries", self.most_entries, "entries of the largest contact log"),
        ]
    }
}

impl AdversaryOutcome {
    fn figures(&self) -> [Figure; 10] {
        [
            count("adversaries.replayed", self.replayed, "replayed beacons that arrived"),
            figure(
                "adversaries.replayed_valid_share",
                Unit::Share,
                share(self.replayed_valid, self.replayed),
                "replayed beacons that were still valid",
            ),
            count("adversaries.relayed", self.relayed, "relayed beacons that arrived"),
            figure(
                "adversaries.relayed_valid_share",
                Unit::Share,
                share(self.relayed_valid, self.relayed),
                "relayed beacons that were valid",
            ),
            count("adversaries.guesses", self.guesses, "passwords that guessers sent"),
            count(
                "adversaries.guesses_judged",
                self.guesses_judged,
                "of these, those that met no block",
            ),
            count("adversaries.guesses_right", self.guesses_right, "of these, right ones"),
            count("adversaries.forged_logs", self.forged_logs, "forged logs that were taken"),
            count("adversaries.forged_names", self.forged_names, "people named for them"),
            count("adversaries.floods", self.floods, "connections of flooders"),
        ]
    }
}

impl Linkability {
    fn figures(&self) -> [Figure; 5] {
        [
            count("linkability.sightings", self.sightings, "beacons that sniffers heard"),
            count(
                "linkability.temp_ids",
                self.temp_ids,
                "TempIDs that they heard, each sniffer by itself",
            ),
            figure(
                "linkability.linked_share",
                Unit::Share,
                share(self.linked, self.changes),
                "changes of TempID that were linked rightly, of those that could be",
            ),
            figure(
                "linkability.mistaken_share",
                Unit::Share,
                share(self.mistaken, self.linked + self.mistaken),
                "links that sniffers made which are wrong, of all their links",
            ),
            figure(
                "linkability.followed_seconds",
                Unit::Seconds,
                median(&self.followed_seconds),
                "how long a phone could be followed in one go at most, median over phones, in seconds",
            ),
        ]
    }
}

fn figure(name: &'static str, unit: Unit, value: Option<f64>, meaning: &'static str) -> Figure {
    Figure { name, unit, value, meaning }
}

fn count(name: &'static str, value: u64, meaning: &'static str) -> Figure {
    figure(name, Unit::Number, Some(value as f64), meaning)
}

fn bytes(name: &'static str, value: u64, meaning: &'static str) -> Figure {
    figure(name, Unit::Bytes, Some(value as f64), meaning)
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Median of values in ascending order.
fn median(values: &[f64]) -> Option<f64> {
    let (upper, lower) = (values.len() / 2, values.len().saturating_sub(1) / 2);
    values.get(upper).map(|value| (value + values[lower]) / 2.0)
}
