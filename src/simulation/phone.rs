//! A phone's machines on the simulated network, with a plan of what its user does.

use std::collections::VecDeque;
use std::time::Duration;

use rand::RngExt;
use rand::rngs::ChaCha12Rng;

use super::network::ConnectionId;
use super::random;
use crate::client::phone::{Outgoing, Phone};
use crate::client::session::{Event, Session};
use crate::clock::Now;
use crate::protocol::{ContactRecord, Username};
use crate::reactor::Buffer;

/// How long a user waits after something failed before the next attempt, at most.
const LONGEST_RETRY: Duration = Duration::from_secs(5);

/// Something that a user does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Types a wrong password.
    MistypePassword,
    /// Downloads TempIDs for so many windows.
    Download(u8),
    /// Sends a beacon to another phone.
    Beacon {
        /// The number of that phone.
        to: usize,
    },
    /// Uploads the contact log.
    Upload,
    /// Leaves without a word.
    Vanish,
    /// Logs out.
    LogOut,
}

/// What a phone wants from the network.
#[derive(Debug, PartialEq, Eq)]
pub enum Wish {
    /// A connection to the server.
    Connect,
    /// Bytes to the server.
    Send(Vec<u8>),
    /// The end of its half of the connection.
    End,
    /// No connection any more, without a word.
    Reset,
    /// A datagram to another phone.
    Datagram(usize, Vec<u8>),
    /// To be asked again after this time.
    Wait(Duration),
}

/// What a phone learned from the server, to be checked against what it may learn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Learned {
    /// It is logged in, with the right password or not.
    LoggedIn {
        /// Which of the two.
        with_right_password: bool,
        /// When the password was sent.
        asked_at: Duration,
    },
    /// Its account is blocked, by a password that was sent at this time.
    NowBlocked {
        /// When.
        asked_at: Duration,
    },
    /// These TempIDs are its own.
    TempIds(Vec<ContactRecord>),
    /// The server took so many records of a contact log of so many.
    Uploaded {
        /// How many it took.
        taken: usize,
        /// How many there were.
        sent: usize,
    },
    /// What the server said makes no sense.
    Nonsense(String),
}

/// One phone and its user.
#[derive(Debug)]
pub struct SimulatedPhone {
    user: Username,
    password: String,
    session: Session,
    phone: Phone,
    connection: Option<ConnectionId>,
    input: Buffer,
    plan: VecDeque<Step>,
    asked_at: Duration,
    is_mistyped: bool,
    uploading: usize,
}

impl SimulatedPhone {
    /// A phone whose user is going to do what `plan` says, logging in as often as it takes.
    pub fn new(
        user: Username,
        password: String,
        retention: Duration,
        plan: VecDeque<Step>,
    ) -> Self {
        Self {
            user,
            password,
            session: Session::default(),
            phone: Phone::new(retention),
            connection: None,
            input: Buffer::default(),
            plan,
            asked_at: Duration::ZERO,
            is_mistyped: false,
            uploading: 0,
        }
    }

    /// Whose phone it is.
    pub fn user(&self) -> Username {
        self.user
    }

    /// The connection that it uses.
    pub fn connection(&self) -> Option<ConnectionId> {
        self.connection
    }

    /// Whether its user has done everything.
    pub fn is_done(&self) -> bool {
        self.plan.is_empty() && self.connection.is_none()
    }

    /// The phone's own machine, with the contact log.
    pub fn phone(&mut self) -> &mut Phone {
        &mut self.phone
    }

    /// Does the next thing, if nothing is being waited for.
    pub fn act(&mut self, now: Now, elapsed: Duration, rng: &mut ChaCha12Rng) -> Vec<Wish> {
        if self.session.is_waiting() {
            return Vec::new();
        }
        let Some(step) = self.plan.front().copied() else { return Vec::new() };
        if self.connection.is_none() {
            return vec![Wish::Connect];
        }
        let mut out = Vec::new();
        if !self.session.is_logged_in() {
            self.asked_at = elapsed;
            self.is_mistyped = step == Step::MistypePassword;
            let typed = if self.is_mistyped { "mistyped" } else { &self.password };
            self.session.log_in(self.user.as_str(), typed, &mut out);
            if self.is_mistyped {
                self.plan.pop_front();
            }
            return vec![Wish::Send(out)];
        }
        self.take_step(step, now, out, rng)
    }

