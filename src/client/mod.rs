//! One phone, and the terminal of its user.
//!
//! Three machines decide, each usable without the next: the [`session`] is what is said to the
//! server, the [`phone`] the TempID that it holds, its beacons and its contact log, the
//! [`dialogue`] what the terminal asks and shows. Here is the shell that drives them: standard
//! input, TCP, UDP and timers on one poll.

pub mod command;
pub mod contact_log;
pub mod contact_log_file;
pub mod dialogue;
pub mod keeper;
pub mod line_editor;
pub mod phone;
pub mod screen;
pub mod session;
mod settings;
pub mod terminal;

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use mio::event::Event;
use mio::unix::SourceFd;
use mio::{Events, Interest, Registry};

use self::dialogue::{Action, Dialogue, Ending, Lines};
use self::keeper::Keeper;
use self::line_editor::Outcome;
use self::phone::{Outgoing, Phone, Reception};
use self::screen::Screen;
use self::session::Session;
pub use self::settings::{ClientError, Settings};
use self::terminal::Environment;
use crate::clock::Now;
use crate::protocol::Beacon;
use crate::reactor::signals::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGWINCH};
use crate::reactor::{
    Connection, DatagramSocket, EventLoop, Flushed, Output, READ_BYTES, Received, Signals,
    TimerKey, Token,
};

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a reply may take. A server that is alive answers within a tick and a disk.
const REPLY_TIMEOUT: Duration = Duration::from_secs(30);

/// How long the server may take to say goodbye.
const LOGOUT_TIMEOUT: Duration = Duration::from_secs(2);

/// Read from standard input at once, in bytes.
const INPUT_BYTES: usize = 4096;

const STDIN: Token = Token::permanent(0);
const SIGNALS: Token = Token::permanent(1);
const DATAGRAMS: Token = Token::permanent(2);
const STDOUT: Token = Token::permanent(3);
/// Each connection to the server has the next one, so that an event of an earlier connection is not
/// taken for one of the later.
const FIRST_LINK: u32 = 4;

/// A phone on its sockets and its terminal.
pub struct Client {
    event_loop: EventLoop<Timer>,
    signals: Signals,
    datagrams: DatagramSocket,
    stdin: Stdin,
    screen: Screen,
    link: Link,
    /// How many connections there have been.
    links: u32,
    server: SocketAddr,
    /// Whether the server may have sent more than one read took.
    is_link_unread: bool,
    session: Session,
    /// Runs while the server is waited for.
    server_timer: Option<TimerKey>,
    phone: Phone,
    keeper: Keeper,
    tidying_timer: Option<(TimerKey, Instant)>,
    dialogue: Dialogue,
    /// What is to be shown at the end of the tick.
    lines: Lines,
}

/// The connection to the server.
#[derive(Debug)]
enum Link {
    Down,
    Connecting(Connection, Token),
    Up(Connection, Token),
}

/// How standard input tells that there is something to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stdin {
    /// A file, which has always something to read and cannot be polled.
    AlwaysReady,
    /// A terminal or a pipe that may have something to read.
    Ready,
    /// A terminal or a pipe; an event will tell.
    Waiting,
}

/// What a timer is for.
#[derive(Debug, Clone, Copy)]
enum Timer {
    /// When the server has been waited for long enough.
    Server,
    /// When something in the contact log has had its time.
    Tidying,
}

