//! Who sends again what it heard: later, or at another place.

use std::time::Duration;

use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::town::draws::{self, Purpose};
use crate::town::scenario::{Probability, Relay, Replay};

/// Who sends again what it heard.
#[derive(Debug)]
pub struct Repeater {
    delay: Duration,
    share: Probability,
    /// The post from which it sends.
    pub sends_from: u32,
    /// Whether it is a relay: it sends at once, so that no lifetime stops it.
    pub is_live: bool,
    rng: Xoshiro256PlusPlus,
}

impl Repeater {
    /// One that sends later.
    pub fn replay(seed: u64, number: usize, replay: &Replay, sends_from: u32) -> Self {
        Self {
            delay: replay.delay.0,
            share: replay.share,
            sends_from,
            is_live: false,
            rng: draws::stream(seed, Purpose::Adversary, number as u64),
        }
    }

    /// One that sends elsewhere.
    pub fn relay(seed: u64, number: usize, relay: &Relay, sends_from: u32) -> Self {
        Self {
            delay: relay.delay.0,
            share: Probability::ONE,
            sends_from,
            is_live: true,
            rng: draws::stream(seed, Purpose::Adversary, number as u64),
        }
    }

    /// Hears a beacon, and says after what time it sends that again, if it does.
    pub fn capture(&mut self) -> Option<Duration> {
        (self.rng.random::<f64>() < self.share.get()).then_some(self.delay)
    }
}
