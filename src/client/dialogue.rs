//! The dialogue with the user, as a machine without a terminal.

use std::net::SocketAddr;
use std::time::Instant;

use super::command::{Command, CommandError};
use super::contact_log::{Added, MAX_ENTRIES, NEW_ENTRIES_AT_ONCE, NEW_ENTRIES_PER_SECOND};
use super::phone::Reception;
use super::repeats::{Judged, Repeats};
use super::session;
use crate::clock::Now;
use crate::protocol::{ContactRecord, Notice, Timestamp, UploadCode};
use crate::text_width::clean;

/// The dialogue with the user: a machine that takes typed lines and events, and returns lines to
/// show and actions to carry out.
///
/// ```text
/// AskUsername -> AskPassword -> LoggingIn -> Prompt -> Busy -> Prompt … -> LoggingOut -> Ended
/// ```
#[derive(Debug, Default)]
pub struct Dialogue {
    state: State,
    /// Whether a login failed or the server went away, and no login has succeeded since.
    is_in_trouble: bool,
    /// Whether a command has failed.
    has_failed: bool,
    /// Whether the user was told that the contact log is full.
    said_full: bool,
    repeats: Repeats,
}

#[derive(Debug, Default)]
enum State {
    /// The first connection is not established yet.
    #[default]
    Connecting,
    AskUsername,
    AskPassword {
        user: String,
    },
    LoggingIn {
        user: String,
    },
    Prompt,
    /// A command is being carried out.
    Busy,
    LoggingOut,
    Ended(Ending),
}

/// The end of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The user left.
    Left,
    /// The user could not log in, lost the server, or a command of a script failed.
    Failed,
}

/// A prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prompt {
    /// `Username: `
    Username,
    /// `Password: `, not echoed.
    Password,
    /// `> `
    Command,
}

/// An action to carry out for the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Log in.
    LogIn {
        /// The username as typed, without surrounding spaces.
        user: String,
        /// The password as typed.
        password: String,
    },
    /// Request a TempID.
    Download,
    /// Upload the contact log, with the code that the user has typed, if any.
    Upload(Option<UploadCode>),
    /// Send a beacon to this address.
    Beacon(SocketAddr),
    /// Log out.
    LogOut,
}

/// A line to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The text, without a line end and without control characters.
    pub text: String,
    /// Meaning of the line, for a colour.
    pub tone: Tone,
}

/// Meaning of a line, shown as a colour where there are colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Neither of the others.
    Plain,
    /// A success, or something valid.
    Good,
    /// A failure, or something invalid.
    Bad,
}

/// Lines to show, in order.
pub type Lines = Vec<Line>;

impl Dialogue {
    /// Returns the prompt to show; none while an action is carried out.
    pub fn prompt(&self) -> Option<Prompt> {
        match self.state {
            State::AskUsername => Some(Prompt::Username),
            State::AskPassword { .. } => Some(Prompt::Password),
            State::Prompt => Some(Prompt::Command),
            State::Connecting
            | State::LoggingIn { .. }
            | State::Busy
            | State::LoggingOut
            | State::Ended(_) => None,
        }
    }

    /// Returns the end of the program once it is reached.
    pub fn ending(&self) -> Option<Ending> {
        match self.state {
            State::Ended(ending) => Some(ending),
            State::Connecting
            | State::AskUsername
            | State::AskPassword { .. }
            | State::LoggingIn { .. }
            | State::Prompt
            | State::Busy
            | State::LoggingOut => None,
        }
    }

    /// Whether a command could not be carried out: there is no such command, the server refused it
    /// or went away, there was no TempID to send, a beacon could not be sent, or the contact log
    /// could not be read. Attempts to log in are no commands.
    pub fn has_failed(&self) -> bool {
        self.has_failed
    }

    /// Whether the first connection is not established yet.
    pub fn is_connecting(&self) -> bool {
        matches!(self.state, State::Connecting)
    }

    /// Whether the logout was sent and is not answered yet.
    pub fn is_leaving(&self) -> bool {
        matches!(self.state, State::LoggingOut)
    }

    /// Notes that the first connection is established.
    pub fn connected(&mut self) {
        if let State::Connecting = self.state {
            self.state = State::AskUsername;
        }
    }

