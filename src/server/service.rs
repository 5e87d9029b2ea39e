//! The server without its sockets.

use super::authority::Authority;
use super::console::Console;
use super::journal::{self, Journal, Storage};
use super::session::{Desk, Session};
use crate::clock::Now;
use crate::reactor::Consumed;

/// The server without its sockets: what decides, and the journal that it records in. The mio shell
/// and the simulated server drive the same one.
#[derive(Debug)]
pub struct Service<S> {
    /// What all sessions share.
    pub authority: Authority,
    /// Where TempIDs are recorded.
    pub journal: Journal<S>,
    /// What the operator is shown, to be taken once a tick.
    pub console: Console,
    is_failing: bool,
}

/// What became of the TempIDs of one tick.
#[derive(Debug)]
pub struct Commit {
    problem: Option<String>,
}

impl<S: Storage> Service<S> {
    /// A service that records in `journal` what `authority` issues.
    pub fn new(authority: Authority, journal: Journal<S>) -> Self {
        Self { authority, journal, console: Console::default(), is_failing: false }
    }

    /// Gives a session bytes that its peer sent, and appends the replies.
    pub fn receive(
        &mut self,
        session: &mut Session,
        bytes: &[u8],
        replies: &mut Vec<u8>,
        now: Now,
    ) -> Consumed {
        session.receive(bytes, replies, &mut self.desk(now))
    }

    /// Records all TempIDs that were issued since the last commit. Every session that
    /// [is recording](Session::is_recording) is then to be [completed](Service::complete).
    pub fn commit(&mut self) -> Commit {
        let lines = self.authority.unsettled_lines();
        if lines.is_empty() {
            return Commit { problem: None };
        }
        let outcome = self.journal.commit(lines);
        self.authority.settle(outcome.is_ok());
        let problem = outcome.err().map(|error| error.to_string());
        self.report(problem.as_deref());
        Commit { problem }
    }

    /// Says when recording begins to fail and when it works again, and nothing in between.
    fn report(&mut self, problem: Option<&str>) {
        match problem {
            Some(problem) if !self.is_failing => self.console.diagnostic(format_args!(
                "{}: {problem}; no TempID is issued until it can be recorded",
                journal::FILE_NAME
            )),
            None if self.is_failing => {
                self.console.diagnostic(format_args!("{}: recording again", journal::FILE_NAME));
            }
            Some(_) | None => {}
        }
        self.is_failing = problem.is_some();
    }

    /// Tells a session what became of its TempIDs.
    pub fn complete(
        &mut self,
        session: &mut Session,
        commit: &Commit,
        replies: &mut Vec<u8>,
        now: Now,
    ) {
        session.recorded(commit.problem.as_deref(), replies, &mut self.desk(now));
    }

    fn desk(&mut self, now: Now) -> Desk<'_> {
        Desk { authority: &mut self.authority, console: &mut self.console, now }
    }
}
