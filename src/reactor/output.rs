use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};

use mio::event::Event;
use mio::unix::SourceFd;
use mio::{Interest, Registry};
use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::net::SendFlags;

use super::{Buffer, Token};

/// Bytes of text that wait for a reader at most, unless the output has another limit. Text beyond
/// that is dropped and counted.
pub const MAX_PENDING_OUTPUT_BYTES: usize = 64 * 1024 * 1024;

/// Standard output or standard error of a program that must not wait for whoever reads it.
///
/// A stopped pager behind a pipe, or a terminal after Ctrl-S, would stop a whole server at its next
/// line. Setting `O_NONBLOCK` on the inherited descriptor would affect other programs that share
/// it. But opening the same pipe or terminal anew gives an open file description of our own, and a
/// send on a socket takes `MSG_DONTWAIT`.
#[derive(Debug)]
pub struct Output {
    sink: Sink,
    pending: Buffer,
    max_pending: usize,
    dropped_lines: usize,
    /// Why the last write failed, if no event tells when the next one may work.
    problem: Option<io::Error>,
}

#[derive(Debug)]
enum Sink {
    /// A pipe or a terminal, opened anew without blocking, registered with the poll.
    NonBlocking(File),
    /// A socket, such as systemd passes to a service, registered with the poll. It cannot be opened
    /// anew, but each send can be told not to wait.
    Socket(File),
    /// A file or device that never blocks, or a pipe or terminal of another user, which may.
    Blocking(File),
    /// The reader is gone for good.
    Closed,
    /// The program has no output.
    Nowhere,
}

impl Output {
    /// The standard output of this process.
    pub fn stdout(registry: &Registry, token: Token) -> Self {
        Self::new(Sink::of(rustix::stdio::stdout(), registry, token))
    }

    /// The standard error of this process.
    pub fn stderr(registry: &Registry, token: Token) -> Self {
        Self::new(Sink::of(rustix::stdio::stderr(), registry, token))
    }

    /// An output that discards everything.
    pub fn nowhere() -> Self {
        Self::new(Sink::Nowhere)
    }

    fn new(sink: Sink) -> Self {
        Self {
            sink,
            pending: Buffer::default(),
            max_pending: MAX_PENDING_OUTPUT_BYTES,
            dropped_lines: 0,
            problem: None,
        }
    }

    /// Changes how many bytes of text may wait for a reader.
    pub fn limit_pending(&mut self, bytes: usize) {
        self.max_pending = bytes;
    }

    /// Whether everything is written.
    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// Bytes that wait for a reader.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Whether the reader is gone, so that nobody sees what is written.
    pub fn is_closed(&self) -> bool {
        matches!(self.sink, Sink::Closed)
    }

    /// Why pending text is not written, if the reason is not a slow reader but, for example, a full
    /// disk. No event tells when that is over, so [`flush`](Output::flush) has to be called from
    /// time to time.
    pub fn problem(&self) -> Option<&io::Error> {
        self.problem.as_ref()
    }

    /// Writes `text`, now or when there is room, and clears it. While there is a
    /// [`problem`](Output::problem), the text only joins what is pending.
    pub fn write(&mut self, text: &mut Vec<u8>) {
        if text.is_empty() {
            return;
        }
        if self.pending.len() + text.len() > self.max_pending {
            self.dropped_lines += memchr::memchr_iter(b'\n', text).count();
        } else {
            self.pending.extend(text);
        }
        text.clear();
        if self.problem.is_none() {
            self.flush();
        }
    }

    /// Handles an event: writes pending text, or gives up if the reader is gone, of which an event
    /// tells even when nothing is pending.
    pub fn handle_event(&mut self, event: &Event) {
        if event.is_write_closed() {
            self.sink = Sink::Closed;
        }
        self.flush();
    }

    /// Writes pending text, as much as the reader takes.
    pub fn flush(&mut self) {
        while !self.pending.is_empty() {
            match self.sink.write(self.pending.as_slice()) {
                Ok(count) => {
                    self.pending.consume(count);
                    self.problem = None;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if self.sink.is_closed_by(&error) => self.sink = Sink::Closed,
                Err(error) => {
                    self.problem = Some(error).filter(|error| !self.sink.will_tell_after(error));
                    return;
                }
            }
        }
        if self.dropped_lines > 0 {
            let lines = std::mem::take(&mut self.dropped_lines);
            self.pending.extend(format!("({lines} lines left out: nobody read)\n").as_bytes());
            self.flush();
        }
    }
}

impl Sink {
    fn of(descriptor: BorrowedFd<'_>, registry: &Registry, token: Token) -> Self {
        Self::open(descriptor, registry, token)
            .or_else(|_| duplicate(descriptor).map(Self::Blocking))
            .unwrap_or(Self::Closed)
    }

    /// Opens a sink that never blocks and whose room raises events.
    fn open(descriptor: BorrowedFd<'_>, registry: &Registry, token: Token) -> io::Result<Self> {
        let path = format!("/proc/self/fd/{}", descriptor.as_raw_fd());
        let kind = fs::metadata(&path)?.file_type();
        let register = |file: File| {
            let mut source = SourceFd(&file.as_raw_fd());
            registry.register(&mut source, token.into(), Interest::WRITABLE).map(|()| file)
        };
        if kind.is_socket() {
            duplicate(descriptor).and_then(register).map(Self::Socket)
        } else if kind.is_fifo() || kind.is_char_device() {
            let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
            let mut options = OpenOptions::new();
            let file = options.write(true).custom_flags(flags.bits() as i32).open(path);
            file.and_then(register).map(Self::NonBlocking)
        } else {
            Err(ErrorKind::Unsupported.into())
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = match self {
            Self::NonBlocking(file) | Self::Blocking(file) => file.write(bytes)?,
            Self::Socket(socket) => {
                let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
                rustix::net::send(socket, bytes, flags)?
            }
            Self::Closed | Self::Nowhere => bytes.len(),
        };
        // A device that takes nothing and says no error would be asked for ever.
        if count == 0 { Err(ErrorKind::WriteZero.into()) } else { Ok(count) }
    }

    /// Whether `error` says that the reader of a pipe, the peer of a socket or the terminal is
    /// gone.
    fn is_closed_by(&self, error: &io::Error) -> bool {
        let is_terminal = match self {
            Self::NonBlocking(_) => true,
            // Of a file, it is the disk that fails, perhaps not for ever.
            Self::Blocking(file) => {
                file.metadata().is_ok_and(|file| file.file_type().is_char_device())
            }
            Self::Socket(_) | Self::Closed | Self::Nowhere => false,
        };
        match error.raw_os_error().map(Errno::from_raw_os_error) {
            Some(Errno::PIPE | Errno::CONNRESET | Errno::NOTCONN | Errno::BADF) => true,
            Some(Errno::IO) => is_terminal,
            _ => false,
        }
    }

    /// Whether an event will tell when it is worth trying again after `error`.
    fn will_tell_after(&self, error: &io::Error) -> bool {
        match self {
            Self::NonBlocking(_) | Self::Socket(_) => error.kind() == ErrorKind::WouldBlock,
            Self::Blocking(_) | Self::Closed | Self::Nowhere => false,
        }
    }
}

fn duplicate(descriptor: BorrowedFd<'_>) -> io::Result<File> {
    Ok(File::from(rustix::io::dup(descriptor)?))
}

#[cfg(test)]
mod tests;
