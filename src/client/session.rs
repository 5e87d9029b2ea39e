//! The conversation of one phone with the server. No socket, no clock.

mod registering;

use std::collections::VecDeque;

use super::breach::Breach;
use crate::protocol::refusal::Code;
use crate::protocol::reply::Reply;
use crate::protocol::request::{Credentials, Request};
use crate::protocol::resp::{self, RespVersion};
use crate::protocol::{ContactRecord, DeviceToken, Notice, UploadCode, Username};
use crate::reactor::Consumed;

/// Most contact records of one `UPLOAD`, as the server limits a request to 1 MiB.
pub const MAX_RECORDS_PER_UPLOAD: usize = 18_000;

/// One phone's conversation with the server: a machine that writes requests and reads replies.
///
/// ```text
/// LoggedOut --log_in--> LoggingIn --OK--> LoggedIn --log_out--> LoggingOut --OK--> Closed
/// LoggedOut --register--> Registering --OK--> LoggedOut --confirm--> Confirming --OK--> LoggedIn
/// LoggedIn --forget--> Closed
/// ```
///
/// Requests of a user who is logged in are answered in their order. A session in version 3 of RESP
/// is also told of notices, at any time.
///
/// A connection that ends, at any point, is [`lost`](Session::lost); the next one has a new
/// session.
#[derive(Debug, Default)]
pub struct Session {
    state: State,
    version: RespVersion,
}

#[derive(Debug, Default)]
enum State {
    /// Nothing is asked yet.
    #[default]
    LoggedOut,
    /// `AUTH` is sent, or `HELLO` with `AUTH`.
    LoggingIn { user: String },
    /// `REGISTER` is sent.
    Registering,
    /// `CONFIRM` is sent for `user`.
    Confirming { user: String },
    /// `user` may ask for TempIDs and upload. The next replies answer `pending`, in its order.
    LoggedIn { user: Username, pending: VecDeque<Pending> },
    /// `QUIT` is sent, possibly behind a request whose reply is ignored.
    LoggingOut { replies_before: usize },
    /// Nothing more is said on this connection.
    Closed,
}

/// A request that is sent and not answered.
#[derive(Debug)]
enum Pending {
    TempIds {
        count: u8,
    },
    /// Part of a contact log; the rest goes in further requests.
    Upload {
        sent: usize,
        taken: usize,
        rest: Vec<ContactRecord>,
        code: Option<UploadCode>,
    },
    /// That the user has seen the notice of this number. If it is refused, the notice is told again
    /// after the next login.
    Seen {
        notice: i64,
    },
    /// The version of RESP of a session that began with a registration.
    Version,
    /// A device token.
    Token,
    /// The end of the account.
    Forget,
    /// A request that the session does not know; every reply but an error answers it.
    Other,
}

/// What a session tells the phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The password was right.
    LoggedIn(Username),
    /// The password was wrong, and another one may be tried on the same connection. The message is
    /// for the user.
    WrongPassword(String),
    /// The password was wrong, and the account is blocked from now on. The message is for the user.
    NowBlocked(String),
    /// The account was blocked before this attempt. The message is for the user.
    Blocked(String),
    /// Whoever reads the messages of a number may have been sent a registration code.
    CodeSent,
    /// The number has no such registration code, and another one may be tried. The message is for
    /// the user.
    WrongCode(String),
    /// The server made a device token.
    Token(DeviceToken),
    /// The server makes no device token now. The message is for the user.
    NoToken(String),
    /// The account of this user has ended, and with it the conversation.
    Forgotten(Username),
    /// TempIDs for windows in a row.
    TempIds(Vec<ContactRecord>),
    /// The server took this number of contact records.
    Uploaded(usize),
    /// The server did what [`Session::ask`] asked.
    Answered,
    /// The server refused a request.
    Refused {
        /// Why, for programs: the word of a [`Code`], or of a server that knows more than
        /// BlueTrace.
        code: String,
        /// Why, for the user.
        message: String,
    },
    /// The user is to be told this; then [`Session::acknowledge`] follows.
    Notice(Notice),
    /// The server will not tell the notice of this number again.
    Acknowledged(i64),
    /// The server refused to note that the user has seen the notice of this number, and tells it
    /// again after the next login.
    NotAcknowledged(i64),
    /// The server confirmed the logout.
    LoggedOut,
    /// The server broke the protocol, and the conversation is over.
    Broken(Breach),
}

