//! What the operator of the server is shown: decisions, in the words of the assignment.

use std::fmt::Display;
use std::io::Write;
use std::time::Instant;

use super::contact_tracing::{ContactTrace, EntryIndex, Oddity};
use super::database;
use super::decision::Decision;
use super::journal;
use super::mentions::{Mention, Mentions};
use super::origins::Origin;
use super::sms;
use super::store::Kind;
use super::user_numbers;
use crate::protocol::resp::ForeignProtocol;
use crate::protocol::{ContactRecord, Username};
use crate::transport::HandshakeFailure;

/// Most positions of odd entries in one line of diagnostics.
const MAX_POSITIONS: usize = 10;

/// The text for the operator. It is only text until the shell writes it, once a tick.
#[derive(Debug, Default)]
pub struct Console {
    /// For the standard output.
    pub events: Vec<u8>,
    /// For the standard error.
    pub diagnostics: Vec<u8>,
    foreign_peers: Mentions,
    failed_logins: Mentions,
    blocked_logins: Mentions,
}

impl Console {
    /// Shows a decision.
    pub fn show(&mut self, decision: &Decision) {
        match decision {
            Decision::TempIdsIssued { user, records } => self.temp_ids_issued(*user, records),
            Decision::ContactLogTaken(trace) => {
                self.contact_log_received(trace);
                self.contact_log_checked(trace);
            }
            Decision::CodeToSend { number, code, has_account } => {
                let text = sms::text(*code, *has_account);
                self.event(format_args!("> SMS to {number}: {text}"));
            }
            Decision::LoggedOut(user) => self.event(format_args!("> {user} logout")),
            Decision::StoreFailed(kind, problem) => {
                let (file, consequence) = place_of(*kind);
                self.diagnostic(format_args!("{file}: {problem}; {consequence}"));
            }
            Decision::StoreWorks(kind) => {
                let (place, _) = place_of(*kind);
                let again = match kind {
                    Kind::TempIds | Kind::UserNumber | Kind::Change => "recording again",
                    Kind::Login => "hashed again",
                };
                self.diagnostic(format_args!("{place}: {again}"));
            }
            Decision::LoginFailed { peer, at } => self.failed_login(*peer, *at),
            Decision::LoginsBlocked { peer, at } => self.blocked_logins(*peer, *at),
            Decision::ForeignPeer { peer, protocol, at } => {
                self.foreign_peer(*peer, *at, foreign_protocol(*protocol));
            }
            Decision::HandshakeFailed { peer, failure, at } => match failure {
                HandshakeFailure::Plain => {
                    let what = "does not speak TLS, which this server expects; connection closed";
                    self.foreign_peer(*peer, *at, what);
                }
                HandshakeFailure::Refused(_) => self.foreign_peer(*peer, *at, failure),
            },
        }
    }

    /// Says once in a while of a peer what it does.
    fn foreign_peer(&mut self, peer: Origin, at: Instant, what: impl Display) {
        match self.foreign_peers.note(peer, at) {
            Mention::Name => self.diagnostic(format_args!("{peer} {what}")),
            Mention::More => self.diagnostic(
                "more addresses speak other protocols; they are not named for a minute",
            ),
            Mention::Silence => {}
        }
    }

    fn failed_login(&mut self, peer: Origin, at: Instant) {
        match self.failed_logins.note(peer, at) {
            Mention::Name => self.diagnostic(format_args!("{peer}: a login failed")),
            Mention::More => {
                self.diagnostic("logins from more addresses fail; they are not named for a minute")
            }
            Mention::Silence => {}
        }
    }

    fn blocked_logins(&mut self, peer: Origin, at: Instant) {
        match self.blocked_logins.note(peer, at) {
            Mention::Name => self.diagnostic(format_args!(
                "{peer}: a name is blocked, as logins under it failed three times"
            )),
            Mention::More => self.diagnostic(
                "failures from more addresses block names; they are not named for a minute",
            ),
            Mention::Silence => {}
        }
    }

