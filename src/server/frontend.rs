//! The connections of the server, on any stream, store and clock: serves them, commits, replies,
//! keeps their timers, ends and frees them. It waits for nothing and reads no clock: its driver
//! passes readiness and time.

use std::collections::HashSet;
use std::io;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use mio::net::TcpStream;

use super::budgets::{BudgetSettings, Budgets};
use super::decision::Decision;
use super::origins::{Origin, Origins};
use super::peer::{Patience, Peer, Timer, Unfinished};
use super::service::Service;
use super::session::{
    MAX_REQUEST_BYTES_LOGGED_IN, MAX_REQUEST_BYTES_LOGGED_OUT, MAX_UNREAD_REPLY_BYTES, Session,
};
use super::shares::Work;
use super::store::Store;
use crate::clock::Now;
use crate::protocol::Username;
use crate::protocol::refusal::{Code, Refusal};
use crate::protocol::reply::Reply;
use crate::reactor::{
    Connection, ConnectionTable, Flushed, READ_BYTES, Readiness, Received, Slot, Stream, Table,
    TimerWheel, Token,
};
use crate::transport::HandshakeFailure;

mod answering;

/// The table of the connections of clients.
const CLIENTS: Table = Table::new(0);

/// Time that a connection may leave its replies unread.
pub const STALL_TIMEOUT: Duration = Duration::from_secs(60);

/// Time that an ended connection waits for its peer to end it as well.
pub const LINGER_TIMEOUT: Duration = Duration::from_secs(2);

/// Limit of the memory for the input of a connection, in bytes: an unfinished request, or the rest
/// of a read after a request that the next ones wait for. A buffer grows to powers of two.
pub const MAX_KEPT_INPUT_BYTES: usize =
    (MAX_REQUEST_BYTES_LOGGED_IN + READ_BYTES).next_power_of_two();

/// Limit of the memory for the input of a connection before login, in bytes.
pub const MAX_KEPT_INPUT_BYTES_LOGGED_OUT: usize =
    (MAX_REQUEST_BYTES_LOGGED_OUT + READ_BYTES).next_power_of_two();

/// Time that a request may stay incomplete. The longest one takes that time at 9 KiB a second.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(120);

/// Limit of the memory for the replies of a connection, in bytes: those after which requests wait,
/// and the last one. A vector has up to twice the capacity that it needs.
pub const MAX_KEPT_OUTPUT_BYTES: usize = 2 * (MAX_UNREAD_REPLY_BYTES + Reply::MAX_BYTES);

/// The side of the server that its clients see: all connections, and the [`Service`] behind them.
///
/// The mio shell drives it with sockets, a file and the system's clocks, the simulation with
/// streams, a disk and a clock of its own. Both call [`tick`](Frontend::tick) whenever something is
/// ready, work is [left over](Frontend::is_busy), or a timer [is due](Frontend::next_wake).
#[derive(Debug)]
pub struct Frontend<E, S = TcpStream> {
    connections: ConnectionTable<Peer, S>,
    timers: TimerWheel<Timer>,
    /// The server without connections.
    pub service: Service<E>,
    /// The connections served in this tick whose sessions wait for the store.
    waiting: Vec<Token>,
    login_timeout: Duration,
    /// Connections of each host.
    pub origins: Origins,
    /// Memory of incomplete requests.
    pub budgets: Budgets,
    /// Whether each connection is ended as soon as its requests are answered.
    is_stopping: bool,
    operators: usize,
}

/// Status of a connection, for checks of the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionStatus {
    /// Whether nobody has logged in, so that the login timeout runs.
    pub is_logged_out: bool,
    /// Memory of received bytes that wait for the rest of a request or for a turn, in bytes.
    pub input_bytes: usize,
    /// Memory of replies not sent yet, in bytes.
    pub output_bytes: usize,
}

impl<E: Store, S: Stream> Frontend<E, S> {
    /// A frontend without connections, whose time begins at `now`.
    pub fn new(
        service: Service<E>,
        login_timeout: Duration,
        origins: Origins,
        now: Instant,
    ) -> Self {
        Self {
            connections: ConnectionTable::new(CLIENTS),
            timers: TimerWheel::new(now),
            service,
            waiting: Vec::new(),
            login_timeout,
            origins,
            budgets: Budgets::new(BudgetSettings::default()),
            is_stopping: false,
            operators: 0,
        }
    }

    /// Number of connections of the operator.
    pub fn operators(&self) -> usize {
        self.operators
    }

    /// Number of connections, those of the operator included.
    pub fn len(&self) -> usize {
        self.connections.len()
    }

