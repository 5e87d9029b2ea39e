use std::io::{ErrorKind, Read};
use std::os::unix::net::UnixStream;

use super::*;
use crate::reactor::Token;

/// A printer, who reads what it prints, and a clock that only the test moves.
struct Fixture {
    printer: Printer,
    console: Console,
    stdout: UnixStream,
    stderr: UnixStream,
    now: Instant,
}

impl Fixture {
    #[expect(clippy::disallowed_methods, reason = "only the distance to it matters")]
    fn new() -> Self {
        let [(stdout_writer, stdout), (stderr_writer, stderr)] = [pair(), pair()];
        let [out, err] = [stdout_writer, stderr_writer].map(Output::without_events);
        let (printer, console) = (Printer::new(out, err), Console::default());
        Self { printer, console, stdout, stderr, now: Instant::now() }
    }

    /// Prints events, and returns what is told on standard error.
    fn print(&mut self, events: &[u8]) -> String {
        self.console.events.extend_from_slice(events);
        self.printer.print(&mut self.console, self.now);
        read(&mut self.stderr)
    }

    /// Prints until standard output takes no more, and returns what is told on standard error.
    fn fill(&mut self) -> String {
        let mut told = String::new();
        for _ in 0..10_000 {
            told += &self.print(&[b'x'; 4096]);
            if self.printer.stdout.problem().is_some() {
                return told;
            }
        }
        panic!("it is never full")
    }
}

fn pair() -> (UnixStream, UnixStream) {
    let (writer, reader) = UnixStream::pair().expect("a pair");
    for end in [&writer, &reader] {
        end.set_nonblocking(true).expect("it does not wait");
    }
    (writer, reader)
}

/// All that has been written.
fn read(reader: &mut UnixStream) -> String {
    let mut bytes = Vec::new();
    let end = reader.read_to_end(&mut bytes).expect_err("the writer is there");
    assert_eq!(end.kind(), ErrorKind::WouldBlock);
    String::from_utf8(bytes).expect("ASCII")
}

#[test]
fn output_that_fails_is_told_once_and_once_when_it_works_again() {
    let mut fixture = Fixture::new();
    let told = fixture.fill();
    assert!(told.ends_with("; no contact log is taken until it can be shown\n"), "{told}");
    assert_eq!(told.lines().count(), 1);
    assert_eq!(fixture.printer.next_attempt(), Some(fixture.now + RETRY_INTERVAL));
    assert_eq!(fixture.printer.room(Memory::default()), 0);
    read(&mut fixture.stdout);
    assert_eq!(fixture.print(b"more\n"), "");
    assert_eq!(read(&mut fixture.stdout), "", "it is tried after a pause");
    fixture.now += RETRY_INTERVAL;
    assert_eq!(fixture.print(b""), "standard output: written again\n");
    assert!(read(&mut fixture.stdout).ends_with("more\n") && fixture.printer.has_shown_all());
    assert_eq!(fixture.printer.next_attempt(), None);
    assert!(fixture.printer.room(Memory::default()) > 0);
    assert_eq!(fixture.print(b"still\n"), "");
}

#[test]
fn output_whose_reader_goes_is_told_once_whether_it_worked_before_or_not() {
    for is_full in [false, true] {
        let mut fixture = Fixture::new();
        if is_full {
            fixture.fill();
        }
        fixture.stdout = pair().1;
        fixture.now += RETRY_INTERVAL;
        let told = fixture.print(b"line\n");
        let expected = "standard output: its reader is gone; no contact log is taken any more\n";
        assert_eq!(told, expected);
        assert_eq!(fixture.print(b"line\n"), "");
        assert_eq!(fixture.printer.next_attempt(), None);
        assert_eq!(fixture.printer.room(Memory::default()), 0);
    }
}

#[test]
fn limited_memory_gives_room_for_the_text_that_was_asked_for() {
    let printer = Printer::nowhere();
    let limited = Memory::limited_to(u64::MAX);
    let records = Console::records_in(MAX_LOG_TEXT_BYTES);
    assert_eq!(printer.room(limited), records);
    assert!(printer.room(Memory::default()) > records && records > 18_000);
    assert_eq!(printer.room(Memory::limited_to(0)), 0);
}

#[test]
fn unread_text_takes_some_of_the_room() {
    let (poll, (writer, _reader)) = (mio::Poll::new().expect("a poll"), pair());
    let stdout = Output::on(writer, poll.registry(), Token::permanent(0));
    let mut printer = Printer::new(stdout, Output::nowhere());
    let empty = printer.room(Memory::default());
    printer.stdout.write(&mut vec![b'x'; 8 * 1024 * 1024]);
    let pending = printer.stdout.pending();
    assert_eq!(printer.room(Memory::default()), Console::room_behind(pending));
    assert!((1..empty).contains(&Console::room_behind(pending)));
    // Terabytes: far more than tests take, and far less than the product of both texts.
    let limited = Memory::limited_to(1 << 45);
    assert_eq!(printer.room(limited), Console::records_in(MAX_LOG_TEXT_BYTES));
}
