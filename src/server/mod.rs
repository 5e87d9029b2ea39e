//! The reporting server of a health authority.
//!
//! The innermost part is a [`Service`] without sockets: sessions, the accounts and the registry
//! that they share, the store. Around it, the [`Frontend`] serves connections, of whatever kind.
//! The outermost part, in this module, is the shell that drives both with real sockets and real
//! time. It decides nothing about the protocol.

mod accepting;
pub mod accounts;
pub mod authority;
pub mod budgets;
pub mod change;
pub mod console;
pub mod contact_tracing;
pub mod data_directory;
pub mod database;
pub mod decision;
pub mod embedded;
pub mod encryption;
mod entries;
mod failures;
mod file_version;
pub mod frontend;
pub mod hash_pool;
pub mod hash_queue;
pub mod hashed_file;
pub mod hashing;
pub mod journal;
pub mod key_file;
pub mod members;
pub mod memory;
pub mod mentions;
pub mod notices;
pub mod operator;
pub mod origins;
pub mod password_hash;
pub mod passwords;
mod peer;
mod place;
mod printer;
pub mod registration;
pub mod registry;
mod reload;
mod retention;
pub mod service;
pub mod session;
mod settings;
pub mod shares;
pub mod sms;
pub mod store;
pub mod temp_id_cipher;
mod temp_id_tables;
pub mod user_numbers;
mod users;
pub mod waits;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::event::Event;
use mio::{Events, Waker};
use rand::SeedableRng;
use rand::rngs::{ChaCha12Rng, SysRng};

use self::accounts::Accounts;
use self::authority::{Authority, Retention};
use self::budgets::{BudgetSettings, Budgets};
use self::console::Console;
use self::data_directory::DataDirectory;
use self::database::DatabaseWriter;
use self::decision::Decision;
use self::embedded::Embedded;
use self::encryption::Encryption;
pub use self::frontend::Frontend;
use self::hash_pool::HashPool;
use self::journal::JournalFile;
use self::memory::Memory;
use self::operator::socket::OperatorSocket;
use self::origins::Origins;
use self::printer::Printer;
use self::reload::{Reload, Reloaded};
use self::retention::Cleaning;
pub use self::service::Service;
pub use self::settings::{Settings, StartError};
use self::sms::SmsSender;
use self::temp_id_cipher::TempIdCipher;
use crate::clock::Now;
use crate::numbers::counted;
use crate::protocol::Timestamp;
use crate::reactor::signals::{SIGHUP, SIGINT, SIGTERM};
use crate::reactor::{
    EventLoop, Listener, MAX_PENDING_OUTPUT_BYTES, Output, Readiness, Signals, Token, descriptors,
};
#[cfg(feature = "tls")]
use crate::transport::identity::IdentityFiles;
use crate::transport::{Acceptor, Wire};

/// Time that a stopping server waits for its peers: long enough for replies on a slow network,
/// short enough for a supervisor that kills after some seconds.
const STOP_TIMEOUT: Duration = Duration::from_secs(4);

/// The part of a limited address space that incomplete requests may take: one in so many.
const SHARE_OF_REQUESTS: u64 = 4;

/// The part of a limited address space that events which nobody reads may take: one in so many. The
/// vector that holds them is twice as large, and while it grows there is another one.
const SHARE_OF_OUTPUT: u64 = 16;

const LISTENER: Token = Token::permanent(0);
const SIGNALS: Token = Token::permanent(1);
const STDOUT: Token = Token::permanent(2);
const STDERR: Token = Token::permanent(3);
/// Threads that have done what they were to do.
const HELPERS: Token = Token::permanent(4);
const OPERATOR: Token = Token::permanent(5);

/// Text of events that is written at once, in bytes. A tick may end the waits of many contact logs
/// with twenty times as much text.
const EVENTS_AT_ONCE: usize = 4 * 1024 * 1024;

