//! What the terminal asks and shows, as a machine without a terminal.

use std::net::SocketAddr;

use super::command::{Command, CommandError};
use super::contact_log::{Added, MAX_ENTRIES};
use super::phone::Reception;
use super::session;
use crate::protocol::{ContactRecord, Timestamp};

/// What the terminal asks and shows: a machine that takes the lines that the user types and what
/// happens, and gives the lines to show and what is to be done.
///
/// ```text
/// AskUsername -> AskPassword -> LoggingIn -> Prompt -> Busy -> Prompt … -> LoggingOut -> Ended
/// ```
#[derive(Debug)]
pub struct Dialogue {
    state: State,
    /// Whether an attempt to log in failed, or the server went away, and no login came after it.
    is_in_trouble: bool,
    /// Whether the user knows that the contact log is full.
    said_full: bool,
}

#[derive(Debug)]
enum State {
    /// Waits for the first connection.
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

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The user left.
    Left,
    /// The user did not get in, or lost the server.
    Failed,
}

/// What the terminal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prompt {
    /// `Username: `
    Username,
    /// `Password: `, not echoed.
    Password,
    /// `> `
    Command,
}

/// What has to be done for the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Log in.
    LogIn {
        /// The name, as it was typed.
        user: String,
        /// The password, as it was typed.
        password: String,
    },
    /// Get a TempID.
    Download,
    /// Send the contact log.
    Upload,
    /// Send a beacon.
    Beacon(SocketAddr),
    /// Log out.
    LogOut,
}

/// A line for the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Without its end, and without control characters.
    pub text: String,
    /// How it may be coloured.
    pub tone: Tone,
}

/// What a line means, for those who see colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Nothing special.
    Plain,
    /// Something worked, or is valid.
    Good,
    /// Something failed, or is invalid.
    Bad,
}

/// Where the lines for the user go.
pub type Lines = Vec<Line>;

impl Dialogue {
    /// A dialogue that begins when the server is reached.
    pub fn new() -> Self {
        Self { state: State::Connecting, is_in_trouble: false, said_full: false }
    }

    /// What the terminal asks for; nothing while something is being done.
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

    /// How the program ends, once it does.
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

    /// Whether the server was not reached yet.
    pub fn is_connecting(&self) -> bool {
        matches!(self.state, State::Connecting)
    }

    /// Whether the server was told goodbye.
    pub fn is_leaving(&self) -> bool {
        matches!(self.state, State::LoggingOut)
    }

    /// The server is reached for the first time.
    pub fn connected(&mut self) {
        if let State::Connecting = self.state {
            self.state = State::AskUsername;
        }
    }

