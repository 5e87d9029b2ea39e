//! Phones, a server and a network between them, in virtual time.

mod report;
#[cfg(test)]
mod tests;
mod traffic;

use std::time::Duration;

use rand::rngs::ChaCha12Rng;

pub use self::report::{Report, Violation};
use super::clock::VirtualClock;
use super::event_queue::EventQueue;
use super::ledger::Ledger;
use super::machine::Machine;
use super::memory::Memory;
use super::network::{ConnectionId, Delivery, Network};
use super::phone::SimulatedPhone;
use super::plan;
use super::random::{self, Purpose};
use super::settings::WorldSettings;
use super::trace::Trace;
use super::trouble::Trouble;
use super::watchdog::{Bounds, Promise, Watchdog};
use crate::protocol::Timestamp;

/// Happenings after which a run that is not over is called stuck, per phone.
const MOST_STEPS_PER_PHONE: u64 = 20_000;

/// What happens.
#[derive(Debug, Hash)]
enum Happening {
    Arrives(Delivery),
    /// A connection reaches the server, or the machine on which there is none.
    Connects(ConnectionId),
    /// The server has something to do.
    Tick,
    /// A user may do the next thing.
    Acts(u32),
    /// Rare and large, so that what is frequent stays small.
    Trouble(Box<Trouble>),
}

/// A run, while it lasts.
#[derive(Debug)]
pub struct World {
    settings: WorldSettings,
    clock: VirtualClock,
    future: EventQueue<Happening>,
    network: Network,
    machine: Machine,
    phones: Vec<SimulatedPhone>,
    phones_rng: ChaCha12Rng,
    ledger: Ledger,
    watchdog: Watchdog,
    memory: Memory,
    resets: u64,
    most_connections: usize,
    trace: Trace<Happening>,
}

impl World {
    /// A world before anything has happened.
    pub fn new(settings: WorldSettings) -> Self {
        let mut phones_rng = random::stream(settings.seed, Purpose::Phones);
        let mut future = EventQueue::new();
        for (at, trouble) in &settings.troubles {
            future.schedule(*at, Happening::Trouble(Box::new(*trouble)));
        }
        let mut phones = Vec::new();
        for number in 0..settings.phones {
            let plan = plan::random_plan(settings.phones, settings.habits, &mut phones_rng);
            phones.push(SimulatedPhone::new(number, settings.contact_retention, plan));
            let arrival = random::up_to(settings.arrivals, &mut phones_rng);
            future.schedule(arrival, Happening::Acts(number));
        }
        let clock = VirtualClock::starting_at(Timestamp::from_unix_seconds(1_600_000_000));
        let mut machine = Machine::new(settings.clone());
        machine.start(clock.now()).expect("an empty disk holds nothing wrong");
        let network_rng = random::stream(settings.seed, Purpose::Network);
        let bounds = Bounds::of(&settings);
        let block_duration = settings.server.block_duration;
        Self {
            clock,
            future,
            network: Network::new(settings.network, network_rng),
            machine,
            phones,
            phones_rng,
            ledger: Ledger::new(settings.phones, block_duration, bounds.judgement()),
            watchdog: Watchdog::new(bounds),
            memory: Memory::default(),
            resets: 0,
            most_connections: 0,
            trace: Trace::new(),
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
            let outcome = self.check_promises().and_then(|()| self.let_happen(&happening));
            self.trace.add(at, happening);
            outcome.map_err(|problem| self.violation(problem))?;
            if self.trace.steps() > most_steps {
                return Err(self.violation("it does not end".to_owned()));
            }
        }
        let outcome = self.check_quiet().and_then(|()| self.check_disk());
        outcome.map_err(|problem| self.violation(problem))?;
        Ok(self.report())
    }

    fn report(&self) -> Report {
        Report {
            fingerprint: self.trace.fingerprint(),
            steps: self.trace.steps(),
            elapsed: self.clock.elapsed(),
            logins: self.ledger.logins(),
            temp_ids: self.ledger.temp_ids(),
            uploaded: self.ledger.uploaded(),
            blocked: self.ledger.blocked(),
            resets: self.resets,
            most_connections: self.most_connections,
            most_kept_bytes: self.memory.most(),
            most_kept_bytes_of_one: self.memory.most_of_one(),
        }
    }

