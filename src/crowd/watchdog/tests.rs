use super::super::scenario::troubled;
use super::*;

const ID: ConnectionId = ConnectionId(1);

fn watchdog() -> Watchdog {
    Watchdog::new(Bounds::of(&troubled(1, 30)))
}

#[test]
fn promise_is_due_when_its_time_is_over_and_not_before() {
    let promises = [
        Promise::Reply { phone: PhoneId::new(0), question: 1 },
        Promise::Login(ID),
        Promise::Progress { connection: ID, written: 1 },
        Promise::Close(ID),
        Promise::HangUp(ID),
        Promise::Drop(ID),
        Promise::Farewell { phone: PhoneId::new(0), connection: ID },
    ];
    for promise in promises {
        let (mut watchdog, now) = (watchdog(), Duration::from_secs(7));
        watchdog.expect(promise, now);
        let due = now + watchdog.bounds.of_promise(promise);
        assert_eq!(watchdog.pop_due(due), None);
        assert_eq!(watchdog.pop_due(due + Duration::from_nanos(1)), Some(promise));
        assert_eq!(watchdog.pop_due(Duration::MAX), None);
    }
}

#[test]
fn bounds_are_those_of_the_server_and_little_more() {
    let bounds = watchdog().bounds;
    let (login, stall) = (Promise::Login(ID), Promise::Progress { connection: ID, written: 0 });
    let slack = Duration::from_secs(1);
    assert!(bounds.of_promise(login) < Duration::from_secs(60) + slack);
    assert!(bounds.of_promise(stall) < STALL_TIMEOUT + slack);
    assert!(bounds.of_promise(Promise::Close(ID)) < LINGER_TIMEOUT + slack);
    assert!(bounds.of_promise(Promise::HangUp(ID)) < bounds.store + slack);
}
