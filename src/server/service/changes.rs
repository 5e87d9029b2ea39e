//! What follows from changes that are stored.

use super::Service;
use crate::protocol::refusal::Refusal;
use crate::protocol::{Notice, Username};
use crate::server::accounts::Verdict;
use crate::server::change::{Applied, Change, Permit, Rejection};
use crate::server::decision::Decision;
use crate::server::session::Outcome;
use crate::server::store::Store;

impl<E: Store> Service<E> {
    /// Does what becomes final as a change is stored, or is not.
    pub(super) fn conclude_change(&mut self, change: Change, applied: Applied) -> Outcome {
        match (change, applied) {
            (_, Applied::Rejected(rejection)) => self.refuse(match rejection {
                Rejection::WrongCode => Refusal::NoCode,
                Rejection::NoSuchCase => Refusal::NoSuchCase,
                Rejection::NoSuchNotice => Refusal::NoSuchNotice,
                Rejection::Closed => Refusal::NotLoggedIn,
                Rejection::HasLeft => Refusal::NotRevoked,
            }),
            (Change::TakeLog { trace, permit, .. }, Applied::LogTaken { case, notices }) => {
                self.statistics.contact_logs += 1;
                self.add_notices(notices);
                let records = trace.entries.len();
                // Here, as it is taken even if the phone is gone.
                self.decisions.record(Decision::ContactLogTaken(trace));
                let code = match permit {
                    Permit::NotNeeded => None,
                    Permit::Code(code) | Permit::Continues(_, code) => Some(code),
                };
                Outcome::Taken { records, case, code }
            }
            (Change::Notify { .. }, Applied::Notified(notices)) => {
                let users = notices.len();
                self.add_notices(notices);
                Outcome::Notified(users)
            }
            (change, _) => self.conclude_simple(change),
        }
    }

    /// Does what becomes final as a change is stored of which there is nothing to say.
    fn conclude_simple(&mut self, change: Change) -> Outcome {
        let authority = &mut self.authority;
        match change {
            Change::MakeCode { code, expiry, .. } => Outcome::CodeMade { code, expiry },
            Change::Acknowledge { user, notice, .. } => {
                let next = authority.notices.acknowledge(user, notice).cloned();
                Outcome::Acknowledged { next }
            }
            Change::AddToken { user, token, digest, .. } => {
                authority.accounts().members.change(user, |member| member.add_token(digest));
                Outcome::TokenMade(token)
            }
            Change::Register { user, hash } => {
                authority.accounts().members.change(user, |member| member.register(hash));
                self.ended = Some(user);
                Outcome::Judged(Verdict::Admitted(user))
            }
            Change::Close { user, at: _, forgotten_until } => {
                let members = &mut authority.accounts().members;
                members.change(user, |member| member.close(forgotten_until));
                if forgotten_until.is_some() {
                    authority.notices.forget(user);
                }
                self.ended = Some(user);
                Outcome::Done
            }
            Change::Reopen { user } => {
                authority.accounts().members.change(user, |member| member.reopen());
                Outcome::Done
            }
            Change::TakeLog { .. } | Change::Notify { .. } => {
                unreachable!("the store says what became of these")
            }
        }
    }

    fn add_notices(&mut self, notices: Vec<(Username, Notice)>) {
        for (user, notice) in &notices {
            self.authority.notices.add(*user, notice.clone());
        }
        self.news.extend(notices);
    }

    /// Takes the notices that were made since the last call, for those who can be told at once.
    pub fn take_news(&mut self) -> Vec<(Username, Notice)> {
        std::mem::take(&mut self.news)
    }
}
