//! The login and command machine of one connection. No socket, no clock.

use std::sync::Arc;

use self::tools::Client;
use super::accounts::Verdict;
use super::authority::{Authority, Drawn};
use super::contact_tracing::{ContactTrace, Tracing};
use super::decision::{Decision, Decisions};
use super::origins::Origin;
use super::shares::{Shares, Work};
use super::store::Ticket;
use super::waits::{Operation, Waits};
use crate::clock::Now;
use crate::protocol::refusal::Refusal;
use crate::protocol::reply::Answer;
use crate::protocol::request::{Credentials, Request};
use crate::protocol::resp::{self, FramingError, RespVersion};
use crate::protocol::{ContactRecord, Statistics, Username};
use crate::reactor::{Consumed, Token};

mod tools;

/// Longest request before login, in bytes: room for a name and a password.
pub const MAX_REQUEST_BYTES_LOGGED_OUT: usize = 1024;

/// Longest request after login, in bytes: about 18,000 contact records.
pub const MAX_REQUEST_BYTES_LOGGED_IN: usize = 1024 * 1024;

/// Replies that a peer may leave unread before its requests wait, in bytes.
pub const MAX_UNREAD_REPLY_BYTES: usize = 64 * 1024;

/// Requests of a connection that are answered in a turn, before all others have theirs. Without
/// this limit, each connection that sends many short requests would delay all others by a
/// millisecond.
pub const MAX_REQUESTS_PER_TURN: usize = 16;

/// Look-ups and decryptions for an upload in a turn. They take one or two milliseconds, and a whole
/// contact log takes many times as many.
pub const MAX_TRACING_STEPS_PER_TURN: usize = 2048;

/// The machine of one connection, which takes requests and gives replies.
///
/// ```text
/// LoggedOut --AUTH--> LoggedIn --TEMPID--> Waiting --stored or not--> LoggedIn
///     LoggedIn --UPLOAD--> Tracing --traced--> Waiting
///     LoggedIn --RESET--> LoggedOut
///     any --QUIT, a block, broken framing, a user who is revoked--> Closing
/// ```
#[derive(Debug, Default)]
pub struct Session {
    state: State,
    version: RespVersion,
    client: Option<Box<Client>>,
}

#[derive(Debug, Default)]
enum State {
    /// No login yet.
    #[default]
    LoggedOut,
    /// `user` is logged in.
    LoggedIn { user: Username },
    /// The contact log in the request at the front of the input is being traced, some entries a
    /// turn. The request stays in the input until all are.
    Tracing { user: Username, tracing: Box<Tracing> },
    /// The reply to the last request follows the completion of `ticket`. Further requests wait,
    /// because replies keep the order of requests.
    Waiting { user: Username, ticket: Ticket, next: AfterWait },
    /// The last reply is given, and no request is taken.
    Closing,
}

/// What a session does when its wait is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AfterWait {
    /// It takes requests.
    GoOn,
    /// It closes, as its user may not be logged in any more.
    Close,
}

/// The parts of the server that a session uses while it handles requests.
#[derive(Debug)]
pub struct Desk<'a> {
    /// State that all sessions share.
    pub authority: &'a mut Authority,
    /// Decisions of the tick.
    pub decisions: &'a mut Decisions,
    /// Waits for the store.
    pub waits: &'a mut Waits,
    /// The share of the server's time that each user has taken.
    pub shares: &'a mut Shares,
    /// The connection of the session.
    pub client: Token,
    /// The address of the peer.
    pub peer: Origin,
    /// Counts for `INFO`.
    pub statistics: &'a mut Statistics,
    /// Time of the tick.
    pub now: Now,
}

/// Outcome of a wait for the store.
#[derive(Debug)]
pub enum Outcome {
    /// These TempIDs are on stable storage, and issued.
    Issued(Box<[ContactRecord]>),
    /// A contact log is on stable storage.
    Taken {
        /// The number of its records.
        records: usize,
    },
    /// The entry is not stored, or nobody knows whether it is.
    Refused(Refusal),
}

impl Desk<'_> {
    fn refuse(&mut self, refusal: &Refusal, replies: &mut Vec<u8>) {
        self.statistics.refused(refusal.code());
        refusal.encode(replies);
    }
}

impl Session {
    /// Whether the session waits for a completion, after which [`resume`](Session::resume) must
    /// follow.
    pub fn is_waiting(&self) -> bool {
        matches!(self.state, State::Waiting { .. })
    }

    /// Whether a contact log is being traced, so that the request at the front of the input is
    /// complete, though still there.
    pub fn is_tracing(&self) -> bool {
        matches!(self.state, State::Tracing { .. })
    }

    /// Whether the connection is to be closed when the replies are sent.
    pub fn is_closing(&self) -> bool {
        matches!(self.state, State::Closing)
    }

