//! The life of a town: how it begins, what happens in it, and what is left when it is over.

use std::time::Duration;

use rand::RngExt;

use super::adversary::{self, Adversaries};
use super::draws::{self, Purpose};
use super::event::Event;
use super::handset::Handset;
use super::health::{self, Case, case_numbers};
use super::meetings::{Change, ChangeKind, Meeting, Meetings};
use super::nearness::Nearness;
use super::outcome::{Bin, Linkability, PerSecond, ServerLoad};
use super::scenario::{Seconds, Spell};
use super::transcript::Transcript;
use super::{Collect, Outcome, Records, Scenario, Town, TownError};
use crate::protocol::{Beacon, Timestamp};
use crate::simulation::clock::VirtualClock;
use crate::simulation::disk::DiskFault;
use crate::simulation::event_queue::EventQueue;
use crate::simulation::machine::{Machine, MachineSettings};
use crate::simulation::network::{Network, NetworkFaults};
use crate::simulation::phone::{Learned, Pause, SimulatedPhone};
use crate::simulation::server::ServerSettings;
use crate::simulation::trouble::Trouble;
use crate::simulation::world::{Core, Happening, Inhabitants, Notice, World};

/// Midnight of the day on which people begin to meet, in true time: 13/05/2020, as in the assignment.
const MIDNIGHT_UNIX_SECONDS: i64 = 1_589_328_000;

/// How many bytes a connection takes that its phone has not read.
const WINDOW_BYTES: usize = 64 * 1024;

impl Town {
    /// A town before anything has happened.
    pub(super) fn in_world(
        scenario: &Scenario,
        collect: Collect,
    ) -> Result<World<Self>, TownError> {
        let seed = scenario.seed;
        let people = Meetings::people_of(scenario)?;
        let has_app: Vec<bool> = (0..people)
            .map(|person| {
                let luck = draws::stream(seed, Purpose::App, person.into()).random::<f64>();
                luck < scenario.people.app_share.get()
            })
            .collect();
        let (adversaries, posts) = Adversaries::new(scenario);
        let meetings = Meetings::new(scenario, &has_app, &posts)?;
        let mut handset_of = Vec::new();
        let mut handsets = Vec::new();
        for (person, has_app) in has_app.iter().enumerate() {
            handset_of.push(has_app.then_some(handsets.len() as u32));
            handsets.extend(has_app.then(|| Handset::new(person as u32, scenario)));
        }
        let may_fall_ill: Vec<bool> =
            has_app.iter().map(|has_app| *has_app || !scenario.illness.among_users).collect();
        let seconds_before = scenario.warm_up.0.as_secs() as i64;
        let start = Timestamp::from_unix_seconds(MIDNIGHT_UNIX_SECONDS - seconds_before);
        let mut core = core(scenario, people, &handsets, &adversaries, start)?;
        let cases = Case::draw(scenario, &may_fall_ill);
        let radio = &scenario.radio;
        let mut town = Self {
            collect,
            start,
            end: scenario.warm_up.0 + scenario.duration.0,
            lifetime: scenario.server.temp_id_lifetime.get(),
            offline_spells: vec![0; handsets.len()],
            meetings,
            next_change: None,
            nearness: Nearness::new(seed, handsets.len(), posts.len()),
            case_of: case_numbers(&cases),
            cases,
            is_radio_perfect: [radio.loss.get(), radio.double.get(), radio.delay.as_f64()]
                == [0.0; 3],
            encoded: Vec::with_capacity(Beacon::LEN),
            datagram: [0; Beacon::LEN],
            outcome: empty_outcome(scenario, handsets.len()),
            records: Records::default(),
            transcript: Transcript::default(),
            scenario: scenario.clone(),
            handset_of,
            handsets,
            adversaries,
        };
        if collect.records {
            town.records.has_app = has_app;
        }
        town.begin(&mut core);
        Ok(World { core, inhabitants: town })
    }

