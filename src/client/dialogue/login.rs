//! How the dialogue lets somebody log in, with a password or with a token of an earlier login.

use super::line::{Lines, bad, good};
use super::{Action, Dialogue, Ending, State};
use crate::client::session::Event;
use crate::client::settings::Remembering;
use crate::protocol::Username;
use crate::text_width::clean;

/// What a user logs in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Secret {
    Password,
    Token,
}

impl Dialogue {
    /// Notes that the first connection is established. A phone that remembers logins lets
    /// `only_user`, who is the only one with a token, in without a question.
    pub fn connected(&mut self, only_user: Option<Username>) -> Option<Action> {
        self.state = State::AskUsername;
        let user = only_user.filter(|_| self.remembering == Remembering::Tokens)?;
        self.log_in(user.as_str())
    }

    /// Logs a user in with the token that there may be, or asks for the password.
    pub(super) fn log_in(&mut self, user: &str) -> Option<Action> {
        let user = user.to_owned();
        match self.remembering {
            Remembering::Nothing => {
                self.state = State::AskPassword { user };
                None
            }
            Remembering::Tokens => {
                self.state = State::LoggingIn { user: user.clone(), secret: Secret::Token };
                Some(Action::LogInWithToken { user })
            }
        }
    }

    /// Notes that there is no token for the user who is to log in, or why it cannot be used.
    pub fn no_token(&mut self, problem: Option<&str>, lines: &mut Lines) {
        if let State::LoggingIn { user, secret: Secret::Token } = &self.state {
            self.state = State::AskPassword { user: user.clone() };
        }
        problem.iter().for_each(|problem| bad(lines, problem));
    }

    /// Takes an event that answers a login or the request for a token, in the state before it.
    pub(super) fn login_answered(
        &mut self,
        event: &Event,
        state: State,
        lines: &mut Lines,
    ) -> Option<Action> {
        match (event, state) {
            (Event::LoggedIn(user), state) => self.welcome(*user, &state, lines),
            (Event::WrongPassword(_), State::LoggingIn { user, secret: Secret::Token }) => {
                bad(lines, &format!("The remembered login of {} has ended.", clean(&user)));
                self.is_in_trouble = true;
                self.state = State::AskPassword { user: user.clone() };
                Some(Action::DropToken { user })
            }
            (Event::WrongPassword(message), State::LoggingIn { user, .. }) => {
                bad(lines, message);
                self.is_in_trouble = true;
                self.state = State::AskPassword { user };
                None
            }
            (
                Event::WrongPassword(message)
                | Event::NowBlocked(message)
                | Event::Blocked(message),
                _,
            ) => {
                bad(lines, message);
                self.state = State::Ended(Ending::Failed);
                None
            }
            (Event::Token(token), State::FetchingToken { user }) => {
                self.state = State::Prompt;
                Some(Action::KeepToken { user, token: token.clone() })
            }
            (Event::NoToken(message), State::FetchingToken { .. }) => {
                bad(lines, &format!("This login is not remembered: {message}"));
                self.state = State::Prompt;
                None
            }
            (_, state) => {
                self.state = state;
                None
            }
        }
    }

    fn welcome(&mut self, user: Username, before: &State, lines: &mut Lines) -> Option<Action> {
        good(lines, "Welcome to the BlueTrace Simulator!");
        self.is_in_trouble = false;
        let has_token = matches!(before, State::LoggingIn { secret: Secret::Token, .. });
        match self.remembering {
            Remembering::Tokens if !has_token => {
                self.state = State::FetchingToken { user };
                Some(Action::FetchToken)
            }
            Remembering::Tokens | Remembering::Nothing => {
                self.state = State::Prompt;
                None
            }
        }
    }
}