impl Client {
    /// Listens for beacons, begins to connect, and takes over the terminal.
    ///
    /// # Errors
    ///
    /// [`ClientError`]
    pub fn start(settings: &Settings) -> Result<Self, ClientError> {
        let now = Now::read();
        let event_loop = EventLoop::new(now.monotonic)?;
        let registry = event_loop.registry();
        let address = match settings.server {
            SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, settings.udp_port)),
            SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, settings.udp_port)),
        };
        let with_port = |source| ClientError::Listen { port: settings.udp_port, source };
        let datagrams = DatagramSocket::bind(address, registry, DATAGRAMS).map_err(with_port)?;
        let numbers = [SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGWINCH, SIGCONT];
        let signals = Signals::take_over(&numbers, registry, SIGNALS)?;
        let stdin = Stdin::register(registry);
        let output = Output::stdout(registry, STDOUT);
        let mut client = Self {
            signals,
            datagrams,
            stdin,
            screen: Screen::open(&Environment::read(), output)?,
            event_loop,
            link: Link::Down,
            links: 0,
            is_link_unread: false,
            server: settings.server,
            session: Session::default(),
            server_timer: None,
            phone: Phone::new(settings.contact_retention),
            keeper: Keeper::new(settings.data.clone(), now),
            tidying_timer: None,
            dialogue: Dialogue::new(),
            lines: Lines::new(),
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
        let mut events = Events::with_capacity(EventLoop::<Timer>::EVENTS_PER_TICK);
        let mut buffer = vec![0; READ_BYTES];
        loop {
            self.tick(&mut events, &mut buffer)?;
            if let Some(ending) = self.dialogue.ending() {
                self.end_output(&mut events)?;
                return Ok(ending);
            }
        }
    }

    fn tick(&mut self, events: &mut Events, buffer: &mut [u8]) -> Result<(), ClientError> {
        let is_busy =
            self.datagrams.may_hold_more() || self.is_link_unread || self.may_read_input();
        self.event_loop.wait(events, is_busy, Now::read().monotonic)?;
        let now = Now::read();
        let has_left_over = self.is_link_unread;
        for event in events.iter() {
            self.handle_event(event, buffer, now)?;
        }
        if has_left_over {
            self.receive(buffer, now)?;
        }
        self.receive_datagrams(now);
        self.event_loop.timers.advance(now.monotonic);
        while let Some(timer) = self.event_loop.timers.pop_due() {
            self.handle_timer(timer, now)?;
        }
        self.read_input()?;
        self.follow_user(now)?;
        self.flush_link(now)?;
        self.arm_tidying();
        self.draw(now)
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
            // It is flushed at the end of every tick.
            STDOUT => {}
            token => self.handle_link_event(event, token, buffer, now)?,
        }
        Ok(())
    }

    fn handle_timer(&mut self, timer: Timer, now: Now) -> Result<(), ClientError> {
        match timer {
            Timer::Server => {
                self.server_timer = None;
                self.dialogue.logout_overdue(&mut self.lines);
                let overdue = io::Error::from(io::ErrorKind::TimedOut);
                self.lose_link(overdue, now)
            }
            Timer::Tidying => {
                self.tidying_timer = None;
                self.tidy(now);
                Ok(())
            }
        }
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

    fn arm_tidying(&mut self) {
        let wanted = self.keeper.next_tidying(&self.phone);
        let armed = self.tidying_timer.map(|(_, deadline)| deadline);
        if wanted == armed {
            return;
        }
        let timers = &mut self.event_loop.timers;
        if let Some((key, _)) = self.tidying_timer.take() {
            timers.cancel(key);
        }
        let insert = |deadline| (timers.insert(deadline, Timer::Tidying), deadline);
        self.tidying_timer = wanted.map(insert);
    }

    fn draw(&mut self, now: Now) -> Result<(), ClientError> {
        self.screen.update(&std::mem::take(&mut self.lines), self.dialogue.prompt())?;
        if self.screen.flush() { self.leave(now) } else { Ok(()) }
    }

    /// Waits for whoever reads the last lines, but not for ever.
    fn end_output(&mut self, events: &mut Events) -> io::Result<()> {
        let begin = Now::read();
        self.set_server_timer(Some(LOGOUT_TIMEOUT), begin);
        let mut now = begin;
        while !self.screen.is_flushed() && now.monotonic < begin.monotonic + LOGOUT_TIMEOUT {
            self.event_loop.wait(events, false, now.monotonic)?;
            now = Now::read();
            self.screen.flush();
        }
        Ok(())
    }
}

