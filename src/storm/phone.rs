//! One phone of a storm: a script played by a [`Caller`], with its latencies. No socket, no clock.

use std::io;
use std::time::Instant;

use rand::rngs::Xoshiro256PlusPlus;

use super::crowd::Crowd;
use super::failure::Failure;
use super::script::{MAX_GUESSES, Script};
use super::step::{Ending, Step};
use crate::client::breach::Breach;
use crate::protocol::{ContactRecord, Username};
use crate::reactor::{Buffer, Consumed};
use crate::workload::BrokenPromise;
use crate::workload::caller::{Belongings, Caller, Deed, Fact, Stage};
use crate::workload::step::Step as PlannedStep;

/// TempIDs that a phone downloads to make up a contact log.
const FIRST_TEMP_IDS: u8 = 100;

/// A phone of a storm.
#[derive(Debug)]
pub struct Phone {
    script: Script,
    caller: Caller,
    user: Username,
    /// Scheduled start.
    scheduled: Instant,
    asked_at: Instant,
    /// Whether TempIDs are downloaded for an upload; this request is not measured.
    is_fetching: bool,
    /// Bytes that a slow phone has yet to send.
    unsent: Buffer,
    /// Random numbers for the plan, the way in which a phone vanishes, and the contact log.
    rng: Xoshiro256PlusPlus,
}

/// What the user of a phone of a storm has at hand.
struct Hand<'a> {
    user: Username,
    password: &'a str,
    crowd: &'a mut Crowd,
    rng: &'a mut Xoshiro256PlusPlus,
}

impl Belongings for Hand<'_> {
    fn username(&self) -> Username {
        self.user
    }

    fn password(&self) -> String {
        self.password.to_owned()
    }

    fn contact_log(&mut self) -> Vec<ContactRecord> {
        self.crowd.witness.contact_log(self.crowd.manner.records, self.rng)
    }

    fn words(&mut self) -> Vec<String> {
        let number = self.crowd.requests.to_string();
        self.crowd.requests += 1;
        self.crowd.manner.request.iter().map(|word| word.replace("%n", &number)).collect()
    }
}

impl Phone {
    /// A phone of `user` that plays `script`, with its start `scheduled`. It has a generator of its
    /// own, so that its draws do not depend on other phones.
    pub fn new(
        script: Script,
        user: Username,
        scheduled: Instant,
        says_goodbye: bool,
        mut rng: Xoshiro256PlusPlus,
    ) -> Self {
        Self {
            script,
            caller: Caller::new(script.plan(says_goodbye, &mut rng)),
            user,
            scheduled,
            asked_at: scheduled,
            is_fetching: false,
            unsent: Buffer::default(),
            rng,
        }
    }

    /// The script of the phone.
    pub fn script(&self) -> Script {
        self.script
    }

    /// Scheduled start of the phone.
    pub fn scheduled(&self) -> Instant {
        self.scheduled
    }

    /// Begins the script. Bytes for the server are appended to `out`, here and below.
    pub fn begin(&mut self, password: &str, out: &mut Vec<u8>, crowd: &mut Crowd) -> Step {
        self.act(password, out, crowd)
    }

    /// Handles bytes from the server.
    pub fn receive(
        &mut self,
        bytes: &[u8],
        out: &mut Vec<u8>,
        crowd: &mut Crowd,
        now: Instant,
    ) -> (Consumed, Step) {
        let (mut facts, mut more) = (Vec::new(), Vec::new());
        let consumed = self.caller.receive(bytes, &mut more, |fact| facts.push(fact));
        // Whoever sends the next part of a long contact log waits for the reply to that one.
        let mut step = if more.is_empty() { Step::Wait } else { self.wait_for_reply(crowd) };
        self.way_out(out).extend_from_slice(&more);
        for fact in facts {
            step = self.learn(fact, out, crowd, now);
            if matches!(step, Step::Over(_)) {
                break;
            }
        }
        if matches!(step, Step::Wait) && self.caller.is_closed() && self.script != Script::Garbage {
            // Another reply than was asked for has closed the session, and nothing tells of it.
            step = Ending::failed(Failure::Wrong(Breach::Unasked.into()));
        }
        (consumed, step)
    }

