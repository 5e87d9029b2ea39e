//! A phone's machines on the simulated network, with the plan of its user.

use std::collections::VecDeque;
use std::time::Duration;

use super::network::ConnectionId;
use super::step::Step;
use crate::client::phone::{Outgoing, Phone};
use crate::client::session::{Event, Session};
use crate::clock::Now;
use crate::protocol::request::{MAX_TEMP_IDS, Request};
use crate::protocol::{ContactRecord, Username};
use crate::reactor::Buffer;

/// Requests of a phone that reads no reply. Those for TempIDs wait for the disk, each in its turn; the
/// replies to the others are more than a connection holds.
pub const FLOOD_DOWNLOADS: usize = 4;
const FLOOD_PINGS: usize = 16_000;

/// How long a phone that reads no reply stays, if the server lets it.
const FLOOD_PATIENCE: Duration = Duration::from_secs(300);

/// A wish of a phone to the network.
#[derive(Debug, PartialEq, Eq)]
pub enum Wish {
    /// A connection to the server.
    Connect,
    /// A login.
    LogIn {
        /// The request.
        request: Vec<u8>,
        /// Whether its password is right.
        with_right_password: bool,
    },
    /// Another request.
    Send(Vec<u8>),
    /// The end of its half of the connection.
    End,
    /// To forget the connection, which both sides have ended.
    Leave,
    /// To reset the connection.
    Reset,
    /// To lose the connection without the server noticing.
    PowerOff,
    /// A datagram to another phone.
    Datagram(u32, Vec<u8>),
    /// To act again after this time.
    Wait(Duration),
    /// To act again after a pause.
    Pause(Pause),
}

/// Reason of a pause. The inhabitants decide its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pause {
    /// Before the next step.
    Thought,
    /// After something failed, before the next attempt.
    Retry,
}

/// A fact that a phone learned from the server, to be checked. `asked_at` is the time of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Learned {
    /// The phone is logged in.
    LoggedIn {
        /// Whether the password was right.
        with_right_password: bool,
        /// Time of the request.
        asked_at: Duration,
    },
    /// The password was wrong.
    WrongPassword {
        /// Time of the request.
        asked_at: Duration,
    },
    /// The account is blocked because of the wrong password just sent.
    NowBlocked {
        /// Time of the request.
        asked_at: Duration,
    },
    /// The account was blocked already.
    Blocked {
        /// Time of the request.
        asked_at: Duration,
    },
    /// The phone received these TempIDs.
    TempIds(Vec<ContactRecord>),
    /// The server accepted records of a contact log.
    Uploaded {
        /// Records accepted.
        taken: usize,
        /// Records sent.
        sent: usize,
    },
    /// The server refused a request.
    Refused,
    /// The server sent something that makes no sense.
    Nonsense(String),
}

/// A phone and its user.
#[derive(Debug)]
pub struct SimulatedPhone {
    number: u32,
    session: Session,
    phone: Phone,
    connection: Option<ConnectionId>,
    manner: Manner,
    input: Buffer,
    plan: VecDeque<Step>,
    question: Question,
    is_offline: bool,
}

/// State of a phone's connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// The phone waits for the connection.
    Connects { until: Duration },
    /// The phone sends requests and reads replies.
    Talks,
    /// The phone does not log in.
    Loiters,
    /// The phone has sent many requests, and reads nothing until this time.
    NeverReads { until: Duration },
    /// The phone has ended its half.
    HasHungUp,
}

/// The latest request.
#[derive(Debug, Default)]
struct Question {
    /// Number of requests so far.
    number: u32,
    asked_at: Duration,
    /// Whether the password of a login is wrong.
    is_mistyped: bool,
    /// Records of an upload.
    records: usize,
}

