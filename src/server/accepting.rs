//! New connections: how many, and what to do when there is no room.

use std::io::{Read, Write};
use std::time::Duration;

use mio::net::TcpStream;

use super::origins::Origin;
use super::{Server, Timer};
use crate::clock::Now;
use crate::protocol::refusal::Refusal;
use crate::reactor::{ACCEPTS_PER_TICK, Accepted};

/// What is read of a connection that is refused, so that the refusal is not overtaken by a reset.
const MAX_REFUSED_BYTES: usize = 64 * 1024;

/// Connections that one tick refuses at most. Whoever is refused may come again at once, and those who
/// are in must not wait for a crowd that does.
const REFUSALS_PER_TICK: usize = 32;

/// How long the server waits for descriptors before it tries to accept again.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

impl Server {
    pub(super) fn accept(&mut self, now: Now) {
        self.may_accept_more = false;
        let mut refusals = 0..REFUSALS_PER_TICK;
        for _ in 0..ACCEPTS_PER_TICK {
            let Some(listener) = self.listener.as_mut().filter(|l| !l.is_paused()) else { return };
            match listener.accept() {
                Accepted::Stream(stream, peer) => {
                    let is_refused = !self.welcome(stream, Origin::new(peer.ip()), now);
                    if is_refused && refusals.next().is_none() {
                        break;
                    }
                }
                Accepted::Broken => {}
                Accepted::Nobody => {
                    self.is_shortage_known = false;
                    return;
                }
                Accepted::OutOfResources(error) => {
                    listener.pause();
                    self.event_loop.timers.insert(now.monotonic + ACCEPT_PAUSE, Timer::Accept);
                    if !std::mem::replace(&mut self.is_shortage_known, true) {
                        self.console
                            .diagnostic(format_args!("no new connections for now: {error}"));
                    }
                    return;
                }
            }
        }
        self.may_accept_more = true;
    }

    /// Takes a connection, if there is room, and says whether there was.
    fn welcome(&mut self, stream: TcpStream, origin: Origin, now: Now) -> bool {
        if self.frontend.len() >= self.max_connections {
            refuse(stream, &Refusal::Busy);
            return false;
        }
        if !self.frontend.origins.has_room_for(origin) {
            refuse(stream, &Refusal::BusyForAddress);
            return false;
        }
        if let Err(error) = self.frontend.admit(stream, origin, self.event_loop.registry(), now) {
            self.console.diagnostic(format_args!("connection dropped: {error}"));
        }
        true
    }

    pub(super) fn resume_accepting(&mut self) {
        let registry = self.event_loop.registry();
        if let Some(listener) = self.listener.as_mut().filter(|listener| listener.is_paused())
            && let Err(error) = listener.resume(registry)
        {
            self.console.diagnostic(format_args!("cannot accept any more: {error}"));
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
