//! The events of a town, and how its people and adversaries react.

use std::time::Duration;

use super::Town;
use super::event::Event;
use super::ids::{PersonId, PhoneId};
use super::meetings::{Change, ChangeKind, Meeting};
use crate::server::decision::Decision;
use crate::workload::caller::Fact;
use crate::world::phone::Pause;
use crate::world::{Core, Inhabitants, Notice};

impl Town {
    /// Schedules the next change of who is near whom.
    pub(super) fn expect_change(&mut self, core: &mut Core<Event>) {
        self.next_change = self.meetings.next();
        self.schedule_change(core);
    }

    /// Begins and ends all meetings that are due.
    pub(super) fn meet(&mut self, core: &mut Core<Event>) {
        let at = self.next_change.map(|change| change.at);
        while let Some(change) = self.next_change
            && Some(change.at) == at
        {
            self.change(change, core);
            self.next_change = self.meetings.next();
        }
        self.schedule_change(core);
    }

    fn schedule_change(&mut self, core: &mut Core<Event>) {
        if let Some(change) = self.next_change {
            core.schedule(self.scenario.warm_up.0 + change.at, Event::Meet);
        }
    }

    fn change(&mut self, change: Change, core: &mut Core<Event>) {
        match (change.meeting, change.kind) {
            (Meeting::Encounter { number, people }, ChangeKind::Begins) => {
                self.come_near(number, people, core);
            }
            (Meeting::Encounter { number, .. }, ChangeKind::Ends) => {
                self.part(number, core.clock.elapsed());
            }
            (Meeting::AtPost { person, post }, kind) => {
                let Some(phone) = self.owners.phone_of(person) else { return };
                match kind {
                    ChangeKind::Begins => {
                        self.nearness.begin_at_post(phone, post);
                        self.expect_broadcast(phone, core);
                    }
                    ChangeKind::Ends => self.nearness.end_at_post(phone, post),
                }
            }
        }
    }

    /// Begins an encounter.
    fn come_near(&mut self, number: u64, people: [PersonId; 2], core: &mut Core<Event>) {
        let [a, b] = people.map(|person| self.owners.phone_of(person));
        let handsets = a.zip(b).map(|(a, b)| [a, b]);
        let (now, capture) = (core.clock.elapsed(), self.scenario.radio.capture.get());
        self.nearness.begin(number, people, now, handsets, capture);
        for handset in handsets.into_iter().flatten() {
            self.expect_broadcast(handset, core);
        }
    }

    /// Ends an encounter.
    fn part(&mut self, number: u64, now: Duration) {
        let Some(encounter) = self.nearness.end(number) else { return };
        let recorded: u64 = encounter.has_recorded.iter().map(|has| u64::from(*has)).sum();
        let counts = &mut self.outcome.encounters;
        counts.real += 1;
        counts.possible += u64::from(encounter.handsets.is_some());
        counts.recorded += u64::from(recorded > 0);
        counts.recorded_ways += recorded;
        let bin = self.bin(encounter.from);
        bin.encounters += 1;
        bin.possible += u64::from(encounter.handsets.is_some());
        bin.recorded += u64::from(recorded > 0);
        let [a, b] = encounter.people;
        for (one, other) in [(a, b), (b, a)] {
            if let Some(case) = self.case_of(one) {
                case.encounters.push((other, encounter.from, now));
            }
        }
        if self.collect.records {
            self.records.encounters.push(encounter.record(now));
        }
    }

    fn learn(&mut self, phone: PhoneId, fact: &Fact, core: &mut Core<Event>) -> Result<(), String> {
        let server = &mut self.outcome.server;
        match fact {
            Fact::LoggedIn { .. } => server.logins += 1,
            Fact::TempIds(records) => server.temp_ids += records.len() as u64,
            Fact::Broken(promise) => return Err(format!("phone {phone}: {promise}")),
            Fact::WrongPassword { with_right_password: true } => {
                return Err(format!("phone {phone} is told that the right password is wrong"));
            }
            Fact::WrongPassword { with_right_password: false }
            | Fact::NowBlocked
            | Fact::Blocked
            | Fact::Uploaded(_)
            | Fact::Answered
            | Fact::Refused { .. }
            | Fact::LoggedOut => {}
        }
        if self.owners.is_adversary(phone) {
            self.learn_remote(phone, fact, core);
            return Ok(());
        }
        match fact {
            Fact::TempIds(records) => self.supply(phone, records, core),
            Fact::Uploaded(taken) => self.uploaded(phone, *taken, core),
            Fact::LoggedIn { .. }
            | Fact::WrongPassword { .. }
            | Fact::NowBlocked
            | Fact::Blocked
            | Fact::Answered
            | Fact::Refused { .. }
            | Fact::LoggedOut
            | Fact::Broken(_) => {}
        }
        Ok(())
    }

