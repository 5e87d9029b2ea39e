//! A store of changes in memory.

use super::*;
use crate::server::change::Applied;

/// Numbers the cases, and forgets them.
#[derive(Debug, Default)]
pub(in crate::server) struct KeptChanges {
    cases: i64,
    submitted: Vec<Completion>,
    completed: Vec<Completion>,
    /// What goes wrong with each commit, if anything does.
    pub(in crate::server) problem: Option<&'static str>,
    /// Whether answers wait until this is over.
    pub(in crate::server) is_late: bool,
    /// What became of the next change, if it is not the usual.
    pub(in crate::server) next: Option<Applied>,
}

impl ChangeStore for KeptChanges {
    fn submit(&mut self, ticket: Ticket, change: &Change) {
        let outcome = match (self.problem, self.next.take()) {
            (Some(problem), _) => Err(problem.into()),
            (None, Some(applied)) => Ok(applied),
            (None, None) => Ok(match change {
                Change::TakeLog { .. } => {
                    self.cases += 1;
                    Applied::LogTaken { case: self.cases, notices: Vec::new() }
                }
                Change::Notify { .. } => Applied::Notified(Vec::new()),
                Change::MakeCode { .. }
                | Change::Acknowledge { .. }
                | Change::AddToken { .. }
                | Change::Register { .. }
                | Change::Close { .. }
                | Change::Reopen { .. } => Applied::Done,
            }),
        };
        self.submitted.push(Completion { ticket, outcome });
    }

    fn begin_commit(&mut self) {
        self.completed.append(&mut self.submitted);
    }

    fn next_completion(&mut self) -> Option<Completion> {
        if self.is_late { None } else { self.completed.pop() }
    }
}
