//! The computer that the server runs on.

use std::time::Duration;

use rand::rngs::ChaCha12Rng;

use super::clock::VirtualClock;
use super::disk::{Disk, DiskFault};
use super::kernel::Done;
use super::network::ConnectionId;
use super::random::{self, Purpose};
use super::server::SimulatedServer;
use super::settings::WorldSettings;
use super::watchdog::LONGEST_SYNC;
use crate::clock::Now;

/// The computer that the server runs on, with its disk. It can die, and be started again.
#[derive(Debug)]
pub struct Machine {
    settings: WorldSettings,
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
    pub fn new(settings: WorldSettings) -> Self {
        let rng = random::stream(settings.seed, Purpose::Disk);
        Self { settings, power: Power::Down(Disk::default()), starts: 0, tick_at: None, rng }
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
        let rng = random::stream(seed, Purpose::TempIds);
        // On a disk that fails it would not start; whoever starts it sees to that first.
        disk.set_fault(DiskFault::None);
        let (settings, users) = (&self.settings.server, self.settings.phones);
        let server = SimulatedServer::start(settings, users, std::mem::take(disk), rng, now)?;
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

    /// One tick of the server, and what it did to its streams. `None` if it is down, or if it died in
    /// this tick: then nobody has seen what it did.
    pub fn tick(&mut self, now: Now) -> Option<Vec<(ConnectionId, Done)>> {
        self.tick_at = None;
        let done = self.server()?.tick(now);
        (!self.disk().is_dead()).then_some(done)
    }
}