    fn take_step(
        &mut self,
        step: Step,
        now: Now,
        mut out: Vec<u8>,
        rng: &mut ChaCha12Rng,
    ) -> Vec<Wish> {
        match step {
            // It was typed when nobody was logged in; now it is too late for it.
            Step::MistypePassword => {
                self.plan.pop_front();
                vec![Wish::Wait(Duration::ZERO)]
            }
            Step::Download(count) => {
                self.session.download(count, &mut out);
                vec![Wish::Send(out)]
            }
            Step::Upload => {
                let log: Vec<_> = self.phone.log().iter().map(|entry| entry.record).collect();
                self.uploading = log.len();
                self.session.upload(log, &mut out);
                vec![Wish::Send(out)]
            }
            Step::Beacon { to } => {
                self.plan.pop_front();
                let mut wishes = vec![Wish::Wait(random::up_to(Duration::from_secs(1), rng))];
                if let Outgoing::Valid(beacon) | Outgoing::Expired(beacon) = self.phone.beacon(now)
                {
                    beacon.encode(&mut out);
                    wishes.push(Wish::Datagram(to, out));
                }
                wishes
            }
            Step::Vanish => {
                self.plan.pop_front();
                self.leave();
                vec![Wish::Reset, Wish::Wait(random::up_to(LONGEST_RETRY, rng))]
            }
            Step::LogOut => {
                self.session.log_out(&mut out);
                vec![Wish::Send(out)]
            }
        }
    }

    /// A connection that it wished for is there.
    pub fn connected(&mut self, connection: ConnectionId) {
        self.connection = Some(connection);
        self.session = Session::default();
        self.input = Buffer::default();
    }

    /// Bytes have arrived. Gives what they taught, and what it wants next.
    pub fn receive(&mut self, bytes: &[u8], rng: &mut ChaCha12Rng) -> (Vec<Learned>, Vec<Wish>) {
        self.input.extend(bytes);
        let (mut events, mut out) = (Vec::new(), Vec::new());
        let consumed =
            self.session.receive(self.input.as_slice(), &mut out, |event| events.push(event));
        self.input.consume(consumed.bytes);
        let mut wishes = Vec::new();
        let learned =
            events.into_iter().filter_map(|event| self.learn(event, &mut wishes, rng)).collect();
        if !out.is_empty() {
            wishes.push(Wish::Send(out));
        }
        (learned, wishes)
    }

    /// The server has ended the connection.
    pub fn ended(&mut self, rng: &mut ChaCha12Rng) -> Vec<Wish> {
        self.leave();
        vec![Wish::End, Wish::Wait(random::up_to(LONGEST_RETRY, rng))]
    }

    /// The connection is broken.
    pub fn reset(&mut self, rng: &mut ChaCha12Rng) -> Vec<Wish> {
        self.leave();
        vec![Wish::Wait(random::up_to(LONGEST_RETRY, rng))]
    }

    fn leave(&mut self) {
        self.connection = None;
        self.session.lost();
        self.session = Session::default();
    }

    fn learn(
        &mut self,
        event: Event,
        wishes: &mut Vec<Wish>,
        rng: &mut ChaCha12Rng,
    ) -> Option<Learned> {
        let asked_at = self.asked_at;
        let learned = match event {
            Event::LoggedIn(_) => {
                Some(Learned::LoggedIn { with_right_password: !self.is_mistyped, asked_at })
            }
            Event::WrongPassword(_) if self.is_mistyped => None,
            Event::WrongPassword(text) => Some(Learned::Nonsense(text)),
            // Only the third failure says that the account has been blocked; later attempts are told
            // that it is.
            Event::Blocked(text) if text.contains("has been blocked") => {
                Some(Learned::NowBlocked { asked_at })
            }
            Event::Blocked(_) | Event::Refused { .. } => {
                wishes.push(Wish::Wait(random::up_to(LONGEST_RETRY, rng)));
                return None;
            }
            Event::TempIds(records) => {
                self.plan.pop_front();
                self.phone.use_temp_id(records[rng.random_range(0..records.len())]);
                Some(Learned::TempIds(records))
            }
            Event::Uploaded(taken) => {
                self.plan.pop_front();
                Some(Learned::Uploaded { taken, sent: self.uploading })
            }
            Event::LoggedOut => {
                self.plan.pop_front();
                None
            }
            Event::Answered => None,
            Event::Broken(breach) => Some(Learned::Nonsense(breach.to_string())),
        };
        wishes.push(Wish::Wait(random::up_to(Duration::from_secs(1), rng)));
        learned
    }
}

/// What a user does who is drawn at random: mistypes now and then, meets others, leaves somehow.
pub fn random_plan(phones: usize, rng: &mut ChaCha12Rng) -> VecDeque<Step> {
    let mut plan = VecDeque::new();
    let mistyped = rng.random_range(0..8_usize).saturating_sub(4);
    plan.extend((0..mistyped).map(|_| Step::MistypePassword));
    for _ in 0..rng.random_range(1..8) {
        plan.push_back(match rng.random_range(0..10) {
            0..4 => Step::Download(1),
            4 => Step::Download(rng.random_range(1..=100)),
            5..8 => Step::Beacon { to: rng.random_range(0..phones) },
            8 => Step::Upload,
            _ => Step::Vanish,
        });
    }
    plan.push_back(Step::LogOut);
    plan
}
