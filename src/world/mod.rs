//! The machines of server and phones in virtual time.
//!
//! Here the server's [`Frontend`](crate::server::Frontend) and the phone's
//! [`Session`](crate::client::session::Session) and [`Phone`](crate::client::phone::Phone) meet on
//! a network that cuts, delays, resets and loses, and on a disk that fills up, fails and crashes.
//! Time passes only from one event to the next, and all randomness comes from one seed, so that a
//! run can be repeated to the last byte.
//!
//! Nothing here may ask the system for the time, for randomness or for a socket.

pub mod clock;
pub mod database_disk;
pub mod disk;
pub mod disks;
pub mod event_queue;
pub mod ids;
mod inhabitants;
pub mod kernel;
pub mod late_store;
pub mod log_disk;
pub mod machine;
pub mod network;
pub mod phone;
pub mod random;
pub mod records;
pub mod server;
pub mod slow_hasher;
mod traffic;
pub mod trouble;

use std::time::Duration;

use self::clock::VirtualClock;
use self::event_queue::EventQueue;
use self::ids::PhoneId;
pub use self::inhabitants::{Inhabitants, Notice};
use self::machine::Machine;
use self::network::{ConnectionId, Delivery, Network};
use self::phone::SimulatedPhone;
use self::trouble::Trouble;

/// A world: its core, and its inhabitants.
#[derive(Debug)]
pub struct World<I: Inhabitants> {
    /// Time, the server, the network and the phones.
    pub core: Core<I::Event>,
    /// The inhabitants.
    pub inhabitants: I,
}

/// The parts that every world has, whatever its inhabitants.
#[derive(Debug)]
pub struct Core<E> {
    /// Clock of the world.
    pub clock: VirtualClock,
    /// Future events.
    pub future: EventQueue<Happening<E>>,
    /// Network between phones and server.
    pub network: Network,
    /// Machine of the server.
    pub machine: Machine,
    /// Phones, by id.
    pub phones: Vec<SimulatedPhone>,
}

/// An event.
#[derive(Debug, Hash)]
pub enum Happening<E> {
    /// A delivery arrives at the server or at a phone.
    Arrives(Delivery),
    /// A connection reaches the machine of the server, on which the server may be down.
    Connects(ConnectionId),
    /// The server ticks.
    Tick,
    /// The user of a phone may act.
    Acts(PhoneId),
    /// Something goes wrong. Boxed, as it is rare and large.
    Trouble(Box<Trouble>),
    /// An event of the inhabitants.
    Own(E),
}

impl<E> Core<E> {
    /// Lets the user of a phone act after the current event.
    pub fn wake(&mut self, phone: PhoneId) {
        self.future.schedule(self.clock.elapsed(), Happening::Acts(phone));
    }

    /// Lets the user of a phone act after `time`.
    pub fn wake_after(&mut self, phone: PhoneId, time: Duration) {
        self.future.schedule(self.clock.elapsed() + time, Happening::Acts(phone));
    }

    /// Drops a connection without the server noticing, as a phone that loses power does.
    pub fn power_off(&mut self, connection: ConnectionId) {
        let now = self.clock.elapsed();
        self.network.power_off(connection, now, arrivals(&mut self.future));
    }

    /// Schedules an event of the inhabitants, `at` this time since the start.
    pub fn schedule(&mut self, at: Duration, event: E) {
        self.future.schedule(at, Happening::Own(event));
    }

    /// Time of the next event, including ticks of the server.
    pub fn next_time(&mut self) -> Option<Duration> {
        let tick = self.machine.next_tick(&self.clock);
        tick.into_iter().chain(self.future.next_time()).min()
    }

    fn next(&mut self) -> Option<(Duration, Happening<E>)> {
        match (self.machine.next_tick(&self.clock), self.future.next_time()) {
            (Some(tick), None) => Some((tick, Happening::Tick)),
            (Some(tick), Some(next)) if tick <= next => Some((tick, Happening::Tick)),
            (Some(_) | None, _) => self.future.pop(),
        }
    }
}

impl<I: Inhabitants> World<I> {
    /// Handles the next event, and returns whether there was one.
    ///
    /// # Errors
    ///
    /// A message if a check fails.
    pub fn step(&mut self) -> Result<bool, String> {
        let Some((at, happening)) = self.core.next() else { return Ok(false) };
        self.core.clock.advance_to(at);
        let outcome =
            self.inhabitants.before(&mut self.core).and_then(|()| self.let_happen(&happening));
        self.inhabitants.after(at, happening);
        outcome.map(|()| true)
    }

    fn let_happen(&mut self, happening: &Happening<I::Event>) -> Result<(), String> {
        match happening {
            Happening::Arrives(delivery) => self.deliver(delivery),
            Happening::Connects(connection) => self.connects(*connection),
            Happening::Tick => self.tick(),
            Happening::Acts(number) => self.act(*number),
            Happening::Trouble(trouble) => self.begin_trouble(**trouble),
            Happening::Own(event) => self.inhabitants.act(event, &mut self.core),
        }
    }

    /// Lets something go wrong, or ends it.
    ///
    /// # Errors
    ///
    /// A message if a check fails.
    pub fn begin_trouble(&mut self, trouble: Trouble) -> Result<(), String> {
        match trouble {
            Trouble::Crash => return self.crash(),
            Trouble::Restart => return self.restart(),
            Trouble::Disk(fault) => self.core.machine.set_disk_fault(fault),
            Trouble::Store(lateness) => {
                if let Some(server) = self.core.machine.server() {
                    server.set_lateness(lateness);
                }
            }
            Trouble::Network(faults) => self.core.network.set_faults(faults),
            Trouble::Phone(phone, mishap) => return self.befall(phone, mishap),
        }
        Ok(())
    }

    /// Cuts the power of the server's machine.
    ///
    /// # Errors
    ///
    /// A message if a check of the inhabitants fails.
    pub fn crash(&mut self) -> Result<(), String> {
        let now = self.core.clock.elapsed();
        self.core.machine.crash();
        self.core.network.reset_all(now, arrivals(&mut self.core.future));
        self.notice(Notice::Crashed)
    }

    /// Starts the server again, unless it runs.
    ///
    /// # Errors
    ///
    /// A message if the disk holds what it must not, or a check of the inhabitants fails.
    pub fn restart(&mut self) -> Result<(), String> {
        match self.core.machine.start(self.core.clock.now())? {
            Some(_) => self.notice(Notice::Restarted),
            None => Ok(()),
        }
    }

    fn notice(&mut self, notice: Notice<'_>) -> Result<(), String> {
        self.inhabitants.notice(notice, &mut self.core)
    }
}

/// Schedules the deliveries of the network.
fn arrivals<E>(future: &mut EventQueue<Happening<E>>) -> impl FnMut(Duration, Delivery) {
    |at, delivery| future.schedule(at, Happening::Arrives(delivery))
}
