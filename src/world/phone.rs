//! A phone on the simulated network: a caller with a plan, and the machine of beacons and contact
//! log.

use std::collections::VecDeque;
use std::time::Duration;

use rand::rngs::ChaCha12Rng;

use super::ids::{PersonId, PhoneId};
use super::log_disk::LogDisk;
use super::network::ConnectionId;
use crate::client::contact_log::Sender;
use crate::client::keeper::Keeper;
use crate::client::phone::{Outgoing, Phone, Reception};
use crate::clock::Now;
use crate::protocol::resp::RespVersion;
use crate::protocol::{ContactRecord, UploadCode, Username};
use crate::reactor::Buffer;
use crate::workload::caller::{Belongings, Caller, Deed, Fact};
use crate::workload::step::Step;

/// How long a phone that reads no reply stays, if the server lets it.
const FLOOD_PATIENCE: Duration = Duration::from_secs(300);

/// How long a phone stays silent.
const LENGTH_OF_STAY: Duration = Duration::from_secs(30);

/// A wish of a phone to the network.
#[derive(Debug, PartialEq, Eq)]
pub enum Wish {
    /// A connection to the server.
    Connect,
    /// Bytes for the server.
    Send {
        /// The bytes: one request or several, or the beginning of one.
        bytes: Vec<u8>,
        /// Whether the password is right, if it is a login.
        is_right: Option<bool>,
    },
    /// The end of its half of the connection.
    End,
    /// To forget the connection, which both sides have ended.
    Leave,
    /// To reset the connection.
    Reset,
    /// To lose the connection without the server noticing.
    PowerOff,
    /// A datagram to another phone.
    Datagram(PhoneId, Vec<u8>),
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

/// A fact that a phone learned from the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Learned {
    /// The fact.
    pub fact: Fact,
    /// Time of the latest request.
    pub asked_at: Duration,
}

/// A phone and its user.
#[derive(Debug)]
pub struct SimulatedPhone {
    owner: PersonId,
    caller: Caller,
    phone: Phone,
    /// Keeps the contact log on disk, if the phone has one.
    keeper: Option<Box<Keeper<LogDisk>>>,
    connection: Option<ConnectionId>,
    /// Time until which the phone waits for its connection, or lets replies pile up.
    busy_until: Duration,
    input: Buffer,
    question: Question,
    is_offline: bool,
    /// What its owner types when asked for the code of an upload.
    upload_code: Option<UploadCode>,
}

/// The latest request.
#[derive(Debug, Default)]
struct Question {
    /// Number of requests so far.
    number: u32,
    asked_at: Duration,
}

/// What the user of a simulated phone has at hand.
struct Hand<'a> {
    owner: PersonId,
    phone: &'a mut Phone,
    keeper: Option<&'a mut Keeper<LogDisk>>,
    upload_code: Option<UploadCode>,
    now: Now,
}

impl Belongings for Hand<'_> {
    fn username(&self) -> Username {
        username(self.owner)
    }

    fn password(&self) -> String {
        password(self.owner)
    }

    fn contact_log(&mut self) -> Vec<ContactRecord> {
        if let Some(keeper) = &mut self.keeper {
            return keeper.log_to_upload(self.phone, self.now).expect("readable files");
        }
        self.phone.log_mut().expire(self.now.monotonic);
        self.phone.log().iter().map(|entry| entry.record).collect()
    }

    fn words(&mut self) -> Vec<String> {
        vec!["PING".to_owned()]
    }

    fn upload_code(&self) -> Option<UploadCode> {
        self.upload_code
    }
}

impl SimulatedPhone {
    /// A phone whose user follows `plan`, and logs in as often as needed.
    pub fn new(owner: PersonId, retention: Duration, plan: VecDeque<Step>) -> Self {
        Self {
            owner,
            caller: Caller::new(plan),
            phone: Phone::new(retention),
            keeper: None,
            connection: None,
            busy_until: Duration::ZERO,
            input: Buffer::default(),
            question: Question::default(),
            is_offline: false,
            upload_code: None,
        }
    }

    /// Lets the phone speak this version of RESP, before its first connection. In version 3, its
    /// owner is told notices.
    pub fn speak(&mut self, version: RespVersion) {
        self.caller.speak(version);
    }

    /// The version of RESP that the phone speaks.
    pub fn version(&self) -> RespVersion {
        self.caller.version()
    }

