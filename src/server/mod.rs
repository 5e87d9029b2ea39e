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
mod starting;
pub mod store;
pub mod temp_id_cipher;
mod temp_id_tables;
pub mod user_numbers;
mod users;
pub mod waits;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use mio::Events;
use mio::event::Event;

use self::console::Console;
use self::data_directory::DataDirectory;
use self::database::DatabaseWriter;
use self::decision::Decision;
use self::embedded::Embedded;
pub use self::frontend::Frontend;
use self::journal::JournalFile;
use self::operator::socket::OperatorSocket;
use self::printer::Printer;
use self::reload::{Reload, Reloaded};
use self::retention::Cleaning;
pub use self::service::Service;
pub use self::settings::{Settings, StartError};
use self::sms::SmsSender;
use self::temp_id_cipher::TempIdCipher;
use crate::clock::Now;
use crate::numbers::counted;
use crate::reactor::signals::SIGHUP;
use crate::reactor::{EventLoop, Listener, Readiness, Signals, Token};
#[cfg(feature = "tls")]
use crate::transport::identity::IdentityFiles;
use crate::transport::{Acceptor, Wire};

/// Time that a stopping server waits for its peers: long enough for replies on a slow network,
/// short enough for a supervisor that kills after some seconds.
const STOP_TIMEOUT: Duration = Duration::from_secs(4);

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
