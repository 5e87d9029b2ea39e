//! What the user is shown of beacons, sent and received.

use std::net::SocketAddr;
use std::time::Instant;

use super::line::{Lines, bad, good, plain};
use super::{Dialogue, State};
use crate::client::contact_log::{Added, MAX_ENTRIES, NEW_ENTRIES_AT_ONCE, NEW_ENTRIES_PER_SECOND};
use crate::client::phone::Reception;
use crate::client::repeats::Judged;
use crate::clock::Now;
use crate::protocol::{ContactRecord, Timestamp};

impl Dialogue {
    /// Shows the beacon that was sent, or why none was.
    pub fn beacon_sent(&mut self, outcome: Result<ContactRecord, &str>, lines: &mut Lines) {
        match outcome {
            Ok(record) => show_record(&record, '.', lines),
            Err(problem) => {
                self.has_failed = true;
                bad(lines, problem);
            }
        }
        self.state = State::Prompt;
    }

    /// Warns that the TempID of a beacon that is about to be sent is not valid now.
    pub fn beacon_not_valid(&mut self, record: &ContactRecord, now: Timestamp, lines: &mut Lines) {
        let why = if now < record.start { "is not valid yet" } else { "has expired" };
        bad(lines, &format!("Warning: this TempID {why}; whoever receives it will refuse it."));
    }

    /// Shows a received datagram. Equal ones in quick succession are shown once and counted.
    pub fn received(
        &mut self,
        reception: &Reception,
        sender: SocketAddr,
        now: Now,
        lines: &mut Lines,
    ) {
        if self.repeats.take(sender.ip(), Judged::from(reception), now.monotonic) {
            return;
        }
        match reception {
            Reception::Valid(record, added) => {
                show_reception(record, now.wall, lines);
                good(lines, "The beacon is valid.");
                self.show_limit(*added, sender, lines);
            }
            Reception::Invalid(record) => {
                show_reception(record, now.wall, lines);
                bad(lines, "The beacon is invalid.");
            }
            Reception::Refused(error) => {
                bad(lines, &format!("refused a datagram from {sender}: {error}"));
            }
        }
    }

    /// Returns when [`tell_repeats`](Dialogue::tell_repeats) has something to show.
    pub fn next_repeats(&self) -> Option<Instant> {
        self.repeats.next_due()
    }

    /// Shows how many equal datagrams were counted instead of shown.
    pub fn tell_repeats(&mut self, now: Instant, lines: &mut Lines) {
        for repeated in self.repeats.due(now) {
            plain(lines, &repeated.to_string());
        }
    }

    fn show_limit(&mut self, added: Added, sender: SocketAddr, lines: &mut Lines) {
        match added {
            Added::New | Added::Again => {}
            Added::InsteadOfOldest if self.said_full => {}
            Added::InsteadOfOldest => {
                self.said_full = true;
                let text = format!(
                    "The contact log is full: of more than {MAX_ENTRIES} entries, old ones go."
                );
                bad(lines, &text);
            }
            Added::TooMany => {
                let text = format!(
                    "It is not logged, as {} has sent too many new TempIDs: {NEW_ENTRIES_AT_ONCE} are \
                     taken at once, then {NEW_ENTRIES_PER_SECOND} a second.",
                    sender.ip()
                );
                bad(lines, &text);
            }
        }
    }
}

fn show_reception(record: &ContactRecord, now: Timestamp, lines: &mut Lines) {
    plain(lines, "received beacon:");
    show_record(record, '.', lines);
    plain(lines, "Current time is:");
    plain(lines, &format!("{now}."));
}

pub(super) fn show_record(record: &ContactRecord, end: char, lines: &mut Lines) {
    plain(lines, &format!("{},", record.temp_id));
    plain(lines, &format!("{},", record.start));
    plain(lines, &format!("{}{end}", record.expiry));
}