    /// Lets the owner type this code with uploads from now on.
    pub fn use_upload_code(&mut self, code: Option<UploadCode>) {
        self.upload_code = code;
    }

    /// Gives the phone a disk for its contact log.
    pub fn use_disk(&mut self, disk: LogDisk, now: Now) {
        let mut keeper = Keeper::new(disk, now);
        keeper.hand_over(username(self.owner), &mut self.phone, now);
        self.keeper = Some(Box::new(keeper));
    }

    /// Appends steps to the plan.
    pub fn intend(&mut self, steps: &[Step]) {
        self.caller.intend(steps);
    }

    /// Drops the rest of the plan.
    pub fn give_up(&mut self) {
        self.caller.give_up();
    }

    /// Takes the phone offline. Returns the connection that it loses without the server noticing. A
    /// pending logout is done with that.
    pub fn go_offline(&mut self) -> Option<ConnectionId> {
        self.is_offline = true;
        self.caller.skip_logouts();
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

    /// The owner.
    pub fn owner(&self) -> PersonId {
        self.owner
    }

    /// Current connection.
    pub fn connection(&self) -> Option<ConnectionId> {
        self.connection
    }

    /// Whether the plan is done.
    pub fn is_done(&self) -> bool {
        self.caller.is_done() && self.connection.is_none()
    }

    /// Whether the phone reads what arrives on its connection.
    pub fn reads(&self) -> bool {
        self.caller.reads()
    }

    /// Number of the latest request.
    pub fn question(&self) -> u32 {
        self.question.number
    }

    /// Whether the phone still waits for the reply to a request.
    pub fn waits_for(&self, question: u32) -> bool {
        self.caller.is_waiting() && self.question.number == question
    }

    /// Whether the phone has received the last reply on its connection, so that the server must end
    /// it.
    pub fn has_heard_all(&self) -> bool {
        self.caller.is_closed()
    }

    /// The phone's own machine, with the contact log.
    pub fn phone(&mut self) -> &mut Phone {
        &mut self.phone
    }

    /// The disk with the contact log, if the phone has one, at this time since the start.
    pub fn disk(&mut self, elapsed: Duration) -> Option<&mut LogDisk> {
        let disk = self.keeper.as_mut()?.storage();
        disk.time = elapsed;
        Some(disk)
    }

    /// Judges a datagram, and logs a valid beacon.
    pub fn hear(&mut self, datagram: &[u8], now: Now, elapsed: Duration) -> Reception {
        self.tidy(now, elapsed);
        match &mut self.keeper {
            Some(keeper) => keeper.receive(Sender::UNKNOWN, datagram, &mut self.phone, now),
            None => self.phone.receive(datagram, now),
        }
    }

    /// Brings the disk up to date with the contact log.
    pub fn tidy(&mut self, now: Now, elapsed: Duration) {
        self.disk(elapsed);
        if let Some(keeper) = &mut self.keeper {
            keeper.tidy(&mut self.phone, now);
        }
    }

    /// Kills the program, also cuts the power if there is a `power_cut` to say what that leaves on
    /// the disk, and starts it again.
    pub fn begin_again(&mut self, power_cut: Option<&mut ChaCha12Rng>, now: Now) {
        self.leave();
        self.phone.reset();
        if let Some(keeper) = self.keeper.take() {
            let mut disk = keeper.into_storage();
            if let Some(rng) = power_cut {
                disk.lose_power(rng);
            }
            self.use_disk(disk, now);
        }
    }

    /// Performs the next step, unless the phone waits for something.
    pub fn act(&mut self, now: Now, elapsed: Duration) -> Vec<Wish> {
        self.tidy(now, elapsed);
        if self.is_offline || elapsed < self.busy_until {
            return Vec::new();
        }
        if !self.caller.reads() {
            self.leave();
            return vec![Wish::Reset, Wish::Pause(Pause::Retry)];
        }
        if !self.caller.can_act() || self.caller.is_done() {
            return Vec::new();
        }
        if self.connection.is_none() {
            return vec![Wish::Connect];
        }
        let mut bytes = Vec::new();
        let keeper = self.keeper.as_deref_mut();
        let (owner, upload_code) = (self.owner, self.upload_code);
        let mut hand = Hand { owner, phone: &mut self.phone, keeper, upload_code, now };
        let deed = self.caller.act(&mut hand, &mut bytes);
        let mut wishes = Vec::new();
        if !bytes.is_empty() {
            self.question = Question { number: self.question.number + 1, asked_at: elapsed };
            let is_right = match deed {
                Deed::LogIn { with_right_password } => Some(with_right_password),
                _ => None,
            };
            wishes.push(Wish::Send { bytes, is_right });
        }
        self.carry_out(deed, now, elapsed, &mut wishes);
        wishes
    }

    fn carry_out(&mut self, deed: Deed, now: Now, elapsed: Duration, wishes: &mut Vec<Wish>) {
        match deed {
            Deed::Done | Deed::LogIn { .. } | Deed::Ask | Deed::Garble | Deed::Loiter => {}
            Deed::Passed => wishes.push(Wish::Wait(Duration::ZERO)),
            Deed::HangUp => wishes.push(Wish::End),
            Deed::Stay => wishes.push(Wish::Wait(LENGTH_OF_STAY)),
            Deed::Flood => {
                self.busy_until = elapsed + FLOOD_PATIENCE;
                wishes.push(Wish::Wait(FLOOD_PATIENCE));
            }
            Deed::Vanish => {
                self.leave();
                wishes.extend([Wish::Reset, Wish::Pause(Pause::Retry)]);
            }
            Deed::PowerOff => {
                self.leave();
                wishes.extend([Wish::PowerOff, Wish::Pause(Pause::Retry)]);
            }
            Deed::Beacon { to } => {
                wishes.push(Wish::Pause(Pause::Thought));
                if let Outgoing::Valid(beacon) | Outgoing::NotValidNow(beacon) =
                    self.phone.beacon(now)
                {
                    let mut datagram = Vec::new();
                    beacon.encode(&mut datagram);
                    wishes.push(Wish::Datagram(PhoneId::new(to), datagram));
                }
            }
        }
    }

    /// Notes a requested connection, which is established at `until`.
    pub fn connects(&mut self, connection: ConnectionId, until: Duration) {
        self.caller.leave();
        self.connection = Some(connection);
        self.busy_until = until;
    }

    /// Handles received bytes. Returns the facts learned, and the next wishes.
    pub fn receive(&mut self, bytes: &[u8]) -> (Vec<Learned>, Vec<Wish>) {
        self.input.extend(bytes);
        let (mut learned, mut wishes, mut out) = (Vec::new(), Vec::new(), Vec::new());
        let asked_at = self.question.asked_at;
        let consumed = self.caller.receive(self.input.as_slice(), &mut out, |fact| {
            match fact {
                Fact::Refused { .. } => wishes.push(Wish::Pause(Pause::Retry)),
                // The end of the connection follows, with a pause of its own. With two for each
                // attempt, a phone would try more and more often during its block.
                Fact::NowBlocked | Fact::Blocked => {}
                _ => wishes.push(Wish::Pause(Pause::Thought)),
            }
            learned.push(Learned { fact, asked_at });
        });
        self.input.consume(consumed.bytes);
        if !out.is_empty() {
            self.question.number += 1;
            wishes.push(Wish::Send { bytes: out, is_right: None });
        }
        (learned, wishes)
    }

    /// Handles the end of the connection by the server.
    pub fn ended(&mut self) -> Vec<Wish> {
        let mut wishes = if self.caller.has_hung_up() { Vec::new() } else { vec![Wish::End] };
        self.leave();
        wishes.extend([Wish::Leave, Wish::Pause(Pause::Retry)]);
        wishes
    }

    /// Handles a broken connection.
    pub fn reset(&mut self) -> Vec<Wish> {
        self.leave();
        vec![Wish::Pause(Pause::Retry)]
    }

    fn leave(&mut self) {
        self.caller.leave();
        self.connection = None;
        self.busy_until = Duration::ZERO;
        self.input = Buffer::default();
    }
}

/// Person with this username, if the name has the form.
pub fn person_of(name: Username) -> Option<PersonId> {
    let digits = name.as_str().strip_prefix("+614").filter(|digits| digits.len() == 8)?;
    digits.parse().ok().map(PersonId::new)
}

/// Username of a person.
pub fn username(person: PersonId) -> Username {
    Username::decode(format!("+614{:08}", person.number()).as_bytes()).expect("a phone number")
}

/// Password of a person.
pub fn password(person: PersonId) -> String {
    format!("secret{person}")
}

#[cfg(test)]
mod tests;
