//! A simulated database of cases that fails and loses power.

use std::collections::VecDeque;
use std::sync::Arc;

use rand::RngExt;
use rand::rngs::ChaCha12Rng;

use super::disk::DiskFault;
use crate::server::cases::CaseStore;
use crate::server::contact_tracing::ContactTrace;
use crate::server::store::{Completion, Problem, Ticket};

/// Cases on the machine of the server. A commit whose outcome was not told, or was an error, is
/// there after a crash, whole, or it is not.
#[derive(Debug, Default)]
pub struct CaseDisk {
    cases: Vec<Arc<ContactTrace>>,
    /// Cases that are there after any crash.
    synced: usize,
    submitted: Vec<(Ticket, Arc<ContactTrace>)>,
    completed: VecDeque<Completion>,
    fault: DiskFault,
    /// Commits that failed since the disk was made.
    failures: usize,
    is_dead: bool,
    is_write_only: bool,
}

impl CaseDisk {
    /// A disk that keeps no cases, for machines that never start again.
    pub fn write_only() -> Self {
        Self { is_write_only: true, ..Self::default() }
    }

    /// The cases, in the order in which they were stored.
    pub fn cases(&self) -> &[Arc<ContactTrace>] {
        &self.cases
    }

    /// Sets the fault of the disk from now on.
    pub fn set_fault(&mut self, fault: DiskFault) {
        self.fault = fault;
    }

    /// Whether machine or server died during a commit.
    pub fn is_dead(&self) -> bool {
        self.is_dead
    }

    /// Cuts the power. What the server had under way is lost with it.
    pub fn crash(&mut self, rng: &mut ChaCha12Rng) {
        if self.cases.len() > self.synced && rng.random() {
            self.cases.truncate(self.synced);
        }
        self.synced = self.cases.len();
        self.submitted.clear();
        self.completed.clear();
        if std::mem::take(&mut self.is_dead) {
            self.fault = DiskFault::None;
        }
    }
}

impl CaseStore for CaseDisk {
    fn submit(&mut self, ticket: Ticket, case: &Arc<ContactTrace>) {
        self.submitted.push((ticket, Arc::clone(case)));
    }

    fn begin_commit(&mut self) {
        if self.submitted.is_empty() {
            return;
        }
        let problem = match self.fault {
            DiskFault::None | DiskFault::Lies => None,
            DiskFault::Full { .. } => Some("the disk is full"),
            DiskFault::SyncFails => Some("the disk does not answer"),
            DiskFault::DiesInSync | DiskFault::KilledInSync => {
                self.is_dead = true;
                Some("the machine is dead")
            }
        };
        let outcome = problem.map_or(Ok(()), |problem| Err(Problem::from(problem)));
        // What was not synced may be there all the same.
        self.failures += usize::from(outcome.is_err());
        let is_in_doubt = self.fault == DiskFault::SyncFails && self.failures.is_multiple_of(2);
        let is_written = outcome.is_ok() || self.is_dead || is_in_doubt;
        for (ticket, case) in self.submitted.drain(..) {
            if is_written && !self.is_write_only {
                self.cases.push(case);
            }
            self.completed.push_back(Completion { ticket, outcome: outcome.clone() });
        }
        if self.fault == DiskFault::None {
            self.synced = self.cases.len();
        }
    }

    fn next_completion(&mut self) -> Option<Completion> {
        self.completed.pop_front()
    }
}

#[cfg(test)]
mod tests;
