use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use mio::{Events, Poll};

use super::*;

const TOKEN: Token = Token::permanent(1);
const DEADLINE: Duration = Duration::from_secs(60);

/// An output with the poll that tells of it, and whoever reads it.
struct Fixture<R> {
    poll: Poll,
    output: Output,
    reader: R,
}

impl<R> Fixture<R> {
    fn new(writer: impl Into<OwnedFd>, reader: R) -> Self {
        let poll = Poll::new().expect("a poll");
        let output = Output::on(writer.into(), poll.registry(), TOKEN);
        Self { poll, output, reader }
    }

    fn socket() -> Fixture<UnixStream> {
        let (writer, reader) = UnixStream::pair().expect("a pair");
        Fixture::new(writer, reader)
    }

    /// Writes until something has to wait, and says how much that was in all.
    fn fill(&mut self) -> usize {
        let mut written = 0;
        while self.output.is_empty() {
            self.output.write(&mut vec![b'x'; 4096]);
            written += 4096;
        }
        written
    }

    /// Waits for events, and lets the output have them.
    fn turn(&mut self) {
        let mut events = Events::with_capacity(8);
        self.poll.poll(&mut events, Some(DEADLINE)).expect("polled");
        assert!(!events.is_empty(), "no event comes");
        events.iter().for_each(|event| self.output.handle_event(event));
    }
}

impl Output {
    /// An output on a descriptor whose room raises events.
    pub(crate) fn on(writer: impl AsFd, registry: &Registry, token: Token) -> Self {
        Self::new(Sink::of(writer.as_fd(), registry, token))
    }

    /// An output on a descriptor that fails when it is full, and of which no event tells.
    pub(crate) fn without_events(writer: impl Into<OwnedFd>) -> Self {
        Self::new(Sink::Blocking(writer.into().into()))
    }
}

#[test]
fn socket_that_nobody_reads_lets_the_rest_wait_until_somebody_does() {
    let mut fixture = Fixture::<UnixStream>::socket();
    let written = fixture.fill();
    assert!(fixture.output.problem().is_none(), "an event will tell");
    let mut read = vec![0; written];
    let ahead = written - fixture.output.pending();
    fixture.reader.read_exact(&mut read[..ahead]).expect("what was taken");
    while !fixture.output.is_empty() {
        fixture.turn();
    }
    fixture.reader.read_exact(&mut read[ahead..]).expect("the rest");
    assert!(read.iter().all(|byte| *byte == b'x'));
}

#[test]
fn socket_whose_peer_is_gone_is_closed_and_keeps_nothing() {
    let mut fixture = Fixture::<UnixStream>::socket();
    fixture.fill();
    drop(std::mem::replace(&mut fixture.reader, UnixStream::pair().expect("another").0));
    fixture.output.flush();
    assert!(fixture.output.is_closed() && fixture.output.is_empty());
}

#[test]
fn pipe_whose_reader_goes_is_closed_before_anything_is_written() {
    let (reader, writer) = io::pipe().expect("a pipe");
    let mut fixture = Fixture::new(writer, Some(reader));
    fixture.reader = None;
    while !fixture.output.is_closed() {
        fixture.turn();
    }
}

#[test]
fn full_device_is_a_problem_and_keeps_everything() {
    let device = OpenOptions::new().write(true).open("/dev/full").expect("a device");
    let mut fixture = Fixture::new(device, ());
    for lines in 1..=2 {
        fixture.output.write(&mut b"line\n".to_vec());
        fixture.output.flush();
        let problem = fixture.output.problem().map(io::Error::kind);
        assert_eq!(problem, Some(ErrorKind::StorageFull));
        assert_eq!(fixture.output.pending(), 5 * lines);
    }
    assert!(!fixture.output.is_closed());
}