impl SimulatedPhone {
    /// A phone whose user follows `plan`, and logs in as often as needed.
    pub fn new(number: u32, retention: Duration, plan: VecDeque<Step>) -> Self {
        Self {
            number,
            session: Session::default(),
            phone: Phone::new(retention),
            connection: None,
            manner: Manner::Talks,
            input: Buffer::default(),
            plan,
            question: Question::default(),
            is_offline: false,
        }
    }

    /// Appends steps to the plan.
    pub fn intend(&mut self, steps: &[Step]) {
        self.plan.extend(steps);
    }

    /// Drops the rest of the plan.
    pub fn give_up(&mut self) {
        self.plan.clear();
    }

    /// Takes the phone offline. Returns the connection that it loses without the server noticing. A pending
    /// logout is done with that.
    pub fn go_offline(&mut self) -> Option<ConnectionId> {
        self.is_offline = true;
        while self.plan.front() == Some(&Step::LogOut) {
            self.plan.pop_front();
        }
        let connection = self.connection;
        self.leave();
        connection
    }

    /// Brings the phone back online.
    pub fn go_online(&mut self) {
        self.is_offline = false;
    }

    /// Whether the phone is offline.
    pub fn is_offline(&self) -> bool {
        self.is_offline
    }

    /// Current connection.
    pub fn connection(&self) -> Option<ConnectionId> {
        self.connection
    }

    /// Whether the plan is done.
    pub fn is_done(&self) -> bool {
        self.plan.is_empty() && self.connection.is_none()
    }

    /// Whether the phone reads what arrives on its connection.
    pub fn reads(&self) -> bool {
        !matches!(self.manner, Manner::NeverReads { .. })
    }

    /// Number of the latest request.
    pub fn question(&self) -> u32 {
        self.question.number
    }

    /// Whether the phone still waits for the reply to a request.
    pub fn waits_for(&self, question: u32) -> bool {
        self.session.is_waiting() && self.question.number == question
    }

    /// Whether the phone has received the last reply on its connection, so that the server must end it.
    pub fn has_heard_all(&self) -> bool {
        self.session.is_closed()
    }

    /// The phone's own machine, with the contact log.
    pub fn phone(&mut self) -> &mut Phone {
        &mut self.phone
    }

    /// Performs the next step, unless the phone waits for something.
    pub fn act(&mut self, now: Now, elapsed: Duration) -> Vec<Wish> {
        // After the last word it is for the server to end the connection.
        if self.is_offline || self.session.is_waiting() || self.session.is_closed() {
            return Vec::new();
        }
        match self.manner {
            Manner::Connects { until } if elapsed < until => return Vec::new(),
            Manner::Connects { .. } | Manner::Talks => self.manner = Manner::Talks,
            Manner::NeverReads { until } if until <= elapsed => {
                self.leave();
                return vec![Wish::Reset, Wish::Pause(Pause::Retry)];
            }
            Manner::NeverReads { .. } | Manner::Loiters | Manner::HasHungUp => return Vec::new(),
        }
        let Some(step) = self.plan.front().copied() else { return Vec::new() };
        if self.connection.is_none() {
            vec![Wish::Connect]
        } else if self.session.is_logged_in() {
            self.take_step(step, now, elapsed)
        } else {
            self.take_step_logged_out(step, elapsed)
        }
    }

    fn take_step_logged_out(&mut self, step: Step, elapsed: Duration) -> Vec<Wish> {
        match step {
            Step::Loiter => {
                self.plan.pop_front();
                self.manner = Manner::Loiters;
                Vec::new()
            }
            Step::PowerOff => self.power_off(),
            Step::Leave => self.vanish(),
            Step::MistypePassword => {
                self.plan.pop_front();
                self.log_in("mistyped", elapsed)
            }
            Step::Guess { number, digits } => {
                self.plan.pop_front();
                let width = usize::from(digits);
                self.log_in(&format!("{number:0width$}"), elapsed)
            }
            Step::Download(_)
            | Step::Beacon { .. }
            | Step::Upload
            | Step::Flood
            | Step::Vanish
            | Step::HangUp
            | Step::LogOut
            | Step::LogOutInHaste => self.log_in(&password(self.number), elapsed),
        }
    }

