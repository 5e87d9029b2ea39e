//! A user who follows a plan, on the client's own session machine. No socket, no clock.

use std::collections::VecDeque;

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, SeedableRng};

use super::broken_promise::BrokenPromise;
pub use super::fact::Fact;
use super::step::{Moment, Step};
use crate::client::breach::Breach;
use crate::client::session::{Event, Session};
use crate::protocol::refusal::Code;
use crate::protocol::reply::Reply;
use crate::protocol::request::{MAX_TEMP_IDS, Request};
use crate::protocol::resp::RespVersion;
use crate::protocol::{ContactRecord, UploadCode, Username};
use crate::reactor::Consumed;

/// Random bytes of [`Step::Garbage`]: over the limit of a request before login, so that the server
/// must refuse them whatever they look like.
const GARBAGE_BYTES: usize = 2048;

/// Request of a flood: short, with a long reply.
const FLOOD_REQUEST: &[u8] = b"HELLO\r\n";

/// What a user has at hand for the steps of a plan.
pub trait Belongings {
    /// Name of the user.
    fn username(&self) -> Username;

    /// The right password.
    fn password(&self) -> String;

    /// The contact log, for an upload.
    fn contact_log(&mut self) -> Vec<ContactRecord>;

    /// Command and arguments of [`Step::Ask`].
    fn words(&mut self) -> Vec<String>;

    /// The code for an upload, if the user has one.
    fn upload_code(&self) -> Option<UploadCode> {
        None
    }
}

/// What a shell has to do after it has sent what a caller wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Nothing: the plan is done.
    Done,
    /// Let the caller act again: there was nothing left to do for its step.
    Passed,
    /// Wait for the verdict on a login.
    LogIn {
        /// Whether its password is right.
        with_right_password: bool,
    },
    /// Wait for a reply.
    Ask,
    /// End its half of the connection, and wait for the reply.
    HangUp,
    /// Wait until the server refuses what it was sent and ends the connection.
    Garble,
    /// Wait until the server ends the connection, or leave after a while.
    Loiter,
    /// Wait for a while, then let the caller act again.
    Stay,
    /// Wait for a while without reading, then leave.
    Flood,
    /// Leave the connection without a word.
    Vanish,
    /// Lose the connection without the server noticing.
    PowerOff,
    /// Send a beacon to another phone.
    Beacon {
        /// Number of the other phone.
        to: u32,
    },
}

/// A user who follows a plan, on one connection after another.
#[derive(Debug)]
pub struct Caller {
    session: Session,
    version: RespVersion,
    plan: VecDeque<Step>,
    manner: Manner,
    /// Whether the latest password is the right one.
    with_right_password: bool,
}

/// How a caller uses its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// It sends requests and reads replies.
    Talks,
    /// It has sent nothing and will not.
    Loiters,
    /// It has sent random bytes.
    Garbles { is_refused: bool },
    /// It is logged in and silent.
    Stays,
    /// It sends so many requests at a time, and reads nothing.
    Floods { requests: u16 },
    /// It has ended its half.
    HasHungUp,
}

/// What a caller is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It is not logged in yet.
    LoggingIn,
    /// It has something to ask, or waits for a reply.
    Asking,
    /// It wants no reply, or had the last one that it can get.
    Staying,
    /// It waits for the reply to its logout.
    LoggingOut,
}

impl Caller {
    /// A user who follows `plan`, and logs in as often as that takes.
    pub fn new(plan: impl Into<VecDeque<Step>>) -> Self {
        Self {
            session: Session::default(),
            version: RespVersion::default(),
            plan: plan.into(),
            manner: Manner::Talks,
            with_right_password: true,
        }
    }

    /// Speaks this version of RESP, from the first connection on. In version 3, the user is told
    /// notices.
    pub fn speak(&mut self, version: RespVersion) {
        self.version = version;
        self.leave();
    }

