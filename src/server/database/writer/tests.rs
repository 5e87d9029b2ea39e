use std::path::Path;
use std::time::Duration;

use mio::{Events, Poll, Token};
use tempfile::TempDir;

use super::*;
use crate::server::change::Permit;
use crate::server::contact_tracing::tests::log_of_the_assignment;
use crate::server::database::{Archive, FILE_NAME};
use crate::server::waits::{Operation, Waits};

/// The change by which the log of the assignment becomes a case.
fn taking() -> Change {
    let (trace, permit) = (Arc::new(log_of_the_assignment()), Permit::NotNeeded);
    Change::TakeLog { trace, permit, notice: None }
}

/// A writer, and the poll that it wakes.
struct Fixture {
    writer: DatabaseWriter,
    waits: Waits,
    poll: Poll,
    /// Kept, as one that is closed takes its event along.
    _waker: Arc<Waker>,
    directory: TempDir,
}

impl Fixture {
    /// A writer of a real database.
    fn new() -> Self {
        Self::with(|directory, waker| {
            let database = Database::open(&directory.join(FILE_NAME)).expect("a database");
            DatabaseWriter::start(database, waker)
        })
    }

    /// A writer that stores in another way.
    fn storing(
        store: impl FnMut(&[Order]) -> Result<Vec<Applied>, String> + Send + 'static,
    ) -> Self {
        Self::with(|_, waker| DatabaseWriter::start_with(waker, store))
    }

    fn with(start: impl FnOnce(&Path, Arc<Waker>) -> io::Result<DatabaseWriter>) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let poll = Poll::new().expect("a poll");
        let waker = Arc::new(Waker::new(poll.registry(), Token(0)).expect("a waker"));
        let writer = start(directory.path(), Arc::clone(&waker)).expect("a thread");
        Self { writer, waits: Waits::default(), poll, _waker: waker, directory }
    }

    fn submit(&mut self) -> Ticket {
        let change = taking();
        let operation = Operation::Change(change.clone());
        let ticket = self.waits.begin(crate::reactor::Token::permanent(1), operation);
        self.writer.submit(ticket, &change);
        ticket
    }

    fn stored(&self) -> usize {
        let archive = Archive::open(&self.directory.path().join(FILE_NAME));
        archive.expect("a database").numbers().expect("readable").len()
    }

    /// The next completions, once the writer has woken the poll for them.
    fn completions(&mut self, count: usize) -> Vec<Completion> {
        let (mut completions, mut events) = (Vec::new(), Events::with_capacity(8));
        while completions.len() < count {
            match self.writer.next_completion() {
                Some(completion) => completions.push(completion),
                None => {
                    let patience = Some(Duration::from_secs(30));
                    self.poll.poll(&mut events, patience).expect("a poll");
                    assert!(!events.is_empty(), "nobody wakes the server");
                }
            }
        }
        completions
    }
}

#[test]
fn cases_are_stored_when_they_are_completed_in_their_order_and_not_before_the_commit() {
    let mut fixture = Fixture::new();
    let tickets: Vec<Ticket> = (0..3).map(|_| fixture.submit()).collect();
    assert_eq!((fixture.writer.next_completion(), fixture.stored()), (None, 0));
    fixture.writer.begin_commit();
    let completions = fixture.completions(3);
    assert!(completions.iter().map(|it| it.ticket).eq(tickets));
    assert!(completions.iter().all(|it| it.outcome.is_ok()));
    assert_eq!((fixture.writer.next_completion(), fixture.stored()), (None, 3));
}

#[test]
fn what_was_committed_is_stored_when_the_writer_closes() {
    let mut fixture = Fixture::new();
    for _ in 0..10 {
        fixture.submit();
    }
    fixture.writer.begin_commit();
    let Fixture { writer, directory, .. } = fixture;
    writer.close();
    let files = std::fs::read_dir(directory.path()).expect("a directory");
    let names: Vec<_> = files.map(|it| it.expect("a file").file_name()).collect();
    assert_eq!(names, [FILE_NAME], "nothing is left beside it");
    let archive = Archive::open(&directory.path().join(FILE_NAME)).expect("a database");
    assert_eq!(archive.numbers().expect("readable").len(), 10);
}

#[test]
fn problem_of_the_database_is_that_of_each_case() {
    let mut fixture = Fixture::new();
    std::fs::remove_file(fixture.directory.path().join(FILE_NAME)).expect("removed");
    for _ in 0..2 {
        fixture.submit();
    }
    fixture.writer.begin_commit();
    for completion in fixture.completions(2) {
        let problem = completion.outcome.expect_err("it is gone");
        assert!(problem.starts_with("the file was moved or deleted"), "{problem}");
    }
}

#[test]
fn thread_that_ends_by_a_fault_wakes_the_server_and_leaves_nobody_waiting() {
    let mut fixture = Fixture::storing(|_| panic!("a rule is broken"));
    for _ in 0..2 {
        let ticket = fixture.submit();
        fixture.writer.begin_commit();
        let expected = Completion { ticket, outcome: Err(FAULT.into()) };
        assert_eq!(fixture.completions(1), [expected]);
        assert!(fixture.writer.is_idle());
    }
}

#[test]
fn cases_beyond_what_the_thread_may_have_are_refused_until_it_has_answered() {
    let (go_on, gate) = channel();
    let mut fixture = Fixture::storing(move |orders| {
        gate.recv().map_err(|error| error.to_string())?;
        Ok(vec![Applied::Done; orders.len()])
    });
    let mut case = log_of_the_assignment();
    case.entries = case.entries.repeat(MAX_ENTRIES / 2 - 1);
    let (trace, permit) = (Arc::new(case), Permit::NotNeeded);
    let change = Change::TakeLog { trace, permit, notice: None };
    let submit = |fixture: &mut Fixture| {
        let operation = Operation::Change(change.clone());
        let ticket = fixture.waits.begin(crate::reactor::Token::permanent(1), operation);
        fixture.writer.submit(ticket, &change);
        fixture.writer.begin_commit();
    };
    submit(&mut fixture);
    for _ in 0..2 {
        submit(&mut fixture);
        assert_eq!(fixture.completions(1)[0].outcome, Err(TOO_MANY.into()));
    }
    go_on.send(()).expect("the thread waits");
    assert_eq!(fixture.completions(1)[0].outcome, Ok(Applied::Done));
    submit(&mut fixture);
    go_on.send(()).expect("the thread waits");
    assert_eq!(fixture.completions(1)[0].outcome, Ok(Applied::Done));
}
