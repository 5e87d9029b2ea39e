//! One phone, and the terminal of its user.
//!
//! Three machines decide, each usable without the others: the [`session`] is the conversation with
//! the server, the [`phone`] holds the TempID and the contact log, the [`dialogue`] is the
//! conversation with the user. This module is the shell that drives them: standard input, TCP, UDP
//! and timers on one poll.

mod account;
mod air;
pub mod beat;
pub mod breach;
pub mod command;
pub mod contact_log;
pub mod contact_log_file;
pub mod dialogue;
pub mod heard;
pub mod keeper;
pub mod line_editor;
mod link;
pub mod log_storage;
mod nearby;
pub mod phone;
pub mod renewal;
pub mod repeats;
pub mod screen;
pub mod session;
mod settings;
mod supply;
pub mod terminal;
pub mod token_file;
mod user;

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use mio::Events;
use mio::event::Event;

use self::air::Air;
use self::dialogue::{Dialogue, Ending, Lines};
use self::keeper::Keeper;
use self::link::Link;
use self::log_storage::LogDirectory;
use self::phone::Phone;
use self::screen::Screen;
use self::session::Session;
pub use self::settings::{AirSettings, ClientError, Remembering, Settings, TempIdSupply};
use self::supply::Supply;
use self::terminal::Environment;
use self::token_file::TokenDirectory;
use self::user::{Stdin, WaitingUpload};
use crate::clock::Now;
use crate::protocol::resp::RespVersion;
use crate::reactor::signals::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGWINCH};
use crate::reactor::{DatagramSocket, EventLoop, Output, READ_BYTES, Signals, Token};
use crate::transport::Connector;

/// Timeout of the reply to a logout, and of writing the last lines.
const LOGOUT_TIMEOUT: Duration = Duration::from_secs(2);

const HANDLED_SIGNALS: [i32; 6] = [SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGWINCH, SIGCONT];

const STDIN: Token = Token::permanent(0);
const SIGNALS: Token = Token::permanent(1);
const DATAGRAMS: Token = Token::permanent(2);
const STDOUT: Token = Token::permanent(3);
const AIR: Token = Token::permanent(4);
/// First token of the connections to the server, see [`link`].
const FIRST_LINK: u32 = 5;

/// A phone on its sockets and its terminal.
pub struct Client {
    event_loop: EventLoop,
    signals: Signals,
    datagrams: DatagramSocket,
    air: Option<Air>,
    stdin: Stdin,
    screen: Screen,
    link: Link,
    /// Number of connections so far.
    links: u32,
    server: SocketAddr,
    connector: Connector,
    session: Session,
    /// When the server has been waited for long enough, if it is waited for.
    server_deadline: Option<Instant>,
    waiting_upload: Option<WaitingUpload>,
    supply: Supply,
    phone: Phone,
    keeper: Keeper<LogDirectory>,
    tokens: TokenDirectory,
    dialogue: Dialogue,
    /// Lines to show at the end of the tick.
    lines: Lines,
    /// Numbers of notices in these lines, to be acknowledged when they are shown.
    notices: Vec<i64>,
}

impl Client {
    /// Binds the UDP port, begins to connect, and takes over the terminal.
    ///
    /// # Errors
    ///
    /// [`ClientError`]
    pub fn start(settings: &Settings) -> Result<Self, ClientError> {
        let now = Now::read();
        require_directory(&settings.data)?;
        let event_loop = EventLoop::new()?;
        let registry = event_loop.registry();
        // Before the other socket, which would else be given its port if it leaves the choice to
        // the system.
        let air = settings.air.as_ref().map(|air| Air::join(air, registry)).transpose()?;
        let mut client = Self {
            air,
            datagrams: nearby::listen(settings, registry)?,
            signals: Signals::take_over(&HANDLED_SIGNALS, registry, SIGNALS)?,
            stdin: Stdin::register(registry),
            screen: Screen::open(&Environment::read(), Output::stdout(registry, STDOUT))?,
            event_loop,
            link: Link::Down,
            links: 0,
            server: settings.server,
            connector: settings.connector.clone(),
            session: Session::new(RespVersion::V3),
            server_deadline: None,
            waiting_upload: None,
            supply: Supply::new(settings.temp_ids),
            phone: Phone::new(settings.contact_retention),
            keeper: Keeper::new(LogDirectory::new(settings.data.clone()), now),
            tokens: TokenDirectory::new(settings.data.clone()),
            dialogue: Dialogue::new(settings.remembering),
            lines: Lines::new(),
            notices: Vec::new(),
        };
        client.connect(now).map_err(|source| client.unreachable(source))?;
        if settings.udp_port == 0 {
            let port = client.datagrams.local_address()?.port();
            let text = format!("Listening for beacons on UDP port {port}");
            client.dialogue.note(&text, &mut client.lines);
        }
        Ok(client)
    }

