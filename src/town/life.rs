//! The events of a town: what each part learns of them.

use std::time::Duration;

use super::Town;
use super::diary::Receipt;
use super::event::{Datagram, Event, Repetition};
use super::ids::{CaseId, PersonId, PhoneId, PostId};
use super::meetings::{Change, ChangeKind, Meeting};
use super::message::Fate;
use super::nearness::Near;
use super::outcome::{Outcome, Records, Traced};
use super::radio::Source;
use super::transcript::Way;
use crate::protocol::Beacon;
use crate::server::contact_tracing::ContactTrace;
use crate::server::decision::Decision;
use crate::workload::caller::Fact;
use crate::workload::step::Step;
use crate::world::phone::{self, Pause};
use crate::world::{Core, Inhabitants, Notice};

impl Town {
    /// Schedules the events that follow from no other event.
    pub(super) fn begin(&mut self, core: &mut Core<Event>) {
        self.handsets.begin(&self.scenario, &self.owners, core);
        self.health.begin(core);
        self.adversaries.begin(core);
        self.agenda.schedule_next(core);
        core.schedule(self.scenario.warm_up.0 + self.scenario.interval.0, Event::Measure);
    }

    /// Begins and ends all meetings that are due.
    fn meet(&mut self, core: &mut Core<Event>) {
        while let Some(change) = self.agenda.take_due(core.clock.elapsed()) {
            self.change(change, core);
        }
        self.agenda.schedule_next(core);
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
                        self.handsets.start_broadcasting(phone, core);
                    }
                    ChangeKind::Ends => self.nearness.end_at_post(phone, post),
                }
            }
        }
    }

    /// Begins an encounter.
    fn come_near(&mut self, number: u64, people: [PersonId; 2], core: &mut Core<Event>) {
        let [a, b] = people.map(|person| self.owners.phone_of(person));
        let phones = a.zip(b).map(|(a, b)| [a, b]);
        let (now, capture) = (core.clock.elapsed(), self.scenario.radio.capture.get());
        self.nearness.begin(number, people, now, phones, capture);
        for phone in phones.into_iter().flatten() {
            self.handsets.start_broadcasting(phone, core);
        }
    }

    /// Ends an encounter.
    fn part(&mut self, number: u64, now: Duration) {
        if let Some(encounter) = self.nearness.end(number) {
            self.tally.met(&encounter);
            self.health.met(&encounter, now);
            self.diary.met(&encounter, now);
        }
    }

    /// Sends the beacon of a phone to its neighbours; stops without neighbours.
    fn broadcast(&mut self, phone: PhoneId, core: &mut Core<Event>) {
        let near = self.nearness.near(phone);
        if near.is_empty() {
            return self.handsets.stop_broadcasting(phone);
        }
        // Posts of adversaries may be all that is near.
        let (count, may_be_received) = (near.len(), near.iter().any(Near::is_handset));
        let datagram = self.handsets.broadcast(phone, core);
        if may_be_received {
            self.radio.broadcasts(datagram.is_some());
        }
        let Some(datagram) = datagram else { return };
        for index in 0..count {
            match self.nearness.near(phone)[index] {
                Near::Post(post) => self.overhear(post, phone, &datagram, core),
                Near::Handset { phone: to, encounter } => {
                    self.send(phone, encounter, to, &datagram, core);
                }
            }
        }
    }

    /// Sends a beacon to the other phone of an encounter, which has this key.
    fn send(
        &mut self,
        from: PhoneId,
        key: u32,
        to: PhoneId,
        datagram: &[u8; Beacon::LEN],
        core: &mut Core<Event>,
    ) {
        let Some(encounter) = self.nearness.encounter(key) else { return };
        let number = encounter.number;
        for arrival in self.radio.send(from, encounter) {
            match arrival {
                None => {}
                Some(Duration::ZERO) => {
                    let source = Source::Handset { phone: from, encounter: Some(key) };
                    self.arrive(source, to, datagram, core);
                }
                Some(delay) => {
                    let datagram = Datagram { from, encounter: number, to, bytes: *datagram };
                    let at = core.clock.elapsed() + delay;
                    core.schedule(at, Event::Arrives(Box::new(datagram)));
                }
            }
        }
    }

    /// Delivers a delayed beacon. The encounter in which it was sent may be over, and its key may
    /// belong to another one.
    fn arrive_late(&mut self, datagram: &Datagram, core: &mut Core<Event>) {
        let encounter = self.nearness.find(datagram.encounter);
        let source = Source::Handset { phone: datagram.from, encounter };
        self.arrive(source, datagram.to, &datagram.bytes, core);
    }

    /// Delivers a datagram to a phone.
    fn arrive(
        &mut self,
        source: Source,
        to: PhoneId,
        datagram: &[u8; Beacon::LEN],
        core: &mut Core<Event>,
    ) {
        let received = self.handsets.receive(to, datagram, core);
        self.radio.arrived(received.map(|(_, fate)| fate));
        let Some((record, fate)) = received else { return };
        let is_valid = matches!(fate, Fate::Logged | Fate::LoggedAgain);
        match source {
            Source::Handset { encounter, .. } => {
                if is_valid
                    && let Some(encounter) = encounter.and_then(|key| self.nearness.encounter(key))
                {
                    encounter.has_recorded[encounter.side_of(to)] = true;
                }
            }
            Source::Repeater { repeater, .. } => self.adversaries.repeated(repeater, is_valid),
        }
        if self.diary.keeps_receptions() {
            let (sender, origin) = match source {
                Source::Handset { phone, .. } => (self.diary.name_of(phone), phone),
                Source::Repeater { repeater, origin } => {
                    (self.adversaries.name_of(repeater), origin)
                }
            };
            let receipt = Receipt { sender, origin, to, record: &record, fate };
            self.diary.received(receipt, core.clock.elapsed());
        }
    }

    /// Lets the radio of an adversary hear the beacon of a phone.
    fn overhear(
        &mut self,
        post: PostId,
        phone: PhoneId,
        datagram: &[u8; Beacon::LEN],
        core: &mut Core<Event>,
    ) {
        let (now, used) = (core.clock.elapsed(), self.handsets.temp_ids_used(phone));
        if let Some((delay, repetition)) = self.adversaries.hear(post, phone, used, datagram, now) {
            core.schedule(now + delay, Event::Repeats(Box::new(repetition)));
        }
    }

    /// Sends a recorded beacon to all phones near the repeater.
    fn repeat(&mut self, repetition: &Repetition, core: &mut Core<Event>) {
        let Repetition { repeater, origin, bytes } = *repetition;
        let post = self.adversaries.sends_from(repeater);
        for index in 0..self.nearness.near_post(post).len() {
            let to = self.nearness.near_post(post)[index];
            self.arrive(Source::Repeater { repeater, origin }, to, &bytes, core);
        }
    }

    /// Handles a positive test: the index case uploads, if they can and agree.
    fn tested(&mut self, case: CaseId, core: &mut Core<Event>) {
        let uploader = self.health.uploader(case);
        if let Some(phone) = uploader.and_then(|person| self.owners.phone_of(person)) {
            core.phones[phone.index()].intend(&[Step::Upload, Step::LogOut]);
            core.wake(phone);
        }
    }

    /// Notes the people whom the server named for a contact log.
    fn traced(&mut self, trace: &ContactTrace, now: Duration) {
        let Some(index) = phone::person_of(trace.uploader) else { return };
        let mut named: Vec<PersonId> = trace.contacts().filter_map(phone::person_of).collect();
        named.sort_unstable();
        named.dedup();
        self.diary.named(index, &named, now);
        // The uploader may have heard an echo of their own phone; nobody calls them for that.
        named.retain(|contact| *contact != index);
        if !self.health.named(index, &named, now) {
            self.adversaries.named(named.len());
        }
        if self.diary.keeps_records() {
            for contact in named {
                let is_real = self.health.were_near(index, contact, &self.nearness);
                let at = now.as_secs_f64();
                self.diary.traced(Traced { at, index, contact, is_real });
            }
        }
    }

    fn learn(&mut self, phone: PhoneId, fact: &Fact, core: &mut Core<Event>) -> Result<(), String> {
        let is_adversary = self.owners.is_adversary(phone);
        match fact {
            Fact::LoggedIn { .. } => self.tally.logged_in(),
            Fact::TempIds(records) => {
                self.tally.supplied(records.len());
                if !is_adversary {
                    self.handsets.supply(phone, records, core);
                }
            }
            Fact::Uploaded(taken) => {
                self.diary.uploaded(phone, *taken, core.clock.elapsed());
                if !is_adversary {
                    self.health.uploaded();
                }
            }
            Fact::Broken(promise) => return Err(format!("phone {phone}: {promise}")),
            Fact::WrongPassword { with_right_password: true } => {
                return Err(format!("phone {phone} is told that the right password is wrong"));
            }
            Fact::WrongPassword { with_right_password: false }
            | Fact::NowBlocked
            | Fact::Blocked
            | Fact::Answered
            | Fact::Notice(_)
            | Fact::Acknowledged(_)
            | Fact::NotAcknowledged(_)
            | Fact::Refused { .. }
            | Fact::LoggedOut => {}
        }
        if is_adversary {
            self.adversaries.learn(phone, fact, core);
        }
        Ok(())
    }

    fn go_offline(&mut self, phone: PhoneId, core: &mut Core<Event>) {
        if let Some(connection) = self.handsets.go_offline(phone, core) {
            self.diary.lost(connection);
        }
    }

    /// Measures all contact logs at the end of a bin.
    fn measure(&mut self, core: &mut Core<Event>) {
        self.tally.measured(self.handsets.measure_logs(core), core.clock.elapsed());
    }

    /// The outcome and the records of the run.
    pub(super) fn conclude(mut self, mut core: Core<Event>) -> (Outcome, Records) {
        let end = self.scenario.end();
        core.clock.advance_to(end);
        // What is over just now was not cut short.
        self.meet(&mut core);
        // The last interval ends as the run does.
        self.measure(&mut core);
        let (tracing, contacts) = self.health.conclude(&self.nearness, end);
        let outcome = Outcome {
            seed: self.scenario.seed,
            people: self.owners.people(),
            users: self.owners.phones(),
            late_contacts: self.agenda.meetings().late_contacts(),
            tracing,
            beacons: self.radio.beacons(),
            adversaries: self.adversaries.outcome(),
            linkability: self.adversaries.linkability(),
            ..self.tally.into_outcome()
        };
        (outcome, self.diary.into_records(contacts, self.agenda.meetings()))
    }
}

