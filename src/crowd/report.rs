use std::time::Duration;

use thiserror::Error;

/// Figures of a run in which every check passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Hash of the trace: runs with equal traces have equal fingerprints.
    pub fingerprint: u64,
    /// Number of events.
    pub steps: u64,
    /// Virtual time that passed.
    pub elapsed: Duration,
    /// Successful logins.
    pub logins: u64,
    /// TempIDs that phones were told.
    pub temp_ids: usize,
    /// Contact records that the server accepted.
    pub uploaded: u64,
    /// Notices that phones were told, the same one maybe more than once.
    pub notices: u64,
    /// Upload codes that users were given.
    pub codes: usize,
    /// Blocks of accounts.
    pub blocked: u64,
    /// Connections that were reset.
    pub resets: u64,
    /// Crashes of the server, including the one that ends each run.
    pub crashes: u64,
    /// Largest number of connections at a time.
    pub most_connections: usize,
    /// Largest number of bytes of unfinished requests and unsent replies that the server kept for
    /// all connections together.
    pub most_kept_bytes: usize,
    /// Largest number of such bytes kept for one connection.
    pub most_kept_bytes_of_one: usize,
}

/// A check that failed.
#[derive(Debug, Error)]
#[error("{latest}{problem}\nat step {step} of the world with seed {seed}")]
pub struct Violation {
    /// Description of the failure.
    pub problem: String,
    /// Seed of the run.
    pub seed: u64,
    /// Number of events before the failure.
    pub step: u64,
    /// The latest events, one per line.
    pub latest: String,
}