    /// Whether nobody has logged in yet, so that the login timeout runs.
    pub fn is_logged_out(&self) -> bool {
        matches!(self.state, State::LoggedOut)
    }

    /// Handles the requests in `bytes`, in order, and appends the replies. Stops before an
    /// unfinished request, and when further requests have to wait: for the store, for the peer to
    /// read, for the next turn, or for the time that the user has to pay for earlier ones.
    pub fn receive(
        &mut self,
        bytes: &[u8],
        replies: &mut Vec<u8>,
        desk: &mut Desk<'_>,
    ) -> Consumed {
        let (mut used, mut turn) = (0, 0..MAX_REQUESTS_PER_TURN);
        while self.takes_requests(replies) && self.has_room(desk) && turn.next().is_some() {
            match resp::decode_request(&bytes[used..], self.request_limit()) {
                Ok(None) => return Consumed { bytes: used, wants_more: true },
                Ok(Some((words, len))) => {
                    match std::mem::take(&mut self.state) {
                        State::Tracing { user, tracing } => self.go_on_tracing(user, tracing, desk),
                        state @ (State::LoggedOut
                        | State::LoggedIn { .. }
                        | State::Waiting { .. }
                        | State::Closing) => {
                            self.state = state;
                            self.handle_words(&words, replies, desk);
                        }
                    }
                    if self.is_tracing() {
                        break;
                    }
                    used += len;
                }
                Err(error) => self.give_up(error, replies, desk),
            }
        }
        let bytes = if self.is_closing() { bytes.len() } else { used };
        Consumed { bytes, wants_more: self.is_closing() }
    }

    /// Whether the user has paid for earlier requests. Whoever has just logged in may owe for those
    /// of other connections.
    fn has_room(&self, desk: &Desk<'_>) -> bool {
        self.user().map_or(true, |user| desk.shares.has_room(user, desk.now.monotonic))
    }

    /// Ends the wait for `ticket`, unless the session waits for another one.
    pub fn resume(
        &mut self,
        ticket: Ticket,
        outcome: Outcome,
        replies: &mut Vec<u8>,
        decisions: &mut Decisions,
    ) {
        let State::Waiting { user, ticket: awaited, next } = self.state else { return };
        if awaited != ticket {
            return;
        }
        self.state = match next {
            AfterWait::GoOn => State::LoggedIn { user },
            AfterWait::Close => State::Closing,
        };
        match outcome {
            Outcome::Issued(records) => tell(user, records, replies, decisions),
            Outcome::Taken { records } => Answer::Integer(records).encode(replies),
            Outcome::Refused(refusal) => refusal.encode(replies),
        }
    }

    /// Takes no further request, and closes once a wait for the store is over.
    pub fn end(&mut self) {
        match &mut self.state {
            State::Waiting { next, .. } => *next = AfterWait::Close,
            State::LoggedOut | State::LoggedIn { .. } | State::Tracing { .. } | State::Closing => {
                self.state = State::Closing;
            }
        }
    }

    fn takes_requests(&self, replies: &[u8]) -> bool {
        match self.state {
            State::LoggedOut | State::LoggedIn { .. } | State::Tracing { .. } => {
                replies.len() < MAX_UNREAD_REPLY_BYTES
            }
            State::Waiting { .. } | State::Closing => false,
        }
    }

    fn request_limit(&self) -> usize {
        match self.state {
            State::LoggedOut => MAX_REQUEST_BYTES_LOGGED_OUT,
            State::LoggedIn { .. }
            | State::Tracing { .. }
            | State::Waiting { .. }
            | State::Closing => MAX_REQUEST_BYTES_LOGGED_IN,
        }
    }

    fn give_up(&mut self, error: FramingError, replies: &mut Vec<u8>, desk: &mut Desk<'_>) {
        desk.refuse(&Refusal::Framing(error), replies);
        self.state = State::Closing;
        if let FramingError::Foreign(protocol) = error {
            let (peer, at) = (desk.peer, desk.now.monotonic);
            desk.decisions.record(Decision::ForeignPeer { peer, protocol, at });
        }
    }

    fn handle_words(&mut self, words: &[&[u8]], replies: &mut Vec<u8>, desk: &mut Desk<'_>) {
        if words.is_empty() {
            return;
        }
        desk.statistics.requests += 1;
        let outcome = match Request::decode(words) {
            Ok(request) => self.handle(request, replies, desk),
            Err(error) => Err(error.into()),
        };
        match outcome {
            Ok(Some(answer)) => answer.encode(replies),
            Ok(None) => {}
            Err(refusal) => desk.refuse(&refusal, replies),
        }
    }

