//! Phones, a server and a network between them, in virtual time.

use std::time::Duration;

use rand::rngs::ChaCha12Rng;
use thiserror::Error;

use super::clock::VirtualClock;
use super::disk::Disk;
use super::event_queue::EventQueue;
use super::kernel::{Done, Kernel};
use super::ledger::Ledger;
use super::network::{ConnectionId, Delivery, Network, NetworkFaults, Side};
use super::phone::{self, SimulatedPhone, Wish};
use super::random::{self, Purpose};
use super::server::{ServerSettings, SimulatedServer};
use super::trace::Trace;
use super::trouble::Trouble;
use crate::protocol::{Timestamp, Username};

/// Longest time from the first event to the tick of the server that takes it: that of a sync of the
/// disk, in which events gather.
const LONGEST_SYNC: Duration = Duration::from_millis(5);

/// Happenings after which a run that is not over is called stuck, per phone.
const MOST_STEPS_PER_PHONE: u64 = 20_000;

/// What a run is made of.
#[derive(Debug, Clone)]
pub struct WorldSettings {
    /// The same seed gives the same run.
    pub seed: u64,
    /// How many phones.
    pub phones: usize,
    /// Phones start at a random time before this.
    pub arrivals: Duration,
    /// How bad the network is at first.
    pub network: NetworkFaults,
    /// What goes wrong, or right again, and when.
    pub troubles: Vec<(Duration, Trouble)>,
    /// How long an account is blocked.
    pub block_duration: Duration,
    /// How long a connection may take to log in.
    pub login_timeout: Duration,
    /// How many bytes a connection takes that its phone has not read.
    pub window: usize,
    /// In seconds.
    pub temp_id_lifetime: u32,
    /// How long a contact log keeps an entry.
    pub contact_retention: Duration,
}

/// What came of a run in which everything held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Equal for equal runs only.
    pub fingerprint: u64,
    /// How many things happened.
    pub steps: u64,
    /// How much time passed in the simulation.
    pub elapsed: Duration,
    /// How many logins succeeded.
    pub logins: u64,
    /// How many TempIDs were told.
    pub temp_ids: usize,
    /// How many records were uploaded.
    pub uploaded: u64,
    /// How often an account was blocked.
    pub blocked: u64,
}

/// Something that must not be.
#[derive(Debug, Error)]
#[error("{problem}\nat step {step}; repeat with seed {seed}\n{latest}")]
pub struct Violation {
    /// What it is.
    pub problem: String,
    /// The seed of the run.
    pub seed: u64,
    /// How many things had happened.
    pub step: u64,
    /// The latest of them, one a line.
    pub latest: String,
}

#[derive(Debug)]
enum Happening {
    Arrives(Delivery),
    /// A connection reaches the server, or the machine on which there is none.
    Connects(ConnectionId),
    /// The server has something to do.
    Tick,
    /// A user may do the next thing.
    Acts(usize),
    Trouble(Trouble),
}

/// A run, while it lasts.
#[derive(Debug)]
pub struct World {
    settings: WorldSettings,
    clock: VirtualClock,
    future: EventQueue<Happening>,
    network: Network,
    server: ServerState,
    server_settings: ServerSettings,
    restarts: u64,
    /// When the server takes what has become ready.
    tick_at: Option<Duration>,
    phones: Vec<SimulatedPhone>,
    phones_rng: ChaCha12Rng,
    disk_rng: ChaCha12Rng,
    ledger: Ledger,
    trace: Trace,
}

#[derive(Debug)]
enum ServerState {
    Up(Box<SimulatedServer>),
    Down(Disk),
}

