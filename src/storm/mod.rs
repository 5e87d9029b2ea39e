//! The load generator: thousands of phones on one thread.
//!
//! Each [`phone`] plays a [`script`] on the client's own session machine, so that what a storm says
//! is what phones say. [`arrivals`] tells when the next one begins and [`casting`] what it does;
//! what the phones were told is checked by a [`witness`], counted in a [`tally`] and told in a
//! [`report`]. Here is the shell that drives them: connections, timers and signals on one poll;
//! what concerns one phone on its connection is in `participant`.

pub mod arguments;
pub mod arrivals;
pub mod casting;
pub mod crowd;
pub mod failure;
mod participant;
pub mod phone;
mod plot;
mod process;
mod progress;
pub mod report;
pub mod script;
mod settings;
mod sources;
pub mod step;
pub mod tally;
mod told;
pub mod users;
pub mod witness;

use std::time::{Duration, Instant};

use mio::Events;
use mio::event::Event;
use rand::SeedableRng;
use rand::rngs::ChaCha12Rng;

use self::arrivals::Arrivals;
pub use self::arrivals::{Load, Spacing};
use self::casting::Casting;
use self::crowd::Crowd;
use self::failure::Failure;
use self::participant::Participant;
use self::process::Process;
use self::progress::Progress;
use self::report::{Course, ProcessorTimes, Report};
use self::script::Script;
pub use self::settings::{Settings, StormError};
use self::sources::Sources;
use self::step::Ending;
use self::tally::Tally;
use self::told::ToldFile;
use crate::clock::Now;
use crate::reactor::signals::{SIGINT, SIGTERM};
use crate::reactor::{
    Alarm, ConnectionTable, EventLoop, Signals, Table, TimerWheel, Token, descriptors,
};
use crate::transport::Wire;

/// Phones that begin in one tick, at most, so that the replies to earlier ones are read meanwhile.
/// With fewer than events of a tick, phones could end faster than others begin, and there would
/// never be as many at once as there should be.
const BEGINNINGS_PER_TICK: usize = EventLoop::EVENTS_PER_TICK;

/// How long a closed loop begins with nobody after a connection failed: as long as a server is down
/// it would otherwise burn through its phones as fast as it can count.
const CONNECT_PAUSE: Duration = Duration::from_millis(100);

const PHONES: Table = Table::new(0);
const SIGNALS: Token = Token::permanent(0);
const ARRIVAL: Token = Token::permanent(1);

/// A storm, while it lasts.
#[derive(Debug)]
pub struct Storm {
    settings: Settings,
    event_loop: EventLoop,
    timers: TimerWheel<Timer>,
    signals: Option<Signals>,
    connections: ConnectionTable<Participant, Wire>,
    crowd: Crowd,
    /// Seeds the generator of each phone, in the order in which they begin.
    generators: ChaCha12Rng,
    arrivals: Arrivals,
    casting: Casting,
    sources: Sources,
    progress: Option<Progress>,
    told: Option<ToldFile>,
    /// Rings when the next phone of an open loop begins.
    alarm: Alarm,
    is_alarm_set: bool,
    /// Phones that only stay.
    staying: usize,
    is_gathering_told: bool,
    /// Whether a session ended since closed connections were freed.
    has_ended: bool,
    /// Sessions that a signal cut short, if there was one.
    interrupted: Option<u64>,
    /// Most phones that were there at a time.
    most_at_once: usize,
    /// Sessions that began with the TLS ticket of an earlier one.
    tls_resumed: u64,
    /// Whether the server has ever said anything.
    has_heard: bool,
    unreachable: Option<String>,
    started: Instant,
    server_time: Option<Duration>,
    own_time: Option<Duration>,
}

/// What a timer is for.
#[derive(Debug, Clone, Copy)]
enum Timer {
    /// What a phone waits for.
    Phone(Token),
    /// The bar.
    Progress,
}

/// What came of a storm.
#[derive(Debug)]
pub struct Outcome {
    /// In numbers.
    pub report: Report,
    tally: Tally,
}

