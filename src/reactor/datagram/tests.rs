use std::io::{Write, pipe};
use std::net::Ipv4Addr;
use std::os::fd::OwnedFd;

use mio::Poll;

use super::*;
use crate::clock::Now;

#[test]
fn error_that_lasts_is_told_once_and_tried_again_after_a_pause() {
    let poll = Poll::new().expect("a poll");
    let localhost = (Ipv4Addr::LOCALHOST, 0).into();
    let mut socket =
        DatagramSocket::bind(localhost, poll.registry(), Token::permanent(0)).expect("bound");
    // What is no socket fails to receive for good.
    let (reader, mut writer) = pipe().expect("a pipe");
    writer.write_all(b"something").expect("room");
    socket.socket = UdpSocket::from_std(std::net::UdpSocket::from(OwnedFd::from(reader)));
    socket.note_readable();
    let mut now = Now::read().monotonic;
    for attempt in 0..3 {
        assert_eq!(socket.next_attempt(now), Some(now));
        let outcome = socket.receive(now, |_, _| panic!("nothing can be received"));
        assert_eq!(outcome.is_err(), attempt == 0, "{outcome:?}");
        assert_eq!(socket.next_attempt(now), Some(now + RECEIVE_PAUSE));
        now += RECEIVE_PAUSE;
    }
}