    /// Whether there are no connections.
    pub fn is_empty(&self) -> bool {
        self.connections.is_empty()
    }

    /// Whether a tick left work over that no event announces.
    pub fn is_busy(&self) -> bool {
        self.connections.has_queued()
    }

    /// Time of the next timer.
    pub fn next_wake(&self) -> Option<Instant> {
        self.timers.next_wake().into_iter().chain(self.service.next_wake()).min()
    }

    /// Status of a connection, if it is open.
    pub fn status(&mut self, token: Token) -> Option<ConnectionStatus> {
        let slot = self.connections.slot(token)?;
        Some(ConnectionStatus {
            is_logged_out: slot.state.session.is_logged_out(),
            input_bytes: slot.connection.input_memory(),
            output_bytes: slot.connection.output_memory(),
        })
    }

    /// Takes a new connection from `origin`, and starts its login timeout.
    ///
    /// # Errors
    ///
    /// The error of the registration, after which the stream is dropped.
    pub fn admit(
        &mut self,
        stream: S,
        origin: Origin,
        registry: &S::Registry,
        now: Now,
    ) -> io::Result<()> {
        self.admit_session(stream, Session::default(), origin, registry, now)
    }

    /// Takes a new connection of the operator.
    ///
    /// # Errors
    ///
    /// The error of the registration, after which the stream is dropped.
    pub fn admit_operator(
        &mut self,
        stream: S,
        registry: &S::Registry,
        now: Now,
    ) -> io::Result<()> {
        let origin = Origin::new(Ipv4Addr::LOCALHOST.into());
        self.admit_session(stream, Session::of_operator(), origin, registry, now)
    }

    fn admit_session(
        &mut self,
        stream: S,
        session: Session,
        origin: Origin,
        registry: &S::Registry,
        now: Now,
    ) -> io::Result<()> {
        let is_operator = session.is_operators();
        let mut connection = Connection::new(stream);
        let entry = self.connections.vacant_entry();
        connection.register(registry, entry.token())?;
        let login_timer = session.is_logged_out().then(|| {
            self.timers.insert(now.monotonic + self.login_timeout, Timer::Login(entry.token()))
        });
        entry.insert(
            connection,
            Peer {
                origin,
                session,
                unfinished: None,
                login_timer,
                patience: Patience::Unlimited,
                place: None,
            },
        );
        // The operator takes no place from phones on this machine.
        if is_operator {
            self.operators += 1;
        } else {
            self.origins.came(origin);
        }
        self.service.statistics.connections_received += 1;
        Ok(())
    }

    /// Ends each connection as soon as its requests are answered. What has arrived already is still
    /// read, in the next tick.
    pub fn begin_to_stop(&mut self) {
        self.is_stopping = true;
        for token in self.connections.tokens() {
            if let Some(slot) = self.connections.slot(token) {
                slot.connection.note_unread();
                self.connections.queue(token);
            }
        }
    }

    /// Ends the sessions of these users, and returns their number. No further request is taken from
    /// them. Each tick closes a portion of the connections; those that wait for the store are
    /// closed with its answer.
    pub fn end_sessions(&mut self, users: &HashSet<Username>) -> usize {
        // Mostly there is none, and 20,000 connections to ask.
        let tokens = if users.is_empty() { Vec::new() } else { self.connections.tokens() };
        let mut ended = 0;
        for token in tokens {
            let Some(slot) = self.connections.slot(token) else { continue };
            let Ok(user) = slot.state.session.user() else { continue };
            if users.contains(&user) {
                if let Some(place) = slot.state.place.take() {
                    self.service.shares.leave(user, place);
                }
                slot.state.session.end();
                self.connections.queue(token);
                ended += 1;
            }
        }
        ended
    }

    /// Runs a tick: serves connections that waited until their users had paid, then ready ones,
    /// then those left over from the last tick; handles due timers; commits and replies. Ignores
    /// events of closed connections.
    pub fn tick(
        &mut self,
        events: impl Iterator<Item = (Token, Readiness)>,
        registry: &S::Registry,
        now: Now,
    ) {
        self.service.statistics.connections = self.connections.len();
        self.connections.begin_turns();
        self.service.shares.begin_tick(now.monotonic);
        while let Some((user, token)) = self.service.shares.next_turn(now.monotonic) {
            if let Some(slot) = self.connections.slot(token) {
                slot.state.place = None;
            }
            self.serve(token, registry, now);
            // Not before, as the session would have no room for its own turn.
            self.service.shares.charge(user, Work::Turn, now.monotonic);
        }
        for (token, readiness) in events {
            if !self.connections.note(token, readiness) {
                continue;
            }
            if self.is_shaking_hands(token) {
                // A handshake takes a hundred times as long as a request. A crowd that comes at
                // once takes turns, and those who are there already go on between them.
                self.connections.queue(token);
            } else {
                self.serve(token, registry, now);
            }
        }
        while let Some(token) = self.connections.next_turn() {
            self.serve(token, registry, now);
        }
        self.timers.advance(now.monotonic);
        while let Some(timer) = self.timers.pop_due() {
            self.handle_timer(timer, now);
        }
        self.commit(registry, now);
    }

