//! The threads that hash passwords.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::thread;
use std::time::{Duration, Instant};

use mio::Waker;
use rustix::process::setpriority_process;

use super::hash_queue::HashQueue;
use super::hashing::{HashAnswer, HashOrder, HashResult, PasswordHasher};
use super::origins::Origin;
use super::password_hash::{Cost, Workspace};
use super::store::Ticket;
use crate::reactor::{WakeWhenDropped, spawn_helper};

/// Most threads. More of them are no faster, as they wait for the memory of the machine, of which
/// each takes 19 MiB.
const MAX_THREADS: usize = 8;

/// How much a thread that hashes lets others go first, from 0 to 19. With 10, an event loop on the
/// same core has nine tenths of it.
const NICENESS: i32 = 10;

/// How long an idle thread keeps the memory that it hashes in. Between two of many orders it is
/// idle for less.
const KEEPS_MEMORY: Duration = Duration::from_secs(1);

/// What is told if a thread has ended by itself.
const FAULT: &str = "hashing ended by a fault of the program; start the server again";

/// Hashes passwords on threads, which start with the first order: a server whose file has no hash
/// needs none. Orders wait on the side of the event loop, and each thread has one at a time, so
/// that nothing is shared.
#[derive(Debug)]
pub struct HashPool {
    waker: Arc<Waker>,
    workers: Vec<Worker>,
    queue: HashQueue,
    /// Answers to orders that no thread was given.
    refused: VecDeque<HashAnswer>,
}

#[derive(Debug)]
struct Worker {
    orders: Sender<HashOrder>,
    results: Receiver<HashResult>,
    state: WorkerState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WorkerState {
    Idle,
    Hashing(Ticket),
    /// The thread has ended.
    Gone,
}

impl HashPool {
    /// A pool without threads. Those that it will start wake the server with `waker` when there is
    /// an answer.
    pub fn new(waker: Arc<Waker>) -> Self {
        let (workers, queue, refused) = Default::default();
        Self { waker, workers, queue, refused }
    }

    /// Gives waiting orders to idle threads.
    fn dispatch(&mut self) {
        for worker in &mut self.workers {
            if worker.state != WorkerState::Idle {
                continue;
            }
            let Some((ticket, order)) = self.queue.pop() else { return };
            // It fails only if the thread has ended, which the answer tells.
            let _ = worker.orders.send(order);
            worker.state = WorkerState::Hashing(ticket);
        }
        if self.workers.iter().all(|worker| worker.state == WorkerState::Gone) {
            while let Some((ticket, _)) = self.queue.pop() {
                self.refuse(ticket, HashResult::Failed(FAULT.into()));
            }
        }
    }

    fn refuse(&mut self, ticket: Ticket, result: HashResult) {
        self.refused.push_back(HashAnswer { ticket, result });
    }

    fn start_threads(&mut self) -> io::Result<()> {
        while self.workers.len() < threads() {
            match Worker::start(Arc::clone(&self.waker), hash) {
                Ok(worker) => self.workers.push(worker),
                // Fewer will do.
                Err(_) if !self.workers.is_empty() => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl PasswordHasher for HashPool {
    fn submit(&mut self, ticket: Ticket, origin: Origin, order: HashOrder, _now: Instant) {
        if self.workers.is_empty()
            && let Err(error) = self.start_threads()
        {
            let problem = format!("no thread to hash passwords: {error}");
            return self.refuse(ticket, HashResult::Failed(problem.into()));
        }
        // Those who wait already come first, as far as threads are idle.
        self.dispatch();
        if let Some(dropped) = self.queue.push(ticket, origin, order) {
            self.refuse(dropped, HashResult::Busy);
        }
        self.dispatch();
    }

    fn cancel(&mut self, ticket: Ticket) {
        self.queue.remove(ticket);
    }

    fn next_answer(&mut self, _now: Instant) -> Option<HashAnswer> {
        let answer = self.workers.iter_mut().find_map(Worker::next_answer);
        if answer.is_some() {
            self.dispatch();
        }
        answer.or_else(|| self.refused.pop_front())
    }
}

impl Worker {
    fn start(
        waker: Arc<Waker>,
        work: impl FnOnce(&Receiver<HashOrder>, &Sender<HashResult>, &Waker) + Send + 'static,
    ) -> io::Result<Self> {
        let (orders, from_server) = channel();
        let (to_server, results) = channel();
        spawn_helper("hashing", move || {
            // Dropped last, also after a panic: the server is woken and finds that nobody answers.
            let _waking = WakeWhenDropped(Arc::clone(&waker));
            let to_server = to_server;
            work(&from_server, &to_server, &waker);
        })?;
        Ok(Self { orders, results, state: WorkerState::Idle })
    }

    fn next_answer(&mut self) -> Option<HashAnswer> {
        let WorkerState::Hashing(ticket) = self.state else { return None };
        let result = match self.results.try_recv() {
            Ok(result) => {
                self.state = WorkerState::Idle;
                result
            }
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => {
                self.state = WorkerState::Gone;
                HashResult::Failed(FAULT.into())
            }
        };
        Some(HashAnswer { ticket, result })
    }
}

/// Number of threads: a core is left to the event loop, if there are several.
fn threads() -> usize {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    (cores - 1).clamp(1, MAX_THREADS)
}

/// Hashes until the server gives no more orders.
fn hash(orders: &Receiver<HashOrder>, results: &Sender<HashResult>, waker: &Waker) {
    // Of this thread only, on Linux. Without it, logins that are hashed delay others a little.
    let _ = setpriority_process(None, NICENESS);
    let mut workspace = Workspace::default();
    while let Some(order) = next_order(orders, &mut workspace) {
        let result = order.execute(Cost::RECOMMENDED, &mut workspace);
        // This and the waker fail only if the server has ended.
        let _ = results.send(result);
        let _ = waker.wake();
    }
}

fn next_order(orders: &Receiver<HashOrder>, workspace: &mut Workspace) -> Option<HashOrder> {
    match orders.recv_timeout(KEEPS_MEMORY) {
        Ok(order) => Some(order),
        Err(RecvTimeoutError::Timeout) => {
            workspace.free();
            orders.recv().ok()
        }
        Err(RecvTimeoutError::Disconnected) => None,
    }
}

#[cfg(test)]
mod tests;
