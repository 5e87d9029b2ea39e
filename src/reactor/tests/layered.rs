use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};

use mio::Interest;

use super::super::{Buffer, Stream, Token};
use super::wire::{End, TestPoll};

/// Records of data after which their sender demands an answer, and sends no more before it comes.
const RECORDS_PER_ANSWER: usize = 3;

/// What each byte of data is combined with on the wire, so that nobody takes it for plaintext.
const KEY: u8 = 0x5a;

/// Bytes of plaintext that one read returns at most, so that it holds the rest of a record back.
const BYTES_PER_READ: usize = 100;

/// A stream above another one that is as inconvenient as TLS, or more so.
///
/// It begins with a handshake in which both sides send a greeting, the one that connected first. It
/// sends records, each of a kind, a length and bytes. From time to time it demands an answer.
/// Whoever owes an answer or a greeting reads on only when that is sent, and whoever waits for one
/// sends no data meanwhile. The last record says goodbye; an end without it is an error.
#[derive(Debug)]
pub(crate) struct Layered {
    below: End,
    /// Bytes of records that were read and are not decoded.
    received: Buffer,
    /// Decoded data that nobody has read.
    plaintext: VecDeque<u8>,
    /// Bytes of records that are to be sent.
    outgoing: Buffer,
    has_greeted: bool,
    /// Whether the outgoing bytes hold a greeting or an answer that the peer waits for.
    is_owing: bool,
    /// Whether data waits for a greeting or an answer of the peer.
    is_awaiting: bool,
    /// Records of data sent since the last demand.
    records: usize,
    /// Whether the last read of the stream below found nothing.
    is_drained: bool,
    has_peer_ended: bool,
    has_ended: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Greeting,
    Data,
    Demand,
    Answer,
    Goodbye,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Greeting, Self::Data, Self::Demand, Self::Answer, Self::Goodbye];
}

impl Layered {
    /// The side that waits for the other's greeting.
    pub(crate) fn accepted(below: End) -> Self {
        Self {
            below,
            received: Buffer::default(),
            plaintext: VecDeque::new(),
            outgoing: Buffer::default(),
            has_greeted: false,
            is_owing: false,
            is_awaiting: true,
            records: 0,
            is_drained: true,
            has_peer_ended: false,
            has_ended: false,
        }
    }

    /// The side that begins.
    pub(crate) fn connected(below: End) -> Self {
        let mut layered = Self::accepted(below);
        layered.has_greeted = true;
        layered.append(Kind::Greeting, &[]);
        layered
    }

    fn append(&mut self, kind: Kind, data: &[u8]) {
        let encoded = data.iter().map(|byte| byte ^ KEY);
        let record: Vec<u8> = [kind as u8, data.len() as u8].into_iter().chain(encoded).collect();
        self.outgoing.extend(&record);
    }

    /// Takes the next record off what was received, if it is complete.
    fn next_record(&mut self) -> Option<(Kind, Vec<u8>)> {
        let (&[kind, len], rest) = self.received.as_slice().split_first_chunk()?;
        let data = rest.get(..usize::from(len))?.iter().map(|byte| byte ^ KEY).collect();
        self.received.consume(2 + usize::from(len));
        Some((Kind::ALL[usize::from(kind)], data))
    }

    fn take(&mut self, kind: Kind, data: Vec<u8>) {
        match kind {
            Kind::Greeting => {
                self.is_awaiting = false;
                if !std::mem::replace(&mut self.has_greeted, true) {
                    self.owe(Kind::Greeting);
                }
            }
            Kind::Data => self.plaintext.extend(data),
            Kind::Demand => self.owe(Kind::Answer),
            Kind::Answer => self.is_awaiting = false,
            Kind::Goodbye => self.has_peer_ended = true,
        }
    }

    fn owe(&mut self, kind: Kind) {
        // Nothing can be said behind the goodbye.
        if !self.has_ended {
            self.append(kind, &[]);
            self.is_owing = true;
        }
    }

    /// Reads one portion of the stream below.
    fn fill(&mut self) -> io::Result<()> {
        let mut bytes = [0; 64];
        let read = self.below.read(&mut bytes);
        self.is_drained = read.is_err();
        match read? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            count => {
                self.received.extend(&bytes[..count]);
                Ok(())
            }
        }
    }
}

impl Read for Layered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.plaintext.is_empty() && !self.has_peer_ended {
            if self.is_owing {
                return Err(ErrorKind::WouldBlock.into());
            }
            match self.next_record() {
                Some((kind, data)) => self.take(kind, data),
                None => self.fill()?,
            }
        }
        let count = buffer.len().min(BYTES_PER_READ);
        self.plaintext.read(&mut buffer[..count])
    }
}

impl Write for Layered {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        assert!(!self.wants_write() && !self.must_read_first(), "takes no bytes now");
        let count = bytes.len().min(usize::from(u8::MAX));
        self.append(Kind::Data, &bytes[..count]);
        self.records += 1;
        if self.records == RECORDS_PER_ANSWER {
            self.records = 0;
            self.append(Kind::Demand, &[]);
            self.is_awaiting = true;
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream for Layered {
    type Registry = TestPoll;

    fn register(&mut self, poll: &TestPoll, token: Token, interest: Interest) -> io::Result<()> {
        self.below.register(poll, token, interest)
    }

    fn reregister(&mut self, poll: &TestPoll, token: Token, interest: Interest) -> io::Result<()> {
        self.below.reregister(poll, token, interest)
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        if !std::mem::replace(&mut self.has_ended, true) {
            self.append(Kind::Goodbye, &[]);
        }
        while self.wants_write() {
            self.write_own()?;
        }
        self.below.shutdown_write()
    }

    fn wants_write(&self) -> bool {
        !self.outgoing.is_empty()
    }

    fn write_own(&mut self) -> io::Result<usize> {
        let count = self.below.write(self.outgoing.as_slice())?;
        self.outgoing.consume(count);
        self.is_owing &= self.wants_write();
        Ok(count)
    }

    fn must_read_first(&self) -> bool {
        self.is_awaiting
    }

    fn may_hold_more(&self) -> bool {
        // Only a failed read tells that the stream below is drained.
        self.is_owing || !self.plaintext.is_empty() || !self.is_drained
    }

    fn has_farewell(&self) -> bool {
        true
    }
}