    /// The version of RESP that it speaks.
    pub fn version(&self) -> RespVersion {
        self.version
    }

    /// Appends steps to the plan.
    pub fn intend(&mut self, steps: &[Step]) {
        self.plan.extend(steps);
    }

    /// Does this first.
    pub fn intend_first(&mut self, step: Step) {
        self.plan.push_front(step);
    }

    /// Drops the rest of the plan.
    pub fn give_up(&mut self) {
        self.plan.clear();
    }

    /// Drops logouts that are next, as the connection is lost anyway.
    pub fn skip_logouts(&mut self) {
        while self.plan.front() == Some(&Step::LogOut) {
            self.plan.pop_front();
        }
    }

    /// Forgets the connection, and begins anew on another one.
    pub fn leave(&mut self) {
        (self.session, self.manner) = (Session::new(self.version), Manner::Talks);
    }

    /// Whether the plan is done.
    pub fn is_done(&self) -> bool {
        self.plan.is_empty()
    }

    /// Whether a reply is due.
    pub fn is_waiting(&self) -> bool {
        self.session.is_waiting() || self.manner == Manner::Garbles { is_refused: false }
    }

    /// Whether nothing more can be said on this connection, so that the server must end it.
    pub fn is_closed(&self) -> bool {
        self.session.is_closed() || self.manner == Manner::Garbles { is_refused: true }
    }

    /// Whether somebody is logged in.
    pub fn is_logged_in(&self) -> bool {
        self.session.is_logged_in()
    }

    /// Whether the caller reads what arrives.
    pub fn reads(&self) -> bool {
        !matches!(self.manner, Manner::Floods { .. })
    }

    /// Whether the caller has ended its half of the connection.
    pub fn has_hung_up(&self) -> bool {
        self.manner == Manner::HasHungUp
    }

    /// What the caller is doing.
    pub fn stage(&self) -> Stage {
        match self.manner {
            Manner::Loiters
            | Manner::Stays
            | Manner::Floods { .. }
            | Manner::Garbles { is_refused: true } => Stage::Staying,
            Manner::Garbles { is_refused: false } => Stage::Asking,
            Manner::Talks | Manner::HasHungUp if self.session.is_logged_in() => Stage::Asking,
            Manner::Talks | Manner::HasHungUp if self.session.is_logging_out() => Stage::LoggingOut,
            Manner::Talks | Manner::HasHungUp => Stage::LoggingIn,
        }
    }

    /// Whether the caller has something to do now that it has a connection. If not, it waits for
    /// something, or has nothing more to say.
    pub fn can_act(&self) -> bool {
        matches!(self.manner, Manner::Talks | Manner::Stays)
            && !self.session.is_waiting()
            && !self.session.is_closed()
    }

    /// Takes the next step, and appends what is to be sent to `out`.
    pub fn act(&mut self, belongings: &mut impl Belongings, out: &mut Vec<u8>) -> Deed {
        self.manner = Manner::Talks;
        let Some(step) = self.plan.front().copied() else { return Deed::Done };
        if self.session.is_logged_in() {
            self.take_step(step, belongings, out)
        } else {
            self.take_step_logged_out(step, belongings, out)
        }
    }