impl World {
    /// A world before anything has happened.
    pub fn new(settings: WorldSettings) -> Self {
        let mut phones_rng = random::stream(settings.seed, Purpose::Phones);
        let users: Vec<(Username, String)> = (0..settings.phones).map(user).collect();
        let server_settings = ServerSettings {
            passwords: users.clone(),
            block_duration: settings.block_duration,
            temp_id_lifetime: settings.temp_id_lifetime,
            login_timeout: settings.login_timeout,
            window: settings.window,
        };
        let mut future = EventQueue::new();
        for (at, trouble) in &settings.troubles {
            future.schedule(*at, Happening::Trouble(*trouble));
        }
        let mut phones = Vec::new();
        for (number, (user, password)) in users.into_iter().enumerate() {
            let plan = phone::random_plan(settings.phones, &mut phones_rng);
            phones.push(SimulatedPhone::new(user, password, settings.contact_retention, plan));
            let arrival = random::up_to(settings.arrivals, &mut phones_rng);
            future.schedule(arrival, Happening::Acts(number));
        }
        let clock = VirtualClock::starting_at(Timestamp::from_unix_seconds(1_600_000_000));
        let rng = random::stream(settings.seed, Purpose::TempIds);
        let server = SimulatedServer::start(&server_settings, Disk::default(), rng, clock.now());
        let network_rng = random::stream(settings.seed, Purpose::Network);
        Self {
            clock,
            future,
            network: Network::new(settings.network, network_rng),
            server: ServerState::Up(Box::new(server)),
            server_settings,
            restarts: 0,
            tick_at: None,
            phones,
            phones_rng,
            disk_rng: random::stream(settings.seed, Purpose::Disk),
            ledger: Ledger::default(),
            trace: Trace::default(),
            settings,
        }
    }

    /// Lets everything happen until nothing does any more.
    ///
    /// # Errors
    ///
    /// The first [`Violation`].
    pub fn run(mut self) -> Result<Report, Violation> {
        let most_steps = MOST_STEPS_PER_PHONE * self.phones.len() as u64;
        while let Some((at, happening)) = self.next() {
            self.clock.advance_to(at);
            self.trace.add(at, &happening);
            self.let_happen(happening).map_err(|problem| self.violation(problem))?;
            if self.trace.steps() > most_steps {
                return Err(self.violation("it does not end".to_owned()));
            }
        }
        self.check_quiet().map_err(|problem| self.violation(problem))?;
        Ok(Report {
            fingerprint: self.trace.fingerprint(),
            steps: self.trace.steps(),
            elapsed: self.clock.elapsed(),
            logins: self.ledger.logins,
            temp_ids: self.ledger.temp_ids(),
            uploaded: self.ledger.uploaded,
            blocked: self.ledger.blocked,
        })
    }

    fn next(&mut self) -> Option<(Duration, Happening)> {
        match (self.next_tick(), self.future.next_time()) {
            (Some(tick), None) => Some((tick, Happening::Tick)),
            (Some(tick), Some(next)) if tick <= next => Some((tick, Happening::Tick)),
            (Some(_) | None, _) => self.future.pop(),
        }
    }

    /// When the server has something to do: what is ready waits a little, what a timer is for does not.
    fn next_tick(&mut self) -> Option<Duration> {
        let ServerState::Up(server) = &self.server else { return None };
        if server.is_busy() && self.tick_at.is_none() {
            let gathering = random::up_to(LONGEST_SYNC, &mut self.disk_rng);
            self.tick_at = Some(self.clock.elapsed() + gathering);
        }
        let timer = server.next_wake().map(|wake| self.clock.elapsed_at(wake));
        timer.into_iter().chain(self.tick_at).min()
    }

    fn let_happen(&mut self, happening: Happening) -> Result<(), String> {
        match happening {
            Happening::Arrives(delivery) => self.deliver(delivery),
            Happening::Connects(connection) => {
                self.connects(connection);
                Ok(())
            }
            Happening::Tick => {
                self.tick();
                Ok(())
            }
            Happening::Acts(number) => {
                let (now, elapsed) = (self.clock.now(), self.clock.elapsed());
                let phone = &mut self.phones[number];
                // Of before, as a phone that vanishes forgets its connection.
                let connection = phone.connection();
                let wishes = phone.act(now, elapsed, &mut self.phones_rng);
                self.grant(number, connection, wishes);
                Ok(())
            }
            Happening::Trouble(trouble) => self.begin_trouble(trouble),
        }
    }

