//! Requests of phones for TempIDs, and times when the server is out of reach.

use std::time::Duration;

use rand::RngExt;

use super::draws::{self, Purpose};
use super::event::Event;
use super::ids::PhoneId;
use super::{Core, Town};
use crate::protocol::ContactRecord;
use crate::workload::step::Step;

/// Seconds of a day.
const DAY: f64 = 86_400.0;

impl Town {
    /// Schedules a request of a phone that needs a TempID, after a random part of the spread. An
    /// offline phone comes here again when it is back.
    pub(super) fn need(&mut self, phone: PhoneId, core: &mut Core<Event>) {
        let handset = &mut self.handsets[phone.index()];
        let is_early = core.clock.elapsed() < handset.needs_at;
        if is_early || handset.is_asking || core.phones[phone.index()].is_offline() {
            return;
        }
        handset.is_asking = true;
        let wait = handset.waits.need(self.scenario.phones.spread.0);
        core.schedule(core.clock.elapsed() + wait, Event::Asks(phone));
    }

    /// Sends a request for TempIDs, unless the phone went offline meanwhile.
    pub(super) fn ask(&mut self, phone: PhoneId, core: &mut Core<Event>) {
        let windows = self.scenario.phones.windows();
        core.phones[phone.index()].intend(&[Step::Download(windows), Step::LogOut]);
        core.wake(phone.number());
    }

    /// Gives downloaded TempIDs to a phone.
    pub(super) fn supply(
        &mut self,
        phone: PhoneId,
        records: &[ContactRecord],
        core: &mut Core<Event>,
    ) {
        let handset = &mut self.handsets[phone.index()];
        handset.is_asking = false;
        let Some(last) = records.last() else { return };
        let now = core.clock.elapsed();
        let shown = handset.clock.show(core.clock.now(), now);
        handset.stock(core.phones[phone.index()].phone(), records, shown);
        let end = handset.clock.time_of(last.expiry.after_seconds(1), self.start);
        let when = end.saturating_sub(self.scenario.phones.ahead.0);
        // A clock that is far ahead takes what it gets for expired; that is like a failed attempt.
        let retry = self.scenario.phones.retry.0.max(Duration::from_secs(1));
        handset.needs_at = if when > now { when } else { now + retry };
        core.schedule(handset.needs_at, Event::Needs(phone));
    }

    /// Takes a phone offline, which breaks its connection.
    pub(super) fn go_offline(&mut self, phone: PhoneId, core: &mut Core<Event>) {
        self.offline_spells[phone.index()] += 1;
        if self.offline_spells[phone.index()] > 1 {
            return;
        }
        if let Some(connection) = core.phones[phone.index()].go_offline() {
            self.transcript.lost(connection);
            core.power_off(connection);
        }
    }

    /// Brings a phone back online, unless another spell lasts.
    pub(super) fn come_online(&mut self, phone: PhoneId, core: &mut Core<Event>) {
        self.offline_spells[phone.index()] -= 1;
        if self.offline_spells[phone.index()] > 0 {
            return;
        }
        let online = &mut core.phones[phone.index()];
        online.go_online();
        if !online.is_done() {
            let waits = &mut self.handsets[phone.index()].waits;
            core.wake_after(phone.number(), waits.comeback(self.scenario.phones.spread.0));
        }
        // Its time may have come while it was offline, whatever else it has to do.
        self.need(phone, core);
    }

    /// Draws and schedules the offline spells of a phone.
    pub(super) fn plan_offline_spells(&mut self, phone: PhoneId, core: &mut Core<Event>) {
        let offline = &self.scenario.offline;
        let person = self.owners.owner_of(phone);
        let mut rng = draws::stream(self.scenario.seed, Purpose::Offline, person.number().into());
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
        let mut at = 0.0;
        loop {
            at -= libm::log(1.0 - rng.random::<f64>()) / per_second;
            if at >= self.end.as_secs_f64() {
                return;
            }
            spell(Duration::from_secs_f64(at), offline.spell.0);
        }
    }
}
