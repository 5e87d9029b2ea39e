use super::*;
use crate::protocol::TempId;

/// A phone that is logged in, at a time that passes as the test says.
struct Fixture {
    renewal: Renewal,
    phone: Phone,
    now: Now,
}

const LIFETIME: u64 = 900;
const HALF: u64 = BATCH as u64 * LIFETIME / 2;

impl Fixture {
    #[expect(clippy::disallowed_methods, reason = "only the distance to it matters")]
    fn logged_in() -> Self {
        let wall = Timestamp::decode(b"13/05/2020 12:00:00").expect("a time");
        let now = Now { monotonic: Instant::now(), wall };
        let mut renewal = Renewal::default();
        renewal.logged_in();
        Self { renewal, phone: Phone::new(Duration::from_secs(180)), now }
    }

    fn stocked() -> Self {
        let mut fixture = Self::logged_in();
        assert_eq!(fixture.fetch(fixture.batch_of(0)), None);
        fixture
    }

    fn pass(&mut self, seconds: u64) {
        self.now.monotonic += Duration::from_secs(seconds);
        self.now.wall = self.now.wall.after_seconds(seconds);
    }

    /// Seconds until the next request.
    fn next(&self) -> Option<u64> {
        let next = self.renewal.next(&self.phone, self.now)?;
        Some(next.duration_since(self.now.monotonic).as_secs())
    }

    /// What a server issues whose clock is `ahead` seconds ahead of the phone's.
    fn batch_of(&self, ahead: i64) -> Vec<ContactRecord> {
        let begin = self.now.wall.unix_seconds() + ahead;
        let record = |window: u64| {
            let start = Timestamp::from_unix_seconds(begin).after_seconds(window * LIFETIME);
            let number = u128::from(begin.unsigned_abs()) * 1_000 + u128::from(window);
            let temp_id = TempId::from_number(number).expect("in range");
            ContactRecord { temp_id, start, expiry: start.after_seconds(LIFETIME - 1) }
        };
        (0..BATCH.into()).map(record).collect()
    }

    fn fetch(&mut self, batch: Vec<ContactRecord>) -> Option<String> {
        self.renewal.asked();
        assert_eq!((self.renewal.is_asked(), self.next()), (true, None));
        self.renewal.fetched(&batch, &mut self.phone, self.now)
    }

    fn refuse(&mut self) -> Option<String> {
        self.renewal.asked();
        self.renewal.refused("no", self.now)
    }
}

#[test]
fn offline_nothing_is_fetched() {
    let mut fixture = Fixture::stocked();
    fixture.renewal.lost();
    fixture.pass(10 * HALF);
    assert_eq!((fixture.next(), fixture.renewal.is_under_way()), (None, false));
}

#[test]
fn logged_in_a_batch_is_fetched_at_once_whatever_the_phone_has() {
    let mut fixture = Fixture::stocked();
    assert!(!fixture.renewal.is_under_way());
    fixture.renewal.lost();
    fixture.renewal.logged_in();
    assert_eq!((fixture.next(), fixture.renewal.is_under_way()), (Some(0), true));
}

#[test]
fn stocked_the_next_batch_is_fetched_when_half_of_the_time_is_over() {
    let mut fixture = Fixture::stocked();
    assert_eq!(fixture.next(), Some(HALF - 1));
    fixture.pass(HALF - 2);
    assert_eq!(fixture.next(), Some(1));
    fixture.pass(1);
    assert_eq!(fixture.next(), Some(0));
    let batch = fixture.batch_of(0);
    assert_eq!(fixture.fetch(batch), None);
    assert!(fixture.next() > Some(HALF - LIFETIME));
}

#[test]
fn stocked_a_clock_that_is_set_makes_it_fetch_at_once() {
    for seconds in [-2 * 3600, i64::from(BATCH) * 1000] {
        let mut fixture = Fixture::stocked();
        let wall = fixture.now.wall.unix_seconds() + seconds;
        fixture.now.wall = Timestamp::from_unix_seconds(wall);
        assert_eq!(fixture.next(), Some(0), "{seconds}");
    }
}

#[test]
fn refused_it_asks_again_after_growing_pauses_and_tells_once() {
    let mut fixture = Fixture::logged_in();
    let problem = fixture.refuse().expect("news");
    assert_eq!(problem, "TempIDs cannot be fetched, and are asked for again later: no");
    for pause in [5, 10, 20, 40, 80, 160, 300, 300] {
        assert_eq!((fixture.next(), fixture.renewal.is_under_way()), (Some(pause), false));
        fixture.pass(pause);
        assert_eq!(fixture.next(), Some(0));
        assert_eq!(fixture.refuse(), None);
    }
    fixture.pass(300);
    let batch = fixture.batch_of(0);
    assert_eq!(fixture.fetch(batch), None);
    assert!(fixture.refuse().is_some(), "it worked in between");
    assert_eq!(fixture.next(), Some(5));
}

#[test]
fn refused_a_thousand_times_the_pause_stays_the_longest() {
    let mut fixture = Fixture::logged_in();
    (0..1_000).for_each(|_| drop(fixture.refuse()));
    assert_eq!(fixture.next(), Some(LONGEST_PAUSE.as_secs()));
}

#[test]
fn fetched_from_a_server_of_another_time_is_a_problem_and_does_not_spin() {
    for ahead in [2 * 3600, -100 * 3600] {
        let mut fixture = Fixture::logged_in();
        let problem = fixture.fetch(fixture.batch_of(ahead)).expect("a problem");
        assert!(
            problem.ends_with("the clock of this phone says 13/05/2020 12:00:00."),
            "{problem}"
        );
        assert_eq!(fixture.next(), Some(5));
        fixture.pass(5);
        let batch = fixture.batch_of(ahead);
        assert_eq!((fixture.fetch(batch), fixture.next()), (None, Some(10)));
    }
}

#[test]
fn fetched_from_a_server_that_is_seconds_ahead_is_no_problem() {
    let mut fixture = Fixture::logged_in();
    assert_eq!(fixture.fetch(fixture.batch_of(30)), None);
    assert!(fixture.next() > Some(HALF - 1));
}

#[test]
fn fetched_when_its_half_is_over_already_it_does_not_spin() {
    let mut fixture = Fixture::logged_in();
    let ahead = -i64::try_from(HALF).expect("it fits");
    assert_eq!(fixture.fetch(fixture.batch_of(ahead)), None);
    assert_eq!((fixture.next(), fixture.renewal.is_under_way()), (Some(5), false));
    fixture.pass(5);
    let batch = fixture.batch_of(ahead);
    assert_eq!((fixture.fetch(batch), fixture.next()), (None, Some(10)));
}
