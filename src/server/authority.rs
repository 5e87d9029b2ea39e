//! What all sessions share.

use std::time::Instant;

use rand::rngs::ChaCha12Rng;

use super::accounts::{Accounts, Verdict};
use super::journal;
use super::registry::{Issue, Registry};
use crate::protocol::request::Credentials;
use crate::protocol::{Timestamp, Username};

/// What all sessions share: who may log in, and which TempIDs were issued.
///
/// TempIDs that were issued since the last [`settle`](Authority::settle) must not be told to anybody
/// yet: they may still be taken back.
#[derive(Debug)]
pub struct Authority {
    accounts: Accounts,
    registry: Registry,
    /// In seconds.
    temp_id_lifetime: u32,
    rng: ChaCha12Rng,
    settled: usize,
    unsettled_lines: Vec<u8>,
}

impl Authority {
    /// An authority that issues TempIDs for `temp_id_lifetime` seconds from the random numbers of
    /// `rng`, a cryptographic generator: who sees some TempIDs must not be able to tell others.
    pub fn new(
        accounts: Accounts,
        registry: Registry,
        temp_id_lifetime: u32,
        rng: ChaCha12Rng,
    ) -> Self {
        let settled = registry.len();
        Self { accounts, registry, temp_id_lifetime, rng, settled, unsettled_lines: Vec::new() }
    }

    /// Judges an attempt to log in.
    pub fn judge(&mut self, credentials: Credentials<'_>, now: Instant) -> Verdict {
        self.accounts.judge(credentials, now)
    }

    /// Who may log in.
    pub fn accounts(&mut self) -> &mut Accounts {
        &mut self.accounts
    }

    /// Which TempIDs were issued.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Issues TempIDs for `count` windows in a row, the first from `now`.
    pub fn issue(&mut self, user: Username, count: u8, now: Timestamp) -> Issue {
        let issue = self.registry.issue(user, count, now, self.temp_id_lifetime, &mut self.rng);
        for record in self.registry.records(issue) {
            journal::encode_line(user, &record, &mut self.unsettled_lines);
        }
        issue
    }

    /// The lines of the TempIDs that were issued since the last settlement.
    pub fn unsettled_lines(&self) -> &[u8] {
        &self.unsettled_lines
    }

    /// Makes the TempIDs issued since the last settlement final if they `are_recorded`, and takes
    /// them back if not.
    pub fn settle(&mut self, are_recorded: bool) {
        if !are_recorded {
            self.registry.truncate(self.settled);
        }
        self.settled = self.registry.len();
        self.unsettled_lines.clear();
    }
}
