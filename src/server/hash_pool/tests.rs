use std::collections::HashSet;

use super::*;
use crate::server::hash_queue::MAX_ORDERS;
use crate::server::password_hash::PasswordHash;

/// A pool and the poll that it wakes.
struct Fixture {
    pool: HashPool,
    poll: mio::Poll,
    events: mio::Events,
}

impl Fixture {
    fn new() -> Self {
        let poll = mio::Poll::new().expect("a poll");
        let waker = Waker::new(poll.registry(), mio::Token(0)).expect("a waker");
        let events = mio::Events::with_capacity(1);
        Self { pool: HashPool::new(Arc::new(waker)), poll, events }
    }

    /// A pool with one thread that does something else.
    fn with(
        work: impl FnOnce(&Receiver<HashOrder>, &Sender<HashResult>, &Waker) + Send + 'static,
    ) -> Self {
        let mut fixture = Self::new();
        let waker = Arc::clone(&fixture.pool.waker);
        fixture.pool.workers.push(Worker::start(waker, work).expect("a thread"));
        fixture
    }

    #[expect(clippy::disallowed_methods, reason = "threads need no time")]
    fn submit(&mut self, number: u32, order: HashOrder) {
        let origin = Origin::new([192, 0, 2, 1].into());
        self.pool.submit(Ticket::numbered(number), origin, order, Instant::now());
    }

    /// The next answer, for which it is woken.
    #[expect(clippy::disallowed_methods, reason = "threads need no time")]
    fn answer(&mut self) -> (u32, HashResult) {
        loop {
            if let Some(HashAnswer { ticket, result }) = self.pool.next_answer(Instant::now()) {
                return (ticket.number, result);
            }
            self.poll.poll(&mut self.events, Some(Duration::from_secs(60))).expect("polled");
            assert!(!self.events.is_empty(), "nobody wakes it");
        }
    }
}

fn check(password: &str) -> HashOrder {
    let workspace = &mut Workspace::default();
    let hash = PasswordHash::make(b"secret", &[7; 16], Cost::LEAST, workspace);
    HashOrder::Check { password: password.as_bytes().into(), hash }
}

#[test]
fn pool_has_no_thread_before_its_first_order() {
    let mut fixture = Fixture::new();
    assert!(fixture.pool.workers.is_empty());
    fixture.submit(0, check("secret"));
    assert_eq!(fixture.pool.workers.len(), threads());
    assert_eq!(fixture.answer(), (0, HashResult::Checked(true)));
}

#[test]
fn each_order_is_answered_once_with_its_own_answer() {
    let mut fixture = Fixture::new();
    let right = |number: &u32| number.is_multiple_of(3);
    for number in 0..100 {
        fixture.submit(number, check(if right(&number) { "secret" } else { "wrong" }));
    }
    let answers: Vec<_> = (0..100).map(|_| fixture.answer()).collect();
    for (number, result) in &answers {
        assert_eq!(*result, HashResult::Checked(right(number)));
    }
    assert_eq!(answers.iter().map(|(number, _)| number).collect::<HashSet<_>>().len(), 100);
}

#[test]
fn hash_that_is_made_is_that_of_the_password() {
    let mut fixture = Fixture::new();
    fixture.submit(0, HashOrder::Make { password: b"secret"[..].into(), salt: [1; 16] });
    let (_, HashResult::Made(hash)) = fixture.answer() else { panic!("it makes one") };
    fixture.submit(1, HashOrder::Check { password: b"secret"[..].into(), hash });
    assert_eq!(fixture.answer(), (1, HashResult::Checked(true)));
}

#[test]
fn order_that_is_too_many_is_refused_at_once_and_a_cancelled_one_makes_room() {
    let mut fixture = Fixture::with(|orders, results, waker| {
        let Ok(_first) = orders.recv() else { return };
        // It is at work until the test has sent another order, which no pool does.
        if orders.recv().is_ok() {
            results.send(HashResult::Checked(true)).expect("the pool is there");
            waker.wake().expect("the poll is there");
            let _ = orders.recv();
        }
    });
    let count = MAX_ORDERS as u32;
    (0..=count).for_each(|number| fixture.submit(number, check("secret")));
    fixture.submit(count + 1, check("secret"));
    assert_eq!(fixture.answer(), (count + 1, HashResult::Busy));
    fixture.pool.cancel(Ticket::numbered(5));
    fixture.submit(count + 2, check("secret"));
    fixture.pool.workers[0].orders.send(check("secret")).expect("the thread is there");
    assert_eq!(fixture.answer(), (0, HashResult::Checked(true)));
}

#[test]
fn thread_that_panics_fails_its_order_and_all_others() {
    let mut fixture = Fixture::with(|orders, _, _| {
        orders.recv().expect("an order");
        panic!("a rule is broken");
    });
    (0..3).for_each(|number| fixture.submit(number, check("secret")));
    let mut answers: Vec<_> = (0..3).map(|_| fixture.answer()).collect();
    fixture.submit(3, check("secret"));
    answers.push(fixture.answer());
    let expected = (0..4).map(|number| (number, HashResult::Failed(FAULT.into())));
    assert!(answers.into_iter().eq(expected));
}