/// What the user types.
impl Client {
    fn may_read_input(&self) -> bool {
        self.stdin != Stdin::Waiting && self.screen.wants_input()
    }

    fn read_input(&mut self) -> io::Result<()> {
        if !self.may_read_input() {
            return Ok(());
        }
        // One read an event does not block. `O_NONBLOCK` is out of the question, as the shell and
        // other programs on this terminal would have it, too.
        let mut bytes = [0; INPUT_BYTES];
        match rustix::io::read(rustix::stdio::stdin(), &mut bytes) {
            Ok(count) => self.screen.type_bytes(&bytes[..count]),
            Err(rustix::io::Errno::INTR) => return Ok(()),
            // The terminal is gone.
            Err(_) => self.screen.type_bytes(&[]),
        }
        if self.stdin == Stdin::Ready {
            self.stdin = Stdin::Waiting;
            let descriptor = rustix::stdio::stdin().as_raw_fd();
            // What one read left over raises no event of its own; registering again does.
            self.event_loop.registry().reregister(
                &mut SourceFd(&descriptor),
                STDIN.into(),
                Interest::READABLE,
            )?;
        }
        Ok(())
    }

    /// Takes what the user did, line by line, as long as something is asked for.
    fn follow_user(&mut self, now: Now) -> Result<(), ClientError> {
        loop {
            self.draw(now)?;
            let action = match self.screen.next_outcome() {
                Some(Outcome::Line(line)) => self.dialogue.line(&line, &mut self.lines),
                Some(Outcome::EndOfInput | Outcome::Interrupted) => self.dialogue.leave(),
                Some(Outcome::Suspended) => {
                    self.screen.suspend()?;
                    None
                }
                None => return Ok(()),
            };
            if let Some(action) = action {
                self.act(action, now)?;
            }
            if self.dialogue.ending().is_some() {
                return self.draw(now);
            }
        }
    }

    fn leave(&mut self, now: Now) -> Result<(), ClientError> {
        match self.dialogue.leave() {
            Some(action) => self.act(action, now),
            None => Ok(()),
        }
    }

    fn act(&mut self, action: Action, now: Now) -> Result<(), ClientError> {
        match action {
            Action::LogIn { user, password } => {
                if let Link::Down = self.link
                    && let Err(error) = self.connect(now)
                {
                    return self.lose_link(error, now);
                }
                self.say(|session, out| session.log_in(&user, &password, out));
            }
            Action::Download => self.say(|session, out| session.download(1, out)),
            Action::Upload => self.upload(now),
            Action::Beacon(destination) => self.send_beacon(destination, now),
            Action::LogOut => self.say(Session::log_out),
        }
        self.expect_reply(now);
        Ok(())
    }

    fn upload(&mut self, now: Now) {
        match self.keeper.log_to_upload(&mut self.phone, now) {
            Ok(log) if log.is_empty() => self.dialogue.nothing_to_upload(&mut self.lines),
            Ok(log) => {
                self.dialogue.uploading(&log, &mut self.lines);
                self.say(|session, out| session.upload(log, out));
            }
            Err(error) => self.dialogue.log_unreadable(&error.to_string(), &mut self.lines),
        }
    }
}

/// Phones nearby.
impl Client {
    fn tidy(&mut self, now: Now) {
        if let Err(error) = self.keeper.tidy(&mut self.phone, now) {
            self.dialogue.trouble(&error.to_string(), &mut self.lines);
        }
    }

    fn send_beacon(&mut self, destination: SocketAddr, now: Now) {
        let beacon = match self.phone.beacon(now) {
            Outgoing::Valid(beacon) => beacon,
            Outgoing::Expired(beacon) => {
                self.dialogue.beacon_expired(&mut self.lines);
                beacon
            }
            Outgoing::None => {
                let problem = "There is no TempID to send yet: Download_tempID gets one.";
                return self.dialogue.beacon_sent(Err(problem), &mut self.lines);
            }
        };
        match send_datagram(&beacon, destination) {
            Ok(()) => self.dialogue.beacon_sent(Ok(beacon.0), &mut self.lines),
            Err(error) => {
                let problem = format!("The beacon cannot be sent to {destination}: {error}");
                self.dialogue.beacon_sent(Err(&problem), &mut self.lines);
            }
        }
    }

