//! Accepts new connections, refuses them when there is no room, and pauses when accepting fails.

use std::io::{self, Read, Write};
use std::time::Instant;

use mio::net::TcpStream;

use super::Server;
use super::operator::socket::{MAX_OPERATORS, OperatorSocket};
use super::origins::Origin;
use crate::clock::Now;
use crate::protocol::refusal::Refusal;
use crate::reactor::{ACCEPTS_PER_TICK, Accepted};
use crate::transport::Wire;

/// Bytes that are read of a refused connection, at most, so that no reset overtakes the refusal.
const MAX_REFUSED_BYTES: usize = 64 * 1024;

/// Connections that one tick refuses at most. Refused clients may come again at once, and admitted
/// clients must not wait for a crowd of them.
const REFUSALS_PER_TICK: usize = 32;

impl Server {
    /// Accepts clients that wait, if any do and no failure has paused that.
    pub(super) fn accept(&mut self, now: Now) {
        let mut refusals = 0..REFUSALS_PER_TICK;
        for _ in 0..ACCEPTS_PER_TICK {
            let Some(listener) = &mut self.listener else { return };
            if listener.next_attempt(now.monotonic).is_none_or(|at| at > now.monotonic) {
                return;
            }
            match listener.accept() {
                Accepted::Stream(stream, peer) => {
                    let is_refused = !self.welcome(stream, Origin::new(peer.ip()), now);
                    if is_refused && refusals.next().is_none() {
                        return;
                    }
                }
                Accepted::Nobody => {
                    if listener.worked() {
                        self.console.diagnostic("new connections are accepted again");
                    }
                }
                Accepted::Failed(error) => self.pause_accepting(&error, now),
            }
        }
    }

    /// When to accept the operator although no event will tell.
    pub(super) fn next_operator(&self, now: Instant) -> Option<Instant> {
        let OperatorSocket { listener, .. } = self.operator.as_ref()?;
        let has_room = self.frontend.operators() < MAX_OPERATORS;
        listener.next_attempt(now).filter(|_| has_room)
    }

    /// Accepts the operator. What waits beyond [`MAX_OPERATORS`] is accepted when another one has
    /// left.
    pub(super) fn accept_operators(&mut self, now: Now) {
        let Some(OperatorSocket { listener, .. }) = &mut self.operator else { return };
        while self.frontend.operators() < MAX_OPERATORS
            && listener.next_attempt(now.monotonic).is_some_and(|at| at <= now.monotonic)
        {
            match listener.accept() {
                Accepted::Stream(stream, _) => {
                    let wire = Wire::Local(stream);
                    let registry = self.event_loop.registry();
                    if self.frontend.admit_operator(wire, registry, now).is_err() {
                        listener.pause(now.monotonic);
                    }
                }
                Accepted::Nobody => {}
                // The operator waits until there is a descriptor.
                Accepted::Failed(_) => {
                    listener.pause(now.monotonic);
                }
            }
        }
    }

    /// Takes a connection, if there is room, and returns whether there was.
    fn welcome(&mut self, stream: TcpStream, origin: Origin, now: Now) -> bool {
        let memory = self.frontend.service.authority.memory();
        if self.frontend.len() - self.frontend.operators() >= self.max_connections
            || !memory.has_room_for(0)
        {
            self.refuse(stream, &Refusal::Busy);
            return false;
        }
        if !self.frontend.origins.has_room_for(origin) {
            self.refuse(stream, &Refusal::BusyForAddress);
            return false;
        }
        // The system's limit of watches and its memory for them are as short for the next one.
        let wire = self.acceptor.accept(stream);
        if let Err(error) = self.frontend.admit(wire, origin, self.event_loop.registry(), now) {
            self.pause_accepting(&error, now);
        }
        true
    }

    fn refuse(&mut self, stream: TcpStream, refusal: &Refusal) {
        self.frontend.service.statistics.refused(refusal.code());
        let mut reply = Vec::new();
        refusal.encode(&mut reply);
        refuse(stream, self.acceptor.refusal(&reply));
    }

    fn pause_accepting(&mut self, error: &io::Error, now: Now) {
        if self.listener.as_mut().is_some_and(|listener| listener.pause(now.monotonic)) {
            self.console.diagnostic(format_args!("no new connections for now: {error}"));
        }
    }
}

/// Tells a client that there is no room, as far as that works without waiting.
fn refuse(mut stream: TcpStream, refusal: &[u8]) {
    // The buffer of a new connection has room; if not, the peer sees only that we close. What it
    // sent already is read, as closing over unread bytes would reset the connection at once.
    let _ = stream.write(refusal);
    let mut buffer = [0; 4096];
    let reads = MAX_REFUSED_BYTES / buffer.len();
    let _ = (0..reads).take_while(|_| stream.read(&mut buffer).is_ok_and(|len| len > 0)).count();
}
