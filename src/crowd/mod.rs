//! A crowd of users whose steps and misdeeds are drawn from a seed, and the checks of what the
//! server promises. It is built for tests and for `simulate crowd`.

pub mod cases;
pub mod codes;
mod coming_back;
pub mod contact_logs;
pub mod explore;
pub mod ledger;
pub mod memory;
pub mod notices;
mod operating;
pub mod operator;
pub mod plan;
mod report;
pub mod scenario;
pub mod settings;
#[cfg(test)]
mod tests;
pub mod trace;
pub mod watchdog;

use std::time::Duration;

use rand::RngExt;
use rand::rngs::ChaCha12Rng;

use self::cases::Cases;
use self::codes::Codes;
use self::contact_logs::{ContactLogs, GRACE};
use self::ledger::Ledger;
use self::memory::Memory;
use self::notices::Notices;
use self::operator::{Errand, Operator};
pub use self::report::{Report, Violation};
use self::settings::WorldSettings;
use self::trace::Trace;
use self::watchdog::{Bounds, Promise, Watchdog};
use crate::clock::Now;
use crate::protocol::Timestamp;
use crate::protocol::request::Request;
use crate::protocol::resp::{self, RespVersion};
use crate::server::authority::TempIdKind;
use crate::server::decision::Decision;
use crate::workload::Repeats;
use crate::workload::caller::Fact;
use crate::world::clock::VirtualClock;
use crate::world::event_queue::EventQueue;
use crate::world::ids::{PersonId, PhoneId};
use crate::world::kernel::Done;
use crate::world::log_disk::LogDisk;
use crate::world::machine::Machine;
use crate::world::network::{ConnectionId, Network};
use crate::world::phone::{Learned, Pause, SimulatedPhone};
use crate::world::random::{self, Purpose};
use crate::world::{Core, Happening, Inhabitants, Notice, World};

/// Events per phone after which a run counts as stuck.
const MOST_STEPS_PER_PHONE: u64 = 20_000;

/// Longest wait of a user before the next attempt, after something failed.
const LONGEST_RETRY: Duration = Duration::from_secs(5);

/// Longest pause of a user before the next step.
const LONGEST_THOUGHT: Duration = Duration::from_secs(1);

/// Cases of which the operator lets people be told, below this number.
const MOST_NOTIFIED: u32 = 20;

/// Time after which the operator does nothing of the kind.
const LONGEST_OPERATION: Duration = Duration::from_secs(600);

/// The users of all phones, and the checks.
#[derive(Debug)]
pub struct Crowd {
    rng: ChaCha12Rng,
    ledger: Ledger,
    contact_logs: ContactLogs,
    watchdog: Watchdog,
    memory: Memory,
    cases: Cases,
    codes: Codes,
    notices: Notices,
    operator: Operator,
    resets: u64,
    crashes: u64,
    most_connections: usize,
    trace: Trace<Happening<Errand>>,
}

/// Runs a world until all plans are done and no event is left.
///
/// # Errors
///
/// The first [`Violation`].
pub fn run(settings: &WorldSettings) -> Result<Report, Violation> {
    let mut world = Crowd::in_world(settings);
    world.run_out().map_err(|problem| {
        let trace = &world.inhabitants.trace;
        Violation { problem, seed: settings.seed, step: trace.steps(), latest: trace.latest() }
    })?;
    Ok(world.inhabitants.report(world.core.clock.elapsed()))
}

