//! Reproducible random numbers.

use std::time::Duration;

use rand::rngs::ChaCha12Rng;
use rand::{RngExt, SeedableRng};

use super::ids::PersonId;

/// Purpose of random numbers. Each has a stream of its own, so that changing the use of one does
/// not change the draws of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub enum Purpose {
    /// The digits of TempIDs.
    TempIds = 1,
    /// Cuts, delays, losses and resets.
    Network,
    /// What survives a power loss on the disk.
    Disk,
    /// Actions of phones, and their times.
    Phones,
    /// Troubles, and their times.
    Troubles,
    /// What happens between the server and its store.
    Store,
    /// How long passwords take to hash, and whether there are hashes.
    Hashes,
    /// What the operator does, and which phones are told of notices.
    Operator,
}

/// Stream of random numbers for `purpose`, the same on every machine.
pub fn stream(seed: u64, purpose: Purpose) -> ChaCha12Rng {
    let mut rng = ChaCha12Rng::seed_from_u64(seed);
    rng.set_stream(purpose as u64);
    rng
}

/// Stream of random numbers for a connection of `owner`, counted from 0. The faults of a connection
/// depend on no other connection.
pub fn connection_stream(seed: u64, owner: PersonId, number: u32) -> ChaCha12Rng {
    let mut rng = ChaCha12Rng::seed_from_u64(seed);
    // Behind those of the purposes.
    rng.set_stream(((u64::from(owner.number()) + 1) << 32) | u64::from(number));
    rng
}

/// A random duration from zero to `most`, uniform in microseconds.
pub fn up_to(most: Duration, rng: &mut ChaCha12Rng) -> Duration {
    Duration::from_micros(rng.random_range(0..=most.as_micros() as u64))
}
