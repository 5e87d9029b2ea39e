//! How users log in.

use super::{AfterWait, Desk, Session, State};
use crate::protocol::answer::Answer;
use crate::protocol::refusal::Refusal;
use crate::protocol::request::Credentials;
use crate::protocol::resp::RespVersion;
use crate::server::accounts::{Judgement, Verdict};
use crate::server::waits::Operation;

/// The request that a login came with, and what is left of it to do.
#[derive(Debug)]
pub(super) enum Greeting {
    Auth,
    Hello(Box<Hello>),
}

/// A `HELLO`, maybe with a login.
#[derive(Debug)]
pub(super) struct Hello {
    pub(super) version: Option<RespVersion>,
    pub(super) name: Option<Box<[u8]>>,
    pub(super) id: usize,
}

impl Session {
    /// Lets somebody in or not, at once or when the password is hashed.
    pub(super) fn log_in<'a>(
        &mut self,
        credentials: Credentials<'_>,
        greeting: impl FnOnce(&mut Self, &mut Desk<'_>) -> Greeting,
        desk: &mut Desk<'_>,
    ) -> Result<Option<Answer<'a>>, Refusal> {
        if !self.is_logged_out() {
            return Err(Refusal::AlreadyLoggedIn);
        }
        let (peer, at) = (desk.peer, desk.now.monotonic);
        match desk.authority.judge(credentials, at) {
            Judgement::Final(verdict) => {
                desk.decisions.record_failure(verdict, peer, at);
                self.enter(verdict)?;
                let greeting = greeting(self, desk);
                Ok(Some(self.greet(greeting)))
            }
            Judgement::ToHash(attempt) => {
                let greeting = greeting(self, desk);
                let ticket = desk.waits.begin(desk.client, Operation::LogIn { attempt, peer });
                self.state = State::LoggingIn { ticket, greeting, next: AfterWait::GoOn };
                Ok(None)
            }
        }
    }

    pub(super) fn enter(&mut self, verdict: Verdict) -> Result<(), Refusal> {
        self.state = match verdict {
            Verdict::Admitted(user) => State::LoggedIn { user },
            Verdict::WrongPassword => State::LoggedOut,
            Verdict::NowBlocked | Verdict::Blocked => State::Closing,
        };
        verdict.refusal().map_or(Ok(()), Err)
    }

    pub(super) fn greet<'a>(&mut self, greeting: Greeting) -> Answer<'a> {
        match greeting {
            Greeting::Auth => Answer::Ok,
            Greeting::Hello(hello) => {
                let Hello { version, name, id } = *hello;
                if let Some(name) = name {
                    self.name_client(&name);
                }
                self.version = version.unwrap_or(self.version);
                Answer::Hello { version: self.version, id }
            }
        }
    }
}