impl Crowd {
    /// A world before its first event.
    fn in_world(settings: &WorldSettings) -> World<Self> {
        let mut rng = random::stream(settings.seed, Purpose::Phones);
        let mut future = EventQueue::new();
        for (at, trouble) in &settings.troubles {
            future.schedule(*at, Happening::Trouble(Box::new(*trouble)));
        }
        let clock = VirtualClock::starting_at(Timestamp::from_unix_seconds(1_600_000_000));
        let mut phones = Vec::new();
        for number in 0..settings.phones {
            let plan = plan::random_plan(settings.phones, settings.habits, &mut rng);
            let owner = PersonId::new(number);
            let mut phone = SimulatedPhone::new(owner, settings.contact_retention, plan);
            phone.use_disk(LogDisk::default(), clock.now());
            phones.push(phone);
            let arrival = random::up_to(settings.arrivals, &mut rng);
            future.schedule(arrival, Happening::Acts(PhoneId::new(number)));
        }
        let mut operator = random::stream(settings.seed, Purpose::Operator);
        if settings.is_operated {
            for phone in &mut phones {
                if operator.random() {
                    phone.speak(RespVersion::V3);
                }
                phone.intend(&plan::random_meetings(settings.phones, &mut operator));
            }
            for _ in 0..operator.random_range(0..MOST_NOTIFIED) {
                let at = random::up_to(LONGEST_OPERATION, &mut operator);
                future.schedule(at, Happening::Own(Errand::Notify));
            }
        }
        let policy = &settings.server.policy;
        let mut machine = Machine::new(settings.machine());
        machine.start(clock.now()).expect("an empty disk holds nothing wrong");
        let network = Network::new(settings.network, settings.seed);
        let bounds = Bounds::of(settings);
        let block_duration = settings.server.block_duration;
        let repeats = match settings.server.temp_ids {
            TempIdKind::Random => Repeats::Never,
            TempIdKind::Encrypted => Repeats::WithSameNote,
        };
        let crowd = Self {
            rng,
            ledger: Ledger::new(settings.phones, block_duration, bounds.judgement(), repeats),
            contact_logs: ContactLogs::new(settings.phones, settings.contact_retention),
            watchdog: Watchdog::new(bounds),
            memory: Memory::default(),
            cases: Cases::new(settings.phones),
            codes: Codes::new(settings.phones, policy.upload_codes),
            notices: Notices::new(settings.phones, policy.notify_at_once),
            operator: Operator::new(operator),
            resets: 0,
            crashes: 0,
            most_connections: 0,
            trace: Trace::new(),
        };
        World { core: Core { clock, future, network, machine, phones }, inhabitants: crowd }
    }

    fn report(&self, elapsed: Duration) -> Report {
        Report {
            fingerprint: self.trace.fingerprint(),
            steps: self.trace.steps(),
            elapsed,
            logins: self.ledger.logins(),
            temp_ids: self.ledger.temp_ids(),
            uploaded: self.ledger.uploaded(),
            notices: self.notices.told_in_all(),
            codes: self.codes.made_in_all(),
            blocked: self.ledger.blocked(),
            resets: self.resets,
            crashes: self.crashes,
            most_connections: self.most_connections,
            most_kept_bytes: self.memory.most(),
            most_kept_bytes_of_one: self.memory.most_of_one(),
        }
    }

    /// Checks all promises that are due.
    fn check_promises(&mut self, core: &mut Core<Errand>) -> Result<(), String> {
        let now = core.clock.elapsed();
        while let Some(promise) = self.watchdog.pop_due(now) {
            if !self.is_kept(promise, core) {
                return Err(format!("{promise:?} was not kept in time"));
            }
        }
        Ok(())
    }

