//! The server without its sockets.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::Instant;

use super::authority::Authority;
use super::change::{Applied, Change};
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

mod changes;

/// Changes that are remembered although nobody waits for them any more. A store that never answers
/// must not fill the memory.
const MAX_LATE: usize = 10_000;

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
    /// The user whose sessions end with the change that is being concluded.
    ended: Option<Username>,
    /// Changes whose waits are over without an answer: they may be stored yet.
    late: HashMap<Ticket, Wait>,
}

/// The end of a session's wait.
#[derive(Debug)]
pub struct Settled {
    /// The connection whose session waits; it may be closed by now.
    pub client: Token,
    /// Whose sessions end before that, as the account has changed.
    pub ends: Option<Username>,
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
            ended: None,
            late: HashMap::new(),
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
            Operation::Number { user, number, .. } => {
                store_later(ticket, Entry::UserNumber { user: *user, number: *number });
            }
            Operation::Change(change) => store_later(ticket, Entry::Change(change)),
            Operation::LogIn { attempt, peer } => {
                hasher.submit(ticket, *peer, attempt.order(), now);
            }
            Operation::Register(registering) => {
                hasher.submit(ticket, registering.peer, registering.order(), now);
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
            Operation::Issue { .. } | Operation::Number { .. } | Operation::Change(_) => {
                if matches!(wait.operation, Operation::Change(_)) && self.late.len() < MAX_LATE {
                    self.late.insert(ticket, wait.clone());
                }
                let problem = Problem::from("the store does not answer");
                self.conclude(wait.operation, Err(problem))
            }
            Operation::LogIn { .. } => {
                self.hasher.cancel(ticket);
                self.refuse(Refusal::BusyWithPasswords)
            }
            Operation::Register(registering) => {
                self.hasher.cancel(ticket);
                self.authority.give_back(registering, now);
                self.refuse(Refusal::BusyWithPasswords)
            }
        };
        Some(Settled { client: wait.client, ends: None, ticket, outcome })
    }

    /// Takes as many answers of the store as the registry had best be given at a time.
    fn take_answers(&mut self, now: Instant) {
        let (mut answered, mut temp_ids) = (Vec::new(), 0);
        while temp_ids < Registry::BATCH
            && let Some(completion) = self.store.next_completion(now)
        {
            let ticket = completion.ticket;
            // If its deadline has passed, nobody is answered any more, but what is stored counts.
            let wait = self.waits.end(ticket).or_else(|| self.late.remove(&ticket));
            if let Some(wait) = wait {
                temp_ids += wait.operation.records().len();
                answered.push((wait, completion));
            }
        }
        let records = answered.iter().flat_map(|(wait, _)| wait.operation.records());
        self.authority.registry().fetch(records.map(|record| record.temp_id));
        for (Wait { client, operation, .. }, Completion { ticket, outcome }) in answered {
            let outcome = self.conclude(operation, outcome);
            let ends = self.ended.take();
            self.settled.push_back(Settled { client, ends, ticket, outcome });
        }
    }

    /// The next login that is judged, as its password is hashed. A password that was hashed for a
    /// registration goes on to the store.
    fn next_hashed(&mut self, now: Instant) -> Option<Settled> {
        while let Some(HashAnswer { ticket, result }) = self.hasher.next_answer(now) {
            let Some(operation) = self.waits.operation(ticket) else { continue };
            let outcome = match (operation, result) {
                (Operation::LogIn { attempt, peer }, HashResult::Checked(has_hash)) => {
                    self.statistics.hashes += 1;
                    let accounts = self.authority.accounts();
                    let Some(verdict) = accounts.conclude(attempt, has_hash, now) else {
                        self.hasher.submit(ticket, *peer, attempt.order(), now);
                        continue;
                    };
                    self.decisions.record_failure(verdict, *peer, now);
                    self.report(Kind::Login, None);
                    if let Some(refusal) = verdict.refusal() {
                        self.statistics.refused(refusal.code());
                    }
                    Outcome::Judged(verdict)
                }
                (operation @ Operation::Register(_), HashResult::Made(hash)) => {
                    self.statistics.hashes += 1;
                    self.statistics.commits += 1;
                    operation.store_account(hash);
                    if let Operation::Change(change) = operation {
                        self.store.submit(ticket, Entry::Change(change));
                        self.store.begin_commit(now);
                    }
                    self.report(Kind::Login, None);
                    continue;
                }
                (operation, result) => {
                    if let Operation::Register(registering) = operation {
                        self.authority.give_back(registering, now);
                    }
                    if let HashResult::Failed(problem) = result {
                        self.report(Kind::Login, Some(&problem));
                    }
                    self.refuse(Refusal::BusyWithPasswords)
                }
            };
            let client = self.waits.end(ticket)?.client;
            return Some(Settled { client, ends: None, ticket, outcome });
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
            (Operation::Issue { .. } | Operation::Number { .. }, Err(problem)) => {
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
            (Operation::Number { user, records, .. }, Ok(_)) => {
                self.authority.number_stored(user);
                Outcome::Issued(records)
            }
            // The reason is for the operator.
            (Operation::Change(Change::TakeLog { .. }), Err(_)) => self.refuse(Refusal::NotTaken),
            (Operation::Change(_), Err(_)) => self.refuse(Refusal::NotStored),
            (Operation::Change(change), Ok(applied)) => self.conclude_change(change, applied),
            // No store answers for it.
            (Operation::LogIn { .. } | Operation::Register(_), _) => {
                self.refuse(Refusal::BusyWithPasswords)
            }
        }
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
