//! Random settings of worlds, with and without faults.

use std::time::Duration;

use rand::RngExt;
use rand::rngs::ChaCha12Rng;

use super::plan::Habits;
use super::settings::WorldSettings;
use crate::server::authority::{Policy, TempIdKind};
use crate::server::waits::STORE_TIMEOUT;
use crate::world::disk::DiskFault;
use crate::world::ids::PhoneId;
use crate::world::late_store::Lateness;
use crate::world::network::NetworkFaults;
use crate::world::random::{self, Purpose};
use crate::world::server::{Secrets, ServerSettings};
use crate::world::trouble::{Mishap, Trouble};

/// A kind of world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// [`calm`]
    Calm,
    /// [`troubled`]
    Troubled,
    /// [`storm`]
    Storm,
}

impl Kind {
    /// All kinds, in the order of their weight.
    pub const ALL: [Self; 3] = [Self::Calm, Self::Troubled, Self::Storm];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::Troubled => "troubled",
            Self::Storm => "storm",
        }
    }

    /// The world of this kind that a seed draws.
    pub fn world(self, seed: u64, phones: u32) -> WorldSettings {
        let mut settings = match self {
            Self::Calm => calm(seed, phones),
            Self::Troubled => troubled(seed, phones),
            Self::Storm => storm(seed, phones),
        };
        if let Some(policy) = random_policy(seed) {
            settings.is_operated = true;
            settings.server.policy = policy;
        }
        settings
    }
}

/// A world without faults and misdeeds. Streams are still cut at any byte.
pub fn calm(seed: u64, phones: u32) -> WorldSettings {
    WorldSettings {
        seed,
        phones,
        arrivals: Duration::from_secs(5),
        habits: Habits::HONEST,
        contact_retention: Duration::from_secs(180),
        network: NetworkFaults::NONE,
        troubles: Vec::new(),
        is_operated: false,
        server: ServerSettings {
            block_duration: Duration::from_secs(60),
            temp_ids: TempIdKind::Random,
            temp_id_lifetime: 900,
            login_timeout: Duration::from_secs(60),
            window: 4096,
            secrets: Secrets::Passwords,
            policy: Policy::default(),
        },
    }
}

/// A world with random faults: a bad network, crashes, a disk that fills up or fails, a late store,
/// phones that are killed, lose power or are full. All faults end, so that all plans can be
/// finished.
pub fn troubled(seed: u64, phones: u32) -> WorldSettings {
    let mut rng = random::stream(seed, Purpose::Troubles);
    let well = Duration::from_secs(600);
    let mut troubles = end_of_troubles(well);
    for _ in 0..rng.random_range(0..6) {
        let begin = random::up_to(well / 2, &mut rng);
        let end = begin + random::up_to(Duration::from_secs(60), &mut rng);
        let (trouble, remedy) = match rng.random_range(0..6) {
            0 => (Trouble::Crash, Trouble::Restart),
            1 => (Trouble::Disk(DiskFault::DiesInSync), Trouble::Restart),
            4 => (Trouble::Disk(DiskFault::KilledInSync), Trouble::Restart),
            2 => {
                let room = rng.random_range(0..2000);
                (Trouble::Disk(DiskFault::Full { room }), Trouble::Disk(DiskFault::None))
            }
            3 => (Trouble::Disk(DiskFault::SyncFails), Trouble::Disk(DiskFault::None)),
            _ => {
                let lateness = Lateness {
                    // Some completions are later than anybody waits for them.
                    delay: random::up_to(STORE_TIMEOUT * 5 / 4, &mut rng),
                    lost_entries: rng.random_range(0..100),
                    lost_completions: rng.random_range(0..100),
                };
                (Trouble::Store(lateness), Trouble::Store(Lateness::NONE))
            }
        };
        troubles.extend([(begin, trouble), (end, remedy)]);
    }
    for _ in 0..rng.random_range(0..=phones) {
        troubles.extend(random_mishaps(phones, well / 2, &mut rng));
    }
    WorldSettings {
        seed,
        phones,
        arrivals: Duration::from_secs(rng.random_range(0..300)),
        habits: Habits::BUSY,
        contact_retention: Duration::from_secs(180),
        network: NetworkFaults {
            delay: Duration::from_millis(rng.random_range(1..500)),
            stall_probability: rng.random_range(0.0..0.1),
            stall: Duration::from_secs(90),
            reset_probability: rng.random_range(0.0..0.1),
            loss_probability: rng.random_range(0.0..0.5),
            double_probability: rng.random_range(0.0..0.2),
        },
        troubles,
        is_operated: false,
        server: ServerSettings {
            block_duration: Duration::from_secs(rng.random_range(1..120)),
            temp_ids: temp_ids(seed),
            temp_id_lifetime: 900,
            login_timeout: Duration::from_secs(60),
            window: rng.random_range(1024..16_384),
            secrets: random_secrets(seed),
            policy: Policy::default(),
        },
    }
}