    fn is_kept(&mut self, promise: Promise, core: &mut Core<Errand>) -> bool {
        let now = core.clock.elapsed();
        let server = core.machine.server();
        let stream = |connection| server.as_ref()?.kernel().status(connection);
        match promise {
            Promise::Reply { phone, question } => !core.phones[phone.index()].waits_for(question),
            Promise::Farewell { phone, connection } => {
                core.phones[phone.index()].connection() != Some(connection)
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

    fn learn(
        &mut self,
        phone: PhoneId,
        learned: Learned,
        core: &mut Core<Errand>,
    ) -> Result<(), String> {
        let owner = self.owner(phone);
        if let Fact::TempIds(records) = &learned.fact {
            let record = records[self.rng.random_range(0..records.len())];
            core.phones[phone.index()].phone().use_temp_id(record);
        }
        match &learned.fact {
            Fact::Uploaded(_) => {
                self.cases.acknowledged(owner);
                self.codes.taken(owner)?;
            }
            Fact::Notice(notice) => self.notices.told(owner, notice, core.machine.database())?,
            Fact::Acknowledged(notice) => self.notices.seen(owner, *notice),
            fact => self.consider_codes(owner, fact, core),
        }
        self.ledger.enter(owner, learned, core.clock.elapsed())
    }

    fn check_log(&mut self, phone: PhoneId, core: &mut Core<Errand>) -> Result<(), String> {
        let machine = &mut core.phones[phone.index()];
        self.contact_logs.check(phone, machine, core.clock.elapsed())
    }

    fn check_database(&self, core: &mut Core<Errand>) -> Result<(), String> {
        let disk = core.machine.database();
        self.cases.check(disk)?;
        self.codes.check(disk)?;
        self.notices.check(disk, |temp_id| self.ledger.owner_of(temp_id))
    }

    fn watch_stream(&mut self, connection: ConnectionId, done: &Done, now: Duration) {
        match done {
            Done::Wrote(_) => {}
            Done::Blocked { written } => {
                self.watchdog.expect(Promise::Progress { connection, written: *written }, now);
            }
            Done::Ended => self.watchdog.expect(Promise::Close(connection), now),
            Done::ClosedUnread | Done::Closed => self.memory.forget(connection),
        }
    }
}

impl Inhabitants for Crowd {
    type Event = Errand;

    fn act(&mut self, errand: &Errand, core: &mut Core<Errand>) -> Result<(), String> {
        self.run_errand(*errand, core);
        Ok(())
    }

    fn notice(&mut self, notice: Notice<'_>, core: &mut Core<Errand>) -> Result<(), String> {
        let now = core.clock.elapsed();
        match notice {
            Notice::Asked { phone, connection, is_right, bytes } => {
                if let Ok(Some((words, _))) = resp::decode_request(bytes, bytes.len())
                    && let Ok(Request::Upload { records, code }) = Request::decode(&words)
                {
                    self.codes.sent(self.owner(phone), code, connection, now);
                    self.cases.sent(self.owner(phone), records);
                }
                if let Some(is_right) = is_right {
                    self.ledger.attempted(self.owner(phone), is_right, now);
                }
                let question = core.phones[phone.index()].question();
                self.watchdog.expect(Promise::Reply { phone, question }, now);
            }
            Notice::Heard { phone, connection, .. } => {
                if core.phones[phone.index()].has_heard_all() {
                    self.watchdog.expect(Promise::Farewell { phone, connection }, now);
                }
            }
            Notice::Learned { phone, learned } => return self.learn(phone, learned, core),
            Notice::Received { phone, reception } => {
                self.contact_logs.received(phone, &reception, now);
                return self.check_log(phone, core);
            }
            Notice::PhoneBeganAgain(phone) => {
                let machine = &mut core.phones[phone.index()];
                self.contact_logs.began_again(phone, machine, now);
                return self.check_log(phone, core);
            }
            Notice::Lost { is_broken, .. } => self.resets += u64::from(is_broken),
            Notice::Accepted(connection) => {
                let connections = core.machine.server().map_or(0, |server| server.connections().0);
                self.most_connections = self.most_connections.max(connections);
                self.watchdog.expect(Promise::Login(connection), now);
            }
            Notice::HungUp(connection) => self.watchdog.expect(Promise::HangUp(connection), now),
            Notice::Broke(connection) => self.watchdog.expect(Promise::Drop(connection), now),
            Notice::Ticked { touched, decisions } => {
                for decision in decisions {
                    if let Decision::ContactLogTaken(trace) = decision {
                        self.notices.taken(trace, core.machine.database());
                    }
                }
                let Some(server) = core.machine.server() else { return Ok(()) };
                for connection in touched {
                    if let Some(status) = server.status(*connection) {
                        self.memory.enter(*connection, status)?;
                    }
                }
            }
            Notice::Did(connection, Done::Wrote(bytes)) if self.operator.waits_on(connection) => {
                return self.hear_operator(connection, bytes, core);
            }
            Notice::Did(connection, done) => self.watch_stream(connection, done, now),
            Notice::Crashed => {
                self.crashes += 1;
                self.memory.clear();
                if let Some(errand) = self.operator.lose() {
                    self.give_up_or_repeat(errand, core);
                }
            }
            Notice::Restarted => {
                if let Some(server) = core.machine.server() {
                    self.ledger.restarted(|record| server.find(record), now)?;
                }
                self.notices.restarted(core.machine.database());
                return self.check_database(core);
            }
        }
        Ok(())
    }

    fn pause(&mut self, _phone: PhoneId, pause: Pause) -> Duration {
        let longest = match pause {
            Pause::Thought => LONGEST_THOUGHT,
            Pause::Retry => LONGEST_RETRY,
        };
        random::up_to(longest, &mut self.rng)
    }

    fn before(&mut self, core: &mut Core<Errand>) -> Result<(), String> {
        self.check_promises(core)
    }

    fn after(&mut self, at: Duration, happening: Happening<Errand>) {
        self.trace.add(at, happening);
    }
}

impl World<Crowd> {
    /// Runs until no event is left, and checks that nothing else is left either.
    fn run_out(&mut self) -> Result<(), String> {
        let most_steps = MOST_STEPS_PER_PHONE * self.core.phones.len() as u64;
        self.run_until_quiet(most_steps)?;
        self.check_quiet()?;
        self.check_logs()?;
        self.check_told()?;
        self.check_disk()?;
        self.check_told()
    }

    fn run_until_quiet(&mut self, most_steps: u64) -> Result<(), String> {
        while self.step()? {
            if self.inhabitants.trace.steps() > most_steps {
                return Err("it does not end".to_owned());
            }
        }
        Ok(())
    }

    /// Checks that all plans are done, and that no connection, byte or timer is left.
    fn check_quiet(&mut self) -> Result<(), String> {
        let Self { core, inhabitants: Crowd { ledger, memory, .. } } = self;
        if let Some(phone) = core.phones.iter().find(|phone| !phone.is_done()) {
            return Err(format!("a phone waits for something that does not come: {phone:?}"));
        }
        if ledger.kept_out() > 0 {
            return Err(format!("{} phones never were logged in", ledger.kept_out()));
        }
        let Some(server) = core.machine.server() else {
            return Err("the server was not started again".to_owned());
        };
        let (connections, streams) = server.connections();
        let links = core.network.open_connections();
        if (connections, streams, links) != (0, 0, 0) {
            return Err(format!(
                "{connections} connections, {streams} streams and {links} links are left"
            ));
        }
        if memory.total() > 0 || server.next_wake().is_some() {
            let (bytes, wake) = (memory.total(), server.next_wake());
            return Err(format!("{bytes} bytes are left, and a timer for {wake:?}"));
        }
        ledger.check(|record| server.find(record))
    }

    /// Checks that the disks of all phones have the contact logs.
    fn check_logs(&mut self) -> Result<(), String> {
        let Self { core, inhabitants } = self;
        let (now, elapsed) = (core.clock.now(), core.clock.elapsed());
        for phone in (0..core.phones.len() as u32).map(PhoneId::new) {
            let machine = &mut core.phones[phone.index()];
            // What a loss of power left is rewritten some time after it was read.
            for later in [Duration::ZERO, GRACE / 2, GRACE] {
                let now = Now { monotonic: now.monotonic + later, ..now };
                machine.tidy(now, elapsed);
            }
            inhabitants.contact_logs.check(phone, machine, elapsed + GRACE)?;
        }
        Ok(())
    }

    /// Crashes and restarts the server, which checks that all told TempIDs are on the disk.
    fn check_disk(&mut self) -> Result<(), String> {
        self.crash()?;
        self.restart()
    }
}
