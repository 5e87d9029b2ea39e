//! The server without its sockets.

use std::collections::{BTreeSet, VecDeque};
use std::time::Instant;

use super::authority::Authority;
use super::change::{Applied, Change, Permit, Rejection};
use super::decision::{Decision, Decisions};
use super::hashing::{HashAnswer, HashResult, PasswordHasher};
use super::origins::Origin;
use super::registry::Registry;
use super::session::{Desk, Outcome, Session};
use super::shares::Shares;
use super::store::{Completion, Entry, Kind, Problem, Store, Ticket};
use super::waits::{Operation, Wait, Waits};
use crate::clock::Now;
use crate::protocol::refusal::Refusal;
use crate::protocol::{Notice, Statistics, Username};
use crate::reactor::{Consumed, Token};

/// The server without its sockets: what decides, and the store that makes it durable. The mio shell
/// and the simulated server drive the same one.
#[derive(Debug)]
pub struct Service<E> {
    /// What all sessions share.
    pub authority: Authority,
    /// Where everything durable goes.
    pub store: E,
    /// Who hashes passwords.
    pub hasher: Box<dyn PasswordHasher>,
    /// What was decided, to be taken once a tick.
    pub decisions: Decisions,
    /// What is counted.
    pub statistics: Statistics,
    /// The share of the server's time that each user has taken.
    pub shares: Shares,
    waits: Waits,
    /// What the store has answered and no session has been told.
    settled: VecDeque<Settled>,
    /// What cannot be stored at the moment.
    failing: BTreeSet<Kind>,
    /// Notices of which no session has been told.
    news: Vec<(Username, Notice)>,
}

/// The end of a session's wait.
#[derive(Debug)]
pub struct Settled {
    /// The connection whose session waits; it may be closed by now.
    pub client: Token,
    ticket: Ticket,
    outcome: Outcome,
}

impl<E: Store> Service<E> {
    /// Makes a service that stores in `store` what `authority` issues, and lets `hasher` hash
    /// passwords.
    pub fn new(authority: Authority, store: E, hasher: Box<dyn PasswordHasher>) -> Self {
        Self {
            authority,
            store,
            hasher,
            decisions: Decisions::default(),
            statistics: Statistics::default(),
            shares: Shares::default(),
            waits: Waits::default(),
            settled: VecDeque::new(),
            failing: BTreeSet::new(),
            news: Vec::new(),
        }
    }

    /// Gives the session of connection `client` bytes that `peer` sent, and appends the replies.
    pub fn receive(
        &mut self,
        client: Token,
        session: &mut Session,
        peer: Origin,
        bytes: &[u8],
        replies: &mut Vec<u8>,
        now: Now,
    ) -> Consumed {
        let Self { authority, decisions, statistics, shares, waits, .. } = self;
        let mut desk = Desk { authority, decisions, waits, shares, client, peer, statistics, now };
        session.receive(bytes, replies, &mut desk)
    }