/// Hashes in one world of four. Some take longer than anybody waits, if several log in at once.
fn random_secrets(seed: u64) -> Secrets {
    let mut rng = random::stream(seed, Purpose::Hashes);
    match rng.random_range(0..4) {
        0 => Secrets::Mixed { slowest: random::up_to(STORE_TIMEOUT / 2, &mut rng) },
        _ => Secrets::Passwords,
    }
}

/// What the operator wants; in two worlds of three, there is none. Nothing else is drawn from these
/// numbers, so that all other worlds are what they were before there was one.
fn random_policy(seed: u64) -> Option<Policy> {
    let mut rng = random::stream(seed, Purpose::Operator);
    let (upload_codes, notify_at_once) = (rng.random(), rng.random());
    let policy = Policy { upload_codes, notify_at_once, ..Policy::default() };
    (rng.random_range(0..3) == 0).then_some(policy)
}

/// Every fourth world has encrypted TempIDs. Nothing is drawn for that, so that all other worlds
/// are what they were before there were any.
fn temp_ids(seed: u64) -> TempIdKind {
    if seed % 4 == 3 { TempIdKind::Encrypted } else { TempIdKind::Random }
}

/// A phone whose program begins again. Its disk may be full for some time around that, from a
/// moment before `latest` on.
fn random_mishaps(
    phones: u32,
    latest: Duration,
    rng: &mut ChaCha12Rng,
) -> [(Duration, Trouble); 3] {
    let phone = PhoneId::new(rng.random_range(0..phones));
    let (begin, is_full) = (random::up_to(latest, rng), rng.random());
    let again = begin + random::up_to(Duration::from_secs(60), rng);
    let end = again + random::up_to(Duration::from_secs(60), rng);
    let mishap = if rng.random() { Mishap::Killed } else { Mishap::PowerLost(rng.random()) };
    [(begin, Mishap::Full(is_full)), (again, mishap), (end, Mishap::Full(false))]
        .map(|(at, mishap)| (at, Trouble::Phone(phone, mishap)))
}

/// A storm: all phones arrive within seconds, on a bad network. The server crashes during a commit
/// and is started again, the disk fills up, then fails, and the server crashes again. All faults
/// end.
pub fn storm(seed: u64, phones: u32) -> WorldSettings {
    let mut rng = random::stream(seed, Purpose::Troubles);
    let mut at = Duration::ZERO;
    let mut troubles = end_of_troubles(Duration::from_secs(60));
    for trouble in [
        Trouble::Disk(DiskFault::DiesInSync),
        Trouble::Restart,
        Trouble::Disk(DiskFault::Full { room: rng.random_range(0..100_000) }),
        Trouble::Disk(DiskFault::None),
        Trouble::Disk(DiskFault::SyncFails),
        Trouble::Disk(DiskFault::None),
        Trouble::Crash,
        Trouble::Restart,
    ] {
        at += Duration::from_millis(500) + random::up_to(Duration::from_secs(2), &mut rng);
        troubles.push((at, trouble));
    }
    WorldSettings {
        arrivals: Duration::from_secs(2),
        habits: Habits::BRIEF,
        network: NetworkFaults {
            delay: Duration::from_millis(200),
            stall_probability: 0.01,
            stall: Duration::from_secs(70),
            reset_probability: 0.01,
            loss_probability: 0.2,
            double_probability: 0.05,
        },
        troubles,
        ..troubled(seed, phones)
    }
}

/// The end of all faults, at `well`.
fn end_of_troubles(well: Duration) -> Vec<(Duration, Trouble)> {
    vec![
        (well, Trouble::Disk(DiskFault::None)),
        (well, Trouble::Store(Lateness::NONE)),
        (well, Trouble::Restart),
        (well, Trouble::Network(NetworkFaults::NONE)),
    ]
}
