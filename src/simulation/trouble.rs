//! What goes wrong, drawn from a seed.

use std::time::Duration;

use rand::RngExt;

use super::disk::DiskFault;
use super::network::NetworkFaults;
use super::random::{self, Purpose};
use super::world::WorldSettings;

/// Something that goes wrong, or right again.
#[derive(Debug, Clone, Copy)]
pub enum Trouble {
    /// The server dies, and the machine with it: what was not synced may be lost.
    Crash,
    /// The server is started again.
    Restart,
    /// The disk gets another fault, or none.
    Disk(DiskFault),
    /// The network gets other faults, or none.
    Network(NetworkFaults),
}

/// A run with everything that can go wrong, drawn from the seed: a bad network, crashes, a disk that
/// fills up or fails. In the end all is well again, so that everybody can finish.
pub fn troubled(seed: u64, phones: usize) -> WorldSettings {
    let mut rng = random::stream(seed, Purpose::Network);
    rng.set_stream(u64::MAX);
    let well = Duration::from_secs(600);
    let mut troubles = vec![
        (well, Trouble::Disk(DiskFault::None)),
        (well, Trouble::Restart),
        (well, Trouble::Network(NetworkFaults::NONE)),
    ];
    for _ in 0..rng.random_range(0..6) {
        let begin = random::up_to(well / 2, &mut rng);
        let end = begin + random::up_to(Duration::from_secs(60), &mut rng);
        let (trouble, remedy) = match rng.random_range(0..3) {
            0 => (Trouble::Crash, Trouble::Restart),
            1 => {
                let room = rng.random_range(0..2000);
                (Trouble::Disk(DiskFault::Full { room }), Trouble::Disk(DiskFault::None))
            }
            _ => (Trouble::Disk(DiskFault::SyncFails), Trouble::Disk(DiskFault::None)),
        };
        troubles.extend([(begin, trouble), (end, remedy)]);
    }
    WorldSettings {
        seed,
        phones,
        arrivals: Duration::from_secs(rng.random_range(0..300)),
        network: NetworkFaults {
            delay: Duration::from_millis(rng.random_range(1..500)),
            stall_probability: rng.random_range(0.0..0.1),
            stall: Duration::from_secs(90),
            reset_probability: rng.random_range(0.0..0.1),
            loss_probability: rng.random_range(0.0..0.5),
            double_probability: rng.random_range(0.0..0.2),
        },
        troubles,
        block_duration: Duration::from_secs(rng.random_range(1..120)),
        login_timeout: Duration::from_secs(60),
        window: rng.random_range(64..16_384),
        temp_id_lifetime: 900,
        contact_retention: Duration::from_secs(180),
    }
}