    /// Lets happen what does not follow from anything else.
    fn begin(&mut self, core: &mut Core<Event>) {
        for number in 0..self.handsets.len() as u32 {
            self.plan_offline_spells(number, core);
            let handset = &mut self.handsets[number as usize];
            handset.is_asking = true;
            let at = handset.waits.first_login(self.scenario.phones.first_login_within.0);
            core.schedule(at, Event::Asks(number));
        }
        for (number, case) in self.cases.iter().enumerate() {
            core.schedule(case.tested_at, Event::Tested(number as u32));
        }
        self.begin_remote(core);
        self.expect_change(core);
        core.schedule(self.scenario.warm_up.0 + self.scenario.interval.0, Event::Measure);
    }

    fn expect_change(&mut self, core: &mut Core<Event>) {
        self.next_change = self.meetings.next();
        if let Some(change) = self.next_change {
            core.schedule(self.scenario.warm_up.0 + change.at, Event::Meet);
        }
    }

    /// Everybody comes near somebody, or parts, of whom it is time.
    fn meet(&mut self, core: &mut Core<Event>) {
        let at = self.next_change.map(|change| change.at);
        while let Some(change) = self.next_change
            && Some(change.at) == at
        {
            self.change(change, core);
            self.next_change = self.meetings.next();
        }
        if let Some(change) = self.next_change {
            core.schedule(self.scenario.warm_up.0 + change.at, Event::Meet);
        }
    }

    fn change(&mut self, change: Change, core: &mut Core<Event>) {
        match (change.meeting, change.kind) {
            (Meeting::Encounter { number, people }, ChangeKind::Begins) => {
                self.come_near(number, people, core);
            }
            (Meeting::Encounter { number, .. }, ChangeKind::Ends) => {
                self.part(number, core.clock.elapsed());
            }
            (Meeting::AtPost { person, post }, kind) => {
                let Some(number) = self.handset_of(person) else { return };
                match kind {
                    ChangeKind::Begins => {
                        self.nearness.begin_at_post(number, post);
                        self.expect_broadcast(number, core);
                    }
                    ChangeKind::Ends => self.nearness.end_at_post(number, post),
                }
            }
        }
    }

    /// An encounter begins.
    fn come_near(&mut self, number: u64, people: [u32; 2], core: &mut Core<Event>) {
        let [a, b] = people.map(|person| self.handset_of(person));
        let handsets = a.zip(b).map(|(a, b)| [a, b]);
        let (now, capture) = (core.clock.elapsed(), self.scenario.radio.capture.get());
        self.nearness.begin(number, people, now, handsets, capture);
        for handset in handsets.into_iter().flatten() {
            self.expect_broadcast(handset, core);
        }
    }

    /// An encounter is over.
    fn part(&mut self, number: u64, now: Duration) {
        let Some(encounter) = self.nearness.end(number) else { return };
        let recorded: u64 = encounter.has_recorded.iter().map(|has| u64::from(*has)).sum();
        let counts = &mut self.outcome.encounters;
        counts.real += 1;
        counts.possible += u64::from(encounter.handsets.is_some());
        counts.recorded += u64::from(recorded > 0);
        counts.recorded_ways += recorded;
        let bin = self.bin(encounter.from);
        bin.encounters += 1;
        bin.possible += u64::from(encounter.handsets.is_some());
        bin.recorded += u64::from(recorded > 0);
        let [a, b] = encounter.people;
        for (one, other) in [(a, b), (b, a)] {
            if let Some(case) = self.case_of(one) {
                case.encounters.push((other, encounter.from, now));
            }
        }
        if self.collect.records {
            self.records.encounters.push(encounter.record(now));
        }
    }

    /// The interval that it is now, if people have begun to meet.
    fn bin_of_now(&mut self, core: &Core<Event>) -> Option<&mut Bin> {
        let now = core.clock.elapsed();
        (now >= self.scenario.warm_up.0).then(|| self.bin(now))
    }

