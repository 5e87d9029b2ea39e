//! How waits end, and what a session tells unasked.

use super::{MAX_UNREAD_REPLY_BYTES, Session, State, Who, tell};
use crate::protocol::answer::Answer;
use crate::protocol::refusal::Refusal;
use crate::protocol::resp::RespVersion;
use crate::protocol::{ContactRecord, DeviceToken, Notice, Timestamp, UploadCode, Username};
use crate::server::accounts::Verdict;
use crate::server::change::CaseNumber;
use crate::server::decision::Decisions;
use crate::server::notices::Notices;
use crate::server::store::Ticket;

/// Outcome of a wait.
#[derive(Debug)]
pub enum Outcome {
    /// These TempIDs are on stable storage, and issued.
    Issued(Box<[ContactRecord]>),
    /// A contact log is on stable storage.
    Taken {
        /// The number of its records.
        records: usize,
        /// The number of its case.
        case: CaseNumber,
        /// The code that has allowed it, if one was needed.
        code: Option<UploadCode>,
    },
    /// This code is on stable storage.
    CodeMade {
        /// The code.
        code: UploadCode,
        /// The last second in which it is valid.
        expiry: Timestamp,
    },
    /// So many users are to be told of a case who were not before.
    Notified(usize),
    /// A notice is told no more.
    Acknowledged {
        /// The notice that is told in its place.
        next: Option<Notice>,
    },
    /// A user may log in with this token.
    TokenMade(DeviceToken),
    /// What was asked is done, and there is nothing to say about it.
    Done,
    /// The password was hashed, and this is the verdict.
    Judged(Verdict),
    /// The entry is not stored, or nobody knows whether it is; or the password was not hashed.
    Refused(Refusal),
}

impl Session {
    /// Ends the wait for `ticket`, unless the session waits for another one.
    pub fn resume(
        &mut self,
        ticket: Ticket,
        outcome: Outcome,
        replies: &mut Vec<u8>,
        decisions: &mut Decisions,
        notices: &Notices,
    ) {
        if self.awaited() != Some(ticket) {
            return;
        }
        match std::mem::take(&mut self.state) {
            State::Waiting { who, next, .. } => {
                self.state = next.state(who.into());
                self.answer(who, outcome, replies, decisions);
            }
            State::LoggingIn { greeting, next, .. } => {
                let answered = match outcome {
                    Outcome::Judged(verdict) => self.enter(verdict).map(|()| self.greet(greeting)),
                    Outcome::Refused(refusal) => {
                        self.state = State::Closing;
                        Err(refusal)
                    }
                    Outcome::Issued(_)
                    | Outcome::Taken { .. }
                    | Outcome::CodeMade { .. }
                    | Outcome::TokenMade(_)
                    | Outcome::Done
                    | Outcome::Notified(_)
                    | Outcome::Acknowledged { .. } => return,
                };
                match answered {
                    Ok(answer) => answer.encode(replies),
                    Err(refusal) => refusal.encode(replies),
                }
                self.state = next.state(std::mem::take(&mut self.state));
                self.tell_all(notices, replies);
            }
            state @ (State::LoggedOut
            | State::LoggedIn { .. }
            | State::Tracing { .. }
            | State::Operating
            | State::Closing) => {
                self.state = state;
            }
        }
    }

    fn answer(
        &mut self,
        who: Who,
        outcome: Outcome,
        replies: &mut Vec<u8>,
        decisions: &mut Decisions,
    ) {
        match outcome {
            Outcome::Issued(records) => {
                if let Who::User(user) = who {
                    tell(user, records, replies, decisions);
                }
            }
            Outcome::Taken { records, case, code } => {
                Answer::Integer(records).encode(replies);
                if let Some(code) = code {
                    self.note_part(case, code);
                }
            }
            Outcome::CodeMade { code, expiry } => Answer::Code { code, expiry }.encode(replies),
            Outcome::Notified(users) => Answer::Integer(users).encode(replies),
            Outcome::TokenMade(token) => {
                Answer::Bulk(token.as_str().as_bytes().into()).encode(replies);
            }
            Outcome::Done => Answer::Ok.encode(replies),
            Outcome::Acknowledged { next } => {
                Answer::Ok.encode(replies);
                if let Some(notice) = next {
                    self.tell(&notice, replies);
                }
            }
            Outcome::Refused(refusal) => refusal.encode(replies),
            Outcome::Judged(_) => {}
        }
    }

    /// The user whom the session tells of notices.
    pub fn listener(&self) -> Option<Username> {
        match self.version {
            RespVersion::V2 => None,
            RespVersion::V3 => self.user().ok(),
        }
    }

    /// Tells the user of a notice, if there is a [listener](Session::listener). What a phone does
    /// not read it is told when it logs in again.
    pub fn tell(&self, notice: &Notice, replies: &mut Vec<u8>) {
        if self.listener().is_some() && replies.len() < MAX_UNREAD_REPLY_BYTES {
            notice.encode_push(replies);
        }
    }

    /// Tells a user who has just become a listener of all notices.
    pub(super) fn tell_all(&self, notices: &Notices, replies: &mut Vec<u8>) {
        if let Some(user) = self.listener() {
            notices.of(user).for_each(|notice| self.tell(notice, replies));
        }
    }
}