    fn deliver(&mut self, delivery: Delivery) -> Result<(), String> {
        match delivery {
            Delivery::Bytes { connection, to: Side::Server, bytes } => {
                self.server_receives(connection, &bytes);
            }
            Delivery::Bytes { connection, to: Side::Phone, bytes } => {
                return self.phone_receives(connection, &bytes);
            }
            Delivery::End { connection, to: Side::Server } if self.network.is_open(connection) => {
                if let Some(kernel) = self.kernel() {
                    kernel.end(connection);
                }
            }
            Delivery::End { connection, to: Side::Phone } => {
                if let Some(number) = self.network.phone(connection) {
                    self.phone_loses(number, connection, SimulatedPhone::ended);
                }
            }
            // What was on its way on a connection that is broken.
            Delivery::End { .. } => {}
            Delivery::Reset { connection, phone } => {
                if let Some(kernel) = self.kernel() {
                    kernel.reset(connection);
                }
                self.phone_loses(phone, connection, SimulatedPhone::reset);
            }
            Delivery::Datagram { to, bytes } => {
                self.phones[to].phone().receive(&bytes, self.clock.now());
            }
        }
        Ok(())
    }

    fn kernel(&self) -> Option<&Kernel> {
        match &self.server {
            ServerState::Up(server) => Some(server.kernel()),
            ServerState::Down(_) => None,
        }
    }

    fn connects(&mut self, connection: ConnectionId) {
        let (now, elapsed) = (self.clock.now(), self.clock.elapsed());
        match &mut self.server {
            ServerState::Up(server) if self.network.is_open(connection) => {
                server.accept(connection, now);
            }
            ServerState::Up(_) => {}
            ServerState::Down(_) => {
                self.network.reset(connection, elapsed, arrivals(&mut self.future));
            }
        }
    }

    fn server_receives(&mut self, connection: ConnectionId, bytes: &[u8]) {
        if self.network.is_open(connection)
            && !self.kernel().is_some_and(|kernel| kernel.arrive(connection, bytes))
        {
            // Whoever sends to a socket that is closed is told so.
            let now = self.clock.elapsed();
            self.network.reset(connection, now, arrivals(&mut self.future));
        }
    }

    fn phone_receives(&mut self, connection: ConnectionId, bytes: &[u8]) -> Result<(), String> {
        let Some(number) = self.network.phone(connection) else { return Ok(()) };
        let phone = &mut self.phones[number];
        if phone.connection() != Some(connection) {
            return Ok(());
        }
        if let ServerState::Up(server) = &self.server {
            server.kernel().acknowledge(connection, bytes.len());
        }
        let (learned, wishes) = phone.receive(bytes, &mut self.phones_rng);
        let (user, now) = (phone.user(), self.clock.elapsed());
        for fact in learned {
            self.ledger.enter(user, fact, self.settings.block_duration, now)?;
        }
        self.grant(number, Some(connection), wishes);
        Ok(())
    }

    fn phone_loses(
        &mut self,
        number: usize,
        connection: ConnectionId,
        lose: impl FnOnce(&mut SimulatedPhone, &mut ChaCha12Rng) -> Vec<Wish>,
    ) {
        let phone = &mut self.phones[number];
        if phone.connection() == Some(connection) {
            let wishes = lose(phone, &mut self.phones_rng);
            self.grant(number, Some(connection), wishes);
        }
    }

    fn grant(&mut self, number: usize, connection: Option<ConnectionId>, wishes: Vec<Wish>) {
        let now = self.clock.elapsed();
        for wish in wishes {
            match (wish, connection) {
                (Wish::Connect, _) => {
                    let (connection, arrival) = self.network.connect(number, now);
                    self.phones[number].connected(connection);
                    self.future.schedule(arrival, Happening::Connects(connection));
                    self.future.schedule(arrival, Happening::Acts(number));
                }
                (Wish::Send(bytes), Some(connection)) => {
                    let deliver = arrivals(&mut self.future);
                    self.network.send(connection, Side::Server, bytes, now, deliver);
                }
                (Wish::End, Some(connection)) => {
                    let deliver = arrivals(&mut self.future);
                    self.network.end(connection, Side::Server, now, deliver);
                    self.network.leave(connection, Side::Phone);
                }
                (Wish::Reset, Some(connection)) => {
                    self.network.reset(connection, now, arrivals(&mut self.future));
                }
                (Wish::Send(_) | Wish::End | Wish::Reset, None) => {}
                (Wish::Datagram(to, bytes), _) => {
                    self.network.send_datagram(to, &bytes, now, arrivals(&mut self.future));
                }
                (Wish::Wait(time), _) => self.future.schedule(now + time, Happening::Acts(number)),
            }
        }
    }

