//! The rows of the summary of a town, in order.

use crate::town::Scenario;

/// A section of the summary.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) title: &'static str,
    /// Label and figure of each row.
    pub(super) rows: &'static [(&'static str, &'static str)],
    /// Whether the section applies to a scenario.
    pub(super) is_about: fn(&Scenario) -> bool,
}

/// All sections.
pub(super) const SECTIONS: &[Section] = &[
    Section {
        title: "Encounters",
        rows: &[
            ("real", "encounters.real"),
            ("possible: both had the app", "encounters.possible"),
            ("recorded", "encounters.recorded"),
            ("recorded, of real", "encounters.recorded_share"),
            ("recorded, of possible", "encounters.recorded_share_of_possible"),
            ("traced", "tracing.traced_encounters"),
        ],
        is_about: |_| true,
    },
    Section {
        title: "Tracing",
        rows: &[
            ("people who fell ill", "tracing.index_cases"),
            ("contact logs uploaded", "tracing.uploads"),
            ("contacts: an index case with somebody near", "tracing.contacts"),
            ("pairs that the server named", "tracing.named"),
            ("people in these pairs, each once", "tracing.people_named"),
            ("contacts named", "tracing.traced"),
            ("recall: contacts named, of contacts", "tracing.recall"),
            ("precision: contacts named, of pairs named", "tracing.precision"),
            ("time to notice, median", "tracing.hours_to_notice"),
        ],
        is_about: |scenario| scenario.illness.index_cases > 0,
    },
    Section {
        title: "Beacons",
        rows: &[
            ("sent, with another phone near", "beacons.sent"),
            ("on their way, one to each phone near", "beacons.near"),
            ("not sent: no valid TempID", "beacons.silent"),
            ("lost by the radio", "beacons.lost"),
            ("missed: not listening", "beacons.not_scanned"),
            ("received", "beacons.received"),
            ("logged, new", "beacons.logged"),
            ("logged before", "beacons.logged_again"),
            ("refused: not valid yet", "beacons.too_early"),
            ("refused: expired", "beacons.expired"),
            ("valid, of received", "beacons.valid_share"),
        ],
        is_about: |_| true,
    },
    Section {
        title: "Server",
        rows: &[
            ("connections", "server.connections"),
            ("connections that failed", "server.failed_connections"),
            ("logins", "server.logins"),
            ("requests for TempIDs", "server.downloads"),
            ("TempIDs", "server.temp_ids"),
            ("requests a second, mean", "server.downloads_per_second"),
            ("requests a second, most", "server.most_downloads_per_second"),
            ("connections a second, most", "server.most_connections_per_second"),
            ("bytes in", "server.bytes_in"),
            ("bytes out", "server.bytes_out"),
        ],
        is_about: |_| true,
    },
    Section {
        title: "Contact logs",
        rows: &[("entries, mean", "logs.mean_entries"), ("entries, most", "logs.most_entries")],
        is_about: |_| true,
    },
    Section {
        title: "Replays",
        rows: &[
            ("beacons that arrived", "adversaries.replayed"),
            ("valid, of these", "adversaries.replayed_valid_share"),
        ],
        is_about: |scenario| !scenario.adversary.replay.is_empty(),
    },
    Section {
        title: "Relays",
        rows: &[
            ("beacons that arrived", "adversaries.relayed"),
            ("valid, of these", "adversaries.relayed_valid_share"),
        ],
        is_about: |scenario| !scenario.adversary.relay.is_empty(),
    },
    Section {
        title: "Guessers",
        rows: &[
            ("passwords sent", "adversaries.guesses"),
            ("that met no block", "adversaries.guesses_judged"),
            ("that were right", "adversaries.guesses_right"),
        ],
        is_about: |scenario| !scenario.adversary.guesser.is_empty(),
    },
    Section {
        title: "Forgers",
        rows: &[
            ("logs that were taken", "adversaries.forged_logs"),
            ("people named for them", "adversaries.forged_names"),
        ],
        is_about: |scenario| !scenario.adversary.forger.is_empty(),
    },
    Section {
        title: "Flooders",
        rows: &[("connections", "adversaries.floods")],
        is_about: |scenario| !scenario.adversary.flooder.is_empty(),
    },
    Section {
        title: "Sniffers",
        rows: &[
            ("beacons heard", "linkability.sightings"),
            ("TempIDs heard", "linkability.temp_ids"),
            ("changes of TempID linked", "linkability.linked_share"),
            ("links that are wrong", "linkability.mistaken_share"),
            ("a phone followed for, median", "linkability.followed_seconds"),
        ],
        is_about: |scenario| !scenario.adversary.sniffer.is_empty(),
    },
];
