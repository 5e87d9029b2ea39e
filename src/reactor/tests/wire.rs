use std::cell::{RefCell, RefMut};
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::rc::Rc;

use mio::Interest;

use super::super::{Readiness, Stream, Token};

/// Tells, once, what streams have become ready for, if that is of interest. Clones are the same
/// poll.
#[derive(Debug, Clone, Default)]
pub(crate) struct TestPoll(Rc<RefCell<Vec<(Token, Readiness)>>>);

impl TestPoll {
    /// The events since the last call.
    pub(crate) fn take_events(&self) -> Vec<(Token, Readiness)> {
        self.0.take()
    }

    /// Whether there are events.
    pub(crate) fn has_events(&self) -> bool {
        !self.0.borrow().is_empty()
    }

    /// Raises an event, whether or not it is true.
    pub(crate) fn tell(&self, token: Token, readiness: Readiness) {
        self.0.borrow_mut().push((token, readiness));
    }
}

/// One end of a wire. Dropping it closes it.
#[derive(Debug)]
pub(crate) struct End {
    wire: Wire,
    /// Index of its half.
    own: usize,
}

/// Looks at the first end of a wire from outside.
#[derive(Debug)]
pub(crate) struct Probe(Wire);

type Wire = Rc<RefCell<[Half; 2]>>;

/// What one end reads, and how it is.
#[derive(Debug)]
struct Half {
    registration: Option<(TestPoll, Token, Interest)>,
    /// Bytes that the other end has sent and this one has not read.
    arrived: VecDeque<u8>,
    /// How many more bytes this end may send.
    room: usize,
    /// Whether a write found no room, so that room is news.
    is_full: bool,
    sent: usize,
    has_ended: bool,
    is_closed: bool,
}

impl End {
    /// Both ends of a new wire, and a probe of the first.
    pub(crate) fn pair() -> (Self, Self, Probe) {
        let wire = Rc::new(RefCell::new([Half::new(), Half::new()]));
        let end = |own| Self { wire: Rc::clone(&wire), own };
        (end(0), end(1), Probe(Rc::clone(&wire)))
    }

    /// The halves of this end and of the other one.
    fn halves(&self) -> (RefMut<'_, Half>, RefMut<'_, Half>) {
        let halves = RefMut::map_split(self.wire.borrow_mut(), |[first, second]| (first, second));
        if self.own == 0 { halves } else { (halves.1, halves.0) }
    }

    fn set_interest(&self, poll: &TestPoll, token: Token, interest: Interest) {
        let (mut own, other) = self.halves();
        own.registration = Some((poll.clone(), token, interest));
        if other.has_ended {
            own.tell(Readiness::ReadableToEnd);
        } else if !own.arrived.is_empty() {
            own.tell(Readiness::Readable);
        } else if own.room > 0 {
            own.tell(Readiness::Writable);
        }
    }

    fn end(&self) {
        let (mut own, other) = self.halves();
        if !std::mem::replace(&mut own.has_ended, true) {
            other.tell(Readiness::ReadableToEnd);
        }
    }
}

impl Half {
    fn new() -> Self {
        Self {
            registration: None,
            arrived: VecDeque::new(),
            room: usize::MAX,
            is_full: false,
            sent: 0,
            has_ended: false,
            is_closed: false,
        }
    }

    fn tell(&self, readiness: Readiness) {
        if let Some((poll, token, interest)) = &self.registration {
            let is_of_interest = match readiness {
                Readiness::Writable => interest.is_writable(),
                Readiness::Readable | Readiness::ReadableToEnd => interest.is_readable(),
            };
            if is_of_interest {
                poll.tell(*token, readiness);
            }
        }
    }
}

impl Probe {
    /// Lets the first end send so many bytes more.
    pub(crate) fn make_room(&self, bytes: usize) {
        let half = &mut self.0.borrow_mut()[0];
        half.room = bytes;
        if bytes > 0 && std::mem::take(&mut half.is_full) {
            half.tell(Readiness::Writable);
        }
    }

    /// How many bytes the first end has sent.
    pub(crate) fn sent(&self) -> usize {
        self.0.borrow()[0].sent
    }

    /// Whether the first end has ended its half.
    pub(crate) fn is_ended(&self) -> bool {
        self.0.borrow()[0].has_ended
    }

    /// Whether the first end is closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.0.borrow()[0].is_closed
    }

    /// Whether the first end is told of room.
    pub(crate) fn is_interested_in_room(&self) -> bool {
        let half = &self.0.borrow()[0];
        half.registration.as_ref().is_some_and(|(_, _, interest)| interest.is_writable())
    }
}

impl Read for End {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let (mut own, other) = self.halves();
        if own.arrived.is_empty() && !other.has_ended {
            return Err(ErrorKind::WouldBlock.into());
        }
        own.arrived.read(buffer)
    }
}

impl Write for End {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (mut own, mut other) = self.halves();
        if own.has_ended || other.is_closed {
            return Err(ErrorKind::BrokenPipe.into());
        }
        let count = bytes.len().min(own.room);
        if count == 0 {
            own.is_full = true;
            return Err(ErrorKind::WouldBlock.into());
        }
        own.room -= count;
        own.sent += count;
        other.arrived.extend(&bytes[..count]);
        other.tell(Readiness::Readable);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream for End {
    type Registry = TestPoll;

    fn register(&mut self, poll: &TestPoll, token: Token, interest: Interest) -> io::Result<()> {
        self.set_interest(poll, token, interest);
        Ok(())
    }

    fn reregister(&mut self, poll: &TestPoll, token: Token, interest: Interest) -> io::Result<()> {
        self.set_interest(poll, token, interest);
        Ok(())
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        self.end();
        Ok(())
    }
}

impl Drop for End {
    fn drop(&mut self) {
        self.halves().0.is_closed = true;
        self.end();
    }
}
