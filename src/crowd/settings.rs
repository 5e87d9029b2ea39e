//! Settings of a run with a crowd.

use std::time::Duration;

use super::plan::Habits;
use crate::server::waits::STORE_TIMEOUT;
use crate::world::machine::MachineSettings;
use crate::world::network::NetworkFaults;
use crate::world::server::{Secrets, ServerSettings};
use crate::world::trouble::Trouble;

/// Settings of a run.
#[derive(Debug, Clone)]
pub struct WorldSettings {
    /// Seed of the run.
    pub seed: u64,
    /// Number of phones.
    pub phones: u32,
    /// Phones start at a random time before this one.
    pub arrivals: Duration,
    /// Habits of their users.
    pub habits: Habits,
    /// Time that a contact log keeps an entry.
    pub contact_retention: Duration,
    /// Faults of the network at the start.
    pub network: NetworkFaults,
    /// Troubles, with their times.
    pub troubles: Vec<(Duration, Trouble)>,
    /// Whether there is an operator, and whether phones are told of notices.
    pub is_operated: bool,
    /// Settings of the server.
    pub server: ServerSettings,
}

impl WorldSettings {
    /// Settings of the server's machine.
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

    /// How long a login waits for a hash at most.
    pub fn longest_hash_wait(&self) -> Duration {
        match self.server.secrets {
            Secrets::Passwords => Duration::ZERO,
            Secrets::Mixed { .. } => STORE_TIMEOUT,
        }
    }

    /// Longest time, during the whole run, until something that was sent has arrived or is lost.
    pub fn longest_transit(&self) -> Duration {
        let later = self.troubles.iter().filter_map(|(_, trouble)| match trouble {
            Trouble::Network(faults) => Some(faults.longest_transit()),
            Trouble::Crash
            | Trouble::Restart
            | Trouble::Disk(_)
            | Trouble::Store(_)
            | Trouble::Phone(..) => None,
        });
        later.fold(self.network.longest_transit(), Duration::max)
    }
}
