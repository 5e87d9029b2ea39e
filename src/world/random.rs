//! Random numbers that can be drawn again.

use std::time::Duration;

use rand::rngs::ChaCha12Rng;
use rand::{RngExt, SeedableRng};

/// What random numbers are drawn for. Each purpose has a stream of its own, so that changing how one
/// is used does not change the draws of the others: two runs then differ by nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub enum Purpose {
    /// The digits of TempIDs.
    TempIds = 1,
    /// Cuts, delays, losses and resets.
    Network,
    /// What survives a crash of the disk.
    Disk,
    /// What phones do, and when.
    Phones,
    /// What goes wrong, and when.
    Troubles,
    /// What happens between the server and its store.
    Store,
}

/// The stream of random numbers that `seed` has for `purpose`, the same on every machine.
pub fn stream(seed: u64, purpose: Purpose) -> ChaCha12Rng {
    let mut rng = ChaCha12Rng::seed_from_u64(seed);
    rng.set_stream(purpose as u64);
    rng
}

/// The stream that `seed` has for the connection of this number, counted from 0, of the phone of an
/// owner: what happens to it depends on no other connection.
pub fn connection_stream(seed: u64, owner: u32, number: u32) -> ChaCha12Rng {
    let mut rng = ChaCha12Rng::seed_from_u64(seed);
    // Behind those of the purposes.
    rng.set_stream(((u64::from(owner) + 1) << 32) | u64::from(number));
    rng
}

/// A duration from zero to `most`, each microsecond equally likely.
pub fn up_to(most: Duration, rng: &mut ChaCha12Rng) -> Duration {
    Duration::from_micros(rng.random_range(0..=most.as_micros() as u64))
}
