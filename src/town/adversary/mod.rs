//! Adversaries: radios that listen and repeat, and peers that talk to the server.

pub mod remote;
pub mod repeater;
pub mod sniffer;

use std::time::Duration;

use rand::seq::SliceRandom;

use self::remote::Remote;
use self::repeater::Repeater;
use self::sniffer::Sniffer;
use super::draws::{self, Purpose};
use super::event::Repetition;
use super::ids::{ForgerId, Owners, PhoneId, PhoneRange, PostId, RepeaterId, SnifferId};
use super::meetings::Meetings;
use super::outcome::{AdversaryOutcome, Linkability};
use super::scenario::{Forgery, Post, Scenario};
use crate::protocol::Beacon;
use crate::world::server::Others;

/// All adversaries of a town.
#[derive(Debug)]
pub struct Adversaries {
    /// Purpose of each radio, by post.
    ears: Vec<Ear>,
    sniffers: Vec<Sniffer>,
    repeaters: Vec<Repeater>,
    remote: Remote,
    outcome: AdversaryOutcome,
}

/// Purpose of a radio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ear {
    /// A sniffer listens.
    Sniffer(SnifferId),
    /// A repeater listens, and may send.
    Repeater(RepeaterId),
    /// A repeater sends, and does not listen.
    Mouth,
    /// A forger listens.
    Forger(ForgerId),
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
                add(post, Ear::Sniffer(SnifferId::new(number as u32)));
            }
            sniffers.push(Sniffer::new(sniffer.tolerance));
        }
        let mut repeaters = Vec::new();
        for replay in &settings.replay {
            let repeater = RepeaterId::new(repeaters.len() as u32);
            let listens = add(replay.at.clone(), Ear::Repeater(repeater));
            let sends = replay.to.clone().map_or(listens, |to| add(to, Ear::Mouth));
            repeaters.push(Repeater::replay(scenario.seed, repeater, replay, sends));
        }
        for relay in &settings.relay {
            let repeater = RepeaterId::new(repeaters.len() as u32);
            add(relay.from.clone(), Ear::Repeater(repeater));
            let sends = add(relay.to.clone(), Ear::Mouth);
            repeaters.push(Repeater::relay(scenario.seed, repeater, relay, sends));
        }
        for (number, forger) in settings.forger.iter().enumerate() {
            if forger.forgery == Forgery::Overheard {
                add(forger.at.clone(), Ear::Forger(ForgerId::new(number as u32)));
            }
        }
        let remote = Remote::new(scenario, owners);
        let outcome = AdversaryOutcome::default();
        (Self { ears, sniffers, repeaters, remote, outcome }, posts)
    }

    /// Lets the radio at a post hear the beacon of a phone, which has used `temp_ids` TempIDs so
    /// far. Returns what a repeater sends later, and the time until then.
    pub fn hear(
        &mut self,
        post: PostId,
        phone: PhoneId,
        temp_ids: u32,
        datagram: &[u8; Beacon::LEN],
        now: Duration,
    ) -> Option<(Duration, Repetition)> {
        let Ok(Beacon(record)) = Beacon::decode(datagram) else { return None };
        match self.ears[post.index()] {
            Ear::Mouth => None,
            Ear::Sniffer(sniffer) => {
                self.sniffers[sniffer.index()].hear(record, phone, temp_ids, post, now);
                None
            }
            Ear::Repeater(repeater) => {
                let delay = self.repeaters[repeater.index()].capture()?;
                Some((delay, Repetition { repeater, origin: phone, bytes: *datagram }))
            }
            Ear::Forger(forger) => {
                self.remote.overhear(forger, record);
                None
            }
        }
    }

    /// The post from which a repeater sends.
    pub fn sends_from(&self, repeater: RepeaterId) -> PostId {
        self.repeaters[repeater.index()].sends_from
    }

    /// Name of a repeater.
    pub fn name_of(&self, repeater: RepeaterId) -> String {
        let kind = if self.repeaters[repeater.index()].is_live { "relay" } else { "replay" };
        format!("{kind} {repeater}")
    }

    /// Counts a repeated beacon, which a phone accepted as valid or not.
    pub fn repeated(&mut self, repeater: RepeaterId, is_valid: bool) {
        let outcome = &mut self.outcome;
        let (all, valid) = if self.repeaters[repeater.index()].is_live {
            (&mut outcome.relayed, &mut outcome.relayed_valid)
        } else {
            (&mut outcome.replayed, &mut outcome.replayed_valid)
        };
        *all += 1;
        *valid += u64::from(is_valid);
    }

    /// The phones of those that talk to the server.
    pub fn phones(&self) -> PhoneRange {
        self.remote.phones()
    }

    /// Accounts and passwords of those that have one.
    pub fn accounts(&self, owners: &Owners) -> Others {
        self.remote.accounts(owners)
    }

    /// Counts people whom the server named because of a forged log.
    pub fn named(&mut self, people: usize) {
        self.outcome.forged_names += people as u64;
    }

    /// What they have achieved so far.
    pub fn outcome(&self) -> AdversaryOutcome {
        self.outcome
    }

    /// What sniffers can link at the end of a run, if there are any.
    pub fn linkability(&self) -> Option<Linkability> {
        self.sniffers.iter().map(Sniffer::follow).reduce(of_both)
    }
}

/// The sum of the results of two independent sniffers.
fn of_both(mut one: Linkability, other: Linkability) -> Linkability {
    one.sightings += other.sightings;
    one.temp_ids += other.temp_ids;
    one.changes += other.changes;
    one.linked += other.linked;
    one.mistaken += other.mistaken;
    one.followed_seconds.extend(other.followed_seconds);
    one.followed_seconds.sort_by(f64::total_cmp);
    one
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
