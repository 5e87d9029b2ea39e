//! The reporting server of a health authority.
//!
//! Inside is a [`Service`] without sockets: sessions, the accounts and the registry that they share,
//! the journal. Around it, here, is the shell that drives it with real connections: it moves bytes
//! and time in and out and decides nothing about the protocol.

mod accepting;
pub mod accounts;
pub mod authority;
pub mod console;
pub mod contact_tracing;
pub mod data_directory;
pub mod journal;
pub mod registry;
pub mod service;
pub mod session;
mod settings;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use mio::Events;
use mio::event::Event;
use rand::SeedableRng;
use rand::rngs::{ChaCha12Rng, SysRng};

use self::accounts::Accounts;
use self::authority::Authority;
use self::console::Console;
use self::data_directory::DataDirectory;
use self::journal::JournalFile;
pub use self::service::Service;
use self::session::Session;
pub use self::settings::{Settings, StartError};
use crate::clock::Now;
use crate::reactor::signals::{SIGHUP, SIGINT, SIGTERM};
use crate::reactor::{
    ConnectionTable, EventLoop, Flushed, Listener, Output, Received, Signals, TimerKey, TimerWheel,
    Token, descriptors,
};

/// How long a connection may leave its replies unread.
const STALL_TIMEOUT: Duration = Duration::from_secs(60);

/// How long a connection that we ended waits for its peer to end it as well.
const LINGER_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a server that was told to stop answers what is in flight.
const STOP_TIMEOUT: Duration = Duration::from_secs(4);

const LISTENER: Token = Token::permanent(0);
const SIGNALS: Token = Token::permanent(1);
const STDOUT: Token = Token::permanent(2);
const STDERR: Token = Token::permanent(3);

/// A server on its sockets.
#[derive(Debug)]
pub struct Server {
    event_loop: EventLoop<Timer>,
    listener: Option<Listener>,
    signals: Option<Signals>,
    stdout: Output,
    stderr: Output,
    connections: ConnectionTable<Phone>,
    max_connections: usize,
    login_timeout: Duration,
    service: Service<JournalFile>,
    /// The connections whose TempIDs the commit of this tick records.
    recording: Vec<Token>,
    directory: DataDirectory,
    run_state: RunState,
    /// Whether clients may be waiting that no event will tell of.
    may_accept_more: bool,
    /// Whether the operator knows that the system is out of descriptors.
    is_shortage_known: bool,
    local_address: SocketAddr,
}

/// What the server keeps for a connection.
#[derive(Debug)]
struct Phone {
    session: Session,
    login_timer: Option<TimerKey>,
    patience: Patience,
}

/// What the server waits for a peer to do, and for how long.
#[derive(Debug)]
enum Patience {
    /// Nothing: a phone may be silent for ever.
    Unlimited,
    /// To read its replies.
    UntilRead(TimerKey),
    /// To close a connection that we ended.
    UntilClosed(TimerKey),
}

/// What a timer is for.
#[derive(Debug, Clone, Copy)]
enum Timer {
    /// When nobody has logged in on a connection in time.
    Login(Token),
    /// When the patience with a peer ends.
    Patience(Token),
    /// When descriptors may be free again.
    Accept,
    /// When a server that was told to stop has waited long enough.
    Stop,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RunState {
    Serving,
    /// No new connections; what was asked is answered.
    Stopping,
    Stopped(Exit),
}

/// How a server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It answered what was in flight.
    Orderly,
    /// A second signal told it not to wait for that.
    AtOnce,
}

impl Server {
    /// Reads the files, listens, and takes over the signals of the process.
    ///
    /// # Errors
    ///
    /// [`StartError`]
    pub fn start(settings: &Settings) -> Result<Self, StartError> {
        let mut server = Self::start_embedded(settings)?;
        let registry = server.event_loop.registry();
        server.signals = Some(Signals::take_over(&[SIGINT, SIGTERM, SIGHUP], registry, SIGNALS)?);
        server.stdout = Output::stdout(registry, STDOUT);
        server.stderr = Output::stderr(registry, STDERR);
        server.announce();
        Ok(server)
    }