    fn log_in(&mut self, typed: &str, elapsed: Duration) -> Vec<Wish> {
        let mut request = Vec::new();
        self.ask(elapsed);
        let with_right_password = typed == password(self.number);
        self.question.is_mistyped = !with_right_password;
        self.session.log_in(username(self.number).as_str(), typed, &mut request);
        vec![Wish::LogIn { request, with_right_password }]
    }

    fn take_step(&mut self, step: Step, now: Now, elapsed: Duration) -> Vec<Wish> {
        let mut out = Vec::new();
        match step {
            // That would have been before somebody logged in; now it is too late.
            Step::MistypePassword | Step::Guess { .. } | Step::Loiter => {
                self.plan.pop_front();
                return vec![Wish::Wait(Duration::ZERO)];
            }
            Step::Beacon { to } => return self.send_beacon(to, now),
            Step::Flood => return self.flood(elapsed),
            Step::PowerOff => return self.power_off(),
            Step::Vanish | Step::Leave => return self.vanish(),
            Step::HangUp => {
                self.manner = Manner::HasHungUp;
                self.session.download(1, &mut out);
            }
            Step::Download(count) => self.session.download(count, &mut out),
            Step::Upload => {
                self.phone.log_mut().expire(now.monotonic);
                let log: Vec<_> = self.phone.log().iter().map(|entry| entry.record).collect();
                self.question.records = log.len();
                self.session.upload(log, &mut out);
            }
            Step::LogOut => self.session.log_out(&mut out),
            Step::LogOutInHaste => {
                self.session.download(1, &mut out);
                self.session.log_out(&mut out);
            }
        }
        self.ask(elapsed);
        let mut wishes = vec![Wish::Send(out)];
        wishes.extend((self.manner == Manner::HasHungUp).then_some(Wish::End));
        wishes
    }

    fn ask(&mut self, elapsed: Duration) {
        self.question.number += 1;
        self.question.asked_at = elapsed;
    }

    fn send_beacon(&mut self, to: u32, now: Now) -> Vec<Wish> {
        self.plan.pop_front();
        let mut wishes = vec![Wish::Pause(Pause::Thought)];
        if let Outgoing::Valid(beacon) | Outgoing::NotValidNow(beacon) = self.phone.beacon(now) {
            let mut datagram = Vec::new();
            beacon.encode(&mut datagram);
            wishes.push(Wish::Datagram(to, datagram));
        }
        wishes
    }

    fn flood(&mut self, elapsed: Duration) -> Vec<Wish> {
        self.plan.pop_front();
        self.manner = Manner::NeverReads { until: elapsed + FLOOD_PATIENCE };
        let mut requests = Vec::new();
        for _ in 0..FLOOD_DOWNLOADS {
            Request::TempId { count: MAX_TEMP_IDS }.encode(&mut requests);
        }
        requests.extend(b"PING\r\n".repeat(FLOOD_PINGS));
        vec![Wish::Send(requests), Wish::Wait(FLOOD_PATIENCE)]
    }

    fn vanish(&mut self) -> Vec<Wish> {
        self.plan.pop_front();
        self.leave();
        vec![Wish::Reset, Wish::Pause(Pause::Retry)]
    }

    fn power_off(&mut self) -> Vec<Wish> {
        self.plan.pop_front();
        self.leave();
        vec![Wish::PowerOff, Wish::Pause(Pause::Retry)]
    }

    /// Notes a requested connection, which is established at `until`.
    pub fn connects(&mut self, connection: ConnectionId, until: Duration) {
        self.connection = Some(connection);
        self.manner = Manner::Connects { until };
        self.session = Session::default();
    }

