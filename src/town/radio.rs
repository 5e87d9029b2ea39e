//! The radio between phones: which beacons arrive, and when.

use std::time::Duration;

use rand::RngExt;

use super::ids::{PhoneId, RepeaterId};
use super::message::Fate;
use super::nearness::Encounter;
use super::outcome::Beacons;
use super::scenario;

/// The radio between phones, and the fates of all beacons on it.
#[derive(Debug)]
pub struct Radio {
    settings: scenario::Radio,
    /// Whether every beacon arrives, and at once.
    is_perfect: bool,
    beacons: Beacons,
}

/// Source of a datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A phone, in an encounter.
    Handset {
        /// The phone.
        phone: PhoneId,
        /// Key of the encounter, if it lasts.
        encounter: Option<u32>,
    },
    /// An adversary that sends again what it heard.
    Repeater {
        /// The repeater.
        repeater: RepeaterId,
        /// Phone whose beacon it is.
        origin: PhoneId,
    },
}

/// Times until a beacon arrives, which the radio may lose or double.
pub type Arrivals = [Option<Duration>; 2];

impl Radio {
    /// A radio that no beacon has passed.
    pub fn new(settings: &scenario::Radio) -> Self {
        let scenario::Radio { capture: _, loss, double, delay } = settings;
        let is_perfect = [loss.get(), double.get(), delay.as_f64()] == [0.0; 3];
        Self { settings: settings.clone(), is_perfect, beacons: Beacons::default() }
    }

    /// Counts the time for the beacon of a phone with another phone near, which may have none.
    pub fn broadcasts(&mut self, has_beacon: bool) {
        self.beacons.sent += u64::from(has_beacon);
        self.beacons.silent += u64::from(!has_beacon);
    }

    /// Sends a beacon of a phone to the other one of an encounter.
    pub fn send(&mut self, from: PhoneId, encounter: &mut Encounter) -> Arrivals {
        self.beacons.near += 1;
        if !encounter.is_captured {
            self.beacons.lost += 1;
            return [None, None];
        }
        if self.is_perfect {
            return [Some(Duration::ZERO), None];
        }
        let scenario::Radio { capture: _, loss, double, delay } = &self.settings;
        let side = encounter.side_of(from);
        let rng = &mut encounter.radio[side];
        // All are drawn whatever the settings, so that changing one does not change what is drawn
        // for the others.
        let [luck, doubled, first, second] = std::array::from_fn(|_| rng.random::<f64>());
        if luck < loss.get() {
            self.beacons.lost += 1;
            return [None, None];
        }
        let after = |part| delay.0.mul_f64(part);
        [Some(after(first)), (doubled < double.get()).then(|| after(second))]
    }

    /// Counts a beacon that arrived, and that a phone received unless it was not listening.
    pub fn arrived(&mut self, fate: Option<Fate>) {
        let beacons = &mut self.beacons;
        beacons.received += u64::from(fate.is_some());
        match fate {
            None => beacons.not_scanned += 1,
            Some(Fate::Logged) => beacons.logged += 1,
            Some(Fate::LoggedAgain) => beacons.logged_again += 1,
            Some(Fate::TooEarly) => beacons.too_early += 1,
            Some(Fate::Expired) => beacons.expired += 1,
        }
    }

    /// The fates of all beacons so far.
    pub fn beacons(&self) -> Beacons {
        self.beacons
    }
}