    fn temp_ids_issued(&mut self, user: Username, records: &[ContactRecord]) {
        self.event(format_args!("> user: {user}\n> TempID:"));
        for record in records {
            record.temp_id.encode(&mut self.events);
            self.events.push(b'\n');
        }
    }

    fn contact_log_received(&mut self, trace: &ContactTrace) {
        self.event(format_args!("> received contact log from {}", trace.uploader));
        for entry in &trace.entries {
            entry.record.temp_id.encode(&mut self.events);
            self.events.extend_from_slice(b",\n");
            entry.record.start.encode(&mut self.events);
            self.events.extend_from_slice(b",\n");
            entry.record.expiry.encode(&mut self.events);
            self.events.extend_from_slice(b";\n");
        }
    }

    fn contact_log_checked(&mut self, trace: &ContactTrace) {
        self.event(format_args!("> Contact log checking"));
        for entry in &trace.entries {
            let Some(contact) = entry.contact() else { continue };
            self.event(format_args!("{contact},"));
            entry.record.start.encode(&mut self.events);
            self.events.extend_from_slice(b",\n");
            entry.record.temp_id.encode(&mut self.events);
            self.events.extend_from_slice(b";\n");
        }
        let (uploader, count) = (trace.uploader, trace.entries.len());
        for (oddity, what) in [
            (Oddity::TimesDiffer, "whose times differ from what was issued"),
            (Oddity::InTheFuture, "that begin in the future"),
            (Oddity::Own, "with a TempID of the uploader"),
            (Oddity::Repeated, "that repeat an earlier one"),
            (Oddity::OlderThanRetention, "older than TempIDs are kept"),
        ] {
            let is_so =
                |(index, found): &(EntryIndex, Oddity)| (*found == oddity).then_some(*index);
            let odd: Vec<EntryIndex> = trace.oddities.iter().filter_map(is_so).collect();
            if !odd.is_empty() {
                let (number, positions) = (odd.len(), positions(&odd));
                self.diagnostic(format_args!(
                    "contact log of {uploader}: entries {what}: {positions} ({number} of {count})"
                ));
            }
        }
        let unknown = trace.unknown();
        if unknown > 0 {
            self.diagnostic(format_args!(
                "contact log of {uploader}: entries with a TempID that was never issued here: {unknown} of {count}"
            ));
        }
    }

    /// Shows a line that is no event of the protocol.
    pub fn diagnostic(&mut self, line: impl std::fmt::Display) {
        writeln!(self.diagnostics, "{line}").expect("a Vec takes every byte");
    }

    fn event(&mut self, line: std::fmt::Arguments<'_>) {
        writeln!(self.events, "{line}").expect("a Vec takes every byte");
    }
}

fn foreign_protocol(protocol: ForeignProtocol) -> &'static str {
    match protocol {
        ForeignProtocol::Http => "speaks HTTP, which the server does not; connection closed",
        ForeignProtocol::Tls => {
            "speaks TLS, which this server does only with --tls-cert; connection closed"
        }
    }
}

/// The file for entries of this kind, and what it means that it takes none.
fn place_of(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::TempIds => (journal::FILE_NAME, "no TempID is issued until it can be recorded"),
        Kind::UserNumber => {
            (user_numbers::FILE_NAME, "no TempID is issued to a user who had none so far")
        }
        Kind::Change => (
            database::FILE_NAME,
            "no contact log is taken and no account changed until that can be recorded",
        ),
        Kind::Login => ("passwords", "nobody can log in until they can be hashed"),
    }
}

/// Positions of entries, counted from 1, as far as they fit into a line.
fn positions(entries: &[EntryIndex]) -> String {
    let shown: Vec<String> =
        entries.iter().take(MAX_POSITIONS).map(|index| (index + 1).to_string()).collect();
    let rest = if entries.len() > MAX_POSITIONS { ", …" } else { "" };
    format!("{}{rest}", shown.join(", "))
}

#[cfg(test)]
mod tests;