    /// Frees connections closed in this tick, and returns whether there were any.
    pub fn free_closed(&mut self) -> bool {
        self.connections.free_closed()
    }

    fn is_shaking_hands(&mut self, token: Token) -> bool {
        let slot = self.connections.slot(token);
        slot.is_some_and(|slot| slot.connection.stream().must_read_first())
    }

    /// Gives received bytes to the session of a connection. A session that waits for the store is
    /// settled with its completion, any other at once, so that no reply waits for the requests of
    /// other connections.
    fn serve(&mut self, token: Token, registry: &S::Registry, now: Now) {
        let Some((slot, buffer)) = self.connections.slot_and_buffer(token) else { return };
        let (session, service) = (&mut slot.state.session, &mut self.service);
        let peer = slot.state.origin;
        let mut has_finished_any = false;
        let received = slot.connection.receive(buffer, |bytes, replies| {
            let consumed = service.receive(token, session, peer, bytes, replies, now);
            has_finished_any |= consumed.bytes > 0;
            consumed
        });
        let is_waiting = session.is_waiting();
        if is_answered(slot, &received, self.is_stopping) {
            slot.connection.finish();
        }
        self.watch_unfinished(token, has_finished_any, registry, now);
        match received {
            Received::Waiting | Received::Ended => {}
            Received::MoreLeft => self.queue(token, now),
            Received::Failed(error) => {
                if let Some(failure) = HandshakeFailure::behind(&error) {
                    let (failure, at) = (failure.clone(), now.monotonic);
                    let decision = Decision::HandshakeFailed { peer, failure, at };
                    self.service.decisions.record(decision);
                }
                return self.close(token);
            }
        }
        if is_waiting {
            self.waiting.push(token);
        } else {
            self.settle(token, registry, now);
        }
    }

    /// Updates memory and timeout of kept input, which `is_new` if requests before it were
    /// completed just now. Where incomplete requests take too much memory, the oldest is refused.
    fn watch_unfinished(&mut self, token: Token, is_new: bool, registry: &S::Registry, now: Now) {
        let Some(Slot { connection, state: peer, .. }) = self.connections.slot(token) else {
            return;
        };
        let kept = connection.input_memory();
        if is_new || kept == 0 {
            peer.end_unfinished(&mut self.budgets, &mut self.timers);
        }
        if kept == 0 {
            return;
        }
        let Unfinished { claim, .. } = &mut **peer.unfinished.get_or_insert_with(|| {
            let claim = self.budgets.claim(token, peer.session.user().ok(), peer.origin);
            let deadline = now.monotonic + REQUEST_TIMEOUT;
            let timer = self.timers.insert(deadline, Timer::Request(token));
            Box::new(Unfinished { claim, timer })
        });
        self.budgets.resize(claim, kept);
        // Whoever waits for the store is not refused, as replies come in the order of the requests.
        self.budgets.allow_refusal(claim, !peer.session.is_waiting());
        let claim = *claim;
        while let Some(oldest) = self.budgets.oldest_beyond(&claim) {
            self.refuse_unfinished(oldest, registry, now);
        }
    }

    fn refuse_unfinished(&mut self, token: Token, registry: &S::Registry, now: Now) {
        let Some(Slot { connection, state: peer, .. }) = self.connections.slot(token) else {
            return;
        };
        peer.end_unfinished(&mut self.budgets, &mut self.timers);
        Refusal::BusyWithRequests.encode(connection.output());
        connection.finish();
        self.service.statistics.refused(Code::BusyWithRequests);
        self.settle(token, registry, now);
    }

