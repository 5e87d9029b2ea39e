//! The dialogue with the user, as a machine without a terminal.

mod action;
mod beacons;
mod line;
mod login;
mod prompt;
mod registration;
mod typed_password;

pub use self::action::Action;
use self::beacons::show_record;
pub use self::line::{Line, Lines, Tone};
use self::line::{bad, plain};
use self::login::Secret;
pub use self::prompt::Prompt;
pub use self::registration::REGISTER;
use self::registration::Registration;
pub use self::typed_password::TypedPassword;
use super::command::{Command, CommandError};
use super::repeats::Repeats;
use super::session::Event;
use super::settings::Remembering;
use crate::protocol::refusal::Code;
use crate::protocol::{ContactRecord, Notice, Username};
use crate::text_width::clean;

/// The dialogue with the user: a machine that takes typed lines and events, and returns lines to
/// show and actions to carry out.
///
/// ```text
/// AskUsername -> AskPassword -> LoggingIn -> Prompt -> Busy -> Prompt … -> LoggingOut -> Ended
/// AskUsername -> Registering … -> Prompt
/// Prompt -> AskEndOfAccount -> Forgetting -> Ended
/// ```
#[derive(Debug, Default)]
pub struct Dialogue {
    state: State,
    remembering: Remembering,
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
        secret: Secret,
    },
    Registering(Registration),
    /// A token is fetched. A script does not go on before it is kept.
    FetchingToken {
        user: Username,
    },
    Prompt,
    /// A command is being carried out.
    Busy,
    AskEndOfAccount,
    /// The server is asked to end the account.
    Forgetting,
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

impl Dialogue {
    /// Creates the dialogue of a phone that keeps so much of a login.
    pub fn new(remembering: Remembering) -> Self {
        Self { remembering, ..Self::default() }
    }

    /// Returns the prompt to show; none while an action is carried out.
    pub fn prompt(&self) -> Option<Prompt> {
        match &self.state {
            State::AskUsername => Some(Prompt::Username),
            State::AskPassword { .. } => Some(Prompt::Password),
            State::Registering(registration) => registration.prompt(),
            State::Prompt => Some(Prompt::Command),
            State::AskEndOfAccount => Some(Prompt::EndOfAccount),
            State::Connecting
            | State::LoggingIn { .. }
            | State::FetchingToken { .. }
            | State::Busy
            | State::Forgetting
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
            | State::Registering(_)
            | State::FetchingToken { .. }
            | State::Prompt
            | State::Busy
            | State::AskEndOfAccount
            | State::Forgetting
            | State::LoggingOut => None,
        }
    }

