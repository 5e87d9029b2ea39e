//! The figures of a run, each with a name: what tables show, sweeps plot and experiments check.

use super::outcome::Outcome;

/// One number that came of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure {
    /// Its name, such as `encounters.recorded_share`.
    pub name: &'static str,
    /// The number; `None` if there was nothing to measure, such as a share of nothing.
    pub value: Option<f64>,
    /// What it means.
    pub meaning: &'static str,
}

/// The names of figures that tell more than others where several towns are compared, the most telling
/// first.
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
        let Self { encounters, tracing, beacons, server, logs, adversaries, linkability, .. } =
            self;
        let figure = |name, value, meaning| Figure { name, value, meaning };
        let count = |name, value: u64, meaning| figure(name, Some(value as f64), meaning);
        let nothing = Default::default();
        let linkability = linkability.as_ref().unwrap_or(&nothing);
        vec![
            count("users", self.users.into(), "people with the app"),
            count("encounters.real", encounters.real, "two people near each other"),
            count("encounters.possible", encounters.possible, "both had the app"),
            count(
                "encounters.recorded",
                encounters.recorded,
                "at least one phone logged the other",
            ),
            figure(
                "encounters.recorded_share",
                share(encounters.recorded, encounters.real),
                "recorded, of the real ones",
            ),
            figure(
                "encounters.recorded_share_of_possible",
                share(encounters.recorded, encounters.possible),
                "recorded, of the possible ones",
            ),
            figure(
                "encounters.missed_ways_share",
                share(encounters.recorded_ways, 2 * encounters.possible).map(|share| 1.0 - share),
                "phones that did not log the other, of both phones of possible encounters",
            ),
            count("tracing.index_cases", tracing.index_cases.into(), "people who fell ill"),
            count("tracing.uploads", tracing.uploads.into(), "contact logs that they uploaded"),
            count(
                "tracing.contacts",
                tracing.contacts,
                "contacts: pairs of one of them and somebody who was near",
            ),
            count("tracing.traced", tracing.traced, "contacts that the server named"),
            count("tracing.named", tracing.named, "all pairs that the server named"),
            figure(
                "tracing.recall",
                share(tracing.traced, tracing.contacts),
                "contacts that the server named, of all contacts",
            ),
            figure(
                "tracing.precision",
                share(tracing.traced, tracing.named),
                "contacts, of all pairs that the server named",
            ),
            count(
                "tracing.traced_encounters",
                tracing.traced_encounters,
                "encounters of index cases with people whom the server named",
            ),
            figure(
                "tracing.hours_to_notice",
                median(&tracing.seconds_to_notice).map(|seconds| seconds / 3600.0),
                "from the first encounter until the server named the contact, median, in hours",
            ),
            count("beacons.sent", beacons.sent, "broadcasts with another phone near"),
            count("beacons.near", beacons.near, "beacons on their way, one to each phone near"),
            count("beacons.received", beacons.received, "datagrams that phones received"),
            count("beacons.logged", beacons.logged, "new entries of contact logs"),
            count("beacons.logged_again", beacons.logged_again, "TempIDs that were in the log"),
            count("beacons.too_early", beacons.too_early, "refused: not valid yet"),
            count("beacons.expired", beacons.expired, "refused: not valid any more"),
            count("beacons.lost", beacons.lost, "lost by the radio"),
            count(
                "beacons.not_scanned",
                beacons.not_scanned,
                "missed: the phone was not listening",
            ),
            count("beacons.silent", beacons.silent, "not sent: the phone had no valid TempID"),
            figure(
                "beacons.valid_share",
                share(beacons.logged + beacons.logged_again, beacons.received),
                "valid, of the datagrams that phones received",
            ),
            count("server.connections", server.connections, "connections that the server accepted"),
            count(
                "server.failed_connections",
                server.failed_connections,
                "connections that failed",
            ),
            count("server.logins", server.logins, "logins that succeeded"),
            count("server.downloads", server.downloads, "requests for TempIDs"),
            count("server.temp_ids", server.temp_ids, "TempIDs that phones got"),
            count("server.bytes_in", server.bytes_in, "bytes from phones"),
            count("server.bytes_out", server.bytes_out, "bytes to phones"),
            figure(
                "server.downloads_per_second",
                server.downloads_by_second.mean(),
                "requests for TempIDs a second, mean over the run",
            ),
            figure(
                "server.most_downloads_per_second",
                server.downloads_by_second.most(),
                "requests for TempIDs in the busiest second",
            ),
            figure(
                "server.most_connections_per_second",
                server.connections_by_second.most(),
                "connections in the busiest second",
            ),
            figure(
                "logs.mean_entries",
                share(logs.entries, logs.samples),
                "entries of a contact log, mean over phones and time",
            ),
            count("logs.most_entries", logs.most_entries, "entries of the largest contact log"),
            count("adversaries.replayed", adversaries.replayed, "replayed beacons that arrived"),
            figure(
                "adversaries.replayed_valid_share",
                share(adversaries.replayed_valid, adversaries.replayed),
                "replayed beacons that were still valid",
            ),
            count("adversaries.relayed", adversaries.relayed, "relayed beacons that arrived"),
            figure(
                "adversaries.relayed_valid_share",
                share(adversaries.relayed_valid, adversaries.relayed),
                "relayed beacons that were valid",
            ),
            count("adversaries.guesses", adversaries.guesses, "passwords that guessers sent"),
            count(
                "adversaries.guesses_judged",
                adversaries.guesses_judged,
                "of these, those that met no block",
            ),
            count("adversaries.guesses_right", adversaries.guesses_right, "of these, right ones"),
            count(
                "adversaries.forged_logs",
                adversaries.forged_logs,
                "forged logs that were taken",
            ),
            count("adversaries.forged_names", adversaries.forged_names, "people named for them"),
            count("adversaries.floods", adversaries.floods, "connections of flooders"),
            count("linkability.sightings", linkability.sightings, "beacons that sniffers heard"),
            count("linkability.temp_ids", linkability.temp_ids, "TempIDs that they heard"),
            figure(
                "linkability.linked_share",
                share(linkability.linked, linkability.changes),
                "changes of TempID that were linked rightly, of those that could be",
            ),
            figure(
                "linkability.mistaken_share",
                share(linkability.mistaken, linkability.changes),
                "changes of TempID that were linked wrongly, of those that could be",
            ),
            figure(
                "linkability.followed_seconds",
                median(&linkability.followed_seconds),
                "how long a phone could be followed in one go, median, in seconds",
            ),
        ]
    }

    /// The value of the figure of this name.
    pub fn figure(&self, name: &str) -> Option<f64> {
        self.figures().into_iter().find(|figure| figure.name == name)?.value
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Of values in ascending order.
fn median(values: &[f64]) -> Option<f64> {
    let (upper, lower) = (values.len() / 2, values.len().saturating_sub(1) / 2);
    values.get(upper).map(|value| (value + values[lower]) / 2.0)
}
