//! The phones of people: their beacons, their requests for TempIDs, and times when the server is
//! out of their reach.

use std::time::Duration;

use rand::RngExt;

use super::Core;
use super::draws::{self, Purpose};
use super::event::Event;
use super::handset::Handset;
use super::ids::{Owners, PhoneId};
use super::message::Fate;
use super::scenario::{Phones, Scenario, WhenExpired};
use crate::client::contact_log::Added;
use crate::client::phone::{Outgoing, Reception};
use crate::protocol::{Beacon, ContactRecord, Timestamp};
use crate::workload::step::Step;
use crate::world::network::ConnectionId;

/// Seconds of a day.
const DAY: f64 = 86_400.0;

/// The phones of people.
#[derive(Debug)]
pub struct Handsets {
    settings: Phones,
    /// True wall time at the start of the run.
    start: Timestamp,
    /// By id.
    handsets: Vec<Handset>,
    /// Number of offline spells that last at the moment, by phone.
    offline_spells: Vec<u32>,
    /// Reused buffer for encoded beacons.
    encoded: Vec<u8>,
}

/// Sizes of all contact logs at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogSizes {
    /// Number of logs.
    pub logs: u64,
    /// Entries of all logs.
    pub entries: u64,
    /// Entries of the largest log.
    pub most: u64,
}

impl Handsets {
    /// The phones of all owners, in a run that starts at the true time `start`.
    pub fn new(scenario: &Scenario, owners: &Owners, start: Timestamp) -> Self {
        let handset = |person: &_| Handset::new(*person, scenario);
        let handsets: Vec<_> = owners.of_phones().iter().map(handset).collect();
        Self {
            settings: scenario.phones.clone(),
            start,
            offline_spells: vec![0; handsets.len()],
            handsets,
            encoded: Vec::with_capacity(Beacon::LEN),
        }
    }

    /// Schedules the offline spells and the first login of each phone.
    pub fn begin(&mut self, scenario: &Scenario, owners: &Owners, core: &mut Core<Event>) {
        for phone in owners.phones_of_people().iter() {
            plan_offline_spells(phone, owners, scenario, core);
            let handset = self.of(phone);
            handset.is_asking = true;
            let at = handset.waits.first_login(scenario.phones.first_login_within.0);
            core.schedule(at, Event::Asks(phone));
        }
    }

    /// Schedules the next beacon of a phone that has a neighbour.
    pub fn start_broadcasting(&mut self, phone: PhoneId, core: &mut Core<Event>) {
        let handset = self.of(phone);
        if !handset.is_broadcasting {
            handset.is_broadcasting = true;
            let at = handset.rhythm.next_beacon(core.clock.elapsed(), true);
            core.schedule(at, Event::Broadcasts(phone));
        }
    }

    /// Notes that nobody is near a phone whose beacon is due.
    pub fn stop_broadcasting(&mut self, phone: PhoneId) {
        self.of(phone).is_broadcasting = false;
    }

    /// Schedules the next beacon of a phone, and encodes the one that it sends now, if it has any.
    pub fn broadcast(
        &mut self,
        phone: PhoneId,
        core: &mut Core<Event>,
    ) -> Option<[u8; Beacon::LEN]> {
        let next = self.of(phone).rhythm.next_beacon(core.clock.elapsed(), false);
        core.schedule(next, Event::Broadcasts(phone));
        let beacon = self.beacon(phone, core)?;
        self.encoded.clear();
        beacon.encode(&mut self.encoded);
        self.encoded.as_slice().try_into().ok()
    }

    /// The beacon that a phone sends now.
    fn beacon(&mut self, phone: PhoneId, core: &mut Core<Event>) -> Option<Beacon> {
        let handset = &mut self.handsets[phone.index()];
        let machine = core.phones[phone.index()].phone();
        let now = handset.clock.show(core.clock.now(), core.clock.elapsed());
        let outgoing = match machine.beacon(now) {
            valid @ Outgoing::Valid(_) => valid,
            Outgoing::NotValidNow(_) | Outgoing::None if handset.renew(machine, now) => {
                machine.beacon(now)
            }
            outgoing @ (Outgoing::NotValidNow(_) | Outgoing::None) => outgoing,
        };
        match (outgoing, self.settings.when_expired) {
            (Outgoing::Valid(beacon), _) => Some(beacon),
            (Outgoing::NotValidNow(beacon), WhenExpired::Keep) => Some(beacon),
            (Outgoing::NotValidNow(_), WhenExpired::Silent) | (Outgoing::None, _) => None,
        }
    }

    /// Lets a phone receive a datagram. `None` if it is not listening.
    pub fn receive(
        &self,
        phone: PhoneId,
        datagram: &[u8; Beacon::LEN],
        core: &mut Core<Event>,
    ) -> Option<(ContactRecord, Fate)> {
        let elapsed = core.clock.elapsed();
        let handset = &self.handsets[phone.index()];
        if !handset.rhythm.is_scanning(elapsed) {
            return None;
        }
        let now = handset.clock.show(core.clock.now(), elapsed);
        Some(match core.phones[phone.index()].phone().receive(datagram, now) {
            Reception::Valid(record, Added::New | Added::InsteadOfOldest) => (record, Fate::Logged),
            Reception::Valid(record, Added::Again) => (record, Fate::LoggedAgain),
            Reception::Valid(_, Added::TooMany) => unreachable!("only known senders have limits"),
            Reception::Invalid(record) if now.wall < record.start => (record, Fate::TooEarly),
            Reception::Invalid(record) => (record, Fate::Expired),
            Reception::Refused(error) => unreachable!("only beacons are sent: {error}"),
        })
    }

