//! How a session gets an account for a number.

use super::{Event, Pending, Session, State};
use crate::protocol::RegistrationCode;
use crate::protocol::refusal::Code;
use crate::protocol::reply::Reply;
use crate::protocol::request::{Password, Request};
use crate::protocol::resp::RespVersion;

impl Session {
    /// Asks for a registration code for a number, which need not be a valid one.
    pub fn register(&mut self, number: &str, out: &mut Vec<u8>) {
        debug_assert!(matches!(self.state, State::LoggedOut), "asked once: {:?}", self.state);
        Request::Register { number: number.as_bytes() }.encode(out);
        self.state = State::Registering;
    }

    /// Makes an account for a number that was sent this code, and logs in.
    pub fn confirm(
        &mut self,
        number: &str,
        code: RegistrationCode,
        password: &str,
        out: &mut Vec<u8>,
    ) {
        debug_assert!(matches!(self.state, State::LoggedOut), "asked once: {:?}", self.state);
        let (code, password) = (code.as_str().as_bytes(), Password(password.as_bytes()));
        Request::Confirm { number: number.as_bytes(), code, password }.encode(out);
        self.state = State::Confirming { user: number.to_owned() };
    }

    pub(super) fn handle_registration(&mut self, reply: Reply<'_>) -> Option<Event> {
        if reply != Reply::Simple("OK") {
            return self.handle_refused_registration(reply);
        }
        self.state = State::LoggedOut;
        Some(Event::CodeSent)
    }

    pub(super) fn handle_confirmation(
        &mut self,
        user: &str,
        reply: Reply<'_>,
        out: &mut Vec<u8>,
    ) -> Option<Event> {
        if reply != Reply::Simple("OK") {
            return self.handle_refused_registration(reply);
        }
        let event = self.let_in(user.as_bytes());
        if let State::LoggedIn { pending, .. } = &mut self.state
            && self.version == RespVersion::V3
        {
            // `CONFIRM` names no version, and in the first one nobody hears of notices.
            Request::Hello { version: Some(self.version), auth: None, name: None }.encode(out);
            pending.push_back(Pending::Version);
        }
        Some(event)
    }

    /// A refusal ends the connection if the server is busy; otherwise the phone may try again.
    fn handle_refused_registration(&mut self, reply: Reply<'_>) -> Option<Event> {
        let Reply::Error { code: word, message } = reply else { return self.handle_other(reply) };
        let code = Code::decode(word);
        if !code.is_some_and(Code::is_busy) {
            self.state = State::LoggedOut;
        }
        match code {
            Some(Code::WrongCode) => Some(Event::WrongCode(message.to_owned())),
            _ => self.handle_other(reply),
        }
    }
}