    fn take_step_logged_out(
        &mut self,
        step: Step,
        belongings: &impl Belongings,
        out: &mut Vec<u8>,
    ) -> Deed {
        match step {
            Step::Loiter => {
                self.begin(Manner::Loiters);
                Deed::Loiter
            }
            Step::Garbage { seed } => {
                self.begin(Manner::Garbles { is_refused: false });
                garbage(seed, out);
                Deed::Garble
            }
            Step::PowerOff => self.vanish(Deed::PowerOff),
            Step::Vanish(Moment::BeforeAnyByte) => self.vanish(Deed::Vanish),
            Step::Vanish(Moment::WithinTheLogin { bytes }) => {
                let start = out.len();
                self.log_in(belongings, &belongings.password(), out);
                let sent = usize::from(bytes).clamp(1, out.len() - start - 1);
                out.truncate(start + sent);
                self.vanish(Deed::Vanish)
            }
            Step::Vanish(Moment::BeforeTheVerdict) => {
                self.log_in(belongings, &belongings.password(), out);
                self.vanish(Deed::Vanish)
            }
            Step::MistypePassword => {
                self.plan.pop_front();
                self.log_in(belongings, "mistyped", out)
            }
            Step::Guess { number, digits } => {
                self.plan.pop_front();
                let width = usize::from(digits);
                self.log_in(belongings, &format!("{number:0width$}"), out)
            }
            Step::LogIn
            | Step::Download(_)
            | Step::Beacon { .. }
            | Step::Upload
            | Step::Ask
            | Step::Stay
            | Step::Flood { .. }
            | Step::Vanish(Moment::LoggedIn | Moment::BeforeTheTempId)
            | Step::HangUp
            | Step::LogOut
            | Step::LogOutInHaste => self.log_in(belongings, &belongings.password(), out),
        }
    }

    fn take_step(
        &mut self,
        step: Step,
        belongings: &mut impl Belongings,
        out: &mut Vec<u8>,
    ) -> Deed {
        match step {
            Step::LogIn
            | Step::MistypePassword
            | Step::Guess { .. }
            | Step::Loiter
            | Step::Garbage { .. }
            | Step::Vanish(Moment::WithinTheLogin { .. } | Moment::BeforeTheVerdict) => {
                self.plan.pop_front();
                return Deed::Passed;
            }
            Step::Beacon { to } => {
                self.plan.pop_front();
                return Deed::Beacon { to };
            }
            Step::Stay => {
                self.begin(Manner::Stays);
                return Deed::Stay;
            }
            Step::Flood { downloads, requests } => {
                self.begin(Manner::Floods { requests });
                for _ in 0..downloads {
                    Request::TempId { count: MAX_TEMP_IDS }.encode(out);
                }
                self.flood(out);
                return Deed::Flood;
            }
            Step::PowerOff => return self.vanish(Deed::PowerOff),
            Step::Vanish(moment) => {
                if moment == Moment::BeforeTheTempId {
                    self.session.download(1, out);
                }
                return self.vanish(Deed::Vanish);
            }
            Step::HangUp => {
                self.manner = Manner::HasHungUp;
                self.session.download(1, out);
                return Deed::HangUp;
            }
            Step::Download(count) => self.session.download(count, out),
            Step::Upload => {
                let code = belongings.upload_code();
                self.session.upload(belongings.contact_log(), code, out);
            }
            Step::Ask => {
                let words = belongings.words();
                let words: Vec<&[u8]> = words.iter().map(String::as_bytes).collect();
                self.session.ask(&words, out);
            }
            Step::LogOut => self.session.log_out(out),
            Step::LogOutInHaste => {
                self.session.download(1, out);
                self.session.log_out(out);
            }
        }
        Deed::Ask
    }

    fn begin(&mut self, manner: Manner) {
        self.plan.pop_front();
        self.manner = manner;
    }

    fn vanish(&mut self, deed: Deed) -> Deed {
        self.plan.pop_front();
        self.leave();
        deed
    }

    fn log_in(&mut self, belongings: &impl Belongings, typed: &str, out: &mut Vec<u8>) -> Deed {
        let with_right_password = typed == belongings.password();
        self.with_right_password = with_right_password;
        self.session.log_in(belongings.username().as_str(), typed, out);
        Deed::LogIn { with_right_password }
    }

    /// Sends more requests of a flood, once all earlier ones are sent.
    pub fn flood(&self, out: &mut Vec<u8>) {
        if let Manner::Floods { requests } = self.manner {
            (0..requests).for_each(|_| out.extend_from_slice(FLOOD_REQUEST));
        }
    }

