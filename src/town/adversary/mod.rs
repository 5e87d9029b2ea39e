//! Adversaries: radios that listen and repeat, and peers that talk to the server.

pub mod remote;
pub mod repeater;
pub mod sniffer;

use rand::seq::SliceRandom;

use super::air::Source;
use super::draws::{self, Purpose};
use super::event::{Event, Repetition};
use super::ids::{Owners, PhoneId, PostId};
use super::meetings::Meetings;
use super::scenario::{Forgery, Post, Scenario};
use super::{Core, Town};
use crate::protocol::Beacon;

pub use self::remote::Remote;
pub use self::repeater::Repeater;
pub use self::sniffer::Sniffer;

/// All adversaries of a town.
#[derive(Debug)]
pub struct Adversaries {
    /// Purpose of each radio, in the order of the posts.
    pub ears: Vec<Ear>,
    /// Adversaries that only listen.
    pub sniffers: Vec<Sniffer>,
    /// Adversaries that send beacons again.
    pub repeaters: Vec<Repeater>,
    /// Adversaries that talk to the server.
    pub remote: Remote,
}

/// Purpose of a radio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ear {
    /// The sniffer of this number listens.
    Sniffer(u32),
    /// The repeater of this number listens, and may send.
    Repeater(u32),
    /// A repeater sends, and does not listen.
    Mouth,
    /// The forger of this number listens.
    Forger(u32),
}

impl Adversaries {
    /// The adversaries of a scenario, and the posts of their radios.
    pub fn new(scenario: &Scenario, owners: &Owners) -> (Self, Vec<Post>) {
        let (mut posts, mut ears) = (Vec::new(), Vec::new());
        let mut add = |post: Post, ear: Ear| {
            let id = PostId::new(posts.len() as u32);
            posts.push(post);
            ears.push(ear);
            id
        };
        let settings = &scenario.adversary;
        let mut sniffers = Vec::new();
        for (number, sniffer) in settings.sniffer.iter().enumerate() {
            let places = covered(scenario, number as u64).into_iter();
            let places = places.map(|place| Post { place: Some(place), ..Post::default() });
            for post in sniffer.at.iter().cloned().chain(places) {
                add(post, Ear::Sniffer(number as u32));
            }
            sniffers.push(Sniffer::new(sniffer.tolerance));
        }
        let mut repeaters = Vec::new();
        for replay in &settings.replay {
            let listens = add(replay.at.clone(), Ear::Repeater(repeaters.len() as u32));
            let sends = replay.to.clone().map_or(listens, |to| add(to, Ear::Mouth));
            repeaters.push(Repeater::replay(scenario.seed, repeaters.len(), replay, sends));
        }
        for relay in &settings.relay {
            add(relay.from.clone(), Ear::Repeater(repeaters.len() as u32));
            let sends = add(relay.to.clone(), Ear::Mouth);
            repeaters.push(Repeater::relay(scenario.seed, repeaters.len(), relay, sends));
        }
        for (number, forger) in settings.forger.iter().enumerate() {
            if forger.forgery == Forgery::Overheard {
                add(forger.at.clone(), Ear::Forger(number as u32));
            }
        }
        let remote = Remote::new(scenario, owners);
        (Self { ears, sniffers, repeaters, remote }, posts)
    }
}

impl Town {
    /// Lets the radio of an adversary hear the beacon of a phone.
    pub(super) fn overhear(
        &mut self,
        post: PostId,
        phone: PhoneId,
        datagram: &[u8; Beacon::LEN],
        core: &mut Core<Event>,
    ) {
        let Ok(Beacon(record)) = Beacon::decode(datagram) else { return };
        let now = core.clock.elapsed();
        match self.adversaries.ears[post.index()] {
            Ear::Mouth => {}
            Ear::Sniffer(sniffer) => {
                let used = self.handsets[phone.index()].temp_ids_used;
                self.adversaries.sniffers[sniffer as usize].hear(record, phone, used, post, now);
            }
            Ear::Repeater(repeater) => {
                if let Some(delay) = self.adversaries.repeaters[repeater as usize].capture() {
                    let repetition = Repetition { repeater, origin: phone, bytes: *datagram };
                    core.schedule(now + delay, Event::Repeats(Box::new(repetition)));
                }
            }
            Ear::Forger(forger) => self.adversaries.remote.overhear(forger, record),
        }
    }

    /// Sends a recorded beacon to all phones near the repeater.
    pub(super) fn repeat(&mut self, repetition: &Repetition, core: &mut Core<Event>) {
        let Repetition { repeater, origin, bytes } = repetition;
        let post = self.adversaries.repeaters[*repeater as usize].sends_from;
        let source = Source::Repeater { number: *repeater, origin: *origin };
        for index in 0..self.nearness.near_post(post).len() {
            let to = self.nearness.near_post(post)[index];
            self.arrive(source, to, bytes, core);
        }
    }

    /// Counts a repeated beacon, which a phone accepted as valid or not.
    pub(super) fn count_repeated(&mut self, repeater: u32, is_valid: bool) {
        let outcome = &mut self.outcome.adversaries;
        let (all, valid) = if self.adversaries.repeaters[repeater as usize].is_live {
            (&mut outcome.relayed, &mut outcome.relayed_valid)
        } else {
            (&mut outcome.replayed, &mut outcome.replayed_valid)
        };
        *all += 1;
        *valid += u64::from(is_valid);
    }
}

/// The places that a sniffer covers: the first ones in a random order, so that more coverage only
/// adds places. The order is random because the first rooms of a timetable are all homes.
fn covered(scenario: &Scenario, sniffer: u64) -> Vec<u32> {
    let coverage = scenario.adversary.sniffer[sniffer as usize].coverage.get();
    if coverage == 0.0 {
        return Vec::new();
    }
    let mut places: Vec<u32> = (0..Meetings::places_of(scenario)).collect();
    places.shuffle(&mut draws::stream(scenario.seed, Purpose::Coverage, sniffer));
    places.truncate(part(coverage, places.len()));
    places
}

/// The share of `count`, rounded up, except for the rounding error of the multiplication.
fn part(share: f64, count: usize) -> usize {
    const ROUNDED: f64 = 1e-6;
    (share * count as f64 - ROUNDED).ceil().max(0.0) as usize
}

#[cfg(test)]
mod tests;
