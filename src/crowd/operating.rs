//! How the crowd and the operator deal with each other.

use std::time::Duration;

use super::operator::{Answer, Errand};
use super::{Crowd, LONGEST_RETRY};
use crate::protocol::refusal::Code;
use crate::workload::caller::Fact;
use crate::world::Core;
use crate::world::ids::{PersonId, PhoneId};
use crate::world::network::ConnectionId;
use crate::world::random;

/// Longest time until a user has a code who needs one, if the server works.
const LONGEST_CALL: Duration = Duration::from_secs(10);

impl Crowd {
    /// Lets the operator ask something of the server, or try again later.
    pub(super) fn run_errand(&mut self, errand: Errand, core: &mut Core<Errand>) {
        let cases = core.machine.database().records().cases().len();
        let now = core.clock.now();
        match core.machine.server() {
            Some(server) if !self.operator.is_waiting() => {
                let (connection, request) = self.operator.begin(errand, cases);
                server.accept_operator(connection, now);
                server.kernel().arrive(connection, &request);
            }
            Some(_) | None => self.run_later(errand, LONGEST_RETRY, core),
        }
    }

    fn run_later(&mut self, errand: Errand, longest: Duration, core: &mut Core<Errand>) {
        let at = core.clock.elapsed() + random::up_to(longest, self.operator.rng());
        core.schedule(at, errand);
    }

    /// Reads what the server tells the operator, who then leaves.
    pub(super) fn hear_operator(
        &mut self,
        connection: ConnectionId,
        bytes: &[u8],
        core: &mut Core<Errand>,
    ) -> Result<(), String> {
        let answer = self.operator.hear(bytes)?;
        if let Some(server) = core.machine.server() {
            server.kernel().acknowledge(connection, bytes.len());
            if answer.is_some() {
                server.kernel().end(connection);
            }
        }
        match answer {
            None => {}
            Some(Answer::Code(person, code)) => {
                self.codes.made(person, code, core.clock.elapsed());
                let typed = self.codes.typed(person, self.operator.rng());
                let phone = PhoneId::new(person.number());
                core.phones[phone.index()].use_upload_code(typed);
            }
            Some(Answer::Notified(case, users)) => {
                self.notices.notified(case, users, core.machine.database());
            }
            Some(Answer::Refused(errand)) => self.give_up_or_repeat(errand, core),
        }
        Ok(())
    }

    /// Goes on after an errand that failed. Nobody waits for people to be told.
    pub(super) fn give_up_or_repeat(&mut self, errand: Errand, core: &mut Core<Errand>) {
        match errand {
            Errand::Code(_) => self.run_later(errand, LONGEST_RETRY, core),
            Errand::Notify => {}
        }
    }

    /// Lets a user call for a code who needs one, or use one again that was used.
    pub(super) fn consider_codes(
        &mut self,
        person: PersonId,
        fact: &Fact,
        core: &mut Core<Errand>,
    ) {
        match fact {
            Fact::Refused { code, .. }
                if matches!(Code::decode(code), Some(Code::NoCode | Code::WrongCode)) =>
            {
                if self.codes.need(person) {
                    self.run_later(Errand::Code(person), LONGEST_CALL, core);
                }
            }
            Fact::Refused { .. }
            | Fact::LoggedIn { .. }
            | Fact::WrongPassword { .. }
            | Fact::NowBlocked
            | Fact::Blocked
            | Fact::TempIds(_)
            | Fact::Uploaded(_)
            | Fact::Answered
            | Fact::Notice(_)
            | Fact::Acknowledged(_)
            | Fact::NotAcknowledged(_)
            | Fact::LoggedOut
            | Fact::Broken(_) => {}
        }
    }
}