    fn handle_timer(&mut self, timer: Timer, now: Now) {
        match timer {
            Timer::Request(token) if self.waits_for_a_turn(token) => {
                // It is our turn to give, so the request is not late.
                let again = self.timers.insert(now.monotonic + REQUEST_TIMEOUT, timer);
                let slot = self.connections.slot(token);
                if let Some(unfinished) = slot.and_then(|slot| slot.state.unfinished.as_mut()) {
                    unfinished.timer = again;
                }
            }
            Timer::Login(token) => {
                let is_logged_out = |peer: &Peer| peer.session.is_logged_out();
                if self.connections.slot(token).is_some_and(|slot| is_logged_out(&slot.state)) {
                    self.close(token);
                }
            }
            Timer::Request(token) | Timer::Patience(token) => self.close(token),
        }
    }

    fn waits_for_a_turn(&mut self, token: Token) -> bool {
        let slot = self.connections.slot(token);
        slot.is_some_and(|slot| slot.state.place.is_some() || slot.state.session.is_tracing())
    }

    /// Brings a connection up to date: sends replies, arms or cancels timers, ends it.
    fn settle(&mut self, token: Token, registry: &S::Registry, now: Now) {
        let Some(slot) = self.connections.slot(token) else { return };
        let timers = &mut self.timers;
        if slot.state.session.is_logged_out() {
            // Also for whoever was logged in and reset the connection.
            slot.state.login_timer.get_or_insert_with(|| {
                timers.insert(now.monotonic + self.login_timeout, Timer::Login(token))
            });
        } else if let Some(key) = slot.state.login_timer.take() {
            timers.cancel(key);
        }
        match slot.connection.flush(registry, token) {
            Flushed::Everything => {
                if !slot.connection.is_finishing() {
                    slot.state.patience.end(timers);
                } else if !matches!(slot.state.patience, Patience::UntilClosed(_)) {
                    slot.state.patience.end(timers);
                    let deadline = now.monotonic + LINGER_TIMEOUT;
                    let key = timers.insert(deadline, Timer::Patience(token));
                    slot.state.patience = Patience::UntilClosed(key);
                }
                if slot.connection.has_more() && !slot.state.session.is_waiting() {
                    self.queue(token, now);
                }
            }
            // Whoever leaves replies unread goes first when there is hardly any memory left.
            Flushed::Blocked { .. } if !self.service.authority.memory().has_room_for(0) => {
                self.close(token);
            }
            Flushed::Blocked { progress } => {
                if progress || !matches!(slot.state.patience, Patience::UntilRead(_)) {
                    slot.state.patience.end(timers);
                    let deadline = now.monotonic + STALL_TIMEOUT;
                    let key = timers.insert(deadline, Timer::Patience(token));
                    slot.state.patience = Patience::UntilRead(key);
                }
                if slot.connection.must_read_on() {
                    self.queue(token, now);
                }
            }
            Flushed::Over | Flushed::Failed(_) => self.close(token),
        }
    }

    /// Gives a connection another turn, since there is work for it of which no event will tell. If
    /// its user has to pay for earlier requests first, it waits in the line of that user.
    fn queue(&mut self, token: Token, now: Now) {
        let Some(Slot { state: peer, .. }) = self.connections.slot(token) else { return };
        let shares = &mut self.service.shares;
        match peer.session.user() {
            Ok(user) if !shares.has_room(user, now.monotonic) => {
                peer.place.get_or_insert_with(|| shares.wait(user, token, now.monotonic));
            }
            Ok(_) | Err(_) => self.connections.queue(token),
        }
    }

    fn close(&mut self, token: Token) {
        if let Some(slot) = self.connections.slot(token) {
            slot.connection.part();
        }
        if let Some(peer) = self.connections.close(token) {
            if let (Some(place), Ok(user)) = (peer.place.take(), peer.session.user()) {
                self.service.shares.leave(user, place);
            }
            peer.patience.end(&mut self.timers);
            peer.end_unfinished(&mut self.budgets, &mut self.timers);
            if peer.session.is_operators() {
                self.operators -= 1;
            } else {
                self.origins.left(peer.origin);
            }
            if let Some(key) = peer.login_timer.take() {
                self.timers.cancel(key);
            }
        }
    }
}

/// Whether to end a connection once its replies are sent: requests from before the server was told
/// to stop, or from before the peer closed its half, are answered first.
fn is_answered<S: Stream>(slot: &Slot<Peer, S>, received: &Received, is_stopping: bool) -> bool {
    let Slot { connection, state: Peer { session, .. }, .. } = slot;
    let has_asked_all = match received {
        Received::Ended => true,
        Received::Waiting => is_stopping && !connection.is_unfinished(),
        Received::MoreLeft | Received::Failed(_) => false,
    };
    let is_idle = !session.is_waiting() && !connection.has_more();
    session.is_closing() || (has_asked_all && is_idle)
}

#[cfg(test)]
mod tests;
