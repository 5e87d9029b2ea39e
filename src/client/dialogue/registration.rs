//! The questions to somebody who registers.

use super::line::{Lines, bad, plain};
use super::{Action, Dialogue, Prompt, State, TypedPassword};
use crate::client::session::Event;
use crate::protocol::RegistrationCode;
use crate::protocol::refusal::Code;
use crate::text_width::clean;

/// Typed at the `Username:` prompt by whoever has no account.
pub const REGISTER: &str = "register";

/// A registration that is under way. What was typed is kept until the server has taken it, so that
/// only what was wrong is asked for again.
///
/// ```text
/// AskNumber -> Requesting -> AskCode -> AskPassword -> RepeatPassword -> Confirming
/// ```
#[derive(Debug)]
pub(super) enum Registration {
    AskNumber,
    /// The server is asked to send a code.
    Requesting {
        number: String,
    },
    AskCode {
        number: String,
    },
    AskPassword {
        number: String,
        code: RegistrationCode,
    },
    RepeatPassword {
        number: String,
        code: RegistrationCode,
        password: TypedPassword,
    },
    /// The server is asked to make the account.
    Confirming {
        number: String,
        code: RegistrationCode,
        password: TypedPassword,
    },
    /// The code was wrong.
    AskCodeAgain {
        number: String,
        password: TypedPassword,
    },
}

impl Registration {
    pub(super) fn prompt(&self) -> Option<Prompt> {
        match self {
            Self::AskNumber => Some(Prompt::Number),
            Self::AskCode { .. } | Self::AskCodeAgain { .. } => Some(Prompt::Code),
            Self::AskPassword { .. } => Some(Prompt::NewPassword),
            Self::RepeatPassword { .. } => Some(Prompt::NewPasswordAgain),
            Self::Requesting { .. } | Self::Confirming { .. } => None,
        }
    }

    /// Takes what was typed at the prompt.
    fn line(self, line: &str, lines: &mut Lines) -> Self {
        let typed = line.trim();
        match self {
            Self::AskNumber => Self::Requesting { number: typed.to_owned() },
            Self::AskCode { number } => match decode_code(typed, lines) {
                Some(code) => Self::AskPassword { number, code },
                None => Self::AskCode { number },
            },
            Self::AskCodeAgain { number, password } => match decode_code(typed, lines) {
                Some(code) => Self::Confirming { number, code, password },
                None => Self::AskCodeAgain { number, password },
            },
            Self::AskPassword { number, code } => {
                Self::RepeatPassword { number, code, password: TypedPassword::new(line) }
            }
            Self::RepeatPassword { number, code, password } if password.as_str() == line => {
                Self::Confirming { number, code, password }
            }
            Self::RepeatPassword { number, code, .. } => {
                bad(lines, "The two passwords differ. Please type them again.");
                Self::AskPassword { number, code }
            }
            waiting @ (Self::Requesting { .. } | Self::Confirming { .. }) => waiting,
        }
    }

    fn action(&self) -> Option<Action> {
        match self {
            Self::Requesting { number } => Some(Action::Register { number: number.clone() }),
            Self::Confirming { number, code, password } => Some(Action::Confirm {
                number: number.clone(),
                code: *code,
                password: password.clone(),
            }),
            Self::AskNumber
            | Self::AskCode { .. }
            | Self::AskPassword { .. }
            | Self::RepeatPassword { .. }
            | Self::AskCodeAgain { .. } => None,
        }
    }

    /// Returns the question that follows a refusal; none if it is that for the username.
    fn refused(self, code: Option<Code>) -> Option<Self> {
        match (self, code) {
            // About such a request, only the password can be wrong.
            (Self::Confirming { number, code, .. }, Some(Code::Error)) => {
                Some(Self::AskPassword { number, code })
            }
            (Self::Confirming { number, password, .. }, _) => {
                Some(Self::AskCodeAgain { number, password })
            }
            (
                Self::AskNumber
                | Self::Requesting { .. }
                | Self::AskCode { .. }
                | Self::AskPassword { .. }
                | Self::RepeatPassword { .. }
                | Self::AskCodeAgain { .. },
                _,
            ) => None,
        }
    }

    /// Returns what to tell whoever has lost the server.
    pub(super) fn advice_after_loss(&self) -> &'static str {
        match self {
            // The account may have been made, and only the answer be lost.
            Self::Confirming { .. } => {
                "Please log in with your number and the new password, or register again."
            }
            Self::AskNumber
            | Self::Requesting { .. }
            | Self::AskCode { .. }
            | Self::AskPassword { .. }
            | Self::RepeatPassword { .. }
            | Self::AskCodeAgain { .. } => "Please register again.",
        }
    }
}

impl Dialogue {
    /// Takes a line typed by somebody who registers. An empty one leads back to the username.
    pub(super) fn go_on_registering(
        &mut self,
        registration: Registration,
        line: &str,
        lines: &mut Lines,
    ) -> Option<Action> {
        if line.trim().is_empty() {
            self.state = State::AskUsername;
            return None;
        }
        let registration = registration.line(line, lines);
        let action = registration.action();
        self.state = State::Registering(registration);
        action
    }

    /// Takes an event that answers a registration.
    pub(super) fn registration_answered(
        &mut self,
        registration: Registration,
        event: &Event,
        lines: &mut Lines,
    ) {
        let next = match (event, registration) {
            (Event::WrongCode(message), registration) => {
                bad(lines, &format!("The server refuses: {message}"));
                registration.refused(Some(Code::WrongCode))
            }
            (Event::Refused { code, message }, registration) => {
                bad(lines, &format!("The server refuses: {message}"));
                registration.refused(Code::decode(code))
            }
            (_, Registration::Requesting { number }) => {
                let text = format!("A message with a code goes to {}.", clean(&number));
                plain(lines, &text);
                plain(lines, "An empty line leads back to the username.");
                Some(Registration::AskCode { number })
            }
            (_, registration) => Some(registration),
        };
        self.is_in_trouble |= !matches!(event, Event::CodeSent);
        self.state = next.map_or(State::AskUsername, State::Registering);
    }
}

fn decode_code(typed: &str, lines: &mut Lines) -> Option<RegistrationCode> {
    let code = RegistrationCode::decode(typed.as_bytes()).ok();
    if code.is_none() {
        bad(lines, &format!("A code has {} digits.", RegistrationCode::DIGITS));
    }
    code
}
