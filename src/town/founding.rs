//! The founding of a town: its people and phones, and the events that do not depend on them.

use std::time::Duration;

use rand::RngExt;

use super::adversary::Adversaries;
use super::draws::{self, Purpose};
use super::event::Event;
use super::handset::Handset;
use super::health::{Case, case_numbers};
use super::ids::Owners;
use super::meetings::Meetings;
use super::nearness::Nearness;
use super::outcome::{PerSecond, ServerLoad};
use super::scenario::{self, Spell};
use super::transcript::Transcript;
use super::{Collect, Outcome, Records, Scenario, Town, TownError};
use crate::protocol::{Beacon, Timestamp};
use crate::world::clock::VirtualClock;
use crate::world::disk::DiskFault;
use crate::world::event_queue::EventQueue;
use crate::world::machine::{Machine, MachineSettings};
use crate::world::network::{Network, NetworkFaults};
use crate::world::phone::SimulatedPhone;
use crate::world::server::ServerSettings;
use crate::world::trouble::Trouble;
use crate::world::{Core, Happening, World};

/// Midnight of the day on which people begin to meet, in true time: 13/05/2020, as in the
/// assignment.
const MIDNIGHT_UNIX_SECONDS: i64 = 1_589_328_000;

/// Bytes that a connection takes before its phone reads them.
const WINDOW_BYTES: usize = 64 * 1024;

impl Town {
    /// A town before anything has happened.
    pub(super) fn in_world(
        scenario: &Scenario,
        collect: Collect,
    ) -> Result<World<Self>, TownError> {
        let people = Meetings::people_of(scenario)?;
        let has_app = who_has_app(scenario, people);
        let owners = Owners::new(&has_app);
        let (adversaries, posts) = Adversaries::new(scenario, &owners);
        let meetings = Meetings::new(scenario, &has_app, &posts)?;
        let handsets: Vec<_> =
            owners.people().iter().map(|person| Handset::new(*person, scenario)).collect();
        let mut core = core(scenario, people, &owners, &adversaries)?;
        let cases = Case::draw(scenario, &has_app);
        let radio = &scenario.radio;
        let mut town = Self {
            collect,
            start: start(scenario),
            end: scenario.warm_up.0 + scenario.duration.0,
            lifetime: scenario.server.lifetime_seconds(),
            offline_spells: vec![0; handsets.len()],
            next_change: None,
            nearness: Nearness::new(scenario.seed, handsets.len(), posts.len()),
            case_of: case_numbers(&cases),
            cases,
            is_radio_perfect: [radio.loss.get(), radio.double.get(), radio.delay.as_f64()]
                == [0.0; 3],
            encoded: Vec::with_capacity(Beacon::LEN),
            datagram: [0; Beacon::LEN],
            outcome: Outcome {
                people,
                late_contacts: meetings.late_contacts(),
                ..nothing_yet(scenario, handsets.len())
            },
            meetings,
            records: Records::default(),
            transcript: Transcript::default(),
            scenario: scenario.clone(),
            owners,
            handsets,
            adversaries,
        };
        if collect.records {
            town.records.has_app = has_app;
        }
        town.begin(&mut core);
        Ok(World { core, inhabitants: town })
    }

    /// Schedules the events that follow from no other event.
    fn begin(&mut self, core: &mut Core<Event>) {
        for phone in self.owners.phones_of_people().iter() {
            self.plan_offline_spells(phone, core);
            let handset = &mut self.handsets[phone.index()];
            handset.is_asking = true;
            let at = handset.waits.first_login(self.scenario.phones.first_login_within.0);
            core.schedule(at, Event::Asks(phone));
        }
        for (number, case) in self.cases.iter().enumerate() {
            core.schedule(case.tested_at, Event::Tested(number as u32));
        }
        self.begin_remote(core);
        self.expect_change(core);
        core.schedule(self.scenario.warm_up.0 + self.scenario.interval.0, Event::Measure);
    }
}

/// Whether each person has the app. A larger share only adds users.
fn who_has_app(scenario: &Scenario, people: u32) -> Vec<bool> {
    let luck = |person| draws::stream(scenario.seed, Purpose::App, person).random::<f64>();
    let share = scenario.people.app_share.get();
    (0..people.into()).map(|person| luck(person) < share).collect()
}

/// True wall time at the start of the run.
fn start(scenario: &Scenario) -> Timestamp {
    Timestamp::from_unix_seconds(MIDNIGHT_UNIX_SECONDS - scenario.warm_up.0.as_secs() as i64)
}

fn nothing_yet(scenario: &Scenario, users: usize) -> Outcome {
    let seconds = scenario.duration.as_f64().ceil() as u32;
    let server = ServerLoad {
        downloads_by_second: PerSecond::new(seconds),
        connections_by_second: PerSecond::new(seconds),
        ..ServerLoad::default()
    };
    Outcome { seed: scenario.seed, users: users as u32, server, ..Outcome::default() }
}

/// Time, the server, the network and the phones of a town.
fn core(
    scenario: &Scenario,
    people: u32,
    owners: &Owners,
    adversaries: &Adversaries,
) -> Result<Core<Event>, TownError> {
    let retention = scenario.phones.retention.0;
    let all = owners.phones_of_people().iter().chain(adversaries.remote.phones().iter());
    let phones = all
        .map(|phone| owners.owner_of(phone).number())
        .map(|number| SimulatedPhone::new(number, retention, Default::default()))
        .collect();
    let clock = VirtualClock::starting_at(start(scenario));
    let mut machine = machine(scenario, people, owners, adversaries);
    machine.start(clock.now()).map_err(TownError::Scenario)?;
    let mut future = EventQueue::new();
    schedule_troubles(&scenario.server, &mut future);
    let network = Network::new(network_faults(&scenario.internet), scenario.seed);
    Ok(Core { clock, future, network, machine, phones })
}

/// The machine of the server.
fn machine(
    scenario: &Scenario,
    people: u32,
    owners: &Owners,
    adversaries: &Adversaries,
) -> Machine {
    let server = &scenario.server;
    Machine::new(MachineSettings {
        seed: scenario.seed,
        phones: people,
        others: adversaries.remote.accounts(scenario, owners),
        server: ServerSettings {
            block_duration: server.block_duration.0,
            temp_id_lifetime: server.lifetime_seconds(),
            login_timeout: server.login_timeout.0,
            window: WINDOW_BYTES,
        },
        may_restart: !server.outage.is_empty(),
    })
}

fn network_faults(internet: &scenario::Internet) -> NetworkFaults {
    NetworkFaults {
        delay: internet.delay.0,
        stall_probability: internet.stall_probability.get(),
        stall: internet.stall.0,
        reset_probability: internet.reset_probability.get(),
        ..NetworkFaults::NONE
    }
}

/// Schedules outages and full disks of the server.
fn schedule_troubles(server: &scenario::Server, future: &mut EventQueue<Happening<Event>>) {
    let mut trouble = |at: Duration, trouble| {
        future.schedule(at, Happening::Trouble(Box::new(trouble)));
    };
    for spell in Spell::joined(&server.outage) {
        trouble(spell.from.0, Trouble::Crash);
        trouble(spell.until().0, Trouble::Restart);
    }
    for spell in Spell::joined(&server.disk_full) {
        trouble(spell.from.0, Trouble::Disk(DiskFault::Full { room: 0 }));
        trouble(spell.until().0, Trouble::Disk(DiskFault::None));
    }
}
