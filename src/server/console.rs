//! What the operator of the server is shown.

use std::io::Write;

use crate::protocol::{ContactRecord, Username};
use crate::reactor::MAX_PENDING_OUTPUT_BYTES;

/// Text that may wait for a reader before contact logs are refused, in bytes. Whom they name is
/// nowhere but in that text, so there must be room left for all that one tick can add to it.
const MAX_BACKLOG_BYTES: usize = MAX_PENDING_OUTPUT_BYTES / 2;

/// What the operator of the server is shown: events, in the words of the assignment, and
/// diagnostics. It is only text until the shell writes it, once a tick.
#[derive(Debug, Default)]
pub struct Console {
    /// For the standard output.
    pub events: Vec<u8>,
    /// For the standard error.
    pub diagnostics: Vec<u8>,
    /// Bytes of earlier events that nobody has read yet; `usize::MAX` if none can be shown now.
    pub backlog: usize,
}

impl Console {
    /// Whether what is added could get lost, as it cannot be shown or too much waits for a reader.
    pub fn is_congested(&self) -> bool {
        self.backlog.saturating_add(self.events.len()) > MAX_BACKLOG_BYTES
    }

    /// A phone downloaded TempIDs.
    pub fn temp_ids_issued(
        &mut self,
        user: Username,
        records: impl Iterator<Item = ContactRecord>,
    ) {
        self.event(format_args!("> user: {user}\n> TempID:"));
        for record in records {
            record.temp_id.encode(&mut self.events);
            self.events.push(b'\n');
        }
    }

    /// A phone uploaded its contact log.
    pub fn contact_log_received(&mut self, user: Username, records: &[ContactRecord]) {
        self.event(format_args!("> received contact log from {user}"));
        for record in records {
            record.temp_id.encode(&mut self.events);
            self.events.extend_from_slice(b",\n");
            record.start.encode(&mut self.events);
            self.events.extend_from_slice(b",\n");
            record.expiry.encode(&mut self.events);
            self.events.extend_from_slice(b";\n");
        }
        self.event(format_args!("> Contact log checking"));
    }

    /// An entry of a contact log is that of a TempID that was issued to `contact`.
    pub fn contact_traced(&mut self, contact: Username, record: &ContactRecord) {
        self.event(format_args!("{contact},"));
        record.start.encode(&mut self.events);
        self.events.extend_from_slice(b",\n");
        record.temp_id.encode(&mut self.events);
        self.events.extend_from_slice(b";\n");
    }

    /// A phone said goodbye.
    pub fn logged_out(&mut self, user: Username) {
        self.event(format_args!("> {user} logout"));
    }

    /// Something that is no event of the protocol, in one line.
    pub fn diagnostic(&mut self, line: impl std::fmt::Display) {
        writeln!(self.diagnostics, "{line}").expect("a Vec takes every byte");
    }

    fn event(&mut self, line: std::fmt::Arguments<'_>) {
        writeln!(self.events, "{line}").expect("a Vec takes every byte");
    }
}
