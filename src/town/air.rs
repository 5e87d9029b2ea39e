//! Beacons, from phone to phone.

use std::time::Duration;

use rand::RngExt;

use super::event::{Datagram, Event};
use super::ids::PhoneId;
use super::message::Fate;
use super::nearness::Near;
use super::outcome::Received;
use super::scenario::WhenExpired;
use super::{Core, Town};
use crate::client::contact_log::Added;
use crate::client::phone::{Outgoing, Reception};
use crate::protocol::{Beacon, ContactRecord};

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
        /// Number of the repeater.
        number: u32,
        /// Phone whose beacon it is.
        origin: PhoneId,
    },
}

/// Arrival times of a beacon, which the radio may lose or double.
type Arrivals = [Option<Duration>; 2];

impl Town {
    /// Schedules the next beacon of a phone that has a neighbour.
    pub(super) fn expect_broadcast(&mut self, phone: PhoneId, core: &mut Core<Event>) {
        let handset = &mut self.handsets[phone.index()];
        if !handset.is_broadcasting {
            handset.is_broadcasting = true;
            let at = handset.rhythm.next_beacon(core.clock.elapsed(), true);
            core.schedule(at, Event::Broadcasts(phone));
        }
    }

    /// Sends the beacon of a phone to its neighbours and schedules the next one; stops without
    /// neighbours.
    pub(super) fn broadcast(&mut self, phone: PhoneId, core: &mut Core<Event>) {
        let now = core.clock.elapsed();
        let near = self.nearness.near(phone);
        // Posts of adversaries may be all that is near.
        let (count, may_be_received) = (near.len(), near.iter().any(Near::is_handset));
        let handset = &mut self.handsets[phone.index()];
        if count == 0 {
            handset.is_broadcasting = false;
            return;
        }
        let next = handset.rhythm.next_beacon(now, false);
        core.schedule(next, Event::Broadcasts(phone));
        if !self.compose(phone, core) {
            self.outcome.beacons.silent += u64::from(may_be_received);
            return;
        }
        self.outcome.beacons.sent += u64::from(may_be_received);
        let datagram = self.datagram;
        for index in 0..count {
            match self.nearness.near(phone)[index] {
                Near::Post(post) => self.overhear(post, phone, &datagram, core),
                Near::Handset { phone: to, encounter } => {
                    self.send(phone, encounter, to, &datagram, core);
                }
            }
        }
    }

    /// Encodes the beacon that a phone sends now. Returns whether there is one.
    fn compose(&mut self, phone: PhoneId, core: &mut Core<Event>) -> bool {
        let handset = &mut self.handsets[phone.index()];
        let machine = core.phones[phone.index()].phone();
        let now = handset.clock.show(core.clock.now(), core.clock.elapsed());
        let beacon = match machine.beacon(now) {
            Outgoing::Valid(beacon) => beacon,
            outgoing @ (Outgoing::NotValidNow(_) | Outgoing::None) => {
                let is_renewed = handset.renew(machine, now);
                let outgoing = if is_renewed { machine.beacon(now) } else { outgoing };
                match (outgoing, self.scenario.phones.when_expired) {
                    (Outgoing::Valid(beacon), _) => beacon,
                    (Outgoing::NotValidNow(beacon), WhenExpired::Keep) => beacon,
                    (Outgoing::NotValidNow(_), WhenExpired::Silent) | (Outgoing::None, _) => {
                        return false;
                    }
                }
            }
        };
        self.encoded.clear();
        beacon.encode(&mut self.encoded);
        self.datagram.copy_from_slice(&self.encoded);
        true
    }

    /// Sends a beacon to the other phone of an encounter.
    fn send(
        &mut self,
        from: PhoneId,
        place: u32,
        to: PhoneId,
        datagram: &[u8; Beacon::LEN],
        core: &mut Core<Event>,
    ) {
        self.outcome.beacons.near += 1;
        let now = core.clock.elapsed();
        let Some(encounter) = self.nearness.encounter(place).map(|it| it.number) else { return };
        for arrival in self.arrivals(from, place) {
            match arrival {
                None => {}
                Some(Duration::ZERO) => {
                    let source = Source::Handset { phone: from, encounter: Some(place) };
                    self.arrive(source, to, datagram, core);
                }
                Some(delay) => {
                    let datagram = Box::new(Datagram { from, encounter, to, bytes: *datagram });
                    core.schedule(now + delay, Event::Arrives(datagram));
                }
            }
        }
    }