    /// Sends more requests without reading, once all earlier ones are sent.
    pub fn go_on(&mut self, out: &mut Vec<u8>) {
        self.caller.flood(out);
    }

    /// Handles the orderly end of the connection by the server.
    pub fn ended(&mut self) -> Step {
        match (self.script, self.caller.stage()) {
            // Who says nothing, never reads or talks nonsense is not wanted for long.
            (Script::Silent | Script::Unread | Script::Garbage, Stage::Staying) => {
                Ending::expected()
            }
            _ => Ending::failed(Failure::ended(self.when())),
        }
    }

    /// Handles a connection that broke or failed.
    pub fn failed(&mut self, error: &io::Error) -> Step {
        match error.kind() {
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
                match (self.script, self.caller.stage()) {
                    // To close a connection over bytes that nobody has read resets it. Who is
                    // silent has sent none, so that a server which resets it is down.
                    (Script::Unread | Script::Garbage, Stage::Staying) => Ending::expected(),
                    _ => Ending::failed(Failure::broke(self.when(), error)),
                }
            }
            io::ErrorKind::TimedOut if self.caller.is_logged_in() => {
                Ending::failed(Failure::broke(self.when(), error))
            }
            _ => Ending::failed(Failure::NoConnection(error.to_string())),
        }
    }

    /// Handles the end of a wait.
    pub fn time_is_up(&mut self, out: &mut Vec<u8>, crowd: &mut Crowd, now: Instant) -> Step {
        if let Some(byte) = self.unsent.as_slice().first() {
            out.push(*byte);
            self.unsent.consume(1);
            return self.wait_for_reply(crowd);
        }
        match (self.script, self.caller.stage()) {
            (Script::Silent | Script::Unread, Stage::Staying) => Ending::expected(),
            (Script::Idle, Stage::Staying) => self.go_on_with_the_plan(out, crowd),
            _ => self.give_up(crowd, now),
        }
    }

    /// Gives up waiting. The wait counts as a latency, the least that it can be: leaving out the
    /// longest waits would be coordinated omission.
    fn give_up(&self, crowd: &mut Crowd, now: Instant) -> Step {
        match (self.script, self.caller.stage()) {
            // They never log in and never ask anything that has an answer.
            (Script::WrongPassword | Script::Garbage, _) => {}
            (_, Stage::LoggingIn) => self.has_waited_for_login(crowd, now),
            (_, Stage::Asking) => self.has_waited_for_reply(crowd, now),
            (_, Stage::Staying | Stage::LoggingOut) => {}
        }
        Ending::failed(Failure::Late(self.when()))
    }

    fn has_waited_for_login(&self, crowd: &mut Crowd, now: Instant) {
        let latency = now.saturating_duration_since(self.scheduled);
        crowd.tally.waited_for_login(self.script, latency);
    }

    fn has_waited_for_reply(&self, crowd: &mut Crowd, now: Instant) {
        if !self.is_fetching {
            let latency = now.saturating_duration_since(self.asked_at);
            crowd.tally.waited_for_reply(self.script, latency);
        }
    }

    fn learn(&mut self, fact: Fact, out: &mut Vec<u8>, crowd: &mut Crowd, now: Instant) -> Step {
        match &fact {
            Fact::LoggedIn { .. } => {
                self.has_waited_for_login(crowd, now);
                self.asked_at = now;
            }
            Fact::TempIds(_) | Fact::Uploaded(_) | Fact::Answered => {
                self.has_waited_for_reply(crowd, now);
                self.asked_at = now;
            }
            Fact::WrongPassword { .. }
            | Fact::NowBlocked
            | Fact::Blocked
            | Fact::Refused { .. }
            | Fact::Notice(_)
            | Fact::Acknowledged(_)
            | Fact::NotAcknowledged(_)
            | Fact::LoggedOut
            | Fact::Broken(_) => {}
        }
        let needs_temp_ids = crowd.witness.temp_ids() == 0;
        if let Err(promise) = crowd.witness.enter(self.user, &fact) {
            return Ending::failed(Failure::Wrong(promise));
        }
        match (fact, self.script) {
            // The first ones have met nobody, and fetch what others will have met.
            (Fact::LoggedIn { .. }, Script::Upload) if needs_temp_ids => {
                self.is_fetching = true;
                self.caller.intend_first(PlannedStep::Download(FIRST_TEMP_IDS));
                self.go_on_with_the_plan(out, crowd)
            }
            (Fact::LoggedIn { .. } | Fact::TempIds(_) | Fact::Uploaded(_) | Fact::Answered, _) => {
                self.is_fetching = false;
                self.go_on_with_the_plan(out, crowd)
            }
            (Fact::WrongPassword { .. }, Script::WrongPassword) if self.caller.is_done() => {
                Ending::failed(Failure::Wrong(BrokenPromise::NeverBlocked(MAX_GUESSES)))
            }
            (Fact::WrongPassword { .. }, Script::WrongPassword) => {
                self.go_on_with_the_plan(out, crowd)
            }
            (Fact::WrongPassword { .. }, _) => Ending::failed(Failure::WrongPassword),
            (Fact::NowBlocked | Fact::Blocked, Script::WrongPassword) => Ending::expected(),
            (Fact::NowBlocked | Fact::Blocked, _) => Ending::failed(Failure::Blocked),
            (Fact::Refused { code, message }, _) => {
                Ending::failed(Failure::refused(&code, &message))
            }
            // Nobody has asked, and nobody waits for it.
            (Fact::Notice(_) | Fact::Acknowledged(_) | Fact::NotAcknowledged(_), _) => Step::Wait,
            (Fact::LoggedOut, _) => Ending::expected(),
            (Fact::Broken(promise), _) => Ending::failed(Failure::Wrong(promise)),
        }
    }

    /// Goes on when nobody needs the right password any more: logged in, or with wrong ones.
    fn go_on_with_the_plan(&mut self, out: &mut Vec<u8>, crowd: &mut Crowd) -> Step {
        // A reply too many was behind this one: the fact that says so is next.
        if self.caller.is_closed() {
            return Step::Wait;
        }
        self.act("", out, crowd)
    }

    fn act(&mut self, password: &str, out: &mut Vec<u8>, crowd: &mut Crowd) -> Step {
        let is_slow = self.script == Script::Slow;
        loop {
            let out = if is_slow { self.unsent.end() } else { &mut *out };
            let mut hand = Hand { user: self.user, password, crowd, rng: &mut self.rng };
            match self.caller.act(&mut hand, out) {
                Deed::Passed => {}
                Deed::Done => return Ending::expected(),
                Deed::LogIn { .. } | Deed::Ask | Deed::Garble => return self.wait_for_reply(crowd),
                Deed::Loiter | Deed::Stay => {
                    return Step::Stay { time: crowd.manner.hold, reads: true };
                }
                Deed::Flood => return Step::Stay { time: crowd.manner.hold, reads: false },
                Deed::Vanish => return Ending::vanished(&mut self.rng),
                Deed::HangUp | Deed::PowerOff | Deed::Beacon { .. } => {
                    unreachable!("no script has such a step")
                }
            }
        }
    }

    /// Where requests go: at once to the server, or byte by byte for a slow phone.
    fn way_out<'a>(&'a mut self, out: &'a mut Vec<u8>) -> &'a mut Vec<u8> {
        if self.script == Script::Slow { self.unsent.end() } else { out }
    }

    fn wait_for_reply(&self, crowd: &Crowd) -> Step {
        if self.unsent.is_empty() {
            Step::WaitFor(crowd.manner.patience)
        } else {
            Step::WaitFor(crowd.manner.byte_interval)
        }
    }

    /// What the phone is doing, for the text of a failure.
    fn when(&self) -> &'static str {
        match self.caller.stage() {
            Stage::LoggingIn => "during the login",
            Stage::Asking => "during the request",
            Stage::Staying => "while it stayed",
            Stage::LoggingOut => "during the logout",
        }
    }
}

#[cfg(test)]
mod tests;