    /// Takes a line typed at the prompt.
    pub fn line(&mut self, line: &str, lines: &mut Lines) -> Option<Action> {
        match std::mem::replace(&mut self.state, State::Busy) {
            State::AskUsername if line.trim().is_empty() => {
                self.state = State::AskUsername;
                None
            }
            // Whoever types on as if the server were still there would be asked for the password of
            // a user of that name. There may be one, but not on a phone that has lost its server.
            State::AskUsername
                if self.is_in_trouble && Command::decode(line) != Err(CommandError::Unknown) =>
            {
                self.has_failed = true;
                bad(lines, "Nobody is logged in. Please log in again, or leave with Ctrl-D.");
                self.state = State::AskUsername;
                None
            }
            State::AskUsername => {
                self.state = State::AskPassword { user: line.trim().to_owned() };
                None
            }
            State::AskPassword { user } => {
                self.state = State::LoggingIn { user: user.clone() };
                Some(Action::LogIn { user, password: line.to_owned() })
            }
            State::Prompt => self.command(line, lines),
            other => {
                self.state = other;
                None
            }
        }
    }

    /// Takes the end of the input or Ctrl-C.
    pub fn leave(&mut self) -> Option<Action> {
        match self.state {
            State::Prompt | State::Busy => {
                self.state = State::LoggingOut;
                Some(Action::LogOut)
            }
            State::Connecting
            | State::AskUsername
            | State::AskPassword { .. }
            | State::LoggingIn { .. } => {
                let ending = if self.is_in_trouble { Ending::Failed } else { Ending::Left };
                self.state = State::Ended(ending);
                None
            }
            // Whoever presses Ctrl-C twice does not want to wait for the server's goodbye.
            State::LoggingOut => {
                self.state = State::Ended(Ending::Left);
                None
            }
            State::Ended(_) => None,
        }
    }

    /// Takes an event of the session.
    pub fn answered(&mut self, event: &session::Event, lines: &mut Lines) {
        match (event, &self.state) {
            (_, State::Ended(_)) => {}
            (session::Event::Notice(notice), _) => show_notice(notice, lines),
            (session::Event::Acknowledged(_) | session::Event::NotAcknowledged(_), _) => {}
            (session::Event::LoggedOut, _) | (_, State::LoggingOut) => self.goodbye(lines),
            (session::Event::LoggedIn(_), _) => {
                good(lines, "Welcome to the BlueTrace Simulator!");
                self.is_in_trouble = false;
                self.state = State::Prompt;
            }
            (session::Event::WrongPassword(message), State::LoggingIn { user }) => {
                bad(lines, message);
                self.is_in_trouble = true;
                self.state = State::AskPassword { user: user.clone() };
            }
            (
                session::Event::WrongPassword(message)
                | session::Event::NowBlocked(message)
                | session::Event::Blocked(message),
                _,
            ) => {
                bad(lines, message);
                self.state = State::Ended(Ending::Failed);
            }
            (session::Event::TempIds(records), _) => {
                plain(lines, "TempID:");
                records.iter().for_each(|record| plain(lines, &record.temp_id.to_string()));
                self.state = State::Prompt;
            }
            (session::Event::Uploaded(_) | session::Event::Answered, _) => {
                self.state = State::Prompt;
            }
            (session::Event::Refused { message, .. }, State::LoggingIn { .. }) => {
                bad(lines, &format!("The server refuses: {message}"));
                self.ask_to_log_in();
            }
            (session::Event::Refused { message, .. }, _) => {
                self.has_failed = true;
                bad(lines, &format!("The server refuses: {message}"));
                self.state = State::Prompt;
            }
            (session::Event::Broken(breach), _) => {
                self.note_command_lost();
                bad(lines, &format!("Connection closed: {breach}."));
                self.ask_to_log_in();
            }
        }
    }

