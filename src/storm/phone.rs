//! One phone of a storm: a script played on the client's own session machine. No socket, no clock.

use std::io;
use std::time::Instant;

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, RngExt};

use super::crowd::Crowd;
use super::failure::Failure;
use super::script::Script;
use super::step::{Ending, Step};
use crate::client::breach::Breach;
use crate::client::session::{Event, Session};
use crate::protocol::refusal::Code;
use crate::protocol::reply::Reply;
use crate::protocol::{ContactRecord, Username};
use crate::reactor::{Buffer, Consumed};

/// Wrong passwords that a guesser tries on one connection before it reports that accounts are never
/// blocked. That is more than a block takes, because a block may end meanwhile and the count start again.
const MAX_GUESSES: u8 = 20;

/// Random bytes of a phone that sends garbage: over the limit of a request before login, so that the
/// server must refuse them whatever they look like.
const GARBAGE_BYTES: usize = 2048;

/// TempIDs that a phone downloads to make up a contact log.
const FIRST_TEMP_IDS: u8 = 100;

/// Request of a phone that never reads: short, with a long reply.
const UNREAD_REQUEST: &[u8] = b"HELLO\r\n";
const UNREAD_REQUESTS: usize = 1024;

/// A phone of a storm.
#[derive(Debug)]
pub struct Phone {
    script: Script,
    session: Session,
    stage: Stage,
    user: Username,
    /// Scheduled start.
    scheduled: Instant,
    asked_at: Instant,
    /// Bytes that a slow phone has yet to send.
    unsent: Buffer,
    /// Random numbers for the vanishing point, the garbage and the contact log.
    rng: Xoshiro256PlusPlus,
}

/// Progress of the script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    LoggingIn {
        /// Wrong passwords tried.
        guesses: u8,
    },
    /// TempIDs are downloaded for an upload; these requests are not measured.
    Fetching,
    Asking,
    /// The phone is silent until its time is over or the server ends the connection.
    Staying,
    LoggingOut,
}

/// Points at which a phone may vanish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Vanishing {
    BeforeAnyByte,
    WithinTheLogin,
    BeforeTheVerdict,
    AfterTheVerdict,
    BeforeTheTempId,
    AfterTheTempId,
}

