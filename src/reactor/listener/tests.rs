use std::net::{Ipv4Addr, Shutdown};

use mio::{Events, Poll};

use super::*;
use crate::clock::Now;

const TOKEN: Token = Token::permanent(0);
const DEADLINE: Duration = Duration::from_secs(60);

impl Listener {
    /// Makes each accept fail with EINVAL for good, as it does after the system ended the
    /// listening.
    pub(crate) fn break_for_good(&self) {
        SockRef::from(&self.socket).shutdown(Shutdown::Both).expect("it listened");
    }
}

/// A listener that an event has told of a client.
fn listener_with_client() -> (Poll, Listener, TcpStream) {
    let mut poll = Poll::new().expect("a poll");
    let address = (Ipv4Addr::LOCALHOST, 0).into();
    let mut listener = Listener::bind(address, poll.registry(), TOKEN).expect("bound");
    let address = listener.local_address().expect("an address");
    let client = TcpStream::connect(address).expect("begun");
    poll.poll(&mut Events::with_capacity(8), Some(DEADLINE)).expect("polled");
    listener.note_readable();
    (poll, listener, client)
}

/// Accepts with a system that says these errors in turn, the last one for ever, and returns the
/// outcome with the number of attempts.
fn accept_with(errors: &[Errno]) -> (Accepted, usize) {
    let mut attempts = 0;
    let accepted = accept_unbroken(|| {
        let error = errors[attempts.min(errors.len() - 1)];
        attempts += 1;
        Err(error.into())
    });
    (accepted, attempts)
}

#[test]
fn broken_connections_are_skipped() {
    let (accepted, attempts) =
        accept_with(&[Errno::CONNABORTED, Errno::PROTO, Errno::NETDOWN, Errno::AGAIN]);
    assert!(matches!(accepted, Accepted::Nobody));
    assert_eq!(attempts, 4);
}

#[test]
fn error_that_is_not_of_one_connection_fails_at_the_first_attempt() {
    for error in
        [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM, Errno::INVAL, Errno::PERM]
    {
        let (accepted, attempts) = accept_with(&[error]);
        assert!(matches!(accepted, Accepted::Failed(_)), "{error}: {accepted:?}");
        assert_eq!(attempts, 1, "{error}");
    }
}

#[test]
fn broken_connections_without_end_fail() {
    let (accepted, attempts) = accept_with(&[Errno::CONNABORTED]);
    assert!(matches!(accepted, Accepted::Failed(_)));
    assert_eq!(attempts, BROKEN_IN_A_ROW + 1);
}

#[test]
fn shut_down_pauses_after_each_attempt_and_is_news_once() {
    let (_poll, mut listener, _client) = listener_with_client();
    listener.break_for_good();
    let mut now = Now::read().monotonic;
    for attempt in 0..3 {
        assert_eq!(listener.next_attempt(now), Some(now));
        assert!(matches!(listener.accept(), Accepted::Failed(_)));
        assert_eq!(listener.pause(now), attempt == 0);
        assert_eq!(listener.next_attempt(now), Some(now + ACCEPT_PAUSE));
        now += ACCEPT_PAUSE;
    }
}

#[test]
fn paused_accepts_who_waited_when_the_pause_is_over() {
    let (_poll, mut listener, _client) = listener_with_client();
    let now = Now::read().monotonic;
    assert!(listener.pause(now));
    listener.hurry(now);
    assert_eq!(listener.next_attempt(now), Some(now));
    assert!(matches!(listener.accept(), Accepted::Stream(..)));
    assert!(matches!(listener.accept(), Accepted::Nobody));
    assert!(listener.worked());
    assert!(!listener.worked());
    assert_eq!(listener.next_attempt(now), None);
}