    /// Runs until the user leaves.
    ///
    /// # Errors
    ///
    /// [`ClientError`]
    pub fn run(mut self) -> Result<Ending, ClientError> {
        let mut events = Events::with_capacity(EventLoop::EVENTS_PER_TICK);
        let mut buffer = vec![0; READ_BYTES];
        loop {
            self.tick(&mut events, &mut buffer)?;
            if let Some(ending) = self.dialogue.ending() {
                self.end_output(&mut events)?;
                // Whoever types sees what failed; whoever runs a script sees the exit code.
                let has_failed = self.screen.is_unattended() && self.dialogue.has_failed();
                return Ok(if has_failed { Ending::Failed } else { ending });
            }
        }
    }

    fn tick(&mut self, events: &mut Events, buffer: &mut [u8]) -> Result<(), ClientError> {
        let now = Now::read();
        self.event_loop.wait(events, self.next_wake(now), now.monotonic)?;
        let now = Now::read();
        let has_left_over = self.link.is_unread();
        for event in events.iter() {
            self.handle_event(event, buffer, now)?;
        }
        if has_left_over {
            self.receive(buffer, now)?;
        }
        self.receive_datagrams(now);
        self.receive_by_air(now);
        self.handle_deadlines(now)?;
        self.supply_temp_ids(now)?;
        self.beacon_by_air(now);
        self.read_input()?;
        self.follow_user(now)?;
        // What they say has been drawn.
        self.acknowledge_notices(now);
        self.flush_link(now)?;
        self.draw(now)
    }

    /// When there is something to do although no event tells of it.
    fn next_wake(&self, now: Now) -> Option<Instant> {
        let left_over = (self.link.is_unread() || self.may_read_input()).then_some(now.monotonic);
        let tidying = self.keeper.next_tidying(&self.phone);
        let repeats = self.dialogue.next_repeats();
        let receiving = self.datagrams.next_attempt(now.monotonic);
        let upload = self.waiting_upload.map(|upload| upload.next);
        let air = self.air.as_ref().and_then(|air| air.next_wake(now.monotonic));
        let due = [self.server_deadline, upload, self.next_fetch(now), tidying, repeats];
        [left_over, receiving, air].into_iter().chain(due).flatten().min()
    }

    fn handle_event(
        &mut self,
        event: &Event,
        buffer: &mut [u8],
        now: Now,
    ) -> Result<(), ClientError> {
        match Token::from(event.token()) {
            STDIN => self.stdin = Stdin::Ready,
            SIGNALS => self.handle_signals(now)?,
            DATAGRAMS => self.datagrams.note_readable(),
            AIR => self.air.iter_mut().for_each(Air::note_readable),
            // It is flushed at the end of every tick.
            STDOUT => {}
            token => self.handle_link_event(event, token, buffer, now)?,
        }
        Ok(())
    }

    fn handle_deadlines(&mut self, now: Now) -> Result<(), ClientError> {
        let is_due = |deadline: Option<Instant>| deadline.is_some_and(|at| at <= now.monotonic);
        if is_due(self.server_deadline) {
            self.dialogue.logout_overdue(&mut self.lines);
            self.lose_link(io::ErrorKind::TimedOut.into(), now)?;
        }
        if is_due(self.keeper.next_tidying(&self.phone)) {
            self.tidy(now);
        }
        if let Some(upload) = self.waiting_upload
            && is_due(Some(upload.next))
        {
            self.upload(upload.code, upload.asked, now);
            self.expect_reply(now);
        }
        self.dialogue.tell_repeats(now.monotonic, &mut self.lines);
        Ok(())
    }

    fn handle_signals(&mut self, now: Now) -> Result<(), ClientError> {
        for signal in self.signals.pending() {
            match signal {
                SIGWINCH => self.screen.resize(),
                SIGCONT => self.screen.resume()?,
                SIGINT | SIGTERM | SIGQUIT | SIGHUP => self.leave(now)?,
                _ => unreachable!("only these signals are taken over"),
            }
        }
        Ok(())
    }

    fn draw(&mut self, now: Now) -> Result<(), ClientError> {
        self.screen.update(&std::mem::take(&mut self.lines), self.dialogue.prompt())?;
        if self.screen.flush() { self.leave(now) } else { Ok(()) }
    }

    /// Waits until the last lines are written, but not for ever, and not for a full disk.
    fn end_output(&mut self, events: &mut Events) -> Result<(), ClientError> {
        self.screen.close();
        self.screen.flush();
        let mut now = Now::read().monotonic;
        let deadline = now + LOGOUT_TIMEOUT;
        while !self.screen.is_flushed() && now < deadline {
            if let Some(problem) = self.screen.output_problem() {
                return Err(ClientError::Output(problem.to_string()));
            }
            self.event_loop.wait(events, Some(deadline), now)?;
            now = Now::read().monotonic;
            self.screen.flush();
        }
        Ok(())
    }
}

/// Fails if the directory of the contact log cannot be used. Otherwise the user would learn that
/// only when there is something to keep.
fn require_directory(path: &Path) -> Result<(), ClientError> {
    // The dot asks the system whether it is a directory that we may enter, in its own words if not.
    match fs::metadata(path.join(".")) {
        Ok(_) => Ok(()),
        Err(source) => Err(ClientError::Directory { path: path.to_owned(), source }),
    }
}