impl Inhabitants for Town {
    type Event = Event;

    fn act(&mut self, event: &Event, core: &mut Core<Event>) -> Result<(), String> {
        match event {
            Event::Meet => self.meet(core),
            Event::Broadcasts(phone) => self.broadcast(*phone, core),
            Event::Arrives(datagram) => self.arrive_late(datagram, core),
            Event::Needs(phone) => self.handsets.need(*phone, core),
            Event::Asks(phone) => self.handsets.ask(*phone, core),
            Event::GoesOffline(phone) => self.go_offline(*phone, core),
            Event::ComesOnline(phone) => self.handsets.come_online(*phone, core),
            Event::Tested(case) => self.tested(*case, core),
            Event::Measure => {
                self.measure(core);
                core.schedule(core.clock.elapsed() + self.scenario.interval.0, Event::Measure);
            }
            Event::Repeats(repetition) => self.repeat(repetition, core),
            Event::Guesses(guesser) => self.adversaries.guess_all(*guesser, core),
            Event::Guess(phone) => self.adversaries.guess(*phone, core),
            Event::Floods(flooder) => self.adversaries.flood(*flooder, core),
            Event::Forges(forger) => self.adversaries.forge(*forger, core),
        }
        Ok(())
    }

    fn notice(&mut self, notice: Notice<'_>, core: &mut Core<Event>) -> Result<(), String> {
        let now = core.clock.elapsed();
        match notice {
            Notice::Asked { phone, connection, bytes, .. } => {
                self.tally.asked(bytes, now);
                self.diary.exchanged(phone, connection, Way::ToServer, bytes, now);
            }
            Notice::Heard { phone, connection, bytes } => {
                self.tally.heard(bytes, now);
                self.diary.exchanged(phone, connection, Way::ToPhone, bytes, now);
            }
            Notice::Learned { phone, learned } => {
                return self.learn(phone, &learned.fact, core);
            }
            Notice::Lost { phone, connection, is_broken } => {
                self.tally.lost(is_broken);
                self.diary.lost(connection);
                if self.owners.is_adversary(phone) {
                    self.adversaries.lose(phone, core);
                }
            }
            Notice::Accepted(_) => self.tally.connected(now),
            Notice::Ticked { decisions, .. } => {
                for decision in decisions {
                    if let Decision::ContactLogTaken(trace) = decision {
                        self.traced(trace, now);
                    }
                }
            }
            Notice::Received { .. }
            | Notice::PhoneBeganAgain(_)
            | Notice::HungUp(_)
            | Notice::Broke(_)
            | Notice::Did(..)
            | Notice::Crashed
            | Notice::Restarted => {}
        }
        Ok(())
    }

    fn owner(&self, phone: PhoneId) -> PersonId {
        self.owners.owner_of(phone)
    }

    fn pause(&mut self, phone: PhoneId, pause: Pause) -> Duration {
        if self.owners.is_adversary(phone) {
            return self.adversaries.pause(phone);
        }
        match pause {
            Pause::Thought => Duration::ZERO,
            Pause::Retry => self.handsets.retry(phone),
        }
    }
}
