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
    assert!(told.ends_with("; events are shown when it works again\n"), "{told}");
    assert_eq!(told.lines().count(), 1);
    assert_eq!(fixture.printer.next_attempt(), Some(fixture.now + RETRY_INTERVAL));
    read(&mut fixture.stdout);
    assert_eq!(fixture.print(b"more\n"), "");
    assert_eq!(read(&mut fixture.stdout), "", "it is tried after a pause");
    fixture.now += RETRY_INTERVAL;
    assert_eq!(fixture.print(b""), "standard output: written again\n");
    assert!(read(&mut fixture.stdout).ends_with("more\n") && fixture.printer.has_shown_all());
    assert_eq!(fixture.printer.next_attempt(), None);
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
        let expected = "standard output: its reader is gone; events are not shown\n";
        assert_eq!(told, expected);
        assert_eq!(fixture.print(b"line\n"), "");
        assert_eq!(fixture.printer.next_attempt(), None);
    }
}

#[test]
fn text_beyond_the_limit_is_left_out_whole_and_counted() {
    let (poll, (writer, mut reader)) = (mio::Poll::new().expect("a poll"), pair());
    let stdout = Output::on(writer, poll.registry(), Token::permanent(0));
    let mut fixture = Fixture::new();
    fixture.printer.stdout = stdout;
    let line = [&[b'x'; 1023][..], b"\n"].concat();
    // What the socket takes at once leaves room.
    fixture.print(&line.repeat(1024));
    let pending = fixture.printer.stdout.pending();
    assert!(pending > 0);
    fixture.printer.limit_pending(pending + line.len());
    fixture.print(&line);
    fixture.print(&line.repeat(3));
    let mut read_lines = 0;
    while !fixture.printer.has_shown_all() {
        read_lines += read(&mut reader).lines().count();
        fixture.printer.stdout.flush();
    }
    let shown = read(&mut reader);
    assert!(shown.ends_with("(3 lines left out: nobody read)\n"), "{shown}");
    assert!(read_lines > 0);
}
