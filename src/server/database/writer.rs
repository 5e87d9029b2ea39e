//! The thread that writes `authority.db`.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::JoinHandle;

use mio::Waker;

use super::ChangeStore;
use super::file::Database;
use crate::reactor::{WakeWhenDropped, spawn_helper};
use crate::server::change::{Applied, Change};
use crate::server::store::{Completion, Problem, Ticket};

/// Entries of contact logs that the thread may have at most. These are 27 uploads of the greatest
/// length, which take 80 MB, and a second to store. Any change counts as one entry more.
const MAX_ENTRIES: usize = 500_000;

/// What is told if there are more.
const TOO_MANY: &str = "too many wait to be stored, try again later";

/// What is told if the thread has ended by itself.
const FAULT: &str = "writing ended by a fault of the program; start the server again";

/// Changes on their way to the database and back: a thread stores all that has come since its last
/// transaction in the next one.
#[derive(Debug)]
pub struct DatabaseWriter {
    batches: Sender<Vec<Order>>,
    completions: Receiver<Completion>,
    /// What the next commit gives to the thread.
    submitted: Vec<Order>,
    /// What the thread has not answered yet, in the order of its answers: tickets, and how many
    /// entries each change counts as.
    unanswered: VecDeque<(Ticket, usize)>,
    /// Entries of all changes that the thread has or will be given. It may have them for longer
    /// than anybody waits.
    entries: usize,
    refused: VecDeque<Completion>,
    thread: JoinHandle<()>,
}

/// A change to be stored.
#[derive(Debug)]
struct Order {
    ticket: Ticket,
    change: Change,
}

impl Order {
    /// How many entries it counts as.
    fn size(&self) -> usize {
        1 + self.change.entries()
    }
}

impl DatabaseWriter {
    /// Starts the thread, which wakes the server with `waker` when there are completions.
    ///
    /// # Errors
    ///
    /// What the system says if there can be no thread.
    pub fn start(mut database: Database, waker: Arc<Waker>) -> io::Result<Self> {
        Self::start_with(waker, move |orders| {
            database
                .apply(orders.iter().map(|order| &order.change))
                .map_err(|error| error.to_string())
        })
    }

    fn start_with(
        waker: Arc<Waker>,
        store: impl FnMut(&[Order]) -> Result<Vec<Applied>, String> + Send + 'static,
    ) -> io::Result<Self> {
        let (batches, orders) = channel();
        let (answers, completions) = channel();
        let thread = spawn_helper("database", move || {
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

impl ChangeStore for DatabaseWriter {
    fn submit(&mut self, ticket: Ticket, change: &Change) {
        let order = Order { ticket, change: change.clone() };
        if self.entries + order.size() > MAX_ENTRIES {
            self.refused.push_back(Completion { ticket, outcome: Err(TOO_MANY.into()) });
            return;
        }
        self.entries += order.size();
        self.submitted.push(order);
    }

    fn begin_commit(&mut self) {
        if self.submitted.is_empty() {
            return;
        }
        let unanswered = |order: &Order| (order.ticket, order.size());
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
    mut store: impl FnMut(&[Order]) -> Result<Vec<Applied>, String>,
    batches: &Receiver<Vec<Order>>,
    answers: &Sender<Completion>,
    waker: &Waker,
) {
    while let Ok(mut orders) = batches.recv() {
        orders.extend(batches.try_iter().flatten());
        let outcomes = match store(&orders) {
            Ok(applied) => applied.into_iter().map(Ok).collect(),
            Err(problem) => vec![Err(Problem::from(problem)); orders.len()],
        };
        for (Order { ticket, .. }, outcome) in orders.into_iter().zip(outcomes) {
            // This and the waker fail only if the server has ended.
            let _ = answers.send(Completion { ticket, outcome });
        }
        let _ = waker.wake();
    }
}

#[cfg(test)]
mod tests;