    fn receive_datagrams(&mut self, now: Now) {
        let Self { datagrams, phone, keeper, dialogue, lines, .. } = self;
        datagrams.receive(|datagram, sender| {
            if let Err(error) = keeper.follow(phone, now) {
                dialogue.trouble(&error.to_string(), lines);
            }
            let reception = phone.receive(datagram, now);
            dialogue.received(&reception, sender, now.wall, lines);
            if let Reception::Valid(record, added) = reception
                && let Err(error) = keeper.keep(&record, added, phone)
            {
                dialogue.trouble(&error.to_string(), lines);
            }
        });
    }
}

/// The server.
impl Client {
    fn connect(&mut self, now: Now) -> io::Result<()> {
        let mut connection = Connection::connect(self.server)?;
        let token = Token::permanent(FIRST_LINK + self.links);
        self.links += 1;
        connection.register(self.event_loop.registry(), token)?;
        self.link = Link::Connecting(connection, token);
        self.session = Session::default();
        self.set_server_timer(Some(CONNECT_TIMEOUT), now);
        Ok(())
    }

    fn handle_link_event(
        &mut self,
        event: &Event,
        token: Token,
        buffer: &mut [u8],
        now: Now,
    ) -> Result<(), ClientError> {
        match std::mem::replace(&mut self.link, Link::Down) {
            Link::Connecting(connection, own) if own == token => match connection.connected() {
                Ok(true) => {
                    self.link = Link::Up(connection, own);
                    self.dialogue.connected();
                    self.set_server_timer(None, now);
                    self.expect_reply(now);
                }
                Ok(false) => self.link = Link::Connecting(connection, own),
                Err(error) => return self.lose_link(error, now),
            },
            Link::Up(connection, own) if own == token => {
                self.link = Link::Up(connection, own);
            }
            other => {
                self.link = other;
                return Ok(());
            }
        }
        if let Link::Up(connection, _) = &mut self.link {
            connection.note(event);
            return self.receive(buffer, now);
        }
        Ok(())
    }

    fn receive(&mut self, buffer: &mut [u8], now: Now) -> Result<(), ClientError> {
        let Link::Up(connection, _) = &mut self.link else { return Ok(()) };
        let (session, mut told) = (&mut self.session, Vec::new());
        let received = connection
            .receive(buffer, |bytes, out| session.receive(bytes, out, |event| told.push(event)));
        self.is_link_unread = matches!(received, Received::MoreLeft);
        for event in told {
            self.take_answer(&event, now);
        }
        if self.session.is_closed() {
            self.drop_link(now);
            return Ok(());
        }
        self.expect_reply(now);
        match received {
            Received::Waiting | Received::MoreLeft => Ok(()),
            Received::Ended => self.lose_link(io::ErrorKind::UnexpectedEof.into(), now),
            Received::Failed(error) => self.lose_link(error, now),
        }
    }

    fn take_answer(&mut self, event: &session::Event, now: Now) {
        self.dialogue.answered(event, &mut self.lines);
        match event {
            session::Event::LoggedIn(user) => {
                let text = match self.keeper.hand_over(*user, &mut self.phone, now) {
                    Ok(None) => return self.tidy(now),
                    Ok(Some(error)) => format!("{error}; ages are counted from now"),
                    Err(error) => format!("{error}; what is in it is left alone"),
                };
                self.dialogue.trouble(&text, &mut self.lines);
            }
            session::Event::TempIds(records) => {
                if let Some(record) = records.first() {
                    self.phone.use_temp_id(*record);
                }
            }
            session::Event::WrongPassword(_)
            | session::Event::Blocked(_)
            | session::Event::Uploaded(_)
            | session::Event::Refused(_)
            | session::Event::LoggedOut
            | session::Event::Broken(_) => {}
        }
    }