    fn tick(&mut self) {
        self.tick_at = None;
        let ServerState::Up(server) = &mut self.server else { return };
        let now = self.clock.elapsed();
        for (connection, done) in server.tick(self.clock.now()) {
            let deliver = arrivals(&mut self.future);
            match done {
                Done::Wrote(bytes) => {
                    self.network.send(connection, Side::Phone, bytes, now, deliver);
                }
                Done::Ended => self.network.end(connection, Side::Phone, now, deliver),
                Done::ClosedUnread => self.network.reset(connection, now, deliver),
                Done::Closed => self.network.leave(connection, Side::Server),
            }
        }
    }

    fn begin_trouble(&mut self, trouble: Trouble) -> Result<(), String> {
        match trouble {
            Trouble::Crash => self.crash(),
            Trouble::Restart => return self.restart(),
            Trouble::Disk(fault) => self.disk().set_fault(fault),
            Trouble::Network(faults) => self.network.set_faults(faults),
        }
        Ok(())
    }

    fn crash(&mut self) {
        self.tick_at = None;
        let down = ServerState::Down(Disk::default());
        self.server = match std::mem::replace(&mut self.server, down) {
            ServerState::Up(server) => {
                let (mut disk, connections) = server.kill();
                disk.crash(&mut self.disk_rng);
                let now = self.clock.elapsed();
                for connection in connections {
                    self.network.reset(connection, now, arrivals(&mut self.future));
                }
                ServerState::Down(disk)
            }
            ServerState::Down(disk) => ServerState::Down(disk),
        };
    }

    fn restart(&mut self) -> Result<(), String> {
        if let ServerState::Down(disk) = &mut self.server {
            self.restarts += 1;
            // Another run of the server draws other numbers.
            let seed = self.settings.seed.wrapping_add(self.restarts << 32);
            let rng = random::stream(seed, Purpose::TempIds);
            let disk = std::mem::take(disk);
            let server = SimulatedServer::start(&self.server_settings, disk, rng, self.clock.now());
            self.ledger.restarted(server.registry())?;
            self.server = ServerState::Up(Box::new(server));
        }
        Ok(())
    }

    fn disk(&mut self) -> &mut Disk {
        match &mut self.server {
            ServerState::Up(server) => server.disk(),
            ServerState::Down(disk) => disk,
        }
    }

    /// When nothing happens any more, everybody is done and nothing is left.
    fn check_quiet(&self) -> Result<(), String> {
        let waiting = self.phones.iter().filter(|phone| !phone.is_done()).count();
        if waiting > 0 {
            return Err(format!("{waiting} phones wait for something that does not come"));
        }
        let ServerState::Up(server) = &self.server else {
            return Err("the server was not started again".to_owned());
        };
        let left = (server.connections(), self.network.open_connections());
        if left != ((0, 0), 0) {
            return Err(format!("connections left on the server and the network: {left:?}"));
        }
        self.ledger.check(server.registry())
    }

    fn violation(&self, problem: String) -> Violation {
        Violation {
            problem,
            seed: self.settings.seed,
            step: self.trace.steps(),
            latest: self.trace.latest(),
        }
    }
}

/// Puts what the network delivers into the future.
fn arrivals(future: &mut EventQueue<Happening>) -> impl FnMut(Duration, Delivery) {
    |at, delivery| future.schedule(at, Happening::Arrives(delivery))
}

/// The name and the password of a phone's user.
fn user(number: usize) -> (Username, String) {
    let name = format!("+614{number:08}");
    let user = Username::decode(name.as_bytes()).expect("a phone number");
    (user, format!("secret{number}"))
}
