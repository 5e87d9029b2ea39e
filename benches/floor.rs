//! The floor: the least that a single-threaded server can do for a login session, to compare ours
//! with.
//!
//! It accepts, receives, splits requests, sends and closes, on bare epoll. It has no accounts,
//! timers, random numbers or limits: everybody is let in, and TempIDs count up. With `--durable`
//! the lines of a `tempIDs.txt` go into a file with one write and one sync for each batch of
//! events, and the replies after them, as the server has it.
//!
//! `cargo run --release --example floor -- PORT [--durable FILE]`

use std::fs::File;
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::os::fd::{AsRawFd, OwnedFd};

use bluetrace::reactor::descriptors;
use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, accept_with, bind, getsockname,
    listen, recv, send, socket_with, sockopt,
};

/// Connections that the kernel completes before they are accepted.
const BACKLOG: i32 = 65_535;

/// Events of one batch, and accepts of one event, at most.
const BATCH: usize = 1024;

/// What marks the event of the listener, where others have the number of a descriptor.
const LISTENER: u64 = u64::MAX;

/// When every TempID begins and ends.
const BEGINNING: &[u8] = b"13/05/2020 17:54:06";
const END: &[u8] = b"13/05/2020 18:09:05";

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (port, durable) = match words[..] {
        [port] => (port.parse().ok(), None),
        [port, "--durable", file] => (port.parse().ok(), Some(file)),
        _ => (None, None),
    };
    let Some(port) = port else {
        eprintln!("Usage: floor PORT [--durable FILE]");
        std::process::exit(2);
    };
    let file = durable.map(|path| File::options().append(true).create(true).open(path));
    descriptors::raise_limit();
    let mut floor = Floor::listen(port, file.transpose()?)?;
    eprintln!("listening on {}", SocketAddr::try_from(getsockname(&floor.listener)?)?);
    floor.run()
}

/// The server.
struct Floor {
    epoll: OwnedFd,
    listener: OwnedFd,
    /// The connections, at the numbers of their descriptors.
    peers: Vec<Option<Peer>>,
    buffer: Vec<u8>,
    file: Option<File>,
    /// The next TempID, in decimal digits.
    temp_id: [u8; 20],
    /// What goes into the file at the end of the batch.
    lines: Vec<u8>,
    /// What is sent after it, or at once if there is no file.
    replies: Vec<u8>,
    waiting: Vec<Waiting>,
}

/// A connection.
struct Peer {
    socket: OwnedFd,
    /// A request that is not complete yet.
    unfinished: Vec<u8>,
}

/// A connection that waits for the sync.
struct Waiting {
    index: usize,
    /// Where its replies end; they begin where those of the one before end.
    end: usize,
    is_last: bool,
}