    /// Delivers a delayed beacon. The encounter in which it was sent may be over, and its key may
    /// belong to another one.
    pub(super) fn arrive_late(&mut self, datagram: &Datagram, core: &mut Core<Event>) {
        let encounter = self.nearness.find(datagram.encounter);
        let source = Source::Handset { phone: datagram.from, encounter };
        self.arrive(source, datagram.to, &datagram.bytes, core);
    }

    fn arrivals(&mut self, from: PhoneId, encounter: u32) -> Arrivals {
        let Some(encounter) = self.nearness.encounter(encounter) else { return [None, None] };
        let radio = &self.scenario.radio;
        if !encounter.is_captured {
            self.outcome.beacons.lost += 1;
            return [None, None];
        }
        if self.is_radio_perfect {
            return [Some(Duration::ZERO), None];
        }
        let side = encounter.side_of(from);
        let rng = &mut encounter.radio[side];
        // All are drawn whatever the settings, so that changing one does not change what is drawn
        // for the others.
        let [loss, double, first, second] = std::array::from_fn(|_| rng.random::<f64>());
        if loss < radio.loss.get() {
            self.outcome.beacons.lost += 1;
            return [None, None];
        }
        let after = |part| radio.delay.0.mul_f64(part);
        [Some(after(first)), (double < radio.double.get()).then(|| after(second))]
    }

    /// Delivers a datagram to a phone.
    pub(super) fn arrive(
        &mut self,
        source: Source,
        to: PhoneId,
        datagram: &[u8; Beacon::LEN],
        core: &mut Core<Event>,
    ) {
        let elapsed = core.clock.elapsed();
        let handset = &self.handsets[to.index()];
        if !handset.rhythm.is_scanning(elapsed) {
            self.outcome.beacons.not_scanned += 1;
            return;
        }
        let now = handset.clock.show(core.clock.now(), elapsed);
        let (record, fate) = match core.phones[to.index()].phone().receive(datagram, now) {
            Reception::Valid(record, Added::New | Added::InsteadOfOldest) => (record, Fate::Logged),
            Reception::Valid(record, Added::Again) => (record, Fate::LoggedAgain),
            Reception::Valid(_, Added::TooMany) => unreachable!("only known senders have limits"),
            Reception::Invalid(record) if now.wall < record.start => (record, Fate::TooEarly),
            Reception::Invalid(record) => (record, Fate::Expired),
            Reception::Refused(error) => unreachable!("only beacons are sent: {error}"),
        };
        self.count(source, to, fate);
        if self.collect.records || self.collect.messages {
            self.keep_reception(source, to, &record, fate, elapsed);
        }
    }

    fn count(&mut self, source: Source, to: PhoneId, fate: Fate) {
        let beacons = &mut self.outcome.beacons;
        beacons.received += 1;
        match fate {
            Fate::Logged => beacons.logged += 1,
            Fate::LoggedAgain => beacons.logged_again += 1,
            Fate::TooEarly => beacons.too_early += 1,
            Fate::Expired => beacons.expired += 1,
        }
        let is_valid = matches!(fate, Fate::Logged | Fate::LoggedAgain);
        match source {
            Source::Handset { encounter, .. } => {
                if is_valid
                    && let Some(encounter) = encounter.and_then(|at| self.nearness.encounter(at))
                {
                    encounter.has_recorded[encounter.side_of(to)] = true;
                }
            }
            Source::Repeater { number, .. } => self.count_repeated(number, is_valid),
        }
    }

    fn keep_reception(
        &mut self,
        source: Source,
        to: PhoneId,
        record: &ContactRecord,
        fate: Fate,
        elapsed: Duration,
    ) {
        let (sender, origin) = match source {
            Source::Handset { phone, .. } => (self.name_of(phone), phone),
            Source::Repeater { number, origin } => (self.repeater_name(number), origin),
        };
        let [from, receiver] = [origin, to].map(|phone| self.owners.owner_of(phone));
        if self.collect.records {
            let received = Received { at: elapsed.as_secs_f64(), from, to: receiver, fate };
            self.records.receptions.push(received);
        }
        if self.collect.messages {
            let to = self.name_of(to);
            self.transcript.beacon(elapsed, sender, to, record, fate);
        }
    }
}