    /// The same for a server that is a part of a larger program, whose signals and output it leaves
    /// alone, though not its limit of descriptors. It runs until the process ends.
    ///
    /// # Errors
    ///
    /// [`StartError`]
    pub fn start_embedded(settings: &Settings) -> Result<Self, StartError> {
        let event_loop = EventLoop::new(Now::read().monotonic)?;
        let ceiling = descriptors::raise_limit();
        let directory = DataDirectory::open(&settings.data)?;
        let accounts = Accounts::new(directory.read_passwords()?, settings.block_duration);
        let mut console = Console::default();
        let (journal, registry) = directory.open_journal(&mut console)?;
        let rng = ChaCha12Rng::try_from_rng(&mut SysRng).map_err(io::Error::other)?;
        let authority = Authority::new(accounts, registry, settings.temp_id_lifetime, rng);
        let with_address = |source| StartError::Listen { address: settings.address, source };
        let listener = Listener::bind(settings.address, event_loop.registry(), LISTENER)
            .map_err(with_address)?;
        let mut server = Self {
            local_address: listener.local_address()?,
            stdout: Output::nowhere(),
            stderr: Output::nowhere(),
            event_loop,
            listener: Some(listener),
            signals: None,
            connections: ConnectionTable::new(),
            max_connections: settings.max_connections.unwrap_or(ceiling).min(ceiling),
            login_timeout: settings.login_timeout,
            service: Service::new(authority, journal),
            recording: Vec::new(),
            directory,
            run_state: RunState::Serving,
            may_accept_more: false,
            is_shortage_known: false,
        };
        server.service.console.diagnostics.append(&mut console.diagnostics);
        Ok(server)
    }

    /// Where it listens, with the port that the system chose if it was asked to.
    pub fn local_address(&self) -> SocketAddr {
        self.local_address
    }

    /// Serves until a signal ends it.
    ///
    /// # Errors
    ///
    /// What the system says if it refuses to let us wait for events.
    pub fn run(mut self) -> io::Result<Exit> {
        let mut events = Events::with_capacity(EventLoop::<Timer>::EVENTS_PER_TICK);
        loop {
            self.tick(&mut events)?;
            if let RunState::Stopped(exit) = self.run_state {
                return Ok(exit);
            }
        }
    }

    fn announce(&mut self) {
        let (address, ceiling) = (self.local_address, self.max_connections);
        let users = self.service.authority.accounts().user_count();
        let temp_ids = self.service.authority.registry().len();
        self.service.console.diagnostic(format_args!(
            "listening on {address} for at most {ceiling} connections; {users} users, {temp_ids} TempIDs"
        ));
        self.write_console();
    }

    fn tick(&mut self, events: &mut Events) -> io::Result<()> {
        let is_busy = self.connections.has_queued() || self.may_accept_more;
        self.event_loop.wait(events, is_busy, Now::read().monotonic)?;
        let now = Now::read();
        let left_over = self.connections.take_queued();
        for event in events.iter() {
            self.handle_event(event, now);
        }
        for token in left_over {
            self.serve(token, now);
        }
        self.event_loop.timers.advance(now.monotonic);
        while let Some(timer) = self.event_loop.timers.pop_due() {
            self.handle_timer(timer);
        }
        self.commit(now);
        for token in self.connections.take_touched() {
            self.settle(token, now);
        }
        self.write_console();
        self.end_tick(now);
        Ok(())
    }

    fn handle_event(&mut self, event: &Event, now: Now) {
        match Token::from(event.token()) {
            LISTENER => self.may_accept_more = true,
            SIGNALS => self.handle_signals(now),
            STDOUT => self.stdout.flush(),
            STDERR => self.stderr.flush(),
            token => {
                if let Some(slot) = self.connections.slot(token) {
                    slot.connection.note(event);
                    self.serve(token, now);
                }
            }
        }
    }

    fn handle_timer(&mut self, timer: Timer) {
        match timer {
            Timer::Login(token) => {
                let is_logged_out = |phone: &Phone| phone.session.is_logged_out();
                if self.connections.slot(token).is_some_and(|slot| is_logged_out(&slot.state)) {
                    self.close(token);
                }
            }
            Timer::Patience(token) => self.close(token),
            Timer::Accept => self.resume_accepting(),
            Timer::Stop => self.run_state = RunState::Stopped(Exit::Orderly),
        }
    }

    /// Lets a connection's session have what was received.
    fn serve(&mut self, token: Token, now: Now) {
        let Some((slot, buffer)) = self.connections.slot_and_buffer(token) else { return };
        let (session, service) = (&mut slot.state.session, &mut self.service);
        let was_recording = session.is_recording();
        let received = slot
            .connection
            .receive(buffer, |bytes, replies| service.receive(session, bytes, replies, now));
        if session.is_recording() && !was_recording {
            self.recording.push(token);
        }
        let is_idle = !session.is_recording() && !slot.connection.is_held();
        // What was asked before the server was told to stop, or before the peer closed its half, is
        // answered.
        let has_asked_all = match received {
            Received::Ended => true,
            Received::Waiting => {
                self.run_state == RunState::Stopping && !slot.connection.is_unfinished()
            }
            Received::MoreLeft | Received::Failed(_) => false,
        };
        if session.is_closing() || (has_asked_all && is_idle) {
            slot.connection.finish();
        }
        match received {
            Received::Waiting | Received::Ended => {}
            Received::MoreLeft => self.connections.queue(token),
            Received::Failed(_) => return self.close(token),
        }
        self.connections.touch(token);
    }