impl Phone {
    /// A phone of `user` that plays `script`, with its start `scheduled`. It has a generator of its own, so
    /// that its draws do not depend on other phones.
    pub fn new(
        script: Script,
        user: Username,
        scheduled: Instant,
        rng: Xoshiro256PlusPlus,
    ) -> Self {
        Self {
            script,
            session: Session::default(),
            stage: Stage::LoggingIn { guesses: 0 },
            user,
            scheduled,
            asked_at: scheduled,
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
        match self.script {
            Script::Silent => {
                self.stage = Stage::Staying;
                return Step::Stay { time: crowd.manner.hold, reads: true };
            }
            Script::Garbage => {
                self.stage = Stage::Asking;
                garbage(out, &mut self.rng);
                return Step::WaitFor(crowd.manner.patience);
            }
            Script::WrongPassword => self.guess(out),
            Script::Login
            | Script::TempId
            | Script::Upload
            | Script::Request
            | Script::Idle
            | Script::Vanish
            | Script::Slow
            | Script::Unread => {
                let user = self.user;
                self.say(out, |session, out| session.log_in(user.as_str(), password, out));
            }
        }
        let points =
            [Vanishing::BeforeAnyByte, Vanishing::WithinTheLogin, Vanishing::BeforeTheVerdict];
        let vanished = self.may_vanish(&points, out);
        vanished.unwrap_or_else(|| self.wait_for_reply(crowd))
    }

    /// Handles bytes from the server.
    pub fn receive(
        &mut self,
        bytes: &[u8],
        out: &mut Vec<u8>,
        crowd: &mut Crowd,
        now: Instant,
    ) -> (Consumed, Step) {
        if matches!(self.script, Script::Silent | Script::Garbage) {
            return self.receive_unasked(bytes);
        }
        let (mut events, mut more) = (Vec::new(), Vec::new());
        let consumed = self.session.receive(bytes, &mut more, |event| events.push(event));
        self.say(out, |_, out| out.extend_from_slice(&more));
        // Whoever sends the next part of a long contact log waits for the reply to that one.
        let mut step = if more.is_empty() { Step::Wait } else { self.wait_for_reply(crowd) };
        for event in events {
            step = self.handle(event, out, crowd, now);
            if matches!(step, Step::Over(_)) {
                break;
            }
        }
        (consumed, step)
    }

    /// Handles bytes from the server when no valid request was sent: only an error may come.
    fn receive_unasked(&mut self, bytes: &[u8]) -> (Consumed, Step) {
        let (used, step) = match Reply::decode(bytes) {
            Ok(None) => (0, Step::Wait),
            Ok(Some((Reply::Error { code, message }, _)))
                if Code::decode(code).is_some_and(Code::is_busy) =>
            {
                (bytes.len(), Ending::failed(Failure::refused(code, message)))
            }
            // The end of the connection follows.
            Ok(Some((Reply::Error { .. }, len))) if self.script == Script::Garbage => {
                self.stage = Stage::Staying;
                (len, Step::Wait)
            }
            Ok(Some(_)) if self.script == Script::Garbage => {
                (bytes.len(), Ending::failed(Failure::GarbageTaken))
            }
            Ok(Some(_)) => (bytes.len(), Ending::failed(Failure::Broken(Breach::Unasked))),
            Err(error) => (bytes.len(), Ending::failed(Failure::Broken(error.into()))),
        };
        (Consumed { bytes: used, wants_more: true }, step)
    }

    /// Sends more requests without reading, once all earlier ones are sent.
    pub fn go_on(&mut self, out: &mut Vec<u8>) {
        if self.script == Script::Unread {
            out.extend(UNREAD_REQUEST.iter().cycle().take(UNREAD_REQUEST.len() * UNREAD_REQUESTS));
        }
    }

    /// Handles the orderly end of the connection by the server.
    pub fn ended(&mut self) -> Step {
        match (self.script, self.stage) {
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
                match (self.script, self.stage) {
                    // To close a connection over bytes that nobody has read resets it. Who is silent
                    // has sent none, so that a server which resets it is down.
                    (Script::Unread | Script::Garbage, Stage::Staying) => Ending::expected(),
                    _ => Ending::failed(Failure::broke(self.when(), error)),
                }
            }
            io::ErrorKind::TimedOut if self.session.is_logged_in() => {
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
        match (self.script, self.stage) {
            (Script::Silent | Script::Unread, Stage::Staying) => Ending::expected(),
            (_, Stage::Staying) if self.script.stays() => self.leave(out, crowd),
            _ => self.give_up(crowd, now),
        }
    }

    /// Gives up waiting. The wait counts as a latency, the least that it can be: leaving out the longest
    /// waits would be coordinated omission.
    fn give_up(&self, crowd: &mut Crowd, now: Instant) -> Step {
        match (self.script, self.stage) {
            // They never log in and never ask anything that has an answer.
            (Script::WrongPassword | Script::Garbage, _) => {}
            (_, Stage::LoggingIn { .. }) => self.has_waited_for_login(crowd, now),
            (_, Stage::Asking) => self.has_waited_for_reply(crowd, now),
            (_, Stage::Fetching | Stage::Staying | Stage::LoggingOut) => {}
        }
        Ending::failed(Failure::Late(self.when()))
    }

    fn has_waited_for_login(&self, crowd: &mut Crowd, now: Instant) {
        let latency = now.saturating_duration_since(self.scheduled);
        crowd.tally.waited_for_login(self.script, latency);
    }

    fn has_waited_for_reply(&self, crowd: &mut Crowd, now: Instant) {
        let latency = now.saturating_duration_since(self.asked_at);
        crowd.tally.waited_for_reply(self.script, latency);
    }

    fn handle(&mut self, event: Event, out: &mut Vec<u8>, crowd: &mut Crowd, now: Instant) -> Step {
        match event {
            Event::LoggedIn(_) => {
                self.has_waited_for_login(crowd, now);
                self.stage = Stage::Asking;
                self.asked_at = now;
                self.logged_in(out, crowd)
            }
            Event::TempIds(records) => self.take_temp_ids(&records, out, crowd, now),
            Event::Uploaded(_) | Event::Answered => {
                self.has_waited_for_reply(crowd, now);
                self.leave(out, crowd)
            }
            Event::WrongPassword(_) if self.script == Script::WrongPassword => {
                if self.stage == (Stage::LoggingIn { guesses: MAX_GUESSES }) {
                    return Ending::failed(Failure::NeverBlocked(MAX_GUESSES));
                }
                self.guess(out);
                self.wait_for_reply(crowd)
            }
            Event::NowBlocked(_) | Event::Blocked(_) if self.script == Script::WrongPassword => {
                Ending::expected()
            }
            Event::WrongPassword(_) => Ending::failed(Failure::WrongPassword),
            Event::NowBlocked(_) | Event::Blocked(_) => Ending::failed(Failure::Blocked),
            Event::Refused { code, message } => Ending::failed(Failure::refused(&code, &message)),
            Event::LoggedOut => Ending::expected(),
            Event::Broken(breach) => Ending::failed(Failure::Broken(breach)),
        }
    }

    fn logged_in(&mut self, out: &mut Vec<u8>, crowd: &mut Crowd) -> Step {
        match self.script {
            Script::Login => return self.leave(out, crowd),
            Script::TempId | Script::Slow => self.say(out, |session, out| session.download(1, out)),
            Script::Vanish => {
                if let Some(vanished) = self.may_vanish(&[Vanishing::AfterTheVerdict], out) {
                    return vanished;
                }
                self.say(out, |session, out| session.download(1, out));
                if let Some(vanished) = self.may_vanish(&[Vanishing::BeforeTheTempId], out) {
                    return vanished;
                }
            }
            // The first ones have met nobody, and fetch what others will have met.
            Script::Upload if crowd.witness.temp_ids() == 0 => {
                self.stage = Stage::Fetching;
                self.say(out, |session, out| session.download(FIRST_TEMP_IDS, out));
            }
            Script::Upload => self.upload(out, crowd),
            Script::Request => {
                let number = crowd.requests.to_string();
                crowd.requests += 1;
                let words: Vec<String> =
                    crowd.manner.request.iter().map(|word| word.replace("%n", &number)).collect();
                let words: Vec<&[u8]> = words.iter().map(String::as_bytes).collect();
                self.say(out, |session, out| session.ask(&words, out));
            }
            Script::Idle => {
                self.stage = Stage::Staying;
                return Step::Stay { time: crowd.manner.hold, reads: true };
            }
            Script::Unread => {
                self.stage = Stage::Staying;
                return Step::Stay { time: crowd.manner.hold, reads: false };
            }
            Script::WrongPassword | Script::Silent | Script::Garbage => {
                return Ending::failed(Failure::LetIn);
            }
        }
        self.wait_for_reply(crowd)
    }

    fn take_temp_ids(
        &mut self,
        records: &[ContactRecord],
        out: &mut Vec<u8>,
        crowd: &mut Crowd,
        now: Instant,
    ) -> Step {
        let was_fetching = self.stage == Stage::Fetching;
        if !was_fetching {
            self.has_waited_for_reply(crowd, now);
        }
        if !crowd.witness.told(self.user, records) {
            return Ending::failed(Failure::TempIdTwice);
        }
        if was_fetching {
            self.stage = Stage::Asking;
            self.asked_at = now;
            self.upload(out, crowd);
            return self.wait_for_reply(crowd);
        }
        if self.script == Script::Vanish {
            return Ending::vanished(&mut self.rng);
        }
        self.leave(out, crowd)
    }

    fn upload(&mut self, out: &mut Vec<u8>, crowd: &mut Crowd) {
        let log = crowd.witness.contact_log(crowd.manner.records, &mut self.rng);
        self.say(out, |session, out| session.upload(log, out));
    }

    fn leave(&mut self, out: &mut Vec<u8>, crowd: &Crowd) -> Step {
        if !crowd.manner.says_goodbye {
            return Ending::expected();
        }
        self.stage = Stage::LoggingOut;
        self.say(out, Session::log_out);
        self.wait_for_reply(crowd)
    }

    fn guess(&mut self, out: &mut Vec<u8>) {
        let Stage::LoggingIn { guesses } = &mut self.stage else { return };
        *guesses += 1;
        let (user, password) = (self.user, format!("guess-{guesses}"));
        self.say(out, |session, out| session.log_in(user.as_str(), &password, out));
    }

    /// Lets a phone vanish, with the same probability at each of all points. `points` have been reached, those
    /// before have passed.
    fn may_vanish(&mut self, points: &[Vanishing], out: &mut Vec<u8>) -> Option<Step> {
        if self.script != Script::Vanish {
            return None;
        }
        for point in points {
            if self.rng.random_range(0..=Vanishing::LAST - *point as u32) > 0 {
                continue;
            }
            if *point == Vanishing::BeforeAnyByte {
                out.clear();
            } else if *point == Vanishing::WithinTheLogin {
                out.truncate(self.rng.random_range(1..out.len()));
            }
            return Some(Ending::vanished(&mut self.rng));
        }
        None
    }

    /// Writes a request: at once, or byte by byte for a slow phone.
    fn say(&mut self, out: &mut Vec<u8>, say: impl FnOnce(&mut Session, &mut Vec<u8>)) {
        let out = if self.script == Script::Slow { self.unsent.end() } else { out };
        say(&mut self.session, out);
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
        match self.stage {
            Stage::LoggingIn { .. } => "during the login",
            Stage::Fetching | Stage::Asking => "during the request",
            Stage::Staying => "while it stayed",
            Stage::LoggingOut => "during the logout",
        }
    }
}

impl Vanishing {
    const LAST: u32 = Self::AfterTheTempId as u32;
}

/// Random bytes without a line feed, which could complete an inline request.
fn garbage(out: &mut Vec<u8>, rng: &mut impl Rng) {
    let start = out.len();
    out.resize(start + GARBAGE_BYTES, 0);
    rng.fill_bytes(&mut out[start..]);
    for byte in &mut out[start..] {
        if *byte == b'\n' {
            *byte = 0;
        }
    }
}

#[cfg(test)]
mod tests;
