//! The server without its sockets.

use std::collections::{BTreeSet, VecDeque};
use std::time::Instant;

use super::authority::Authority;
use super::decision::{Decision, Decisions};
use super::origins::Origin;
use super::registry::Registry;
use super::session::{Desk, Outcome, Session};
use super::shares::Shares;
use super::store::{Completion, Kind, Problem, Store, Ticket};
use super::waits::{Operation, Wait, Waits};
use crate::clock::Now;
use crate::protocol::Statistics;
use crate::protocol::refusal::{Code, Refusal};
use crate::reactor::{Consumed, Token};

/// The server without its sockets: what decides, and the store that makes it durable. The mio shell
/// and the simulated server drive the same one.
#[derive(Debug)]
pub struct Service<E> {
    /// What all sessions share.
    pub authority: Authority,
    /// Where everything durable goes.
    pub store: E,
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
    /// Makes a service that stores in `store` what `authority` issues.
    pub fn new(authority: Authority, store: E) -> Self {
        Self {
            authority,
            store,
            decisions: Decisions::default(),
            statistics: Statistics::default(),
            shares: Shares::default(),
            waits: Waits::default(),
            settled: VecDeque::new(),
            failing: BTreeSet::new(),
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

    /// Lets the store begin to make durable what was begun since the last commit. Then
    /// [`next_settled`](Service::next_settled) gives whose wait is over.
    pub fn commit(&mut self, now: Instant) {
        let Self { store, waits, statistics, .. } = self;
        let mut is_needed = false;
        waits.submit_new(|ticket, entry| {
            is_needed = true;
            store.submit(ticket, entry);
        });
        statistics.commits += u64::from(is_needed);
        store.begin_commit(now);
    }

    /// The next wait that is over by `now`, as the store has answered or the deadline has passed.
    pub fn next_settled(&mut self, now: Instant) -> Option<Settled> {
        if self.settled.is_empty() {
            self.take_answers(now);
        }
        if let Some(settled) = self.settled.pop_front() {
            return Some(settled);
        }
        self.waits.set_deadlines(now);
        let (ticket, wait) = self.waits.end_overdue(now)?;
        let problem = Problem::from("the store does not answer");
        let outcome = self.conclude(wait.operation, Err(problem));
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

    /// Tells a session how its wait ended, and appends the reply.
    pub fn settle(&mut self, session: &mut Session, settled: Settled, replies: &mut Vec<u8>) {
        session.resume(settled.ticket, settled.outcome, replies, &mut self.decisions);
    }

    /// When a wait may be over that no readiness event announces.
    pub fn next_wake(&self) -> Option<Instant> {
        let Self { store, waits, shares, .. } = self;
        [store.next_wake(), waits.next_deadline(), shares.next_wake()].into_iter().flatten().min()
    }

    fn conclude(&mut self, operation: Operation, outcome: Result<(), Problem>) -> Outcome {
        self.report(operation.kind(), outcome.as_ref().err());
        if outcome.is_err() {
            self.statistics.refused(Code::Unavailable);
        }
        match (operation, outcome.map_err(|problem| problem.to_string())) {
            (Operation::Issue { .. } | Operation::Number { .. }, Err(problem)) => {
                Outcome::Refused(Refusal::NotRecorded(problem))
            }
            (Operation::Issue { user, records }, Ok(())) => {
                if self.authority.issue(user, &records) {
                    Outcome::Issued(records)
                } else {
                    let problem = "a number was drawn twice, ask again".to_owned();
                    Outcome::Refused(Refusal::NotRecorded(problem))
                }
            }
            (Operation::Number { user, records, .. }, Ok(())) => {
                self.authority.number_stored(user);
                Outcome::Issued(records)
            }
            // The reason is for the operator.
            (Operation::Take(_), Err(_)) => Outcome::Refused(Refusal::NotTaken),
            (Operation::Take(trace), Ok(())) => {
                self.statistics.contact_logs += 1;
                let records = trace.entries.len();
                // Here, as it is taken even if the phone is gone.
                self.decisions.record(Decision::ContactLogTaken(trace));
                Outcome::Taken { records }
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