    /// Records the TempIDs issued in this tick, and lets the replies go.
    fn commit(&mut self, now: Now) {
        let commit = self.service.commit();
        for token in std::mem::take(&mut self.recording) {
            let Some(slot) = self.connections.slot(token) else { continue };
            let session = &mut slot.state.session;
            self.service.complete(session, &commit, slot.connection.output(), now);
            let has_more = slot.connection.is_held() || slot.connection.is_unfinished();
            if self.run_state == RunState::Stopping && !has_more {
                slot.connection.finish();
            }
            self.connections.touch(token);
        }
    }

    /// Brings a connection in line at the end of a tick: replies, timers, and its end.
    fn settle(&mut self, token: Token, now: Now) {
        let Some(slot) = self.connections.slot(token) else { return };
        let (registry, timers) = self.event_loop.parts();
        if !slot.state.session.is_logged_out()
            && let Some(key) = slot.state.login_timer.take()
        {
            timers.cancel(key);
        }
        match slot.connection.flush(registry, token) {
            Flushed::Everything if slot.connection.is_finishing() => {
                if !matches!(slot.state.patience, Patience::UntilClosed(_)) {
                    slot.state.patience.end(timers);
                    let deadline = now.monotonic + LINGER_TIMEOUT;
                    let key = timers.insert(deadline, Timer::Patience(token));
                    slot.state.patience = Patience::UntilClosed(key);
                }
            }
            Flushed::Everything => {
                slot.state.patience.end(timers);
                if slot.connection.is_held() {
                    self.connections.queue(token);
                }
            }
            Flushed::Blocked { progress } => {
                if progress || !matches!(slot.state.patience, Patience::UntilRead(_)) {
                    slot.state.patience.end(timers);
                    let deadline = now.monotonic + STALL_TIMEOUT;
                    let key = timers.insert(deadline, Timer::Patience(token));
                    slot.state.patience = Patience::UntilRead(key);
                }
            }
            Flushed::Over | Flushed::Failed(_) => self.close(token),
        }
    }

    fn close(&mut self, token: Token) {
        if let Some(phone) = self.connections.close(token) {
            phone.patience.end(&mut self.event_loop.timers);
            if let Some(key) = phone.login_timer.take() {
                self.event_loop.timers.cancel(key);
            }
        }
    }

    fn handle_signals(&mut self, now: Now) {
        let signals = self.signals.as_mut().map(Signals::pending).unwrap_or_default();
        for signal in signals {
            match (signal, self.run_state) {
                (SIGHUP, _) => self.read_passwords_again(),
                (_, RunState::Serving) => self.begin_to_stop(now),
                (_, RunState::Stopping | RunState::Stopped(_)) => {
                    self.run_state = RunState::Stopped(Exit::AtOnce);
                }
            }
        }
    }

    fn read_passwords_again(&mut self) {
        let console = &mut self.service.console;
        match self.directory.read_passwords() {
            Ok(passwords) => {
                console
                    .diagnostic(format_args!("credentials read again: {} users", passwords.len()));
                self.service.authority.accounts().replace_passwords(passwords);
            }
            Err(error) => {
                console.diagnostic(format_args!(
                    "{error}; the credentials read earlier stay in force"
                ));
            }
        }
    }

    fn begin_to_stop(&mut self, now: Now) {
        self.run_state = RunState::Stopping;
        self.listener = None;
        self.event_loop.timers.insert(now.monotonic + STOP_TIMEOUT, Timer::Stop);
        for token in self.connections.tokens() {
            // Whoever waits for the disk has had its last request already.
            if let Some(slot) = self.connections.slot(token)
                && !slot.state.session.is_recording()
            {
                slot.connection.note_unread();
                self.connections.queue(token);
            }
        }
    }

    fn write_console(&mut self) {
        let console = &mut self.service.console;
        self.stdout.write(&mut console.events);
        self.stderr.write(&mut console.diagnostics);
        console.backlog = if self.stdout.is_closed() { usize::MAX } else { self.stdout.pending() };
    }

    fn end_tick(&mut self, now: Now) {
        if self.connections.free_closed() {
            self.resume_accepting();
        }
        // Last, when those who have left have made room.
        if self.may_accept_more {
            self.accept(now);
        }
        let is_quiet = self.connections.is_empty() && self.stdout.is_empty();
        if self.run_state == RunState::Stopping && is_quiet {
            self.run_state = RunState::Stopped(Exit::Orderly);
        }
    }
}

impl Patience {
    fn end(&mut self, timers: &mut TimerWheel<Timer>) {
        match std::mem::replace(self, Self::Unlimited) {
            Self::Unlimited => {}
            Self::UntilRead(key) | Self::UntilClosed(key) => {
                timers.cancel(key);
            }
        }
    }
}