impl Session {
    /// A session in this version of RESP.
    pub fn new(version: RespVersion) -> Self {
        Self { version, ..Self::default() }
    }

    /// Whether a reply is due.
    pub fn is_waiting(&self) -> bool {
        match &self.state {
            State::LoggingIn { .. }
            | State::Registering
            | State::Confirming { .. }
            | State::LoggingOut { .. } => true,
            State::LoggedIn { pending, .. } => !pending.is_empty(),
            State::LoggedOut | State::Closed => false,
        }
    }

    /// Whether somebody is logged in.
    pub fn is_logged_in(&self) -> bool {
        matches!(self.state, State::LoggedIn { .. })
    }

    /// Whether a logout is sent, and the reply to it is due.
    pub fn is_logging_out(&self) -> bool {
        matches!(self.state, State::LoggingOut { .. })
    }

    /// Whether nothing more can be said on this connection.
    pub fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    /// Sends a login.
    pub fn log_in(&mut self, user: &str, password: &str, out: &mut Vec<u8>) {
        debug_assert!(matches!(self.state, State::LoggedOut), "asked once: {:?}", self.state);
        let credentials = Credentials { user: user.as_bytes(), password: password.as_bytes() };
        let request = match self.version {
            RespVersion::V2 => Request::Auth(credentials),
            version @ RespVersion::V3 => {
                Request::Hello { version: Some(version), auth: Some(credentials), name: None }
            }
        };
        request.encode(out);
        self.state = State::LoggingIn { user: user.to_owned() };
    }

    /// Asks for a device token, with which this user can log in without the password.
    pub fn request_token(&mut self, out: &mut Vec<u8>) {
        if let State::LoggedIn { pending, .. } = &mut self.state {
            Request::Token.encode(out);
            pending.push_back(Pending::Token);
        }
    }

    /// Ends the account.
    pub fn forget(&mut self, out: &mut Vec<u8>) {
        if let State::LoggedIn { pending, .. } = &mut self.state {
            Request::Forget.encode(out);
            pending.push_back(Pending::Forget);
        }
    }

    /// Asks for TempIDs for `count` windows in a row.
    pub fn download(&mut self, count: u8, out: &mut Vec<u8>) {
        if let State::LoggedIn { pending, .. } = &mut self.state {
            Request::TempId { count }.encode(out);
            pending.push_back(Pending::TempIds { count });
        }
    }

    /// Sends any other request, whose command and arguments are `words`.
    pub fn ask(&mut self, words: &[&[u8]], out: &mut Vec<u8>) {
        if let State::LoggedIn { pending, .. } = &mut self.state {
            resp::encode_request(out, words);
            pending.push_back(Pending::Other);
        }
    }

    /// Sends a contact log, in as many requests as it takes, with the code if the server wants one.
    pub fn upload(&mut self, log: Vec<ContactRecord>, code: Option<UploadCode>, out: &mut Vec<u8>) {
        if let State::LoggedIn { pending, .. } = &mut self.state {
            pending.push_back(upload_part(log, 0, code, out));
        }
    }

    /// Says that the user has seen the notice of this number.
    pub fn acknowledge(&mut self, notice: i64, out: &mut Vec<u8>) {
        if let State::LoggedIn { pending, .. } = &mut self.state {
            Request::Seen { notice }.encode(out);
            pending.push_back(Pending::Seen { notice });
        }
    }

    /// Sends a logout.
    pub fn log_out(&mut self, out: &mut Vec<u8>) {
        Request::Quit.encode(out);
        let replies_before = match &self.state {
            State::LoggedIn { pending, .. } => pending.len(),
            State::LoggingIn { .. } | State::Registering | State::Confirming { .. } => 1,
            State::LoggingOut { replies_before } => replies_before + 1,
            State::LoggedOut | State::Closed => 0,
        };
        self.state = State::LoggingOut { replies_before };
    }