    /// Reads replies, tells the facts in them, and appends what is to be sent next to `out`.
    pub fn receive(
        &mut self,
        bytes: &[u8],
        out: &mut Vec<u8>,
        mut tell: impl FnMut(Fact),
    ) -> Consumed {
        if matches!(self.manner, Manner::Loiters | Manner::Garbles { .. }) {
            return self.receive_unasked(bytes, tell);
        }
        let (plan, is_right) = (&mut self.plan, self.with_right_password);
        let mut notices = Vec::new();
        let consumed = self.session.receive(bytes, out, |event| {
            if let Event::Notice(notice) = &event {
                notices.push(notice.number);
            }
            tell(learn(event, plan, is_right));
        });
        // Whoever has ended its half can say nothing more.
        if !self.has_hung_up() {
            notices.into_iter().for_each(|notice| self.session.acknowledge(notice, out));
        }
        consumed
    }

    /// Reads what comes when no request was sent: only a refusal may.
    fn receive_unasked(&mut self, bytes: &[u8], mut tell: impl FnMut(Fact)) -> Consumed {
        let used = match Reply::decode(bytes) {
            Ok(None) => 0,
            Ok(Some((Reply::Error { code, message }, len)))
                if Code::decode(code).is_some_and(Code::is_busy) =>
            {
                tell(Fact::Refused { code: code.to_owned(), message: message.to_owned() });
                len
            }
            Ok(Some((reply, len))) => {
                match (reply, &mut self.manner) {
                    // The end of the connection follows.
                    (Reply::Error { .. }, Manner::Garbles { is_refused }) => *is_refused = true,
                    (_, Manner::Garbles { .. }) => tell(Fact::Broken(BrokenPromise::GarbageTaken)),
                    _ => tell(Fact::Broken(Breach::Unasked.into())),
                }
                len
            }
            Err(error) => {
                tell(Fact::Broken(Breach::from(error).into()));
                bytes.len()
            }
        };
        Consumed { bytes: used, wants_more: true }
    }
}

/// What an event of the session means for the plan. A step is done when its reply has come.
fn learn(event: Event, plan: &mut VecDeque<Step>, with_right_password: bool) -> Fact {
    match event {
        Event::Notice(notice) => Fact::Notice(notice),
        Event::Acknowledged(notice) => Fact::Acknowledged(notice),
        Event::NotAcknowledged(notice) => Fact::NotAcknowledged(notice),
        Event::LoggedIn(_) => Fact::LoggedIn { with_right_password },
        Event::WrongPassword(_) => Fact::WrongPassword { with_right_password },
        Event::NowBlocked(_) => Fact::NowBlocked,
        Event::Blocked(_) => Fact::Blocked,
        Event::Refused { code, message } => Fact::Refused { code, message },
        Event::Broken(breach) => Fact::Broken(breach.into()),
        // No plan has a request that these answer.
        Event::CodeSent
        | Event::WrongCode(_)
        | Event::Token(_)
        | Event::NoToken(_)
        | Event::Forgotten(_) => Fact::Broken(Breach::Unasked.into()),
        Event::TempIds(records) => {
            plan.pop_front();
            Fact::TempIds(records)
        }
        Event::Uploaded(taken) => {
            plan.pop_front();
            Fact::Uploaded(taken)
        }
        Event::Answered => {
            plan.pop_front();
            Fact::Answered
        }
        Event::LoggedOut => {
            plan.pop_front();
            Fact::LoggedOut
        }
    }
}

/// Random bytes without a line feed, which could complete an inline request.
fn garbage(seed: u64, out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + GARBAGE_BYTES, 0);
    Xoshiro256PlusPlus::seed_from_u64(seed).fill_bytes(&mut out[start..]);
    for byte in &mut out[start..] {
        if *byte == b'\n' {
            *byte = 0;
        }
    }
}

#[cfg(test)]
mod tests;
