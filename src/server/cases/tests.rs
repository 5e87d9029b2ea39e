//! A store of cases in memory.

use super::*;

/// Keeps what is committed.
#[derive(Debug, Default)]
pub(in crate::server) struct KeptCases {
    submitted: Vec<Completion>,
    completed: Vec<Completion>,
    /// What goes wrong with each commit, if anything does.
    pub(in crate::server) problem: Option<&'static str>,
}

impl CaseStore for KeptCases {
    fn submit(&mut self, ticket: Ticket, _case: &Arc<ContactTrace>) {
        let outcome = self.problem.map_or(Ok(()), |problem| Err(problem.into()));
        self.submitted.push(Completion { ticket, outcome });
    }

    fn begin_commit(&mut self) {
        self.completed.append(&mut self.submitted);
    }

    fn next_completion(&mut self) -> Option<Completion> {
        self.completed.pop()
    }
}