    /// Reads the replies in `bytes`, tells the events, and appends the next request to `out`.
    pub fn receive(
        &mut self,
        bytes: &[u8],
        out: &mut Vec<u8>,
        mut tell: impl FnMut(Event),
    ) -> Consumed {
        let mut used = 0;
        loop {
            match Reply::decode(&bytes[used..]) {
                Ok(None) => return Consumed { bytes: used, wants_more: true },
                Ok(Some((reply, len))) => {
                    used += len;
                    if let Some(event) = self.handle(reply, out) {
                        tell(event);
                    }
                }
                Err(error) => {
                    self.state = State::Closed;
                    tell(Event::Broken(error.into()));
                    return Consumed { bytes: bytes.len(), wants_more: true };
                }
            }
        }
    }

    /// Notes the loss of the connection, and returns whether the user must be told: not if nothing
    /// was asked on it, nor after a logout.
    pub fn lost(&mut self) -> bool {
        let state = std::mem::replace(&mut self.state, State::Closed);
        match state {
            State::LoggingIn { .. }
            | State::Registering
            | State::Confirming { .. }
            | State::LoggedIn { .. } => true,
            State::LoggedOut | State::LoggingOut { .. } | State::Closed => false,
        }
    }

    fn handle(&mut self, reply: Reply<'_>, out: &mut Vec<u8>) -> Option<Event> {
        if let (Reply::Push(elements), RespVersion::V3) = (reply, self.version) {
            // Other pushes than notices mean nothing to a phone, nor do notices to nobody.
            let notice = Notice::decode_push(elements).filter(|_| self.is_logged_in());
            return notice.map(Event::Notice);
        }
        match std::mem::replace(&mut self.state, State::Closed) {
            State::LoggingIn { user } => self.handle_login(user, reply),
            State::Registering => self.handle_registration(reply),
            State::Confirming { user } => self.handle_confirmation(&user, reply, out),
            State::LoggedIn { user, mut pending } => {
                let Some(answered) = pending.pop_front() else {
                    return Some(Event::Broken(Breach::Unasked));
                };
                self.state = State::LoggedIn { user, pending };
                self.handle_pending(answered, reply, out)
            }
            State::LoggingOut { replies_before: 0 } => match reply {
                Reply::Simple("OK") => Some(Event::LoggedOut),
                other => self.handle_other(other),
            },
            State::LoggingOut { replies_before } => {
                self.state = State::LoggingOut { replies_before: replies_before - 1 };
                None
            }
            // Full servers say so before they are asked; the next request will find out.
            State::LoggedOut | State::Closed => None,
        }
    }

    fn handle_login(&mut self, user: String, reply: Reply<'_>) -> Option<Event> {
        match (self.version, reply) {
            (RespVersion::V2, Reply::Simple("OK")) | (RespVersion::V3, Reply::Array(_)) => {
                Some(self.let_in(user.as_bytes()))
            }
            (_, Reply::Error { code, message }) => match Code::decode(code) {
                Some(Code::WrongPassword) => {
                    self.state = State::LoggedOut;
                    Some(Event::WrongPassword(message.to_owned()))
                }
                Some(Code::NowBlocked) => Some(Event::NowBlocked(message.to_owned())),
                Some(Code::Blocked) => Some(Event::Blocked(message.to_owned())),
                _ => self.handle_other(reply),
            },
            (RespVersion::V2 | RespVersion::V3, _) => self.handle_other(reply),
        }
    }

    fn let_in(&mut self, user: &[u8]) -> Event {
        match Username::decode(user) {
            Ok(user) => {
                self.state = State::LoggedIn { user, pending: VecDeque::new() };
                Event::LoggedIn(user)
            }
            // No server has a user of such a name.
            Err(_) => Event::Broken(Breach::Unasked),
        }
    }