impl Floor {
    fn listen(port: u16, file: Option<File>) -> io::Result<Self> {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let listener = socket_with(AddressFamily::INET, SocketType::STREAM, flags, None)?;
        sockopt::set_socket_reuseaddr(&listener, true)?;
        // Accepted sockets inherit it.
        sockopt::set_tcp_nodelay(&listener, true)?;
        bind(&listener, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, port))?;
        listen(&listener, BACKLOG)?;
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        epoll::add(&epoll, &listener, EventData::new_u64(LISTENER), EventFlags::IN)?;
        Ok(Self {
            epoll,
            listener,
            peers: Vec::new(),
            buffer: vec![0; 65_536],
            file,
            temp_id: *b"10000000000000000000",
            lines: Vec::new(),
            replies: Vec::new(),
            waiting: Vec::new(),
        })
    }

    fn run(&mut self) -> io::Result<()> {
        let mut events: Vec<Event> = Vec::with_capacity(BATCH);
        loop {
            match epoll::wait(&self.epoll, spare_capacity(&mut events), None) {
                Err(Errno::INTR) => continue,
                outcome => outcome?,
            };
            for event in events.drain(..) {
                match event.data.u64() {
                    LISTENER => self.accept()?,
                    index => self.serve(index as usize),
                }
            }
            self.commit()?;
        }
    }

    fn accept(&mut self) -> io::Result<()> {
        for _ in 0..BATCH {
            let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
            let socket = match accept_with(&self.listener, flags) {
                Err(Errno::AGAIN) => break,
                Err(Errno::CONNABORTED) => continue,
                outcome => outcome?,
            };
            let index = socket.as_raw_fd() as usize;
            epoll::add(&self.epoll, &socket, EventData::new_u64(index as u64), EventFlags::IN)?;
            if index >= self.peers.len() {
                self.peers.resize_with(index + 1, || None);
            }
            self.peers[index] = Some(Peer { socket, unfinished: Vec::new() });
        }
        Ok(())
    }

    /// Receives once and answers.
    fn serve(&mut self, index: usize) {
        let Some(peer) = &mut self.peers[index] else { return };
        let (start, lines) = (self.replies.len(), self.lines.len());
        let length = match recv(&peer.socket, &mut self.buffer[..], RecvFlags::empty()) {
            Err(Errno::AGAIN) => return,
            Ok((length, _)) if length > 0 => length,
            Ok(_) | Err(_) => return self.peers[index] = None,
        };
        let mut unfinished = std::mem::take(&mut peer.unfinished);
        let mut bytes = &self.buffer[..length];
        if !unfinished.is_empty() {
            unfinished.extend_from_slice(bytes);
            bytes = &unfinished;
        }
        let mut is_last = false;
        while let Some((command, rest)) = split_request(bytes) {
            bytes = rest;
            is_last |= command == b"QUIT";
            answer(command, &mut self.temp_id, &mut self.replies, &mut self.lines);
        }
        peer.unfinished = bytes.to_vec();
        if self.file.is_some() && self.lines.len() > lines {
            self.waiting.push(Waiting { index, end: self.replies.len(), is_last });
        } else {
            self.send(index, start..self.replies.len(), is_last);
            self.replies.truncate(start);
        }
    }

    fn send(&mut self, index: usize, replies: std::ops::Range<usize>, is_last: bool) {
        let (Some(peer), length) = (&self.peers[index], replies.len()) else { return };
        let is_sent = length == 0
            || send(&peer.socket, &self.replies[replies], SendFlags::NOSIGNAL) == Ok(length);
        if is_last || !is_sent {
            self.peers[index] = None;
        }
    }

    /// Puts the TempIDs of a batch on disk, and then tells them.
    fn commit(&mut self) -> io::Result<()> {
        if let Some(file) = self.file.as_mut().filter(|_| !self.waiting.is_empty()) {
            file.write_all(&self.lines)?;
            file.sync_data()?;
        }
        let mut start = 0;
        for Waiting { index, end, is_last } in std::mem::take(&mut self.waiting) {
            self.send(index, start..end, is_last);
            start = end;
        }
        self.lines.clear();
        self.replies.clear();
        Ok(())
    }
}

/// Appends a reply and, for a TempID, its line.
fn answer(command: &[u8], temp_id: &mut [u8; 20], replies: &mut Vec<u8>, lines: &mut Vec<u8>) {
    match command {
        b"TEMPID" => {
            for part in [b"$58\r\n", &temp_id[..], BEGINNING, END, b"\r\n"] {
                replies.extend_from_slice(part);
            }
            for part in [b"+61410888888 ", &temp_id[..], b" ", BEGINNING, b" ", END, b"\n"] {
                lines.extend_from_slice(part);
            }
            count_up(temp_id);
        }
        b"AUTH" | b"QUIT" => replies.extend_from_slice(b"+OK\r\n"),
        b"PING" => replies.extend_from_slice(b"+PONG\r\n"),
        _ => replies.extend_from_slice(b"-ERR unknown command\r\n"),
    }
}

fn count_up(digits: &mut [u8]) {
    for digit in digits.iter_mut().rev() {
        *digit = if *digit == b'9' { b'0' } else { *digit + 1 };
        if *digit != b'0' {
            return;
        }
    }
}

/// The first word of the first request, and what follows that request; nothing as long as it is not
/// complete. Nonsense is never complete.
fn split_request(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (line, mut rest) = split_line(bytes)?;
    let Some(count) = line.strip_prefix(b"*") else {
        return Some((line.split(|byte| *byte == b' ').next()?, rest));
    };
    let mut command: &[u8] = b"";
    for number in 0..decimal(count)? {
        let (header, after) = split_line(rest)?;
        let length = decimal(header.strip_prefix(b"$")?)?;
        let word = after.get(..length)?;
        rest = after.get(length + 2..)?;
        command = if number == 0 { word } else { command };
    }
    Some((command, rest))
}

fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr(b'\n', bytes)?;
    let line = &bytes[..end];
    Some((line.strip_suffix(b"\r").unwrap_or(line), &bytes[end + 1..]))
}

fn decimal(digits: &[u8]) -> Option<usize> {
    str::from_utf8(digits).ok()?.parse().ok()
}
