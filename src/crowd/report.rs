use std::time::Duration;

use thiserror::Error;

/// What came of a run in which everything held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Equal for equal runs only.
    pub fingerprint: u64,
    /// How many things happened.
    pub steps: u64,
    /// How much time passed in the simulation.
    pub elapsed: Duration,
    /// How many logins succeeded.
    pub logins: u64,
    /// How many TempIDs were told.
    pub temp_ids: usize,
    /// How many records were uploaded.
    pub uploaded: u64,
    /// How often an account was blocked.
    pub blocked: u64,
    /// How many connections of phones broke under them.
    pub resets: u64,
    /// How many connections the server had at the busiest time.
    pub most_connections: usize,
    /// How many bytes of unfinished requests and unsent replies all connections together made the
    /// server keep at the worst time.
    pub most_kept_bytes: usize,
    /// The same for one connection.
    pub most_kept_bytes_of_one: usize,
}

/// Something that must not be.
#[derive(Debug, Error)]
#[error("{problem}\nat step {step}; repeat with seed {seed}\n{latest}")]
pub struct Violation {
    /// What it is.
    pub problem: String,
    /// The seed of the run.
    pub seed: u64,
    /// How many things had happened.
    pub step: u64,
    /// The latest of them, one a line.
    pub latest: String,
}
