use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};

use mio::unix::SourceFd;
use mio::{Interest, Registry};
use rustix::fs::OFlags;
use rustix::io::Errno;

use super::{Buffer, Token};

/// Text that waits for a reader, at most, in bytes. What comes on top is dropped and counted.
pub const MAX_PENDING_OUTPUT_BYTES: usize = 64 * 1024 * 1024;

/// Standard output or standard error of a program that must not wait for whoever reads it.
///
/// A stopped pager behind a pipe, or a terminal after Ctrl-S, would stop a whole server at its next
/// line. `O_NONBLOCK` on our descriptor is no way out, as other programs share it; but opening the
/// same pipe or terminal anew gives a description of our own.
#[derive(Debug)]
pub struct Output {
    sink: Sink,
    pending: Buffer,
    dropped_lines: usize,
    /// What the system said when it last took nothing, though somebody may still read.
    problem: Option<io::Error>,
}

#[derive(Debug)]
enum Sink {
    /// A pipe or a terminal, opened anew without blocking, registered with the poll.
    NonBlocking(File),
    /// A file, which never makes anybody wait, or something that cannot be opened anew.
    Blocking(File),
    /// Whoever read it is gone, and nobody will ever read it again.
    Closed,
    /// Nobody wants to read it.
    Nowhere,
}

impl Output {
    /// The standard output of this process.
    pub fn stdout(registry: &Registry, token: Token) -> Self {
        Self::open(1, registry, token)
    }

    /// The standard error of this process.
    pub fn stderr(registry: &Registry, token: Token) -> Self {
        Self::open(2, registry, token)
    }

    /// An output that nobody reads.
    pub fn nowhere() -> Self {
        Self { sink: Sink::Nowhere, pending: Buffer::default(), dropped_lines: 0, problem: None }
    }

    fn open(descriptor: i32, registry: &Registry, token: Token) -> Self {
        let path = format!("/proc/self/fd/{descriptor}");
        let sink = open_anew(&path, registry, token)
            .map(Sink::NonBlocking)
            .or_else(|_| duplicate(descriptor).map(Sink::Blocking))
            .unwrap_or(Sink::Closed);
        Self { sink, pending: Buffer::default(), dropped_lines: 0, problem: None }
    }

    /// Whether everything is written.
    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// How many bytes wait for a reader.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Whether whoever read it is gone, so that what is written reaches nobody.
    pub fn is_closed(&self) -> bool {
        matches!(self.sink, Sink::Closed)
    }

    /// Why what is pending is not written, if that is not for want of a reader: the disk is full, for
    /// example. It is tried again with every flush.
    pub fn problem(&self) -> Option<&io::Error> {
        self.problem.as_ref()
    }

    /// Writes `text`, now or when there is room, and leaves it empty.
    pub fn write(&mut self, text: &mut Vec<u8>) {
        if text.is_empty() {
            return;
        }
        if self.pending.len() + text.len() > MAX_PENDING_OUTPUT_BYTES {
            self.dropped_lines += memchr::memchr_iter(b'\n', text).count();
        } else {
            self.pending.extend(text);
        }
        text.clear();
        self.flush();
    }

    /// Goes on with what is not written yet.
    pub fn flush(&mut self) {
        while !self.pending.is_empty() {
            let written = match &mut self.sink {
                Sink::NonBlocking(file) | Sink::Blocking(file) => {
                    file.write(self.pending.as_slice())
                }
                Sink::Closed | Sink::Nowhere => Ok(self.pending.len()),
            };
            match written {
                Ok(count) => {
                    self.pending.consume(count);
                    self.problem = None;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_final(&error) => self.sink = Sink::Closed,
                // No room at the moment, in the pipe or on the disk.
                Err(error) => {
                    self.problem =
                        Some(error).filter(|error| error.kind() != ErrorKind::WouldBlock);
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

/// Whether the reader of a pipe or the terminal is gone.
fn is_final(error: &io::Error) -> bool {
    error.kind() == ErrorKind::BrokenPipe
        || error.raw_os_error() == Some(Errno::IO.raw_os_error())
        || error.raw_os_error() == Some(Errno::BADF.raw_os_error())
}

fn open_anew(path: &str, registry: &Registry, token: Token) -> io::Result<File> {
    let kind = fs::metadata(path)?.file_type();
    if !kind.is_fifo() && !kind.is_char_device() {
        return Err(ErrorKind::Unsupported.into());
    }
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = OpenOptions::new().write(true).custom_flags(flags.bits() as i32).open(path)?;
    registry.register(&mut SourceFd(&file.as_raw_fd()), token.into(), Interest::WRITABLE)?;
    Ok(file)
}

fn duplicate(descriptor: i32) -> io::Result<File> {
    let duplicate = match descriptor {
        1 => rustix::io::dup(rustix::stdio::stdout()),
        _ => rustix::io::dup(rustix::stdio::stderr()),
    };
    Ok(File::from(duplicate?))
}