    /// The interval that a moment is in from which on people meet.
    fn bin(&mut self, at: Duration) -> &mut Bin {
        let interval = self.scenario.interval.0;
        let (warm_up, bins) = (self.scenario.warm_up.0, &mut self.outcome.over_time);
        let index = (at.saturating_sub(warm_up).as_micros() / interval.as_micros()) as usize;
        while bins.len() <= index {
            let from = warm_up + interval * bins.len() as u32;
            bins.push(Bin { from: from.as_secs_f64(), ..Bin::default() });
        }
        &mut bins[index]
    }

    /// Measures all contact logs at the end of an interval, before the next.
    fn measure(&mut self, core: &mut Core<Event>) {
        self.measure_logs(core);
        core.schedule(core.clock.elapsed() + self.scenario.interval.0, Event::Measure);
    }

    fn measure_logs(&mut self, core: &mut Core<Event>) {
        let now = core.clock.now();
        let (mut entries, mut most) = (0, 0);
        for phone in &mut core.phones[..self.handsets.len()] {
            let log = phone.phone().log_mut();
            log.expire(now.monotonic);
            entries += log.len() as u64;
            most = most.max(log.len() as u64);
        }
        let count = self.handsets.len() as u64;
        let logs = &mut self.outcome.logs;
        logs.samples += count;
        logs.entries += entries;
        logs.most_entries = logs.most_entries.max(most);
        // That which is over, and not the one that begins.
        let bin = self.bin(core.clock.elapsed().saturating_sub(Duration::from_micros(1)));
        bin.log_entries = if count > 0 { entries as f64 / count as f64 } else { 0.0 };
    }

    /// Which second of the meetings it is.
    fn second(&self, core: &Core<Event>) -> Option<u64> {
        core.clock.elapsed().checked_sub(self.scenario.warm_up.0).map(|since| since.as_secs())
    }

    fn count_request(&mut self, bytes: &[u8], core: &Core<Event>) {
        let second = self.second(core);
        // A phone waits for each reply, so that there is one request in what it sends at a time.
        let is_download = bytes.windows(6).any(|word| word == b"TEMPID");
        let server = &mut self.outcome.server;
        server.bytes_in += bytes.len() as u64;
        if is_download {
            server.downloads += 1;
            if let Some(second) = second {
                server.downloads_by_second.count(second);
            }
        }
        if let Some(bin) = self.bin_of_now(core) {
            bin.bytes += bytes.len() as u64;
            bin.downloads += u64::from(is_download);
        }
    }

    fn learn(&mut self, phone: u32, fact: &Learned, core: &mut Core<Event>) -> Result<(), String> {
        let server = &mut self.outcome.server;
        match fact {
            Learned::LoggedIn { .. } => server.logins += 1,
            Learned::TempIds(records) => server.temp_ids += records.len() as u64,
            Learned::Nonsense(problem) => return Err(format!("phone {phone} is told {problem}")),
            Learned::WrongPassword { .. }
            | Learned::NowBlocked { .. }
            | Learned::Blocked { .. }
            | Learned::Uploaded { .. }
            | Learned::Refused => {}
        }
        if phone >= self.first_remote() {
            self.learn_remote(phone, fact, core);
            return Ok(());
        }
        match fact {
            Learned::TempIds(records) => self.supply(phone, records, core),
            Learned::Uploaded { taken, .. } => self.uploaded(phone, *taken, core),
            Learned::LoggedIn { .. }
            | Learned::WrongPassword { .. }
            | Learned::NowBlocked { .. }
            | Learned::Blocked { .. }
            | Learned::Refused
            | Learned::Nonsense(_) => {}
        }
        Ok(())
    }

    /// The person whose phone it is; adversaries come behind the last person.
    pub(super) fn person_of(&self, number: u32) -> u32 {
        match self.handsets.get(number as usize) {
            Some(handset) => handset.person,
            None => self.handset_of.len() as u32 + number - self.first_remote(),
        }
    }

    /// The phone of a person who has one.
    pub(super) fn handset_of(&self, person: u32) -> Option<u32> {
        self.handset_of[person as usize]
    }