/// What is told if passwords travel over a network as they are.
#[cfg(feature = "tls")]
const CLEAR: &str = "without --tls-cert, passwords and TempIDs travel in the clear";
#[cfg(not(feature = "tls"))]
const CLEAR: &str =
    "passwords and TempIDs travel in the clear, as this server was built without TLS";

/// A server on its sockets.
#[derive(Debug)]
pub struct Server {
    event_loop: EventLoop,
    listener: Option<Listener>,
    signals: Option<Signals>,
    console: Console,
    printer: Printer,
    frontend: Frontend<Embedded<JournalFile, DatabaseWriter>, Wire>,
    acceptor: Acceptor,
    operator: Option<OperatorSocket>,
    /// Without it, messages are shown on the console.
    sms: Option<SmsSender>,
    #[cfg(feature = "tls")]
    identity: Option<IdentityFiles>,
    max_connections: usize,
    /// The file with the keys of encrypted TempIDs.
    keys: Option<PathBuf>,
    cleaning: Option<Cleaning>,
    /// Held for its lock.
    _directory: DataDirectory,
    reload: Reload,
    run_state: RunState,
    local_address: SocketAddr,
    /// When the wait of the current tick was over.
    tick_began: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RunState {
    Serving,
    /// Takes no new connections and answers what was asked, until this time at most.
    Stopping {
        until: Instant,
    },
    Stopped(Exit),
}

/// The end of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All requests in flight were answered, as far as the peers read in time.
    Orderly,
    /// All requests were answered, but not all events could be written.
    OutputLost,
    /// A second signal ended the server at once.
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
        let (stdout, stderr) = (Output::stdout(registry, STDOUT), Output::stderr(registry, STDERR));
        server.printer = Printer::new(stdout, stderr);
        let memory = server.frontend.service.authority.memory();
        server.printer.limit_pending(memory.share(SHARE_OF_OUTPUT, MAX_PENDING_OUTPUT_BYTES));
        server.announce();
        Ok(server)
    }

    /// Like [`start`](Server::start), for a server within a larger program, whose signals and
    /// output it leaves alone, though not its limit of file descriptors. It runs until the process
    /// ends.
    ///
    /// # Errors
    ///
    /// [`StartError`]
    pub fn start_embedded(settings: &Settings) -> Result<Self, StartError> {
        let start = Now::read().monotonic;
        let event_loop = EventLoop::new()?;
        let ceiling = descriptors::raise_limit();
        let memory = Memory::of_this_process();
        let directory = DataDirectory::open(&settings.data)?;
        let mut console = Console::default();
        let passwords = reload::read_now(&directory.credentials(), memory)?;
        if passwords.is_empty() {
            let path = directory.credentials();
            console.diagnostic(format_args!(
                "{}: it has no user, so nobody can log in; expected lines of {}",
                path.display(),
                passwords::FORM
            ));
        }
        let acceptor = settings.acceptor()?;
        let kept_since = |retention: Retention| retention.kept_since(Now::read().wall);
        let since = settings.retention.map_or(Timestamp::MIN, kept_since);
        let (journal, registry) = directory.open_journal(since, memory, &mut console)?;
        let (encryption, users) = match &settings.keys {
            Some(path) => {
                let cipher = TempIdCipher::new(&key_file::read(path)?);
                let (users, numbers) = directory.open_users(&passwords, memory, &mut console)?;
                (Some(Encryption { cipher, numbers }), Some(users))
            }
            None => (None, None),
        };
        let accounts = Accounts::new(passwords, settings.block_duration);
        let waker = Arc::new(Waker::new(event_loop.registry(), HELPERS.into())?);
        let (database, remembered) = directory.open_database()?;
        let database = DatabaseWriter::start(database, Arc::clone(&waker))?;
        let hasher = Box::new(HashPool::new(Arc::clone(&waker)));
        directory.check_modes(&mut console)?;
        let rng = ChaCha12Rng::try_from_rng(&mut SysRng).map_err(io::Error::other)?;
        let mut authority = Authority::new(accounts, registry, settings.temp_id_lifetime, rng);
        authority.limit_memory(memory);
        authority.remember(remembered);
        authority.policy = settings.policy.clone();
        if settings.registration {
            authority.allow_registration();
        }
        if let Some(retention) = settings.retention {
            authority.keep_for(retention);
        }
        if let Some(encryption) = encryption {
            authority.set_encryption(settings.temp_ids, encryption);
        }
        let with_address = |source| StartError::Listen { address: settings.address, source };
        let listener = Listener::bind(settings.address, event_loop.registry(), LISTENER)
            .map_err(with_address)?;
        let mut frontend = Frontend::new(
            Service::new(authority, Embedded { journal, users, database }, hasher),
            settings.login_timeout,
            Origins::new(settings.max_connections_per_address),
            start,
        );
        if matches!(acceptor, Acceptor::Plain) && !settings.address.ip().is_loopback() {
            console.diagnostic(CLEAR);
        }
        let in_all = memory.share(SHARE_OF_REQUESTS, settings.budgets.in_all);
        frontend.budgets = Budgets::new(BudgetSettings { in_all, ..settings.budgets });
        let operator = OperatorSocket::open(directory.file(), event_loop.registry(), OPERATOR);
        let operator = operator
            .map_err(|error| {
                console.diagnostic(format_args!(
                    "{}: {error}; codes, notices and revocations cannot be asked for",
                    settings.data.join(operator::socket::FILE_NAME).display()
                ));
            })
            .ok();
        let sms = match &settings.sms {
            Some(command) => Some(SmsSender::start(command.clone(), Arc::clone(&waker))?),
            None => None,
        };
        Ok(Self {
            local_address: listener.local_address()?,
            console,
            printer: Printer::nowhere(),
            listener: Some(listener),
            keys: settings.keys.clone(),
            signals: None,
            frontend,
            acceptor,
            operator,
            sms,
            #[cfg(feature = "tls")]
            identity: settings.identity.clone(),
            max_connections: settings.max_connections.unwrap_or(ceiling).min(ceiling),
            cleaning: settings
                .retention
                .map(|retention| Cleaning::new(retention, start, Arc::clone(&waker))),
            reload: Reload::new(directory.credentials(), memory, waker)?,
            _directory: directory,
            event_loop,
            run_state: RunState::Serving,
            tick_began: start,
        })
    }

    /// Local address, with the port that the system chose if it was asked to.
    pub fn local_address(&self) -> SocketAddr {
        self.local_address
    }

    /// Serves until a signal ends it.
    ///
    /// # Errors
    ///
    /// The error of the system if waiting for events fails.
    pub fn run(mut self) -> io::Result<Exit> {
        let mut events = Events::with_capacity(EventLoop::EVENTS_PER_TICK);
        loop {
            self.tick(&mut events)?;
            if let RunState::Stopped(exit) = self.run_state {
                // A thread that is still at work would make the end wait, and loses nothing.
                let database = self.frontend.service.store.database;
                if exit != Exit::AtOnce && database.is_idle() {
                    database.close();
                }
                return Ok(exit);
            }
        }
    }

    fn announce(&mut self) {
        let (address, ceiling) = (self.local_address, self.max_connections);
        let service = &mut self.frontend.service;
        let users = counted(service.authority.accounts().passwords().len(), "user");
        let temp_ids = counted(service.authority.registry().len(), "TempID");
        self.console.diagnostic(format_args!(
            "listening on {address} for at most {ceiling} connections; {users}, {temp_ids}"
        ));
        self.printer.print(&mut self.console, Now::read().monotonic);
    }

    fn tick(&mut self, events: &mut Events) -> io::Result<()> {
        self.wait(events)?;
        let now = Now::read();
        self.tick_began = now.monotonic;
        for event in events.iter() {
            self.handle_event(event, now);
        }
        // The frontend passes over the events of the sources above, which are for no connection.
        let readiness = |event: &Event| (Token::from(event.token()), Readiness::from(event));
        self.frontend.tick(events.iter().map(readiness), self.event_loop.registry(), now);
        self.clean(now);
        self.make_room(now);
        self.accept(now);
        self.accept_operators(now);
        self.print(now);
        self.stop_if_done(now);
        Ok(())
    }

    fn wait(&mut self, events: &mut Events) -> io::Result<()> {
        let now = Now::read().monotonic;
        self.frontend.service.statistics.ticked(now.saturating_duration_since(self.tick_began));
        self.event_loop.wait(events, self.next_wake(now), now)
    }

    /// Time of the next work that no event announces.
    fn next_wake(&self, now: Instant) -> Option<Instant> {
        let left_over = self.frontend.is_busy().then_some(now);
        let stop = match self.run_state {
            RunState::Stopping { until } => Some(until),
            RunState::Serving | RunState::Stopped(_) => None,
        };
        let accept = self.listener.as_ref().and_then(|listener| listener.next_attempt(now));
        let cleaning = self.cleaning.as_ref().and_then(|cleaning| cleaning.next_wake(now));
        let (printer, frontend) = (self.printer.next_attempt(), self.frontend.next_wake());
        let operator = self.next_operator(now);
        let wakes = [left_over, stop, accept, operator, cleaning, printer, frontend];
        wakes.into_iter().flatten().min()
    }

    fn handle_event(&mut self, event: &Event, now: Now) {
        match Token::from(event.token()) {
            LISTENER => {
                if let Some(listener) = &mut self.listener {
                    listener.note_readable();
                }
            }
            SIGNALS => self.handle_signals(now),
            STDOUT => self.printer.stdout.handle_event(event),
            STDERR => self.printer.stderr.handle_event(event),
            // Whoever waits for the database or a hash is found in the tick of the frontend.
            HELPERS => {
                self.finish_reload();
                self.tell_problems_of_messages();
            }
            OPERATOR => {
                if let Some(operator) = &mut self.operator {
                    operator.listener.note_readable();
                }
            }
            _ => {}
        }
    }

    fn handle_signals(&mut self, now: Now) {
        let signals = self.signals.as_mut().map(Signals::pending).unwrap_or_default();
        for signal in signals {
            match (signal, self.run_state) {
                (SIGHUP, _) => {
                    self.begin_reload();
                    self.read_keys_again();
                    if let Some(cleaning) = &mut self.cleaning {
                        cleaning.hurry(now.monotonic);
                    }
                    self.renew_identity();
                }
                (_, RunState::Serving) => self.begin_to_stop(now),
                (_, RunState::Stopping { .. } | RunState::Stopped(_)) => {
                    self.run_state = RunState::Stopped(Exit::AtOnce);
                }
            }
        }
    }

    fn begin_reload(&mut self) {
        let passwords = self.frontend.service.authority.accounts().passwords();
        if let Err(error) = self.reload.begin(passwords) {
            self.console.diagnostic(format_args!("credentials not read again: {error}"));
        }
    }

    /// Reads the keys of encrypted TempIDs again. They are few, so no thread is needed.
    fn read_keys_again(&mut self) {
        let Some(path) = &self.keys else { return };
        match key_file::read(path) {
            Ok(keys) => {
                self.frontend.service.authority.replace_cipher(TempIdCipher::new(&keys));
                let count = counted(keys.len(), "key");
                self.console.diagnostic(format_args!("keys of TempIDs read again: {count}"));
            }
            Err(problem) => self
                .console
                .diagnostic(format_args!("{problem}; the keys read earlier stay in force")),
        }
    }

    fn finish_reload(&mut self) {
        let Some(finished) = self.reload.take() else { return };
        match finished.outcome {
            Ok(Reloaded { passwords, revoked }) => {
                let users = counted(passwords.len(), "user");
                let accounts = self.frontend.service.authority.accounts();
                // If the thread is gone, the list is freed here.
                let _ = finished.retired.send(accounts.replace_passwords(passwords));
                let ended = counted(self.frontend.end_sessions(&revoked), "session");
                self.console.diagnostic(format_args!(
                    "credentials read again: {users}; {ended} of others ended"
                ));
            }
            Err(problem) => self
                .console
                .diagnostic(format_args!("{problem}; the credentials read earlier stay in force")),
        }
        if finished.is_stale {
            self.begin_reload();
        }
    }

    /// Lets old TempIDs leave, after the commit of the tick.
    fn clean(&mut self, now: Now) {
        if let Some(cleaning) = &mut self.cleaning {
            let Service { authority, store, .. } = &mut self.frontend.service;
            cleaning.go_on(authority, &mut store.journal, &mut self.console, now);
        }
    }

    /// Reads certificate and key again, for connections from now on.
    fn renew_identity(&mut self) {
        // At once, as they have some kilobytes, and nobody has to be quiet first: half a file is
        // no certificate.
        #[cfg(feature = "tls")]
        if let Some(files) = &self.identity {
            match files.read() {
                Ok(config) => {
                    self.acceptor = Acceptor::Tls(config);
                    self.console.diagnostic("certificate and key read again");
                }
                Err(problem) => self.console.diagnostic(format_args!(
                    "{problem}; the certificate read earlier stays in force"
                )),
            }
        }
    }

    fn tell_problems_of_messages(&mut self) {
        while let Some(problem) = self.sms.as_ref().and_then(SmsSender::next_problem) {
            self.console.diagnostic(problem);
        }
    }

    fn begin_to_stop(&mut self, now: Now) {
        self.run_state = RunState::Stopping { until: now.monotonic + STOP_TIMEOUT };
        self.listener = None;
        self.operator = None;
        self.frontend.begin_to_stop();
    }

    fn print(&mut self, now: Now) {
        for decision in self.frontend.service.decisions.take() {
            match (&decision, &self.sms) {
                (Decision::CodeToSend { number, code, has_account }, Some(sms)) => {
                    if let Err(problem) = sms.send(*number, sms::text(*code, *has_account)) {
                        self.console.diagnostic(problem);
                    }
                }
                _ => self.console.show(&decision),
            }
            if self.console.events.len() >= EVENTS_AT_ONCE {
                self.printer.print(&mut self.console, now.monotonic);
            }
        }
        self.printer.print(&mut self.console, now.monotonic);
    }

    /// Frees closed connections, before new ones are accepted in their place.
    fn make_room(&mut self, now: Now) {
        if self.frontend.free_closed()
            && let Some(listener) = &mut self.listener
        {
            listener.hurry(now.monotonic);
        }
    }

    fn stop_if_done(&mut self, now: Now) {
        self.run_state = match self.run_state {
            RunState::Stopping { .. }
                if self.frontend.is_empty()
                    && self.printer.has_shown_all()
                    && self.frontend.service.store.database.is_idle() =>
            {
                RunState::Stopped(Exit::Orderly)
            }
            RunState::Stopping { until } if now.monotonic >= until => {
                RunState::Stopped(self.give_up(now))
            }
            state @ (RunState::Serving | RunState::Stopping { .. } | RunState::Stopped(_)) => state,
        };
    }

    /// Ends without waiting any longer for peers or for the reader of the output.
    fn give_up(&mut self, now: Now) -> Exit {
        if self.printer.has_shown_all() {
            return Exit::Orderly;
        }
        self.printer.report_loss(&mut self.console);
        self.printer.print(&mut self.console, now.monotonic);
        Exit::OutputLost
    }
}

#[cfg(test)]
mod tests;
