//! The computer that the server runs on.

use std::time::Duration;

use rand::rngs::ChaCha12Rng;

use super::clock::VirtualClock;
use super::disk::Disk;
use super::random::{self, Purpose};
use super::server::{Others, ServerSettings, SimulatedServer, Ticked};
use crate::clock::Now;

/// Longest time from the first event to the tick of the server that takes it: that of a sync of the
/// disk, in which events gather.
pub const LONGEST_SYNC: Duration = Duration::from_millis(5);

/// What a machine is for.
#[derive(Debug, Clone)]
pub struct MachineSettings {
    /// The same seed gives the same run.
    pub seed: u64,
    /// The users of so many phones have accounts,
    pub phones: u32,
    /// and so have these.
    pub others: Others,
    /// How the server is set up.
    pub server: ServerSettings,
    /// Whether it may die and start again, so that its disk has to keep what is written.
    pub may_restart: bool,
}

/// The computer that the server runs on, with its disk. It can die, and be started again.
#[derive(Debug)]
pub struct Machine {
    settings: MachineSettings,
    power: Power,
    starts: u64,
    /// When the server takes what has become ready.
    tick_at: Option<Duration>,
    rng: ChaCha12Rng,
}

#[derive(Debug)]
enum Power {
    Up(Box<SimulatedServer>),
    Down(Disk),
}

impl Machine {
    /// A machine with an empty disk, that has not been started.
    pub fn new(settings: MachineSettings) -> Self {
        let rng = random::stream(settings.seed, Purpose::Disk);
        let disk = if settings.may_restart { Disk::default() } else { Disk::write_only() };
        Self { settings, power: Power::Down(disk), starts: 0, tick_at: None, rng }
    }

    /// The server, if it runs.
    pub fn server(&mut self) -> Option<&mut SimulatedServer> {
        match &mut self.power {
            Power::Up(server) => Some(server),
            Power::Down(_) => None,
        }
    }

    /// The disk, to let it fail.
    pub fn disk(&mut self) -> &mut Disk {
        match &mut self.power {
            Power::Up(server) => server.disk(),
            Power::Down(disk) => disk,
        }
    }

    /// Starts the server, unless it runs already.
    ///
    /// # Errors
    ///
    /// That the disk holds what it must not.
    pub fn start(&mut self, now: Now) -> Result<Option<&SimulatedServer>, String> {
        let Power::Down(disk) = &mut self.power else { return Ok(None) };
        // Another run of the server draws other numbers.
        let seed = self.settings.seed.wrapping_add(self.starts << 32);
        self.starts += 1;
        let rngs = [Purpose::TempIds, Purpose::Store].map(|purpose| random::stream(seed, purpose));
        disk.repair();
        let MachineSettings { phones, others, server, .. } = &self.settings;
        let disk = std::mem::take(disk);
        let server = SimulatedServer::start(server, *phones, others, disk, rngs, now)?;
        self.power = Power::Up(Box::new(server));
        Ok(self.server().map(|server| &*server))
    }

    /// Loses power, if it has any.
    pub fn crash(&mut self) {
        self.tick_at = None;
        if let Power::Up(server) = &mut self.power {
            let mut disk = server.die();
            disk.crash(&mut self.rng);
            self.power = Power::Down(disk);
        }
    }

    /// When the server has something to do: what is ready waits a little, what a timer is for does not.
    pub fn next_tick(&mut self, clock: &VirtualClock) -> Option<Duration> {
        let Power::Up(server) = &self.power else { return None };
        if server.is_busy() && self.tick_at.is_none() {
            self.tick_at = Some(clock.elapsed() + random::up_to(LONGEST_SYNC, &mut self.rng));
        }
        let timer = server.next_wake().map(|wake| clock.elapsed_at(wake));
        timer.into_iter().chain(self.tick_at).min()
    }

    /// One tick of the server, and what the server did in it. `None` if it is down, or if it died in
    /// this tick: then nobody has seen what it did.
    pub fn tick(&mut self, now: Now) -> Option<Ticked> {
        self.tick_at = None;
        let done = self.server()?.tick(now);
        (!self.disk().is_dead()).then_some(done)
    }
}