    /// Number of TempIDs that a phone has used.
    pub fn temp_ids_used(&self, phone: PhoneId) -> u32 {
        self.handsets[phone.index()].temp_ids_used
    }

    /// Schedules a request of a phone that needs a TempID, after a random part of the spread. An
    /// offline phone comes here again when it is back.
    pub fn need(&mut self, phone: PhoneId, core: &mut Core<Event>) {
        let handset = &mut self.handsets[phone.index()];
        let is_early = core.clock.elapsed() < handset.needs_at;
        if is_early || handset.is_asking || core.phones[phone.index()].is_offline() {
            return;
        }
        handset.is_asking = true;
        let wait = handset.waits.need(self.settings.spread.0);
        core.schedule(core.clock.elapsed() + wait, Event::Asks(phone));
    }

    /// Sends a request for TempIDs, unless the phone went offline meanwhile.
    pub fn ask(&self, phone: PhoneId, core: &mut Core<Event>) {
        let windows = self.settings.windows();
        core.phones[phone.index()].intend(&[Step::Download(windows), Step::LogOut]);
        core.wake(phone);
    }

    /// Gives downloaded TempIDs to a phone.
    pub fn supply(&mut self, phone: PhoneId, records: &[ContactRecord], core: &mut Core<Event>) {
        let handset = &mut self.handsets[phone.index()];
        handset.is_asking = false;
        let Some(last) = records.last() else { return };
        let now = core.clock.elapsed();
        let shown = handset.clock.show(core.clock.now(), now);
        handset.stock(core.phones[phone.index()].phone(), records, shown);
        let end = handset.clock.time_of(last.expiry.after_seconds(1), self.start);
        let when = end.saturating_sub(self.settings.ahead.0);
        // A clock that is far ahead takes what it gets for expired; that is like a failed attempt.
        let retry = self.settings.retry.0.max(Duration::from_secs(1));
        handset.needs_at = if when > now { when } else { now + retry };
        core.schedule(handset.needs_at, Event::Needs(phone));
    }

    /// Length of the pause after a failed attempt of a phone.
    pub fn retry(&mut self, phone: PhoneId) -> Duration {
        let retry = self.settings.retry.0;
        self.of(phone).waits.retry(retry)
    }

    /// Takes a phone offline, and returns the connection that this breaks.
    pub fn go_offline(&mut self, phone: PhoneId, core: &mut Core<Event>) -> Option<ConnectionId> {
        let spells = &mut self.offline_spells[phone.index()];
        *spells += 1;
        if *spells > 1 {
            return None;
        }
        let connection = core.phones[phone.index()].go_offline()?;
        core.power_off(connection);
        Some(connection)
    }

    /// Brings a phone back online, unless another spell lasts.
    pub fn come_online(&mut self, phone: PhoneId, core: &mut Core<Event>) {
        let spells = &mut self.offline_spells[phone.index()];
        *spells -= 1;
        if *spells > 0 {
            return;
        }
        let online = &mut core.phones[phone.index()];
        online.go_online();
        if !online.is_done() {
            let spread = self.settings.spread.0;
            core.wake_after(phone, self.of(phone).waits.comeback(spread));
        }
        // Its time may have come while it was offline, whatever else it has to do.
        self.need(phone, core);
    }

    /// Removes what is too old from all contact logs, and measures them.
    pub fn measure_logs(&self, core: &mut Core<Event>) -> LogSizes {
        let now = core.clock.now();
        let mut sizes = LogSizes { logs: self.handsets.len() as u64, entries: 0, most: 0 };
        for phone in &mut core.phones[..self.handsets.len()] {
            let log = phone.phone().log_mut();
            log.expire(now.monotonic);
            sizes.entries += log.len() as u64;
            sizes.most = sizes.most.max(log.len() as u64);
        }
        sizes
    }

    fn of(&mut self, phone: PhoneId) -> &mut Handset {
        &mut self.handsets[phone.index()]
    }
}

/// Draws and schedules the offline spells of a phone.
fn plan_offline_spells(
    phone: PhoneId,
    owners: &Owners,
    scenario: &Scenario,
    core: &mut Core<Event>,
) {
    let offline = &scenario.offline;
    let person = owners.owner_of(phone);
    let mut rng = draws::stream(scenario.seed, Purpose::Offline, person.number().into());
    let mut spell = |from: Duration, lasts: Duration| {
        core.schedule(from, Event::GoesOffline(phone));
        core.schedule(from + lasts, Event::ComesOnline(phone));
    };
    // Drawn also where it cannot happen, so that the spells that follow are the same.
    let is_affected = rng.random::<f64>() < offline.share.get();
    if is_affected && offline.duration.0 > Duration::ZERO {
        spell(offline.from.0, offline.duration.0);
    }
    let per_second = offline.spells_per_day.get() / DAY;
    if per_second == 0.0 {
        return;
    }
    let end = scenario.end().as_secs_f64();
    let mut at = 0.0;
    loop {
        at -= libm::log(1.0 - rng.random::<f64>()) / per_second;
        if at >= end {
            return;
        }
        spell(Duration::from_secs_f64(at), offline.spell.0);
    }
}
