//! The same machines in virtual time.
//!
//! Here the server's [`Frontend`](crate::server::Frontend) and the phone's
//! [`Session`](crate::client::session::Session) and [`Phone`](crate::client::phone::Phone) meet on a
//! network that cuts, delays, resets and loses, and on a disk that fills up, fails and crashes. Time
//! passes only from one happening to the next, and everything that is random comes from one seed, so
//! that a run can be repeated to the last byte.
//!
//! Nothing here may ask the system for the time, for randomness or for a socket.

pub mod clock;
pub mod disk;
pub mod event_queue;
mod inhabitants;
pub mod kernel;
pub mod late_store;
pub mod machine;
pub mod network;
pub mod phone;
pub mod random;
pub mod server;
pub mod step;
mod traffic;
pub mod trouble;

use std::time::Duration;

use self::clock::VirtualClock;
use self::event_queue::EventQueue;
pub use self::inhabitants::{Inhabitants, Notice};
use self::machine::Machine;
use self::network::{ConnectionId, Delivery, Network};
use self::phone::SimulatedPhone;
use self::trouble::Trouble;

/// A world while it lasts: what there is, and who lives in it.
#[derive(Debug)]
pub struct World<I: Inhabitants> {
    /// Time, the server, the network and the phones.
    pub core: Core<I::Event>,
    /// Who lives there.
    pub inhabitants: I,
}

/// What there is in every world, whoever lives in it.
#[derive(Debug)]
pub struct Core<E> {
    /// What time it is.
    pub clock: VirtualClock,
    /// What is going to happen.
    pub future: EventQueue<Happening<E>>,
    /// What is between the phones and the server.
    pub network: Network,
    /// What the server runs on.
    pub machine: Machine,
    /// By number.
    pub phones: Vec<SimulatedPhone>,
}

/// What happens.
#[derive(Debug, Hash)]
pub enum Happening<E> {
    /// Something arrives at the server or at a phone.
    Arrives(Delivery),
    /// A connection reaches the server, or the machine on which there is none.
    Connects(ConnectionId),
    /// The server has something to do.
    Tick,
    /// A user may do the next thing.
    Acts(u32),
    /// Rare and large, so that what is frequent stays small.
    Trouble(Box<Trouble>),
    /// Something among the inhabitants.
    Own(E),
}

impl<E> Core<E> {
    /// The user of a phone may do the next thing, as soon as what happens now is over.
    pub fn wake(&mut self, phone: u32) {
        self.future.schedule(self.clock.elapsed(), Happening::Acts(phone));
    }

    /// The user of a phone may do the next thing after this time.
    pub fn wake_after(&mut self, phone: u32, time: Duration) {
        self.future.schedule(self.clock.elapsed() + time, Happening::Acts(phone));
    }

    /// A phone leaves a connection without the server hearing of it.
    pub fn power_off(&mut self, connection: ConnectionId) {
        let now = self.clock.elapsed();
        self.network.power_off(connection, now, arrivals(&mut self.future));
    }

    /// Lets something happen among the inhabitants, `at` this time since the start.
    pub fn schedule(&mut self, at: Duration, event: E) {
        self.future.schedule(at, Happening::Own(event));
    }

    /// When the next thing happens, the server's ticks included.
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
    /// Lets the next thing happen, and says whether there was one.
    ///
    /// # Errors
    ///
    /// That something is as it must never be.
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

    fn begin_trouble(&mut self, trouble: Trouble) -> Result<(), String> {
        match trouble {
            Trouble::Crash => return self.crash(),
            Trouble::Restart => return self.restart(),
            Trouble::Disk(fault) => self.core.machine.disk().set_fault(fault),
            Trouble::Store(lateness) => {
                if let Some(server) = self.core.machine.server() {
                    server.set_lateness(lateness);
                }
            }
            Trouble::Network(faults) => self.core.network.set_faults(faults),
        }
        Ok(())
    }

    /// The server's machine loses power.
    ///
    /// # Errors
    ///
    /// What the inhabitants find wrong with that.
    pub fn crash(&mut self) -> Result<(), String> {
        let now = self.core.clock.elapsed();
        self.core.machine.crash();
        self.core.network.reset_all(now, arrivals(&mut self.core.future));
        self.notice(Notice::Crashed)
    }

    /// The server is started again, unless it runs.
    ///
    /// # Errors
    ///
    /// That the disk holds what it must not, or what the inhabitants find wrong with it.
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

/// Puts what the network delivers into the future.
fn arrivals<E>(future: &mut EventQueue<Happening<E>>) -> impl FnMut(Duration, Delivery) {
    |at, delivery| future.schedule(at, Happening::Arrives(delivery))
}
