//! New connections: how many, and what to do when there is no room.

use std::io::{Read, Write};
use std::time::Duration;

use mio::net::TcpStream;

use super::origins::Origin;
use super::{Server, Timer};
use crate::clock::Now;
use crate::protocol::reply::Refusal;
use crate::reactor::{ACCEPTS_PER_TICK, Accepted};

/// What is read of a connection that is refused, so that the refusal is not overtaken by a reset.
const MAX_REFUSED_BYTES: usize = 64 * 1024;

/// How long the server waits for descriptors before it tries to accept again.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

impl Server {
    pub(super) fn accept(&mut self, now: Now) {
        self.may_accept_more = false;
        for _ in 0..ACCEPTS_PER_TICK {
            let Some(listener) = self.listener.as_mut().filter(|l| !l.is_paused()) else { return };
            match listener.accept() {
                Accepted::Stream(stream, peer) => {
                    self.is_shortage_known = false;
                    self.welcome(stream, Origin::new(peer.ip()), now);
                }
                Accepted::Broken => {}
                Accepted::Nobody => return,
                Accepted::OutOfResources(error) => {
                    listener.pause();
                    self.event_loop.timers.insert(now.monotonic + ACCEPT_PAUSE, Timer::Accept);
                    if !std::mem::replace(&mut self.is_shortage_known, true) {
                        let console = &mut self.frontend.service.console;
                        console.diagnostic(format_args!("no new connections for now: {error}"));
                    }
                    return;
                }
            }
        }
        self.may_accept_more = true;
    }

    /// Takes a connection, if there is room.
    fn welcome(&mut self, stream: TcpStream, origin: Origin, now: Now) {
        if self.frontend.len() >= self.max_connections {
            return refuse(stream, &Refusal::Busy);
        }
        if !self.frontend.origins.has_room_for(origin) {
            return refuse(stream, &Refusal::BusyForAddress);
        }
        if let Err(error) = self.frontend.admit(stream, origin, self.event_loop.registry(), now) {
            let console = &mut self.frontend.service.console;
            console.diagnostic(format_args!("connection dropped: {error}"));
        }
    }

    pub(super) fn resume_accepting(&mut self) {
        let registry = self.event_loop.registry();
        if let Some(listener) = self.listener.as_mut().filter(|listener| listener.is_paused())
            && let Err(error) = listener.resume(registry)
        {
            self.frontend
                .service
                .console
                .diagnostic(format_args!("cannot accept any more: {error}"));
        }
    }
}

/// Tells somebody that there is no room, as far as that works without waiting.
fn refuse(mut stream: TcpStream, refusal: &Refusal) {
    let mut reply = Vec::new();
    refusal.encode(&mut reply);
    // The buffer of a new connection has room; if not, the peer sees only that we close. What it
    // sent already is read, as closing over unread bytes would reset the connection at once.
    let _ = stream.write(&reply);
    let mut buffer = [0; 4096];
    let reads = MAX_REFUSED_BYTES / buffer.len();
    let _ = (0..reads).take_while(|_| stream.read(&mut buffer).is_ok_and(|len| len > 0)).count();
}