    fn next(&mut self) -> Option<(Duration, Happening)> {
        match (self.machine.next_tick(&self.clock), self.future.next_time()) {
            (Some(tick), None) => Some((tick, Happening::Tick)),
            (Some(tick), Some(next)) if tick <= next => Some((tick, Happening::Tick)),
            (Some(_) | None, _) => self.future.pop(),
        }
    }

    fn let_happen(&mut self, happening: &Happening) -> Result<(), String> {
        match happening {
            Happening::Arrives(delivery) => self.deliver(delivery),
            Happening::Connects(connection) => {
                self.connects(*connection);
                Ok(())
            }
            Happening::Tick => self.tick(),
            Happening::Acts(number) => {
                self.act(*number);
                Ok(())
            }
            Happening::Trouble(trouble) => self.begin_trouble(**trouble),
        }
    }

    fn begin_trouble(&mut self, trouble: Trouble) -> Result<(), String> {
        match trouble {
            Trouble::Crash => self.crash(),
            Trouble::Restart => return self.restart(),
            Trouble::Disk(fault) => self.machine.disk().set_fault(fault),
            Trouble::Network(faults) => self.network.set_faults(faults),
        }
        Ok(())
    }

    fn crash(&mut self) {
        let now = self.clock.elapsed();
        self.memory.clear();
        self.machine.crash();
        self.network.reset_all(now, arrivals(&mut self.future));
    }

    fn restart(&mut self) -> Result<(), String> {
        let elapsed = self.clock.elapsed();
        match self.machine.start(self.clock.now())? {
            Some(server) => self.ledger.restarted(server.registry(), elapsed),
            None => Ok(()),
        }
    }

    /// Whether everything has come about that was due by now.
    fn check_promises(&mut self) -> Result<(), String> {
        let now = self.clock.elapsed();
        while let Some(promise) = self.watchdog.pop_due(now) {
            if !self.is_kept(promise) {
                return Err(format!("{promise:?} was not kept in time"));
            }
        }
        Ok(())
    }

    fn is_kept(&mut self, promise: Promise) -> bool {
        let now = self.clock.elapsed();
        let server = self.machine.server();
        let stream = |connection| server.as_ref()?.kernel().status(connection);
        match promise {
            Promise::Reply { phone, question } => !self.phones[phone as usize].waits_for(question),
            Promise::Farewell { phone, connection } => {
                self.phones[phone as usize].connection() != Some(connection)
            }
            Promise::Login(connection) => !server
                .and_then(|server| server.status(connection))
                .is_some_and(|status| status.is_logged_out),
            Promise::Progress { connection, written } => {
                !stream(connection).is_some_and(|s| s.is_full && s.written == written)
            }
            Promise::Close(connection) | Promise::Drop(connection) => stream(connection).is_none(),
            Promise::HangUp(connection) => match stream(connection) {
                // It must read its replies first, for which there is another promise.
                Some(stream) if stream.is_full => {
                    self.watchdog.expect(promise, now);
                    true
                }
                Some(stream) => stream.has_ended,
                None => true,
            },
        }
    }

    /// When nothing happens any more, everybody is done and nothing is left.
    fn check_quiet(&mut self) -> Result<(), String> {
        if let Some(phone) = self.phones.iter().find(|phone| !phone.is_done()) {
            return Err(format!("a phone waits for something that does not come: {phone:?}"));
        }
        if self.ledger.kept_out() > 0 {
            return Err(format!("{} phones never were logged in", self.ledger.kept_out()));
        }
        let Some(server) = self.machine.server() else {
            return Err("the server was not started again".to_owned());
        };
        let (connections, streams) = server.connections();
        let links = self.network.open_connections();
        if (connections, streams, links) != (0, 0, 0) {
            return Err(format!(
                "{connections} connections, {streams} streams and {links} links are left"
            ));
        }
        if self.memory.total() > 0 || server.next_wake().is_some() {
            let (bytes, wake) = (self.memory.total(), server.next_wake());
            return Err(format!("{bytes} bytes are left, and a timer for {wake:?}"));
        }
        self.ledger.check(server.registry())
    }

    /// A last crash, to see that everything that anybody was told is on the disk.
    fn check_disk(&mut self) -> Result<(), String> {
        self.crash();
        self.restart()
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