    /// Lets the session say something, if there is anybody to say it to.
    fn say(&mut self, say: impl FnOnce(&mut Session, &mut Vec<u8>)) {
        match &mut self.link {
            Link::Down => {}
            Link::Connecting(connection, _) | Link::Up(connection, _) => {
                say(&mut self.session, connection.output());
            }
        }
    }

    fn flush_link(&mut self, now: Now) -> Result<(), ClientError> {
        let Link::Up(connection, token) = &mut self.link else { return Ok(()) };
        match connection.flush(self.event_loop.registry(), *token) {
            Flushed::Everything | Flushed::Blocked { .. } => Ok(()),
            Flushed::Over => self.lose_link(io::ErrorKind::UnexpectedEof.into(), now),
            Flushed::Failed(error) => self.lose_link(error, now),
        }
    }

    /// The connection is gone. The user is told only if it was of any use: a server closes those
    /// on which nobody logs in, and the next attempt makes a new one.
    fn lose_link(&mut self, error: io::Error, now: Now) -> Result<(), ClientError> {
        let was_connecting = !matches!(self.link, Link::Up(..));
        self.drop_link(now);
        if self.dialogue.is_connecting() {
            return Err(self.unreachable(error));
        }
        let was_needed = self.session.lost();
        if was_connecting {
            let reason = self.unreachable(error).to_string();
            self.dialogue.lost(&reason, &mut self.lines);
        } else if was_needed {
            let reason = match error.kind() {
                io::ErrorKind::UnexpectedEof => "The server closed the connection.".to_owned(),
                _ => format!("The connection to the server is lost: {error}."),
            };
            self.dialogue.lost(&reason, &mut self.lines);
        } else {
            self.dialogue.logout_overdue(&mut self.lines);
        }
        Ok(())
    }

    fn drop_link(&mut self, now: Now) {
        self.link = Link::Down;
        self.is_link_unread = false;
        self.set_server_timer(None, now);
    }

    /// Begins to wait anew if a reply is due, and stops if none is.
    fn expect_reply(&mut self, now: Now) {
        match self.link {
            // The time to connect runs already.
            Link::Connecting(..) => {}
            Link::Down => self.set_server_timer(None, now),
            Link::Up(..) => {
                let is_leaving = self.dialogue.is_leaving();
                let timeout = if is_leaving { LOGOUT_TIMEOUT } else { REPLY_TIMEOUT };
                self.set_server_timer(self.session.is_waiting().then_some(timeout), now);
            }
        }
    }

    fn set_server_timer(&mut self, timeout: Option<Duration>, now: Now) {
        let timers = &mut self.event_loop.timers;
        if let Some(key) = self.server_timer.take() {
            timers.cancel(key);
        }
        let insert = |timeout| timers.insert(now.monotonic + timeout, Timer::Server);
        self.server_timer = timeout.map(insert);
    }

    fn unreachable(&self, source: io::Error) -> ClientError {
        ClientError::Unreachable { address: self.server, source }
    }
}

impl Stdin {
    fn register(registry: &Registry) -> Self {
        let descriptor = rustix::stdio::stdin().as_raw_fd();
        match registry.register(&mut SourceFd(&descriptor), STDIN.into(), Interest::READABLE) {
            Ok(()) => Self::Waiting,
            Err(_) => Self::AlwaysReady,
        }
    }
}

/// Sends a beacon from a port that the system chooses anew, so that it does not tell two beacons of
/// one phone from those of two.
fn send_datagram(beacon: &Beacon, destination: SocketAddr) -> io::Result<()> {
    let local: SocketAddr = match destination {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(local)?;
    socket.set_nonblocking(true)?;
    let mut datagram = Vec::with_capacity(Beacon::LEN);
    beacon.encode(&mut datagram);
    socket.send_to(&datagram, destination).map(|_| ())
}