impl Storm {
    /// A storm that takes over the signals of the process and shows a bar.
    ///
    /// # Errors
    ///
    /// [`StormError`]
    pub fn start(settings: Settings) -> Result<Self, StormError> {
        let mut storm = Self::start_embedded(settings)?;
        let registry = storm.event_loop.registry();
        storm.signals = Some(Signals::take_over(&[SIGINT, SIGTERM], registry, SIGNALS)?);
        storm.progress = Some(Progress::new(storm.settings.phones, storm.settings.duration));
        storm.timers.insert(storm.started, Timer::Progress);
        Ok(storm)
    }

    /// A storm within a larger program, whose signals and terminal it leaves alone.
    ///
    /// # Errors
    ///
    /// [`StormError`]
    pub fn start_embedded(settings: Settings) -> Result<Self, StormError> {
        let most = descriptors::raise_limit();
        if settings.concurrency > most {
            return Err(StormError::TooMany { concurrency: settings.concurrency, most });
        }
        let started = Now::read().monotonic;
        let casting =
            Casting::new(settings.mix.clone(), settings.users.len(), stream(&settings, 0));
        let event_loop = EventLoop::new()?;
        Ok(Self {
            alarm: Alarm::new(event_loop.registry(), ARRIVAL)?,
            event_loop,
            timers: TimerWheel::new(started),
            signals: None,
            connections: ConnectionTable::new(PHONES),
            crowd: Crowd::new(settings.manner.clone(), settings.told.is_some(), settings.repeats),
            generators: stream(&settings, 1),
            arrivals: arrivals(&settings, started),
            casting: casting.map_err(StormError::TooFewUsers)?,
            sources: Sources::new(settings.source_addresses),
            progress: None,
            told: settings.told.as_deref().map(ToldFile::new).transpose()?,
            is_alarm_set: false,
            staying: 0,
            is_gathering_told: false,
            has_ended: false,
            interrupted: None,
            most_at_once: 0,
            tls_resumed: 0,
            has_heard: false,
            unreachable: None,
            started,
            server_time: settings.server_process.map(server_time).transpose()?,
            own_time: Process::new(std::process::id()).processor_time().ok(),
            settings,
        })
    }

    /// Runs until every phone is done.
    ///
    /// # Errors
    ///
    /// [`StormError`] if there is no server, the file of TempIDs cannot be written, or the system
    /// refuses to let us wait for events.
    pub fn run(mut self) -> Result<Outcome, StormError> {
        let mut events = Events::with_capacity(EventLoop::EVENTS_PER_TICK);
        let mut is_busy = self.begin_due();
        while !self.is_over() && self.unreachable.is_none() {
            is_busy = self.tick(&mut events, is_busy)?;
        }
        if let Some(problem) = self.unreachable {
            let address = self.settings.server;
            return Err(StormError::Unreachable { address, problem });
        }
        if let Some(told) = self.told.take() {
            told.end()?;
        }
        // The bar makes room for the report.
        self.progress = None;
        Ok(self.into_outcome())
    }

    fn is_over(&self) -> bool {
        self.connections.is_empty() && self.arrivals.is_over(Now::read().monotonic)
    }

    fn into_outcome(self) -> Outcome {
        let elapsed = Now::read().monotonic - self.started;
        let since = |id, before: Option<Duration>| {
            let now = Process::new(id).processor_time().ok();
            now.zip(before).map(|(now, before)| now.saturating_sub(before))
        };
        let times = ProcessorTimes {
            server: self.settings.server_process.and_then(|id| since(id, self.server_time)),
            storm: since(std::process::id(), self.own_time),
        };
        let Crowd { tally, witness, .. } = self.crowd;
        let course = Course {
            temp_ids: witness.temp_ids(),
            most_at_once: self.most_at_once,
            tls_resumed: self.tls_resumed,
            interrupted: self.interrupted,
            elapsed,
        };
        let report = Report::new(&self.settings, &tally, course, times);
        Outcome { report, tally }
    }

    /// Says whether there is more to do at once.
    fn tick(&mut self, events: &mut Events, is_busy: bool) -> Result<bool, StormError> {
        let (is_busy, now) = (is_busy || self.connections.has_queued(), Now::read().monotonic);
        let wake = if is_busy { Some(now) } else { self.timers.next_wake() };
        self.event_loop.wait(events, wake, now)?;
        self.connections.begin_turns();
        for event in events.iter() {
            self.handle_event(event);
        }
        while let Some(token) = self.connections.next_turn() {
            self.serve(token);
        }
        self.timers.advance(Now::read().monotonic);
        while let Some(timer) = self.timers.pop_due() {
            self.handle_timer(timer);
        }
        self.has_ended = false;
        self.connections.free_closed();
        let is_busy = self.begin_due();
        if let Some(file) = &mut self.told {
            file.write(&self.crowd.witness.take_lines())?;
        }
        self.tell_gathering();
        Ok(is_busy)
    }

