//! What a run is made of.

use std::time::Duration;

use super::plan::Habits;
use crate::server::waits::STORE_TIMEOUT;
use crate::world::machine::MachineSettings;
use crate::world::network::NetworkFaults;
use crate::world::server::ServerSettings;
use crate::world::trouble::Trouble;

/// What a run is made of.
#[derive(Debug, Clone)]
pub struct WorldSettings {
    /// The same seed gives the same run.
    pub seed: u64,
    /// How many phones.
    pub phones: u32,
    /// Phones start at a random time before this.
    pub arrivals: Duration,
    /// What their users do.
    pub habits: Habits,
    /// How long a contact log keeps an entry.
    pub contact_retention: Duration,
    /// How bad the network is at first.
    pub network: NetworkFaults,
    /// What goes wrong, or right again, and when.
    pub troubles: Vec<(Duration, Trouble)>,
    /// How the server is set up.
    pub server: ServerSettings,
}

impl WorldSettings {
    /// What the server's machine is for.
    pub fn machine(&self) -> MachineSettings {
        MachineSettings {
            seed: self.seed,
            phones: self.phones,
            others: Vec::new(),
            server: self.server.clone(),
            may_restart: true,
        }
    }

    /// How long one request waits for the store at most.
    pub fn longest_store_wait(&self) -> Duration {
        let is_late = |(_, trouble): &(Duration, Trouble)| matches!(trouble, Trouble::Store(_));
        if self.troubles.iter().any(is_late) { STORE_TIMEOUT } else { Duration::ZERO }
    }

    /// How long it takes at most, at any time of the run, until something that was sent is there, or
    /// lost.
    pub fn longest_transit(&self) -> Duration {
        let later = self.troubles.iter().filter_map(|(_, trouble)| match trouble {
            Trouble::Network(faults) => Some(faults.longest_transit()),
            Trouble::Crash | Trouble::Restart | Trouble::Disk(_) | Trouble::Store(_) => None,
        });
        later.fold(self.network.longest_transit(), Duration::max)
    }
}
