//! The machine of the server.

use std::time::Duration;

use rand::rngs::ChaCha12Rng;

use super::clock::VirtualClock;
use super::database_disk::DatabaseDisk;
use super::disk::{Disk, DiskFault};
use super::disks::Disks;
use super::random::{self, Purpose};
use super::server::{Others, ServerSettings, SimulatedServer, Ticked};
use crate::clock::Now;

/// Longest time from an event to the tick of the server that handles it: the time of a sync of the
/// disk, in which events gather.
pub const LONGEST_SYNC: Duration = Duration::from_millis(5);

/// Settings of a machine.
#[derive(Debug, Clone)]
pub struct MachineSettings {
    /// Seed of the run.
    pub seed: u64,
    /// Number of phones whose users have accounts.
    pub phones: u32,
    /// Further accounts.
    pub others: Others,
    /// Settings of the server.
    pub server: ServerSettings,
    /// Whether the machine may restart, so that the disk has to keep what is written.
    pub may_restart: bool,
}

/// The machine of the server, with its disk. It can lose power and start again.
#[derive(Debug)]
pub struct Machine {
    settings: MachineSettings,
    power: Power,
    starts: u64,
    /// Time of the tick that handles pending events.
    tick_at: Option<Duration>,
    rng: ChaCha12Rng,
}

#[derive(Debug)]
enum Power {
    Up(Box<SimulatedServer>),
    Down(Box<Disks>),
}

impl Machine {
    /// A machine with an empty disk, not started yet.
    pub fn new(settings: MachineSettings) -> Self {
        let rng = random::stream(settings.seed, Purpose::Disk);
        let disks = if settings.may_restart { Disks::default() } else { Disks::write_only() };
        Self { settings, power: Power::Down(Box::new(disks)), starts: 0, tick_at: None, rng }
    }

    /// The server, if it runs.
    pub fn server(&mut self) -> Option<&mut SimulatedServer> {
        match &mut self.power {
            Power::Up(server) => Some(server),
            Power::Down(_) => None,
        }
    }

    /// Sets the fault of the disk from now on.
    pub fn set_disk_fault(&mut self, fault: DiskFault) {
        let (temp_ids, database) = self.files();
        temp_ids.set_fault(fault);
        database.set_fault(fault);
        if let Some(users) = self.users() {
            users.set_fault(fault);
        }
    }

    /// What the database holds.
    pub fn database(&mut self) -> &DatabaseDisk {
        self.files().1
    }

    fn users(&mut self) -> Option<&mut Disk> {
        match &mut self.power {
            Power::Up(server) => server.users(),
            Power::Down(disks) => Some(&mut disks.users),
        }
    }

    fn files(&mut self) -> (&mut Disk, &mut DatabaseDisk) {
        match &mut self.power {
            Power::Up(server) => server.files(),
            Power::Down(disks) => (&mut disks.temp_ids, &mut disks.database),
        }
    }

    /// Starts the server, unless it runs already.
    ///
    /// # Errors
    ///
    /// A message if the disk holds what it must not.
    pub fn start(&mut self, now: Now) -> Result<Option<&SimulatedServer>, String> {
        let Power::Down(disks) = &mut self.power else { return Ok(None) };
        // Another run of the server draws other numbers.
        let seed = self.settings.seed.wrapping_add(self.starts << 32);
        self.starts += 1;
        let rngs = [Purpose::TempIds, Purpose::Store, Purpose::Hashes]
            .map(|purpose| random::stream(seed, purpose));
        disks.repair();
        let MachineSettings { phones, others, server, .. } = &self.settings;
        let disks = std::mem::take(&mut **disks);
        let server = SimulatedServer::start(server, *phones, others, disks, rngs, now)?;
        self.power = Power::Up(Box::new(server));
        Ok(self.server().map(|server| &*server))
    }

    /// Cuts the power, if it is on.
    pub fn crash(&mut self) {
        self.tick_at = None;
        match &mut self.power {
            Power::Up(server) => {
                let mut disks = server.die();
                disks.crash(&mut self.rng);
                self.power = Power::Down(Box::new(disks));
            }
            // A server that was killed has left what it wrote to a machine that was still up.
            Power::Down(disks) => disks.crash(&mut self.rng),
        }
    }

    /// Time of the next tick. Events wait a little, due timers do not.
    pub fn next_tick(&mut self, clock: &VirtualClock) -> Option<Duration> {
        let Power::Up(server) = &self.power else { return None };
        if server.is_busy() && self.tick_at.is_none() {
            self.tick_at = Some(clock.elapsed() + random::up_to(LONGEST_SYNC, &mut self.rng));
        }
        let timer = server.next_wake().map(|wake| clock.elapsed_at(wake));
        timer.into_iter().chain(self.tick_at).min()
    }

    /// Runs a tick of the server, and returns what it did. `None` if the server is down or lost
    /// power in this tick, so that its effects are lost.
    pub fn tick(&mut self, now: Now) -> Option<Ticked> {
        self.tick_at = None;
        let done = self.server()?.tick(now);
        if self.users().is_some_and(|users| users.is_dead()) {
            return None;
        }
        let (temp_ids, database) = self.files();
        (!temp_ids.is_dead() && !database.is_dead()).then_some(done)
    }
}