    fn handle_event(&mut self, event: &Event) {
        match Token::from(event.token()) {
            SIGNALS => self.handle_signals(),
            // What is due is begun at the end of every tick.
            ARRIVAL => self.is_alarm_set = false,
            token => {
                if self.connections.note(token, event) {
                    self.serve(token);
                }
            }
        }
    }

    fn handle_timer(&mut self, timer: Timer) {
        match timer {
            Timer::Phone(token) => self.time_is_up(token),
            Timer::Progress => {
                let now = Now::read().monotonic;
                if let Some(progress) = &self.progress {
                    progress.show(&self.crowd.tally, self.connections.len(), now - self.started);
                    self.timers.insert(now + progress::INTERVAL, Timer::Progress);
                }
            }
        }
    }

    /// The user has seen enough: what is not done by now never will be.
    fn handle_signals(&mut self) {
        if self.signals.as_mut().is_some_and(|signals| !signals.pending().is_empty()) {
            self.arrivals.stop();
            let interrupted = self.interrupted.get_or_insert_default();
            for token in self.connections.tokens() {
                *interrupted += u64::from(self.connections.close(token).is_some());
            }
        }
    }

    /// Lets phones begin whose time has come, and says whether there is more to do at once.
    fn begin_due(&mut self) -> bool {
        for _ in 0..BEGINNINGS_PER_TICK {
            let now = Now::read().monotonic;
            let Some(scheduled) = self.arrivals.begin(self.connections.len(), now) else {
                self.time_arrival(now);
                return self.has_ended;
            };
            self.begin(scheduled);
        }
        true
    }

    fn time_arrival(&mut self, now: Instant) {
        let wake = self.arrivals.next_wake().filter(|wake| *wake > now);
        if let Some(wake) = wake.filter(|_| !self.is_alarm_set) {
            self.alarm.set(wake - now);
            self.is_alarm_set = true;
        }
    }

    fn count(&mut self, script: Script, scheduled: Instant, ending: Ending) {
        let (now, tally) = (Now::read().monotonic, &mut self.crowd.tally);
        if let Err(Failure::NoConnection(error)) = &ending.outcome {
            self.arrivals.pause(now + CONNECT_PAUSE);
            // Nobody has ever got through: there is no server, and the others need not try.
            if !self.has_heard && tally.done() + tally.failed() == 0 {
                self.unreachable = Some(error.clone());
            }
        }
        let latency = now.saturating_duration_since(scheduled);
        tally.ended(script, ending.outcome, now - self.started, latency);
        self.has_ended = true;
    }

    /// Says once that all phones are there and only stay, for those who wait for that to begin with
    /// something else.
    fn tell_gathering(&mut self) {
        let is_gathered = self.staying > 0
            && self.staying == self.connections.len()
            && self.arrivals.is_over(Now::read().monotonic);
        if is_gathered && !self.is_gathering_told {
            self.is_gathering_told = true;
            if let Some(progress) = &self.progress {
                progress.say(&format!("{} phones are connected and stay", self.staying));
            }
        }
    }
}

/// A stream of the random numbers of one seed.
fn stream(settings: &Settings, number: u64) -> ChaCha12Rng {
    let mut rng = ChaCha12Rng::seed_from_u64(settings.seed);
    rng.set_stream(number);
    rng
}

fn arrivals(settings: &Settings, started: Instant) -> Arrivals {
    let Settings { load, concurrency, phones, duration, .. } = *settings;
    let end = duration.map(|duration| started + duration);
    Arrivals::new(load, concurrency, phones, (started, end), stream(settings, 2))
}

fn server_time(id: u32) -> Result<Duration, StormError> {
    let time = Process::new(id).processor_time();
    time.map_err(|source| StormError::NoProcess { id, source })
}

impl Outcome {
    /// Draws the latencies as SVG.
    pub fn plot(&self) -> String {
        plot::draw(&self.tally, &self.report.title())
    }
}