    /// Whether a command could not be carried out: there is no such command, the server refused it
    /// or went away, there was no TempID to send, a beacon could not be sent, the contact log could
    /// not be read, or something of a user who has left could not be removed. Attempts to log in
    /// and to register are no commands.
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
            State::AskUsername if line.trim() == REGISTER => {
                self.state = State::Registering(Registration::AskNumber);
                None
            }
            State::AskUsername => self.log_in(line.trim()),
            State::AskPassword { user } => {
                self.state = State::LoggingIn { user: user.clone(), secret: Secret::Password };
                Some(Action::LogIn { user, password: TypedPassword::new(line) })
            }
            State::Registering(registration) => self.go_on_registering(registration, line, lines),
            State::Prompt => self.command(line, lines),
            State::AskEndOfAccount => self.end_account(line, lines),
            other @ (State::Connecting
            | State::LoggingIn { .. }
            | State::FetchingToken { .. }
            | State::Busy
            | State::Forgetting
            | State::LoggingOut
            | State::Ended(_)) => {
                self.state = other;
                None
            }
        }
    }

    /// Takes the end of the input or Ctrl-C.
    pub fn leave(&mut self) -> Option<Action> {
        match self.state {
            State::FetchingToken { .. } | State::Prompt | State::Busy | State::AskEndOfAccount => {
                self.state = State::LoggingOut;
                Some(Action::LogOut)
            }
            State::Connecting
            | State::AskUsername
            | State::AskPassword { .. }
            | State::LoggingIn { .. }
            | State::Registering(_) => {
                let ending = if self.is_in_trouble { Ending::Failed } else { Ending::Left };
                self.state = State::Ended(ending);
                None
            }
            // Whether the account has ended is not known.
            State::Forgetting => {
                self.state = State::Ended(Ending::Failed);
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
    pub fn answered(&mut self, event: &Event, lines: &mut Lines) -> Option<Action> {
        let state = std::mem::replace(&mut self.state, State::Busy);
        match (event, state) {
            (_, ended @ State::Ended(_)) => self.state = ended,
            (Event::Acknowledged(_) | Event::NotAcknowledged(_), state) => self.state = state,
            (Event::Notice(notice), state) => {
                show_notice(notice, lines);
                self.state = state;
            }
            (Event::LoggedOut, _) | (_, State::LoggingOut) => self.goodbye(lines),
            (
                Event::LoggedIn(_)
                | Event::WrongPassword(_)
                | Event::NowBlocked(_)
                | Event::Blocked(_)
                | Event::Token(_)
                | Event::NoToken(_),
                state,
            ) => return self.login_answered(event, state, lines),
            (
                Event::CodeSent | Event::WrongCode(_) | Event::Refused { .. },
                State::Registering(registration),
            ) => self.registration_answered(registration, event, lines),
            // Nobody is asked for these without a registration.
            (Event::CodeSent | Event::WrongCode(_), state) => self.state = state,
            (Event::Refused { message, .. }, State::LoggingIn { .. }) => {
                bad(lines, &format!("The server refuses: {message}"));
                self.ask_to_log_in();
            }
            (Event::Refused { code, message }, _) => self.command_refused(code, message, lines),
            (Event::TempIds(records), _) => {
                plain(lines, "TempID:");
                records.iter().for_each(|record| plain(lines, &record.temp_id.to_string()));
                self.state = State::Prompt;
            }
            (Event::Uploaded(_) | Event::Answered, _) => self.state = State::Prompt,
            (Event::Forgotten(user), _) => {
                plain(lines, "Your account has ended.");
                self.goodbye(lines);
                return Some(Action::Erase(*user));
            }
            (Event::Broken(breach), state) => {
                self.state = state;
                self.note_command_lost();
                bad(lines, &format!("Connection closed: {breach}."));
                self.ask_to_log_in();
            }
        }
        None
    }

    /// Notes that the connection ended while it was needed.
    pub fn lost(&mut self, reason: &str, lines: &mut Lines) {
        match &self.state {
            State::LoggingOut => return self.goodbye(lines),
            State::Ended(_) => return,
            State::Connecting | State::AskUsername | State::AskPassword { .. } => {
                bad(lines, reason);
            }
            State::Registering(registration) => {
                bad(lines, reason);
                plain(lines, registration.advice_after_loss());
            }
            State::Forgetting => {
                bad(lines, reason);
                plain(lines, "Your account may have ended. Please log in again to see whether.");
            }
            State::LoggingIn { .. }
            | State::FetchingToken { .. }
            | State::Prompt
            | State::Busy
            | State::AskEndOfAccount => {
                bad(lines, reason);
                plain(lines, "Beacons are still received. Please log in again.");
            }
        }
        self.note_command_lost();
        self.ask_to_log_in();
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

    /// Notes that something of a user whose account has ended cannot be removed.
    pub fn not_erased(&mut self, problem: &str, lines: &mut Lines) {
        self.has_failed = true;
        bad(lines, problem);
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
            Ok(Command::Forget) => {
                plain(lines, "Your account, the contact log and all that is kept for you end.");
                self.state = State::AskEndOfAccount;
                return None;
            }
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

    fn end_account(&mut self, answer: &str, lines: &mut Lines) -> Option<Action> {
        if answer.trim() != "yes" {
            plain(lines, "Your account stays.");
            self.state = State::Prompt;
            return None;
        }
        self.state = State::Forgetting;
        Some(Action::Forget)
    }

    fn command_refused(&mut self, code: &str, message: &str, lines: &mut Lines) {
        self.has_failed = true;
        bad(lines, &format!("The server refuses: {message}"));
        if Code::decode(code) == Some(Code::NoCode) {
            plain(lines, "Type the code behind the command: Upload_contact_log 12345678");
        }
        self.state = State::Prompt;
    }

    /// Notes that a command that waits for the server fails with the connection.
    fn note_command_lost(&mut self) {
        self.has_failed |= matches!(self.state, State::Busy | State::Forgetting);
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

fn show_notice(notice: &Notice, lines: &mut Lines) {
    let date = notice.contact_on.date();
    bad(lines, &format!("Notice of your health authority about a contact on {date}:"));
    bad(lines, &clean(&notice.text));
}

#[cfg(test)]
mod tests;