    /// Handles a request. `None` means that the answer is given already, or follows later.
    fn handle<'a>(
        &mut self,
        request: Request<'a>,
        replies: &mut Vec<u8>,
        desk: &mut Desk<'_>,
    ) -> Result<Option<Answer<'a>>, Refusal> {
        match request {
            Request::Auth(credentials) => {
                self.log_in(credentials, desk)?;
                Ok(Some(Answer::Ok))
            }
            Request::TempId { count } => {
                let user = self.user()?;
                if !desk.authority.has_room() {
                    return Err(Refusal::NoMemory);
                }
                desk.shares.charge(user, Work::TempIds(count), desk.now.monotonic);
                match desk.authority.draw(user, count, desk.now.wall)? {
                    Drawn::Final(records) => tell(user, records, replies, desk.decisions),
                    Drawn::ToStore(records) => {
                        self.wait_for(Operation::Issue { user, records }, user, desk);
                    }
                    Drawn::ToNumber(number, records) => {
                        self.wait_for(Operation::Number { user, number, records }, user, desk);
                    }
                }
                Ok(None)
            }
            Request::Upload { records } => {
                let user = self.user()?;
                let count = (records.len() / ContactRecord::LEN) as u32;
                desk.shares.charge(user, Work::ContactRecords(count), desk.now.monotonic);
                let log = ContactRecord::decode_all(records).map_err(Refusal::InvalidRecord)?;
                let bytes = log.len() * ContactTrace::MEMORY_PER_ENTRY;
                if !desk.authority.memory().has_room_for(bytes as u64) {
                    return Err(Refusal::NoMemory);
                }
                let tracing = Box::new(Tracing::new(
                    user,
                    &log,
                    desk.now.wall,
                    desk.authority.kept_since(desk.now.wall),
                ));
                self.go_on_tracing(user, tracing, desk);
                Ok(None)
            }
            Request::Quit => {
                if let Ok(user) = self.user() {
                    desk.decisions.record(Decision::LoggedOut(user));
                }
                self.state = State::Closing;
                Ok(Some(Answer::Ok))
            }
            Request::Hello { version, auth, name } => {
                if let Some(credentials) = auth {
                    self.log_in(credentials, desk)?;
                }
                if let Some(name) = name {
                    self.name_client(name, desk);
                }
                self.version = version.unwrap_or(self.version);
                let id = self.client_id(desk);
                Ok(Some(Answer::Hello { version: self.version, id }))
            }
            Request::Tool(request) => self.answer_tool(request, desk).map(Some),
        }
    }

    /// Traces as many entries of a contact log as fit into a turn. With the last one, the wait for
    /// the store begins.
    fn go_on_tracing(&mut self, user: Username, mut tracing: Box<Tracing>, desk: &mut Desk<'_>) {
        let (steps, now) = (desk.authority.steps_to_find(), desk.now.monotonic);
        let count = tracing.left().min((MAX_TRACING_STEPS_PER_TURN / steps).max(1));
        desk.shares.charge(user, Work::Decryptions((count * (steps - 1)) as u32), now);
        tracing.go_on(count, |record| desk.authority.find(record));
        if tracing.left() > 0 {
            self.state = State::Tracing { user, tracing };
            return;
        }
        let trace = tracing.end();
        desk.shares.charge(user, Work::StoredRecords(trace.entries.len() as u32), now);
        self.wait_for(Operation::Take(Arc::new(trace)), user, desk);
    }

    /// Lets the next request wait until the store has answered.
    fn wait_for(&mut self, operation: Operation, user: Username, desk: &mut Desk<'_>) {
        let ticket = desk.waits.begin(desk.client, operation);
        self.state = State::Waiting { user, ticket, next: AfterWait::GoOn };
    }

    fn log_in(&mut self, credentials: Credentials<'_>, desk: &mut Desk<'_>) -> Result<(), Refusal> {
        if !self.is_logged_out() {
            return Err(Refusal::AlreadyLoggedIn);
        }
        match desk.authority.judge(credentials, desk.now.monotonic) {
            Verdict::Admitted(user) => {
                self.state = State::LoggedIn { user };
                Ok(())
            }
            Verdict::WrongPassword => Err(Refusal::WrongPassword),
            Verdict::NowBlocked => {
                self.state = State::Closing;
                Err(Refusal::NowBlocked)
            }
            Verdict::Blocked => {
                self.state = State::Closing;
                Err(Refusal::Blocked)
            }
        }
    }

    /// The user who has logged in.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotLoggedIn`]
    pub fn user(&self) -> Result<Username, Refusal> {
        match self.state {
            State::LoggedIn { user }
            | State::Tracing { user, .. }
            | State::Waiting { user, .. } => Ok(user),
            State::LoggedOut | State::Closing => Err(Refusal::NotLoggedIn),
        }
    }
}

/// Tells a user TempIDs that may be told.
fn tell(
    user: Username,
    records: Box<[ContactRecord]>,
    replies: &mut Vec<u8>,
    decisions: &mut Decisions,
) {
    Answer::TempIds(&records).encode(replies);
    decisions.record(Decision::TempIdsIssued { user, records });
}

#[cfg(test)]
mod tests;