    /// Name of a phone: that of its owner, whose number is also in the username.
    pub(super) fn name_of(&self, phone: PhoneId) -> String {
        self.owners.name_of(self.owners.owner_of(phone))
    }

    /// Name of a repeater.
    pub(super) fn repeater_name(&self, number: u32) -> String {
        let kind =
            if self.adversaries.repeaters[number as usize].is_live { "relay" } else { "replay" };
        format!("{kind} {number}")
    }
}

impl Inhabitants for Town {
    type Event = Event;

    fn act(&mut self, event: &Event, core: &mut Core<Event>) -> Result<(), String> {
        match event {
            Event::Meet => self.meet(core),
            Event::Broadcasts(number) => self.broadcast(*number, core),
            Event::Arrives(datagram) => self.arrive_late(datagram, core),
            Event::Needs(number) => self.need(*number, core),
            Event::Asks(number) => self.ask(*number, core),
            Event::GoesOffline(number) => self.go_offline(*number, core),
            Event::ComesOnline(number) => self.come_online(*number, core),
            Event::Tested(case) => self.tested(*case, core),
            Event::Measure => self.measure(core),
            Event::Repeats(repetition) => self.repeat(repetition, core),
            Event::Guesses(guesser) => self.guess_all(*guesser, core),
            Event::Guess(number) => self.guess(*number, core),
            Event::Floods(flooder) => self.flood(*flooder, core),
            Event::Forges(forger) => self.forge(*forger, core),
        }
        Ok(())
    }

    fn notice(&mut self, notice: Notice<'_>, core: &mut Core<Event>) -> Result<(), String> {
        match notice {
            Notice::Asked { phone, connection, bytes, .. } => {
                self.count_request(bytes, core);
                if self.collect.messages {
                    let name = self.name_of(PhoneId::new(phone));
                    self.transcript.asked(core.clock.elapsed(), connection, name, bytes);
                }
            }
            Notice::Heard { phone, connection, bytes } => {
                self.count_reply(bytes, core);
                if self.collect.messages {
                    let name = self.name_of(PhoneId::new(phone));
                    self.transcript.heard(core.clock.elapsed(), connection, name, bytes);
                }
            }
            Notice::Learned { phone, learned } => {
                return self.learn(PhoneId::new(phone), &learned.fact, core);
            }
            Notice::Lost { phone, connection, is_broken } => {
                self.transcript.lost(connection);
                self.outcome.server.failed_connections += u64::from(is_broken);
                let phone = PhoneId::new(phone);
                if self.owners.is_adversary(phone) {
                    self.lose_remote(phone, core);
                }
            }
            Notice::Accepted(_) => self.count_connection(core),
            Notice::Ticked { decisions, .. } => {
                for decision in decisions {
                    if let Decision::ContactLogTraced(trace) = decision {
                        self.traced(trace, core);
                    }
                }
            }
            Notice::HungUp(_)
            | Notice::Broke(_)
            | Notice::Did(..)
            | Notice::Crashed
            | Notice::Restarted => {}
        }
        Ok(())
    }

    fn owner(&self, phone: u32) -> u32 {
        self.owners.owner_of(PhoneId::new(phone)).number()
    }

    fn pause(&mut self, phone: u32, pause: Pause) -> Duration {
        match (self.handsets.get_mut(phone as usize), pause) {
            (Some(_), Pause::Thought) => Duration::ZERO,
            (Some(handset), Pause::Retry) => handset.waits.retry(self.scenario.phones.retry.0),
            (None, pause) => self.pause_remote(PhoneId::new(phone), pause),
        }
    }
}
