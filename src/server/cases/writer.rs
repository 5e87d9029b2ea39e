//! The thread that writes cases.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::JoinHandle;

use mio::Waker;

use super::CaseStore;
use super::database::Database;
use crate::reactor::{WakeWhenDropped, spawn_helper};
use crate::server::contact_tracing::ContactTrace;
use crate::server::store::{Completion, Problem, Ticket};

/// Entries of contact logs that the thread may have at most. These are 27 uploads of the greatest
/// length, which take 80 MB, and a second to store.
const MAX_ENTRIES: usize = 500_000;

/// What is told if there are more.
const TOO_MANY: &str = "too many wait to be stored, try again later";

/// What is told if the thread has ended by itself.
const FAULT: &str = "writing ended by a fault of the program; start the server again";

/// Cases on their way to the database and back: a thread stores all that has come since its last
/// transaction in the next one.
#[derive(Debug)]
pub struct CaseWriter {
    batches: Sender<Vec<Order>>,
    completions: Receiver<Completion>,
    /// What the next commit gives to the thread.
    submitted: Vec<Order>,
    /// What the thread has not answered yet, in the order of its answers: tickets, and how many
    /// entries each case has.
    unanswered: VecDeque<(Ticket, usize)>,
    /// Entries of all cases that the thread has or will be given. It may have them for longer than
    /// anybody waits.
    entries: usize,
    refused: VecDeque<Completion>,
    thread: JoinHandle<()>,
}

/// A case to be stored.
#[derive(Debug)]
struct Order {
    ticket: Ticket,
    case: Arc<ContactTrace>,
}

impl CaseWriter {
    /// Starts the thread, which wakes the server with `waker` when there are completions.
    ///
    /// # Errors
    ///
    /// What the system says if there can be no thread.
    pub fn start(mut database: Database, waker: Arc<Waker>) -> io::Result<Self> {
        Self::start_with(waker, move |cases| {
            database.add(cases.iter().map(|order| &*order.case)).map_err(|error| error.to_string())
        })
    }

    fn start_with(
        waker: Arc<Waker>,
        store: impl FnMut(&[Order]) -> Result<(), String> + Send + 'static,
    ) -> io::Result<Self> {
        let (batches, orders) = channel();
        let (answers, completions) = channel();
        let thread = spawn_helper("cases", move || {
            // Dropped last, also after a panic: the server is woken and finds that nobody answers.
            let _waking = WakeWhenDropped(Arc::clone(&waker));
            let answers = answers;
            write(store, &orders, &answers, &waker);
        })?;
        let (submitted, unanswered, refused) = Default::default();
        Ok(Self { batches, completions, submitted, unanswered, entries: 0, refused, thread })
    }

    /// Whether the thread has answered everything, so that closing takes no time.
    pub fn is_idle(&self) -> bool {
        self.unanswered.is_empty()
    }

    /// Waits until all is stored that was given to the thread, and closes the database.
    pub fn close(self) {
        let Self { batches, thread, .. } = self;
        drop(batches);
        // If it ended by a fault, that was told.
        let _ = thread.join();
    }
}

impl CaseStore for CaseWriter {
    fn submit(&mut self, ticket: Ticket, case: &Arc<ContactTrace>) {
        let entries = case.entries.len();
        if self.entries + entries > MAX_ENTRIES {
            self.refused.push_back(Completion { ticket, outcome: Err(TOO_MANY.into()) });
            return;
        }
        self.entries += entries;
        self.submitted.push(Order { ticket, case: Arc::clone(case) });
    }

    fn begin_commit(&mut self) {
        if self.submitted.is_empty() {
            return;
        }
        let unanswered = |order: &Order| (order.ticket, order.case.entries.len());
        self.unanswered.extend(self.submitted.iter().map(unanswered));
        // It fails only if the thread has ended, which the next completion tells.
        let _ = self.batches.send(std::mem::take(&mut self.submitted));
    }

    fn next_completion(&mut self) -> Option<Completion> {
        if let Some(refused) = self.refused.pop_front() {
            return Some(refused);
        }
        let (ticket, entries) = *self.unanswered.front()?;
        let completion = match self.completions.try_recv() {
            Ok(completion) => completion,
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => Completion { ticket, outcome: Err(FAULT.into()) },
        };
        self.unanswered.pop_front();
        self.entries -= entries;
        Some(completion)
    }
}

/// Stores orders until the server gives no more.
fn write(
    mut store: impl FnMut(&[Order]) -> Result<(), String>,
    batches: &Receiver<Vec<Order>>,
    answers: &Sender<Completion>,
    waker: &Waker,
) {
    while let Ok(mut orders) = batches.recv() {
        orders.extend(batches.try_iter().flatten());
        let outcome = store(&orders).map_err(Problem::from);
        for Order { ticket, .. } in orders {
            // This and the waker fail only if the server has ended.
            let _ = answers.send(Completion { ticket, outcome: outcome.clone() });
        }
        let _ = waker.wake();
    }
}

#[cfg(test)]
mod tests;