    /// What a phone is called: by its owner, whose number is in the username, too.
    pub(super) fn name_of(&self, number: u32) -> String {
        self.name_of_person(self.person_of(number))
    }

    /// What the phone of a person, or of an adversary, is called.
    pub(super) fn name_of_person(&self, person: u32) -> String {
        match person.checked_sub(self.handset_of.len() as u32) {
            None => format!("phone {person}"),
            Some(adversary) => format!("adversary {adversary}"),
        }
    }

    /// What a repeater is called.
    pub(super) fn repeater_name(&self, number: u32) -> String {
        let kind =
            if self.adversaries.repeaters[number as usize].is_live { "relay" } else { "replay" };
        format!("{kind} {number}")
    }

    /// What came of it all.
    pub(super) fn conclude(mut self, mut core: Core<Event>) -> (Outcome, Records) {
        core.clock.advance_to(self.end);
        // What is over just now was not cut short.
        if self.next_change.is_some_and(|change| change.at == self.scenario.duration.0) {
            self.meet(&mut core);
        }
        // The last interval ends as the run does.
        self.measure_logs(&mut core);
        self.conclude_tracing();
        let sniffers = &self.adversaries.sniffers;
        self.outcome.linkability =
            sniffers.iter().map(adversary::Sniffer::follow).reduce(outcome_of_both);
        self.records.messages = self.transcript.into_messages();
        if self.collect.records {
            self.records.positions = self.meetings.positions();
        }
        (self.outcome, self.records)
    }
}

fn empty_outcome(scenario: &Scenario, users: usize) -> Outcome {
    let seconds = scenario.duration.as_f64().ceil() as u32;
    let server = ServerLoad {
        downloads_by_second: PerSecond::new(seconds),
        connections_by_second: PerSecond::new(seconds),
        ..ServerLoad::default()
    };
    Outcome { seed: scenario.seed, users: users as u32, server, ..Outcome::default() }
}

fn outcome_of_both(mut one: Linkability, other: Linkability) -> Linkability {
    one.sightings += other.sightings;
    one.temp_ids += other.temp_ids;
    one.changes += other.changes;
    one.linked += other.linked;
    one.mistaken += other.mistaken;
    one.followed_seconds.extend(other.followed_seconds);
    one.followed_seconds.sort_by(f64::total_cmp);
    one
}

/// Time, the server, the network and the phones of a town.
fn core(
    scenario: &Scenario,
    people: u32,
    handsets: &[Handset],
    adversaries: &Adversaries,
    start: Timestamp,
) -> Result<Core<Event>, TownError> {
    let seed = scenario.seed;
    let retention = scenario.phones.retention.0;
    let mut phones: Vec<SimulatedPhone> = handsets
        .iter()
        .map(|handset| SimulatedPhone::new(handset.person, retention, Default::default()))
        .collect();
    phones.extend(adversary::phones(&adversaries.remote, people, retention));
    let clock = VirtualClock::starting_at(start);
    let server = &scenario.server;
    let mut machine = Machine::new(MachineSettings {
        seed,
        phones: people,
        others: adversaries.remote.accounts(scenario, people),
        server: ServerSettings {
            block_duration: server.block_duration.0,
            temp_id_lifetime: server.temp_id_lifetime.get(),
            login_timeout: server.login_timeout.0,
            window: WINDOW_BYTES,
        },
        may_restart: !server.outage.is_empty(),
    });
    machine.start(clock.now()).map_err(TownError::Scenario)?;
    let internet = &scenario.internet;
    let faults = NetworkFaults {
        delay: internet.delay.0,
        stall_probability: internet.stall_probability.get(),
        stall: internet.stall.0,
        reset_probability: internet.reset_probability.get(),
        ..NetworkFaults::NONE
    };
    let mut core = Core {
        clock,
        future: EventQueue::new(),
        network: Network::new(faults, seed),
        machine,
        phones,
    };
    let mut trouble = |at: Seconds, trouble| {
        core.future.schedule(at.0, Happening::Trouble(Box::new(trouble)));
    };
    for spell in Spell::joined(&server.outage) {
        trouble(spell.from, Trouble::Crash);
        trouble(spell.until(), Trouble::Restart);
    }
    for spell in Spell::joined(&server.disk_full) {
        trouble(spell.from, Trouble::Disk(DiskFault::Full { room: 0 }));
        trouble(spell.until(), Trouble::Disk(DiskFault::None));
    }
    Ok(core)
}