    /// Notes that the connection ended while it was needed.
    pub fn lost(&mut self, reason: &str, lines: &mut Lines) {
        match self.state {
            State::LoggingOut => self.goodbye(lines),
            State::Ended(_) => {}
            State::Connecting | State::AskUsername | State::AskPassword { .. } => {
                bad(lines, reason);
                self.ask_to_log_in();
            }
            State::LoggingIn { .. } | State::Prompt | State::Busy => {
                self.note_command_lost();
                bad(lines, reason);
                plain(lines, "Beacons are still received. Please log in again.");
                self.ask_to_log_in();
            }
        }
    }

    /// Notes that the logout was not answered in time.
    pub fn logout_overdue(&mut self, lines: &mut Lines) {
        if let State::LoggingOut = self.state {
            self.goodbye(lines);
        }
    }

    /// Shows the contact log that is being uploaded.
    pub fn uploading(&mut self, records: &[ContactRecord], lines: &mut Lines) {
        for record in records {
            show_record(record, ';', lines);
        }
    }

    /// Notes that the contact log to upload has no entries.
    pub fn nothing_to_upload(&mut self, lines: &mut Lines) {
        plain(lines, "The contact log is empty, there is nothing to upload.");
        self.state = State::Prompt;
    }

    /// Notes that the contact log to upload cannot be read.
    pub fn log_unreadable(&mut self, problem: &str, lines: &mut Lines) {
        self.has_failed = true;
        bad(lines, problem);
        self.state = State::Prompt;
    }

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

    /// Shows a problem, in any state.
    pub fn trouble(&mut self, text: &str, lines: &mut Lines) {
        bad(lines, text);
    }

    /// Shows an information, in any state.
    pub fn note(&mut self, text: &str, lines: &mut Lines) {
        plain(lines, text);
    }

    fn command(&mut self, line: &str, lines: &mut Lines) -> Option<Action> {
        self.state = State::Prompt;
        if line.trim().is_empty() {
            return None;
        }
        let action = match Command::decode(line) {
            Ok(Command::Download) => Action::Download,
            Ok(Command::Upload(code)) => Action::Upload(code),
            Ok(Command::Beacon(destination)) => Action::Beacon(destination),
            Ok(Command::LogOut) => return self.leave(),
            Ok(Command::Help) => {
                Command::HELP.iter().for_each(|text| plain(lines, text));
                return None;
            }
            Err(error) => {
                self.has_failed = true;
                bad(lines, "Error. Invalid command");
                match error {
                    CommandError::Unknown => {}
                    CommandError::NoCode(_)
                    | CommandError::NoDestination
                    | CommandError::NoAddress(_)
                    | CommandError::NoPort(_) => plain(lines, &error.to_string()),
                }
                return None;
            }
        };
        self.state = State::Busy;
        Some(action)
    }

    /// Notes that a command that waits for the server fails with the connection.
    fn note_command_lost(&mut self) {
        self.has_failed |= matches!(self.state, State::Busy);
    }

    fn ask_to_log_in(&mut self) {
        self.is_in_trouble = true;
        self.state = State::AskUsername;
    }

    fn goodbye(&mut self, lines: &mut Lines) {
        plain(lines, "Goodbye!");
        self.state = State::Ended(Ending::Left);
    }
}

fn show_reception(record: &ContactRecord, now: Timestamp, lines: &mut Lines) {
    plain(lines, "received beacon:");
    show_record(record, '.', lines);
    plain(lines, "Current time is:");
    plain(lines, &format!("{now}."));
}

fn show_notice(notice: &Notice, lines: &mut Lines) {
    let date = notice.contact_on.date();
    bad(lines, &format!("Notice of your health authority about a contact on {date}:"));
    bad(lines, &clean(&notice.text));
}

fn show_record(record: &ContactRecord, end: char, lines: &mut Lines) {
    plain(lines, &format!("{},", record.temp_id));
    plain(lines, &format!("{},", record.start));
    plain(lines, &format!("{}{end}", record.expiry));
}

fn plain(lines: &mut Lines, text: &str) {
    lines.push(Line { text: text.to_owned(), tone: Tone::Plain });
}

fn good(lines: &mut Lines, text: &str) {
    lines.push(Line { text: text.to_owned(), tone: Tone::Good });
}

fn bad(lines: &mut Lines, text: &str) {
    lines.push(Line { text: text.to_owned(), tone: Tone::Bad });
}

#[cfg(test)]
mod tests;