    fn handle_pending(
        &mut self,
        answered: Pending,
        reply: Reply<'_>,
        out: &mut Vec<u8>,
    ) -> Option<Event> {
        match answered {
            Pending::TempIds { count } => self.handle_temp_ids(count, reply),
            Pending::Upload { sent, taken, rest, code } => match reply {
                Reply::Integer(count) if count == sent && rest.is_empty() => {
                    Some(Event::Uploaded(taken + count))
                }
                Reply::Integer(count) if count == sent => {
                    if let State::LoggedIn { pending, .. } = &mut self.state {
                        pending.push_back(upload_part(rest, taken + count, code, out));
                    }
                    None
                }
                Reply::Integer(taken) => {
                    self.state = State::Closed;
                    Some(Event::Broken(Breach::UploadNotWhole { sent, taken }))
                }
                other => self.handle_other(other),
            },
            Pending::Seen { notice } => match reply {
                Reply::Simple("OK") => Some(Event::Acknowledged(notice)),
                Reply::Error { .. } => Some(Event::NotAcknowledged(notice)),
                other => self.handle_other(other),
            },
            Pending::Version => match reply {
                Reply::Array(_) | Reply::Error { .. } => None,
                other => self.handle_other(other),
            },
            Pending::Token => self.handle_token(reply),
            Pending::Forget => match (reply, &self.state) {
                (Reply::Simple("OK"), State::LoggedIn { user, .. }) => {
                    let user = *user;
                    self.state = State::Closed;
                    Some(Event::Forgotten(user))
                }
                (other, _) => self.handle_other(other),
            },
            Pending::Other => match reply {
                Reply::Error { .. } => self.handle_other(reply),
                Reply::Simple(_) | Reply::Integer(_) | Reply::Bulk(_) | Reply::Array(_) => {
                    Some(Event::Answered)
                }
                Reply::Push(_) => self.handle_other(reply),
            },
        }
    }

    fn handle_temp_ids(&mut self, asked: u8, reply: Reply<'_>) -> Option<Event> {
        let Reply::Bulk(bytes) = reply else { return self.handle_other(reply) };
        match decode_temp_ids(asked, bytes) {
            Ok(records) => Some(Event::TempIds(records)),
            Err(breach) => {
                self.state = State::Closed;
                Some(Event::Broken(breach))
            }
        }
    }

    fn handle_token(&mut self, reply: Reply<'_>) -> Option<Event> {
        match reply {
            Reply::Bulk(bytes) => match DeviceToken::decode(bytes) {
                Ok(token) => Some(Event::Token(token)),
                Err(_) => {
                    self.state = State::Closed;
                    Some(Event::Broken(Breach::MalformedToken))
                }
            },
            Reply::Error { message, .. } => Some(Event::NoToken(message.to_owned())),
            other => self.handle_other(other),
        }
    }

    /// A refusal leaves the session as it is; any other reply breaks it.
    fn handle_other(&mut self, reply: Reply<'_>) -> Option<Event> {
        match reply {
            Reply::Error { code, message } => {
                let text = if message.is_empty() { code } else { message };
                Some(Event::Refused { code: code.to_owned(), message: text.to_owned() })
            }
            Reply::Simple(_)
            | Reply::Integer(_)
            | Reply::Bulk(_)
            | Reply::Array(_)
            | Reply::Push(_) => {
                self.state = State::Closed;
                Some(Event::Broken(Breach::Unasked))
            }
        }
    }
}

/// Sends the first part of a contact log, of which `taken` records are taken already.
fn upload_part(
    mut log: Vec<ContactRecord>,
    taken: usize,
    code: Option<UploadCode>,
    out: &mut Vec<u8>,
) -> Pending {
    let rest = log.split_off(log.len().min(MAX_RECORDS_PER_UPLOAD));
    let mut records = Vec::with_capacity(log.len() * ContactRecord::LEN);
    log.iter().for_each(|record| record.encode(&mut records));
    let code_bytes = code.as_ref().map(|code| code.as_str().as_bytes());
    Request::Upload { records: &records, code: code_bytes }.encode(out);
    Pending::Upload { sent: log.len(), taken, rest, code }
}

/// Reads the reply to `TEMPID`: `asked` records, whose windows follow each other.
fn decode_temp_ids(asked: u8, bytes: &[u8]) -> Result<Vec<ContactRecord>, Breach> {
    let records = ContactRecord::decode_all(bytes).map_err(Breach::MalformedRecord)?;
    if records.len() != usize::from(asked) {
        return Err(Breach::WrongNumber { asked, sent: records.len() });
    }
    let is_in_order = records.iter().all(|record| record.start <= record.expiry)
        && records.windows(2).all(|pair| pair[0].expiry < pair[1].start);
    if is_in_order { Ok(records) } else { Err(Breach::WrongTimes) }
}

#[cfg(test)]
mod tests;
