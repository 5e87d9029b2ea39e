//! A simulated database that fails and loses power.

use std::collections::VecDeque;

use rand::RngExt;
use rand::rngs::ChaCha12Rng;

use super::disk::DiskFault;
use super::records::Records;
use crate::server::change::Change;
use crate::server::database::ChangeStore;
use crate::server::store::{Completion, Problem, Ticket};

/// What the authority keeps on the machine of the server. A commit whose outcome was not told, or
/// was an error, is there after a crash, whole, or it is not.
#[derive(Debug, Default)]
pub struct DatabaseDisk {
    records: Records,
    /// What is there after any crash.
    synced: Records,
    /// Changes that are there and may not be after a crash.
    unsynced: Vec<Change>,
    submitted: Vec<(Ticket, Change)>,
    completed: VecDeque<Completion>,
    fault: DiskFault,
    /// Commits that failed since the disk was made.
    failures: usize,
    is_dead: bool,
    is_write_only: bool,
}

impl DatabaseDisk {
    /// A disk that keeps no contact logs, for machines that never start again.
    pub fn write_only() -> Self {
        Self { records: Records::write_only(), is_write_only: true, ..Self::default() }
    }

    /// What is on the disk.
    pub fn records(&self) -> &Records {
        &self.records
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
        if !self.unsynced.is_empty() && rng.random() {
            self.records = self.synced.clone();
            self.unsynced.clear();
        }
        self.sync();
        self.submitted.clear();
        self.completed.clear();
        if std::mem::take(&mut self.is_dead) {
            self.fault = DiskFault::None;
        }
    }

    fn sync(&mut self) {
        for change in self.unsynced.drain(..) {
            self.synced.apply(&change);
        }
    }
}

impl ChangeStore for DatabaseDisk {
    fn submit(&mut self, ticket: Ticket, change: &Change) {
        self.submitted.push((ticket, change.clone()));
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
        // What was not synced may be there all the same.
        self.failures += usize::from(problem.is_some());
        let is_in_doubt = self.fault == DiskFault::SyncFails && self.failures.is_multiple_of(2);
        let is_written = problem.is_none() || self.is_dead || is_in_doubt;
        for (ticket, change) in self.submitted.drain(..) {
            let applied = is_written.then(|| self.records.apply(&change));
            if is_written && !self.is_write_only {
                self.unsynced.push(change);
            }
            let outcome = match (problem, applied) {
                (None, Some(applied)) => Ok(applied),
                (problem, _) => Err(Problem::from(problem.unwrap_or_default())),
            };
            self.completed.push_back(Completion { ticket, outcome });
        }
        if self.fault == DiskFault::None {
            self.sync();
        }
    }

    fn next_completion(&mut self) -> Option<Completion> {
        self.completed.pop_front()
    }
}

#[cfg(test)]
mod tests;
