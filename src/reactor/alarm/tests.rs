use mio::{Events, Poll};

use super::*;
use crate::clock::Now;

const TOKEN: Token = Token::permanent(7);

/// Waits for events, and says how many there are.
fn wait(poll: &mut Poll, time: Duration) -> usize {
    let mut events = Events::with_capacity(8);
    poll.poll(&mut events, Some(time)).expect("polled");
    events.iter().inspect(|event| assert_eq!(Token::from(event.token()), TOKEN)).count()
}

#[test]
fn alarm_that_is_set_again_and_never_read_rings_each_time_and_never_early() {
    let mut poll = Poll::new().expect("a poll");
    let alarm = Alarm::new(poll.registry(), TOKEN).expect("an alarm");
    for microseconds in [0, 300, 5_000] {
        let (after, start) = (Duration::from_micros(microseconds), Now::read().monotonic);
        alarm.set(after);
        assert_eq!(wait(&mut poll, Duration::from_secs(60)), 1);
        assert!(Now::read().monotonic - start >= after);
    }
}

#[test]
fn alarm_that_is_set_to_later_does_not_ring_at_the_earlier_time() {
    let mut poll = Poll::new().expect("a poll");
    let alarm = Alarm::new(poll.registry(), TOKEN).expect("an alarm");
    alarm.set(Duration::from_millis(1));
    alarm.set(Duration::MAX);
    assert_eq!(wait(&mut poll, Duration::from_millis(20)), 0);
}