    /// Handles received bytes. Returns the facts learned, and the next wishes.
    pub fn receive(&mut self, bytes: &[u8]) -> (Vec<Learned>, Vec<Wish>) {
        self.input.extend(bytes);
        let (mut events, mut out) = (Vec::new(), Vec::new());
        let consumed =
            self.session.receive(self.input.as_slice(), &mut out, |event| events.push(event));
        self.input.consume(consumed.bytes);
        let mut wishes = Vec::new();
        let learned =
            events.into_iter().filter_map(|event| self.learn(event, &mut wishes)).collect();
        if !out.is_empty() {
            wishes.push(Wish::Send(out));
        }
        (learned, wishes)
    }

    /// Handles the end of the connection by the server.
    pub fn ended(&mut self) -> Vec<Wish> {
        let has_ended_too = self.manner == Manner::HasHungUp;
        self.leave();
        let mut wishes = if has_ended_too { Vec::new() } else { vec![Wish::End] };
        wishes.extend([Wish::Leave, Wish::Pause(Pause::Retry)]);
        wishes
    }

    /// Handles a broken connection.
    pub fn reset(&mut self) -> Vec<Wish> {
        self.leave();
        vec![Wish::Pause(Pause::Retry)]
    }

    fn leave(&mut self) {
        self.connection = None;
        self.session = Session::default();
        self.manner = Manner::Talks;
        self.input = Buffer::default();
    }

    fn learn(&mut self, event: Event, wishes: &mut Vec<Wish>) -> Option<Learned> {
        let Question { asked_at, is_mistyped, records: sent, .. } = self.question;
        let mut pause = Pause::Thought;
        let learned = match event {
            Event::LoggedIn(_) => {
                Some(Learned::LoggedIn { with_right_password: !is_mistyped, asked_at })
            }
            Event::WrongPassword(_) if is_mistyped => Some(Learned::WrongPassword { asked_at }),
            Event::WrongPassword(text) => Some(Learned::Nonsense(text)),
            Event::NowBlocked(_) => Some(Learned::NowBlocked { asked_at }),
            Event::Blocked(_) => Some(Learned::Blocked { asked_at }),
            Event::Refused { .. } => {
                pause = Pause::Retry;
                Some(Learned::Refused)
            }
            Event::TempIds(records) => {
                self.plan.pop_front();
                Some(Learned::TempIds(records))
            }
            Event::Uploaded(taken) => {
                self.plan.pop_front();
                Some(Learned::Uploaded { taken, sent })
            }
            Event::LoggedOut => {
                self.plan.pop_front();
                None
            }
            Event::Answered => None,
            Event::Broken(breach) => Some(Learned::Nonsense(breach.to_string())),
        };
        wishes.push(Wish::Pause(pause));
        learned
    }
}

/// Number of the phone whose user has this name, if the name has the form.
pub fn number_of(name: &[u8]) -> Option<u32> {
    let digits = name.strip_prefix(b"+614")?;
    (digits.len() == 8).then(|| std::str::from_utf8(digits).ok()?.parse().ok()).flatten()
}

/// Username of a phone.
pub fn username(number: u32) -> Username {
    Username::decode(format!("+614{number:08}").as_bytes()).expect("a phone number")
}

/// Password of a phone.
pub fn password(number: u32) -> String {
    format!("secret{number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phone_that_goes_offline_before_it_logs_out_is_done() {
        let phone_with = |plan: &[Step]| {
            let mut phone = SimulatedPhone::new(1, Duration::ZERO, plan.iter().copied().collect());
            phone.connects(ConnectionId(1), Duration::ZERO);
            assert_eq!(phone.go_offline(), Some(ConnectionId(1)));
            phone
        };
        assert!(phone_with(&[Step::LogOut]).is_done());
        assert!(!phone_with(&[Step::LogOut, Step::Upload, Step::LogOut]).is_done());
        assert!(!phone_with(&[Step::Download(1), Step::LogOut]).is_done());
    }
}
