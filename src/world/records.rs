//! What the authority keeps besides TempIDs, in memory: what the statements of the real database
//! must agree with.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::protocol::{Notice, Timestamp, UploadCode, Username};
use crate::server::change::{Applied, CaseNumber, Change, Permit, Rejection};
use crate::server::contact_tracing::ContactTrace;
use crate::server::database::{MAX_UNSEEN, MAX_WRONG_CODES, Remembered};
use crate::server::members::Member;

/// What the authority keeps besides TempIDs.
#[derive(Debug, Default, Clone)]
pub struct Records {
    cases: Vec<Arc<ContactTrace>>,
    /// Cases that were taken, also if they are not kept.
    count: usize,
    codes: BTreeMap<Username, Code>,
    notices: Vec<KeptNotice>,
    /// Notices that were made, also if they are not kept.
    notice_count: i64,
    members: BTreeMap<Username, Member>,
    is_write_only: bool,
}

#[derive(Debug, Clone)]
struct Code {
    code: UploadCode,
    expiry: Timestamp,
    wrong: u32,
    case: Option<CaseNumber>,
}

/// A notice, and what became of it.
#[derive(Debug, Clone)]
pub struct KeptNotice {
    /// Whom it is for.
    pub user: Username,
    /// The case that names the user.
    pub case: CaseNumber,
    /// What is told.
    pub notice: Notice,
    /// Whether a phone has acknowledged it.
    pub is_seen: bool,
}

impl Records {
    /// Records that keep no contact logs, for machines that never start again.
    pub fn write_only() -> Self {
        Self { is_write_only: true, ..Self::default() }
    }

    /// The cases, in the order of their numbers.
    pub fn cases(&self) -> &[Arc<ContactTrace>] {
        &self.cases
    }

    /// The notices, in the order of their numbers.
    pub fn notices(&self) -> &[KeptNotice] {
        &self.notices
    }

    /// What a server that starts has to know.
    pub fn remembered(&self) -> Remembered {
        let unseen = self.notices.iter().filter(|kept| !kept.is_seen);
        let notices = unseen.map(|kept| (kept.user, kept.notice.clone())).collect();
        let mut members = self.members.clone();
        members.retain(|_, member| *member != Member::default());
        Remembered { notices, members }
    }

    /// Applies a change, and says what became of it.
    pub fn apply(&mut self, change: &Change) -> Applied {
        match change {
            Change::TakeLog { trace, permit, notice } => {
                if !self.is_permitted(trace, *permit) {
                    return Applied::Rejected(Rejection::WrongCode);
                }
                self.count += 1;
                let case = self.count as CaseNumber;
                if !self.is_write_only {
                    self.cases.push(Arc::clone(trace));
                }
                if let Some(code) = self.codes.get_mut(&trace.uploader)
                    && *permit != Permit::NotNeeded
                {
                    code.case = Some(case);
                }
                let notices = match notice {
                    Some(text) => self.notify(case, trace, text),
                    None => Vec::new(),
                };
                Applied::LogTaken { case, notices }
            }
            Change::MakeCode { user, code, expiry } => {
                let code = Code { code: *code, expiry: *expiry, wrong: 0, case: None };
                self.codes.insert(*user, code);
                Applied::Done
            }
            Change::Notify { case, text, at: _ } => {
                let index = usize::try_from(*case).ok().and_then(|number| number.checked_sub(1));
                match index.and_then(|index| self.cases.get(index)).cloned() {
                    Some(trace) => Applied::Notified(self.notify(*case, &trace, text)),
                    None => Applied::Rejected(Rejection::NoSuchCase),
                }
            }
            Change::Acknowledge { user, notice, at: _ } => {
                let is_it =
                    |kept: &&mut KeptNotice| kept.user == *user && kept.notice.number == *notice;
                match self.notices.iter_mut().find(is_it) {
                    Some(kept) => {
                        kept.is_seen = true;
                        Applied::Done
                    }
                    None => Applied::Rejected(Rejection::NoSuchNotice),
                }
            }
            Change::AddToken { user, token: _, digest, at: _ } => {
                let member = self.members.entry(*user).or_default();
                if member.is_closed {
                    return Applied::Rejected(Rejection::Closed);
                }
                member.add_token(*digest);
                Applied::Done
            }
            Change::Register { user, hash } => {
                self.members.entry(*user).or_default().register(hash.clone());
                Applied::Done
            }
            Change::Close { user, at: _, forgotten_until } => {
                self.members.entry(*user).or_default().close(*forgotten_until);
                self.codes.remove(user);
                if forgotten_until.is_some() {
                    self.notices.retain(|kept| kept.user != *user);
                }
                Applied::Done
            }
            Change::Reopen { user } => {
                match self.members.get_mut(user).filter(|member| member.is_revoked()) {
                    Some(member) => {
                        member.reopen();
                        Applied::Done
                    }
                    None => Applied::Rejected(Rejection::HasLeft),
                }
            }
        }
    }

    fn is_permitted(&mut self, trace: &ContactTrace, permit: Permit) -> bool {
        let (code, continued) = match permit {
            Permit::NotNeeded => return true,
            Permit::Code(code) => (code, None),
            Permit::Continues(case, code) => (code, Some(case)),
        };
        let Some(kept) = self.codes.get_mut(&trace.uploader) else { return false };
        if kept.code != code {
            kept.wrong += 1;
            return false;
        }
        let is_live = kept.wrong < MAX_WRONG_CODES && trace.uploaded_at <= kept.expiry;
        kept.case == continued && (continued.is_some() || is_live)
    }

    fn notify(
        &mut self,
        case: CaseNumber,
        trace: &ContactTrace,
        text: &Arc<str>,
    ) -> Vec<(Username, Notice)> {
        let mut latest = BTreeMap::new();
        for issued in trace.entries.iter().filter_map(|entry| entry.issued) {
            let member = self.members.get(&issued.user);
            if member.is_some_and(|member| member.forgotten_until >= Some(issued.start)) {
                continue;
            }
            let start = latest.entry(issued.user).or_insert(issued.start);
            *start = issued.start.max(*start);
        }
        latest.remove(&trace.uploader);
        let unseen = |user: &Username| {
            let of_user = |kept: &&KeptNotice| kept.user == *user && !kept.is_seen;
            self.notices.iter().filter(of_user).count()
        };
        latest.retain(|user, _| unseen(user) < MAX_UNSEEN as usize);
        for kept in self.notices.iter().filter(|kept| kept.case == case) {
            latest.remove(&kept.user);
        }
        let mut made = Vec::new();
        for (user, start) in latest {
            self.notice_count += 1;
            let number = self.notice_count;
            let contact_on = start.start_of_day();
            let notice = Notice { number, contact_on, text: Arc::clone(text) };
            made.push((user, notice.clone()));
            self.notices.push(KeptNotice { user, case, notice, is_seen: false });
        }
        made
    }
}

#[cfg(test)]
mod tests;