    /// The user typed a line at the prompt.
    pub fn line(&mut self, line: &str, lines: &mut Lines) -> Option<Action> {
        match std::mem::replace(&mut self.state, State::Busy) {
            State::AskUsername if line.trim().is_empty() => {
                self.state = State::AskUsername;
                None
            }
            // Whoever types on as if the server were still there would be asked for the password of a
            // user of that name. There may be one, but not on a phone that has lost its server.
            State::AskUsername
                if self.is_in_trouble && Command::decode(line) != Err(CommandError::Unknown) =>
            {
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

    /// The user ended the input or pressed Ctrl-C.
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

    /// The server answered.
    pub fn answered(&mut self, event: &session::Event, lines: &mut Lines) {
        match (event, &self.state) {
            (_, State::Ended(_)) => {}
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
                bad(lines, &format!("The server refuses: {message}"));
                self.state = State::Prompt;
            }
            (session::Event::Broken(breach), _) => {
                bad(lines, &format!("Connection closed: {breach}."));
                self.ask_to_log_in();
            }
        }
    }

    /// The connection ended while the server was needed.
    pub fn lost(&mut self, reason: &str, lines: &mut Lines) {
        match self.state {
            State::LoggingOut => self.goodbye(lines),
            State::Ended(_) => {}
            State::Connecting | State::AskUsername | State::AskPassword { .. } => {
                bad(lines, reason);
                self.ask_to_log_in();
            }
            State::LoggingIn { .. } | State::Prompt | State::Busy => {
                bad(lines, reason);
                plain(lines, "Beacons are still received. Please log in again.");
                self.ask_to_log_in();
            }
        }
    }

    /// The server was told to log out and did not answer in time.
    pub fn logout_overdue(&mut self, lines: &mut Lines) {
        if let State::LoggingOut = self.state {
            self.goodbye(lines);
        }
    }

    /// The contact log is on its way to the server.
    pub fn uploading(&mut self, records: &[ContactRecord], lines: &mut Lines) {
        for record in records {
            show_record(record, ';', lines);
        }
    }

    /// The contact log has no entries.
    pub fn nothing_to_upload(&mut self, lines: &mut Lines) {
        plain(lines, "The contact log is empty, there is nothing to upload.");
        self.state = State::Prompt;
    }

    /// The contact log cannot be read.
    pub fn log_unreadable(&mut self, problem: &str, lines: &mut Lines) {
        bad(lines, problem);
        self.state = State::Prompt;
    }

    /// A beacon was sent, or not, in which case `problem` says why.
    pub fn beacon_sent(&mut self, outcome: Result<ContactRecord, &str>, lines: &mut Lines) {
        match outcome {
            Ok(record) => show_record(&record, '.', lines),
            Err(problem) => bad(lines, problem),
        }
        self.state = State::Prompt;
    }

    /// The TempID of a beacon that is about to be sent is not valid now.
    pub fn beacon_not_valid(&mut self, record: &ContactRecord, now: Timestamp, lines: &mut Lines) {
        let why = if now < record.start { "is not valid yet" } else { "has expired" };
        bad(lines, &format!("Warning: this TempID {why}; whoever receives it will refuse it."));
    }

    /// A datagram arrived.
    pub fn received(
        &mut self,
        reception: &Reception,
        sender: SocketAddr,
        now: Timestamp,
        lines: &mut Lines,
    ) {
        match reception {
            Reception::Valid(record, added) => {
                show_reception(record, now, lines);
                good(lines, "The beacon is valid.");
                if *added == Added::InsteadOfOldest && !self.said_full {
                    self.said_full = true;
                    let text = format!(
                        "The contact log is full: of more than {MAX_ENTRIES} entries the oldest go."
                    );
                    bad(lines, &text);
                }
            }
            Reception::Invalid(record) => {
                show_reception(record, now, lines);
                bad(lines, "The beacon is invalid.");
            }
            Reception::Refused(error) => {
                bad(lines, &format!("refused a datagram from {sender}: {error}"));
            }
        }
    }

    /// Something that the user has to know, whatever the dialogue is at.
    pub fn trouble(&mut self, text: &str, lines: &mut Lines) {
        bad(lines, text);
    }

    /// Something that the user may want to know.
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
            Ok(Command::Upload) => Action::Upload,
            Ok(Command::Beacon(destination)) => Action::Beacon(destination),
            Ok(Command::LogOut) => return self.leave(),
            Ok(Command::Help) => {
                Command::HELP.iter().for_each(|text| plain(lines, text));
                return None;
            }
            Err(CommandError::Unknown) => {
                bad(lines, "Error. Invalid command");
                return None;
            }
            Err(CommandError::NoDestination) => {
                bad(lines, "Error. Invalid command");
                plain(lines, "Usage: Beacon <dest IP> <dest port>");
                return None;
            }
        };
        self.state = State::Busy;
        Some(action)
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

impl Default for Dialogue {
    fn default() -> Self {
        Self::new()
    }
}

fn show_reception(record: &ContactRecord, now: Timestamp, lines: &mut Lines) {
    plain(lines, "received beacon:");
    show_record(record, '.', lines);
    plain(lines, "Current time is:");
    plain(lines, &format!("{now}."));
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