    /// Orders what was begun since the last commit: lets the store begin to make it durable, or
    /// lets a password be hashed. Then [`next_settled`](Service::next_settled) gives whose wait is
    /// over.
    pub fn commit(&mut self, now: Instant) {
        let Self { store, hasher, waits, statistics, .. } = self;
        let mut is_needed = false;
        let mut store_later = |ticket, entry: Entry<'_>| {
            is_needed = true;
            store.submit(ticket, entry);
        };
        waits.submit_new(|ticket, operation| match operation {
            Operation::Issue { user, records } => {
                store_later(ticket, Entry::TempIds { user: *user, records });
            }
            Operation::Change(change) => store_later(ticket, Entry::Change(change)),
            Operation::LogIn { attempt, peer } => {
                hasher.submit(ticket, *peer, attempt.order(), now);
            }
        });
        statistics.commits += u64::from(is_needed);
        store.begin_commit(now);
    }

    /// The next wait that is over by `now`, as there is an answer or the deadline has passed.
    pub fn next_settled(&mut self, now: Instant) -> Option<Settled> {
        if self.settled.is_empty() {
            self.take_answers(now);
        }
        if let Some(settled) = self.settled.pop_front().or_else(|| self.next_hashed(now)) {
            return Some(settled);
        }
        self.waits.set_deadlines(now);
        let (ticket, wait) = self.waits.end_overdue(now)?;
        let outcome = match &wait.operation {
            Operation::Issue { .. } | Operation::Change(_) => {
                let problem = Problem::from("the store does not answer");
                self.conclude(wait.operation, Err(problem))
            }
            Operation::LogIn { .. } => {
                self.hasher.cancel(ticket);
                self.refuse(Refusal::BusyWithPasswords)
            }
        };
        Some(Settled { client: wait.client, ticket, outcome })
    }

    /// Takes as many answers of the store as the registry had best be given at a time.
    fn take_answers(&mut self, now: Instant) {
        let (mut answered, mut temp_ids) = (Vec::new(), 0);
        while temp_ids < Registry::BATCH
            && let Some(completion) = self.store.next_completion(now)
        {
            // A wait whose deadline has passed is over: what the store says of it now, nobody asks.
            if let Some(wait) = self.waits.end(completion.ticket) {
                temp_ids += wait.operation.records().len();
                answered.push((wait, completion));
            }
        }
        let records = answered.iter().flat_map(|(wait, _)| wait.operation.records());
        self.authority.registry().fetch(records.map(|record| record.temp_id));
        for (Wait { client, operation, .. }, Completion { ticket, outcome }) in answered {
            let outcome = self.conclude(operation, outcome);
            self.settled.push_back(Settled { client, ticket, outcome });
        }
    }

    /// The next login that is judged, as its password is hashed.
    fn next_hashed(&mut self, now: Instant) -> Option<Settled> {
        while let Some(HashAnswer { ticket, result }) = self.hasher.next_answer(now) {
            let Some(Operation::LogIn { attempt, peer }) = self.waits.operation(ticket) else {
                continue;
            };
            let peer = *peer;
            let outcome = match result {
                HashResult::Checked(has_hash) => {
                    self.statistics.hashes += 1;
                    let accounts = self.authority.accounts();
                    let Some(verdict) = accounts.conclude(attempt, has_hash, now) else {
                        self.hasher.submit(ticket, peer, attempt.order(), now);
                        continue;
                    };
                    self.report(Kind::Login, None);
                    self.decisions.record_failure(verdict, peer, now);
                    if let Some(refusal) = verdict.refusal() {
                        self.statistics.refused(refusal.code());
                    }
                    Outcome::Judged(verdict)
                }
                HashResult::Failed(problem) => {
                    self.report(Kind::Login, Some(&problem));
                    self.refuse(Refusal::BusyWithPasswords)
                }
                // Nobody orders to make one here.
                HashResult::Busy | HashResult::Made(_) => self.refuse(Refusal::BusyWithPasswords),
            };
            let client = self.waits.end(ticket)?.client;
            return Some(Settled { client, ticket, outcome });
        }
        None
    }

    fn refuse(&mut self, refusal: Refusal) -> Outcome {
        self.statistics.refused(refusal.code());
        Outcome::Refused(refusal)
    }

    /// Tells a session how its wait ended, and appends the reply.
    pub fn settle(&mut self, session: &mut Session, settled: Settled, replies: &mut Vec<u8>) {
        let Settled { ticket, outcome, .. } = settled;
        let (decisions, notices) = (&mut self.decisions, &self.authority.notices);
        session.resume(ticket, outcome, replies, decisions, notices);
    }

    /// When a wait may be over that no readiness event announces.
    pub fn next_wake(&self) -> Option<Instant> {
        let Self { store, hasher, waits, shares, .. } = self;
        let wakes =
            [store.next_wake(), hasher.next_wake(), waits.next_deadline(), shares.next_wake()];
        wakes.into_iter().flatten().min()
    }

    /// Does what becomes final with the answer of the store.
    fn conclude(&mut self, operation: Operation, outcome: Result<Applied, Problem>) -> Outcome {
        self.report(operation.kind(), outcome.as_ref().err());
        match (operation, outcome) {
            (Operation::Issue { .. }, Err(problem)) => {
                self.refuse(Refusal::NotRecorded(problem.to_string()))
            }
            (Operation::Issue { user, records }, Ok(_)) => {
                if self.authority.issue(user, &records) {
                    Outcome::Issued(records)
                } else {
                    let problem = "a number was drawn twice, ask again".to_owned();
                    Outcome::Refused(Refusal::NotRecorded(problem))
                }
            }
            // The reason is for the operator.
            (Operation::Change(Change::TakeLog { .. }), Err(_)) => self.refuse(Refusal::NotTaken),
            (Operation::Change(_), Err(_)) => self.refuse(Refusal::NotStored),
            (Operation::Change(change), Ok(applied)) => self.conclude_change(change, applied),
            // No store answers for it.
            (Operation::LogIn { .. }, _) => self.refuse(Refusal::BusyWithPasswords),
        }
    }

    fn conclude_change(&mut self, change: Change, applied: Applied) -> Outcome {
        match (change, applied) {
            (_, Applied::Rejected(rejection)) => self.refuse(match rejection {
                Rejection::WrongCode => Refusal::NoCode,
                Rejection::NoSuchCase => Refusal::NoSuchCase,
                Rejection::NoSuchNotice => Refusal::NoSuchNotice,
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
            (Change::MakeCode { code, expiry, .. }, Applied::Done) => {
                Outcome::CodeMade { code, expiry }
            }
            (Change::Notify { .. }, Applied::Notified(notices)) => {
                let users = notices.len();
                self.add_notices(notices);
                Outcome::Notified(users)
            }
            (Change::Acknowledge { user, notice, .. }, Applied::Done) => {
                let next = self.authority.notices.acknowledge(user, notice).cloned();
                Outcome::Acknowledged { next }
            }
            (
                Change::TakeLog { .. }
                | Change::MakeCode { .. }
                | Change::Notify { .. }
                | Change::Acknowledge { .. },
                applied,
            ) => unreachable!("no store answers {applied:?} to that"),
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

    /// Records when storing begins to fail and when it works again, and nothing in between.
    fn report(&mut self, kind: Kind, problem: Option<&Problem>) {
        match problem {
            Some(problem) => {
                if self.failing.insert(kind) {
                    self.decisions.record(Decision::StoreFailed(kind, problem.clone()));
                }
            }
            None => {
                if self.failing.remove(&kind) {
                    self.decisions.record(Decision::StoreWorks(kind));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
