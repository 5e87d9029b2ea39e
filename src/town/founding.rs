//! The founding of a town: its people and phones, and the world around them.

use std::rc::Rc;
use std::time::Duration;

use rand::RngExt;

use super::adversary::Adversaries;
use super::agenda::Agenda;
use super::diary::Diary;
use super::draws::{self, Purpose};
use super::event::Event;
use super::handsets::Handsets;
use super::health::Health;
use super::ids::Owners;
use super::meetings::Meetings;
use super::nearness::Nearness;
use super::radio::Radio;
use super::scenario::{self, Spell};
use super::tally::Tally;
use super::{Collect, Scenario, Town, TownError};
use crate::protocol::Timestamp;
use crate::server::authority::{Policy, TempIdKind};
use crate::world::clock::VirtualClock;
use crate::world::disk::DiskFault;
use crate::world::event_queue::EventQueue;
use crate::world::machine::{Machine, MachineSettings};
use crate::world::network::{Network, NetworkFaults};
use crate::world::phone::SimulatedPhone;
use crate::world::server::{Secrets, ServerSettings};
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
        let has_app = who_has_app(scenario, Meetings::people_of(scenario)?);
        let owners = Rc::new(Owners::new(&has_app));
        let (adversaries, posts) = Adversaries::new(scenario, &owners);
        let meetings = Meetings::new(scenario, &has_app, &posts)?;
        let mut core = core(scenario, &owners, &adversaries)?;
        let mut town = Self {
            agenda: Agenda::new(meetings, scenario.warm_up.0),
            nearness: Nearness::new(scenario.seed, owners.of_phones().len(), posts.len()),
            handsets: Handsets::new(scenario, &owners, start(scenario)),
            radio: Radio::new(&scenario.radio),
            health: Health::new(scenario, &has_app),
            adversaries,
            tally: Tally::new(scenario),
            diary: Diary::new(collect, owners.clone(), has_app),
            owners,
            scenario: scenario.clone(),
        };
        town.begin(&mut core);
        Ok(World { core, inhabitants: town })
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

/// Time, the server, the network and the phones of a town.
fn core(
    scenario: &Scenario,
    owners: &Owners,
    adversaries: &Adversaries,
) -> Result<Core<Event>, TownError> {
    let retention = scenario.phones.retention.0;
    let all = owners.phones_of_people().iter().chain(adversaries.phones().iter());
    let phones = all
        .map(|phone| SimulatedPhone::new(owners.owner_of(phone), retention, Default::default()))
        .collect();
    let clock = VirtualClock::starting_at(start(scenario));
    let mut machine = machine(scenario, owners, adversaries);
    machine.start(clock.now()).map_err(TownError::Scenario)?;
    let mut future = EventQueue::new();
    schedule_troubles(&scenario.server, &mut future);
    let network = Network::new(network_faults(&scenario.internet), scenario.seed);
    Ok(Core { clock, future, network, machine, phones })
}

/// The machine of the server.
fn machine(scenario: &Scenario, owners: &Owners, adversaries: &Adversaries) -> Machine {
    let server = &scenario.server;
    Machine::new(MachineSettings {
        seed: scenario.seed,
        phones: owners.people(),
        others: adversaries.accounts(owners),
        server: ServerSettings {
            block_duration: server.block_duration.0,
            temp_ids: TempIdKind::Random,
            temp_id_lifetime: server.lifetime_seconds(),
            login_timeout: server.login_timeout.0,
            window: WINDOW_BYTES,
            secrets: Secrets::Passwords,
            policy: Policy::default(),
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