impl Inhabitants for Town {
    type Event = Event;

    fn act(&mut self, event: &Event, core: &mut Core<Event>) -> Result<(), String> {
        match event {
            Event::Meet => self.meet(core),
            Event::Broadcasts(number) => self.broadcast(*number, core),
            Event::Arrives(datagram) => self.arrive_late(datagram, core),
            Event::Needs(number) => self.need(*number, core),
            Event::Asks(number) => self.ask(*number, core),
            Event::GoesOffline(number) => self.go_offline(*number, core),
            Event::ComesOnline(number) => self.come_online(*number, core),
            Event::Tested(case) => self.tested(*case, core),
            Event::Measure => self.measure(core),
            Event::Repeats(repetition) => self.repeat(repetition, core),
            Event::Guesses(guesser) => self.guess_all(*guesser, core),
            Event::Guess(number) => self.guess(*number, core),
            Event::Floods(flooder) => self.flood(*flooder, core),
            Event::Forges(forger) => self.forge(*forger, core),
        }
        Ok(())
    }

    fn notice(&mut self, notice: Notice<'_>, core: &mut Core<Event>) -> Result<(), String> {
        match notice {
            Notice::Asked { phone, connection, bytes, .. } => {
                self.count_request(bytes, core);
                if self.collect.messages {
                    let name = self.name_of(phone);
                    self.transcript.asked(core.clock.elapsed(), connection, name, bytes);
                }
            }
            Notice::Heard { phone, connection, bytes } => {
                self.outcome.server.bytes_out += bytes.len() as u64;
                if let Some(bin) = self.bin_of_now(core) {
                    bin.bytes += bytes.len() as u64;
                }
                if self.collect.messages {
                    let name = self.name_of(phone);
                    self.transcript.heard(core.clock.elapsed(), connection, name, bytes);
                }
            }
            Notice::Learned { phone, fact } => return self.learn(phone, &fact, core),
            Notice::Lost { phone, connection, is_broken } => {
                self.transcript.lost(connection);
                self.outcome.server.failed_connections += u64::from(is_broken);
                if phone >= self.first_remote() {
                    self.lose_remote(phone, core);
                }
            }
            Notice::Accepted(_) => {
                let second = self.second(core);
                let server = &mut self.outcome.server;
                server.connections += 1;
                if let Some(second) = second {
                    server.connections_by_second.count(second);
                }
                if let Some(bin) = self.bin_of_now(core) {
                    bin.connections += 1;
                }
            }
            Notice::Ticked { printed, .. } => {
                for (uploader, named) in health::read_console(printed) {
                    self.named(uploader, &named, core);
                }
            }
            Notice::HungUp(_)
            | Notice::Broke(_)
            | Notice::Did(..)
            | Notice::Crashed
            | Notice::Restarted => {}
        }
        Ok(())
    }

    fn prepare(&mut self, soon: &[&Event], phones: &mut [SimulatedPhone]) {
        self.fetch(soon, phones);
    }

    fn owner(&self, phone: u32) -> u32 {
        self.person_of(phone)
    }

    fn pause(&mut self, phone: u32, pause: Pause) -> Duration {
        match (self.handsets.get_mut(phone as usize), pause) {
            (Some(_), Pause::Thought) => Duration::ZERO,
            (Some(handset), Pause::Retry) => handset.waits.retry(self.scenario.phones.retry.0),
            (None, pause) => self.pause_remote(phone, pause),
        }
    }
}
