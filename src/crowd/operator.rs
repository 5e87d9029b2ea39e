//! The operator of the server, and checks of the console's promises.

use std::collections::HashMap;

use crate::protocol::Username;
use crate::reactor::MAX_PENDING_OUTPUT_BYTES;
use crate::server::console::Console;
use crate::server::decision::Decision;

/// The way in which the operator reads the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Reading {
    /// Reads everything at once.
    #[default]
    Attentive,
    /// Reads nothing, so that text waits in the server.
    Absent,
    /// The server knows that it can show nothing: the reader is gone, or the output file is on a
    /// full disk.
    Barred,
}

/// The operator with the text of the console. It checks that
///
/// - no contact log is taken while it cannot be shown,
/// - text that waits never exceeds the limit of the server's output,
/// - each upload that a phone is told of is shown.
#[derive(Debug, Default)]
pub struct Operator {
    reading: Reading,
    console: Console,
    /// Bytes of text that wait for the operator.
    unread: usize,
    /// Whether the server knew before the current tick that it can show nothing.
    was_barred: bool,
    /// Contact logs that were shown and of which the phone is not told yet, by user.
    untold: HashMap<Username, u64>,
}

impl Operator {
    /// Changes how the operator reads.
    pub fn read(&mut self, reading: Reading) {
        self.reading = reading;
    }

    /// Shows the decisions of a tick. Returns the number of records for which there is room from
    /// now on, as the printer of the server does.
    ///
    /// # Errors
    ///
    /// The promise that the server broke.
    pub fn see(&mut self, decisions: &[Decision]) -> Result<usize, String> {
        for decision in decisions {
            if let Decision::ContactLogTraced(trace) = decision {
                if self.was_barred {
                    return Err(format!(
                        "a log of {} is taken and cannot be shown",
                        trace.uploader
                    ));
                }
                *self.untold.entry(trace.uploader).or_default() += 1;
            }
            self.console.show(decision);
        }
        self.console.diagnostics.clear();
        self.unread += self.console.events.len();
        self.console.events.clear();
        if self.unread > MAX_PENDING_OUTPUT_BYTES {
            return Err(format!("{} bytes wait for the operator", self.unread));
        }
        self.was_barred = self.reading == Reading::Barred;
        Ok(match self.reading {
            Reading::Attentive => {
                self.unread = 0;
                usize::MAX
            }
            Reading::Absent => Console::room_behind(self.unread),
            Reading::Barred => 0,
        })
    }

    /// Records that a phone of `user` is told that its contact log was taken.
    ///
    /// # Errors
    ///
    /// The contact log was never shown.
    pub fn uploaded(&mut self, user: Username) -> Result<(), String> {
        match self.untold.get_mut(&user) {
            Some(count) if *count > 0 => {
                *count -= 1;
                Ok(())
            }
            Some(_) | None => Err(format!("the upload of {user} is told and never shown")),
        }
    }

    /// Records a restart of the server, which begins with nothing to show.
    pub fn restarted(&mut self) {
        (self.unread, self.was_barred) = (0, false);
    }
}

#[cfg(test)]
mod tests;
