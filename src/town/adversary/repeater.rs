//! Adversaries that send beacons again: later (replay), or at another place (relay).

use std::time::Duration;

use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::town::draws::{self, Purpose};
use crate::town::ids::{PostId, RepeaterId};
use crate::town::scenario::{Probability, Relay, Replay};

/// An adversary that sends beacons again.
#[derive(Debug)]
pub struct Repeater {
    delay: Duration,
    share: Probability,
    /// Post from which it sends.
    pub sends_from: PostId,
    /// Whether it is a relay, which sends within the lifetime of a TempID.
    pub is_live: bool,
    rng: Xoshiro256PlusPlus,
}

impl Repeater {
    /// A repeater that sends later.
    pub fn replay(seed: u64, id: RepeaterId, replay: &Replay, sends_from: PostId) -> Self {
        Self {
            delay: replay.delay.0,
            share: replay.share,
            sends_from,
            is_live: false,
            rng: draws::stream(seed, Purpose::Adversary, id.number().into()),
        }
    }

    /// A repeater that sends at another place.
    pub fn relay(seed: u64, id: RepeaterId, relay: &Relay, sends_from: PostId) -> Self {
        Self {
            delay: relay.delay.0,
            share: Probability::ONE,
            sends_from,
            is_live: true,
            rng: draws::stream(seed, Purpose::Adversary, id.number().into()),
        }
    }

    /// Hears a beacon, and returns the delay after which to send it again, if at all.
    pub fn capture(&mut self) -> Option<Duration> {
        (self.rng.random::<f64>() < self.share.get()).then_some(self.delay)
    }
}
