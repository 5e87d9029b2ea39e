//! How people get an account.

use super::login::Greeting;
use super::{AfterWait, Desk, Session, State};
use crate::protocol::answer::Answer;
use crate::protocol::refusal::Refusal;
use crate::protocol::request::Password;
use crate::protocol::{DeviceToken, RegistrationCode, Username};
use crate::server::decision::Decision;
use crate::server::waits::Operation;

/// Lengths of a password that somebody chooses, in bytes. The least is that of NIST SP 800-63B,
/// section 5.1.1.1; the greatest fits into a request before login.
const PASSWORD_BYTES: std::ops::RangeInclusive<usize> = 8..=512;

/// Digits of an international phone number (E.164: at most 15).
const NUMBER_DIGITS: std::ops::RangeInclusive<usize> = 4..=15;

impl Session {
    /// Sends a code to a number. The answer is the same for every number.
    pub(super) fn begin_registration<'a>(
        &self,
        number: &[u8],
        desk: &mut Desk<'_>,
    ) -> Result<Answer<'a>, Refusal> {
        let (number, at) = (decode_number(number)?, desk.now.monotonic);
        if let Some(code) = desk.authority.begin_registration(number, desk.peer, at)? {
            let has_account = desk.authority.accounts().has(number);
            desk.decisions.record(Decision::CodeToSend { number, code, has_account });
        }
        Ok(Answer::Ok)
    }

    /// Makes an account for whoever has the code of a number, and logs in.
    pub(super) fn confirm_registration(
        &mut self,
        number: &[u8],
        code: &[u8],
        Password(password): Password<'_>,
        desk: &mut Desk<'_>,
    ) -> Result<(), Refusal> {
        if !self.is_logged_out() {
            return Err(Refusal::AlreadyLoggedIn);
        }
        let number = decode_number(number)?;
        if !PASSWORD_BYTES.contains(&password.len())
            || password.iter().any(u8::is_ascii_control)
            || DeviceToken::is_meant_by(password)
        {
            return Err(Refusal::UnfitPassword);
        }
        let code = RegistrationCode::decode(code).map_err(|_| Refusal::WrongCode)?;
        let (peer, at) = (desk.peer, desk.now.monotonic);
        let registering = desk.authority.confirm_registration(number, code, password, peer, at)?;
        let operation = Operation::Register(Box::new(registering));
        let ticket = desk.waits.begin(desk.client, operation);
        self.state = State::LoggingIn { ticket, greeting: Greeting::Auth, next: AfterWait::GoOn };
        Ok(())
    }
}

/// Reads an international phone number, which is not every username: a message is to be sent to it,
/// by a program that takes it as an argument.
fn decode_number(text: &[u8]) -> Result<Username, Refusal> {
    let is_number = text.strip_prefix(b"+").is_some_and(|digits| {
        NUMBER_DIGITS.contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit)
    });
    let number = Username::decode(text).ok().filter(|_| is_number);
    number.ok_or(Refusal::NoPhoneNumber)
}
