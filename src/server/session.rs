//! The login and command machine of one connection. No socket, no clock.

use self::extras::Extras;
pub use self::extras::MAX_PARTS;
use self::login::{Greeting, Hello};
pub use self::outcome::Outcome;
pub use self::uploading::MAX_TRACING_STEPS_PER_TURN;
use self::uploading::Upload;
use super::authority::{Authority, Drawn};
use super::change::Change;
use super::decision::{Decision, Decisions};
use super::origins::Origin;
use super::shares::{Shares, Work};
use super::store::Ticket;
use super::waits::{Operation, Waits};
use crate::clock::Now;
use crate::protocol::answer::Answer;
use crate::protocol::refusal::Refusal;
use crate::protocol::request::{OperatorRequest, Request};
use crate::protocol::resp::{self, FramingError, RespVersion};
use crate::protocol::{ContactRecord, Statistics, Username};
use crate::reactor::{Consumed, Token};

mod extras;
mod login;
mod operating;
mod outcome;
mod registering;
mod tools;
mod uploading;

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

/// The machine of one connection, which takes requests and gives replies.
///
/// ```text
/// LoggedOut --AUTH--> LoggedIn --TEMPID, SEEN, TOKEN, FORGET--> Waiting --stored or not--> LoggedIn
/// LoggedOut --AUTH--> LoggingIn --hashed--> LoggedIn, LoggedOut, Closing
/// LoggedOut --CONFIRM--> LoggingIn --hashed and stored--> LoggedIn, Closing
///     LoggedIn --UPLOAD--> Tracing --traced--> Waiting
///     LoggedIn --RESET--> LoggedOut
///     Operating --CODE, NOTIFY, REVOKE, RESTORE--> Waiting --stored or not--> Operating
///     any --QUIT, a block, broken framing, an account that has ended--> Closing
/// ```
///
/// In version 3 of RESP, a user who is logged in is told of notices by pushes between replies.
#[derive(Debug, Default)]
pub struct Session {
    state: State,
    version: RespVersion,
    /// Whether it is the operator's, also when it is closing.
    is_operators: bool,
    /// Boxed, as phones have none.
    extras: Option<Box<Extras>>,
}

#[derive(Debug, Default)]
enum State {
    /// No login yet.
    #[default]
    LoggedOut,
    /// The password of a login is hashed. Further requests wait.
    LoggingIn { ticket: Ticket, greeting: Greeting, next: AfterWait },
    /// `user` is logged in.
    LoggedIn { user: Username },
    /// The contact log in the request at the front of the input is being traced, some entries a
    /// turn. The request stays in the input until all are.
    Tracing { user: Username, upload: Box<Upload> },
    /// The operator asks, over a socket that lets in nobody else.
    Operating,
    /// The reply to the last request follows the completion of `ticket`. Further requests wait,
    /// because replies keep the order of requests.
    Waiting { who: Who, ticket: Ticket, next: AfterWait },
    /// The last reply is given, and no request is taken.
    Closing,
}

/// Whose session it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    /// A user's, who is logged in.
    User(Username),
    /// The operator's.
    Operator,
}

impl From<Who> for State {
    fn from(who: Who) -> Self {
        match who {
            Who::User(user) => Self::LoggedIn { user },
            Who::Operator => Self::Operating,
        }
    }
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
    /// Waits for the store and for hashes.
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

impl Desk<'_> {
    fn refuse(&mut self, refusal: &Refusal, replies: &mut Vec<u8>) {
        self.statistics.refused(refusal.code());
        refusal.encode(replies);
    }
}

impl Session {
    /// The session of the operator.
    pub fn of_operator() -> Self {
        Self { state: State::Operating, is_operators: true, ..Self::default() }
    }

    /// Whether this is a session of the operator.
    pub fn is_operators(&self) -> bool {
        self.is_operators
    }

    /// Whether the session waits for a completion, after which [`resume`](Session::resume) must
    /// follow.
    pub fn is_waiting(&self) -> bool {
        matches!(self.state, State::Waiting { .. } | State::LoggingIn { .. })
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
        matches!(self.state, State::LoggedOut | State::LoggingIn { .. })
    }

    /// Handles the requests in `bytes`, in order, and appends the replies. Stops before an
    /// unfinished request, and when further requests have to wait: for an answer, for the peer to
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
                        State::Tracing { user, upload } => self.go_on_tracing(user, upload, desk),
                        state @ (State::LoggedOut
                        | State::LoggingIn { .. }
                        | State::LoggedIn { .. }
                        | State::Operating
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

    /// The ticket for which the session waits.
    pub fn awaited(&self) -> Option<Ticket> {
        match self.state {
            State::Waiting { ticket, .. } | State::LoggingIn { ticket, .. } => Some(ticket),
            State::LoggedOut
            | State::LoggedIn { .. }
            | State::Tracing { .. }
            | State::Operating
            | State::Closing => None,
        }
    }

    /// Takes no further request, and closes once a wait is over.
    pub fn end(&mut self) {
        match &mut self.state {
            State::Waiting { next, .. } | State::LoggingIn { next, .. } => {
                *next = AfterWait::Close;
            }
            State::LoggedOut
            | State::LoggedIn { .. }
            | State::Tracing { .. }
            | State::Operating
            | State::Closing => {
                self.state = State::Closing;
            }
        }
    }

    fn takes_requests(&self, replies: &[u8]) -> bool {
        match self.state {
            State::LoggedOut
            | State::LoggedIn { .. }
            | State::Tracing { .. }
            | State::Operating => replies.len() < MAX_UNREAD_REPLY_BYTES,
            State::LoggingIn { .. } | State::Waiting { .. } | State::Closing => false,
        }
    }

    fn request_limit(&self) -> usize {
        match self.state {
            State::LoggedOut | State::LoggingIn { .. } | State::Operating => {
                MAX_REQUEST_BYTES_LOGGED_OUT
            }
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
        let had_listener = self.listener().is_some();
        match self.decode_and_handle(words, replies, desk) {
            Ok(Some(answer)) => answer.encode(replies),
            Ok(None) => {}
            Err(refusal) => desk.refuse(&refusal, replies),
        }
        if !had_listener {
            self.tell_all(&desk.authority.notices, replies);
        }
    }

    fn decode_and_handle<'a>(
        &mut self,
        words: &[&'a [u8]],
        replies: &mut Vec<u8>,
        desk: &mut Desk<'_>,
    ) -> Result<Option<Answer<'a>>, Refusal> {
        if let State::Operating = self.state
            && let Some(request) = OperatorRequest::decode(words)
        {
            return self.handle_operator(request?, desk);
        }
        self.handle(Request::decode(words)?, replies, desk)
    }

    /// Handles a request. `None` means that the answer is given already, or follows later.
    fn handle<'a>(
        &mut self,
        request: Request<'a>,
        replies: &mut Vec<u8>,
        desk: &mut Desk<'_>,
    ) -> Result<Option<Answer<'a>>, Refusal> {
        match request {
            Request::Auth(credentials) => self.log_in(credentials, |_, _| Greeting::Auth, desk),
            Request::TempId { count } => {
                let user = self.user()?;
                if !desk.authority.has_room() {
                    return Err(Refusal::NoMemory);
                }
                desk.shares.charge(user, Work::TempIds(count), desk.now.monotonic);
                let who = Who::User(user);
                match desk.authority.draw(user, count, desk.now.wall)? {
                    Drawn::Final(records) => tell(user, records, replies, desk.decisions),
                    Drawn::ToStore(records) => {
                        self.wait_for(Operation::Issue { user, records }, who, desk);
                    }
                    Drawn::ToNumber(number, records) => {
                        self.wait_for(Operation::Number { user, number, records }, who, desk);
                    }
                }
                Ok(None)
            }
            Request::Upload { records, code } => {
                let user = self.user()?;
                self.begin_upload(user, records, code, desk)?;
                Ok(None)
            }
            Request::Notices => {
                let user = self.user()?;
                let notices = desk.authority.notices.of(user).cloned().collect();
                Ok(Some(Answer::Notices(notices)))
            }
            Request::Seen { notice } => {
                let (user, at) = (self.user()?, desk.now.wall);
                desk.shares.charge(user, Work::StoredRecords(1), desk.now.monotonic);
                self.change(Change::Acknowledge { user, notice, at }, desk);
                Ok(None)
            }
            Request::Register { number } => self.begin_registration(number, desk).map(Some),
            Request::Confirm { number, code, password } => {
                self.confirm_registration(number, code, password, desk)?;
                Ok(None)
            }
            Request::Token => {
                let (user, at) = (self.user()?, desk.now.wall);
                desk.shares.charge(user, Work::Account, desk.now.monotonic);
                let token = desk.authority.draw_token(user);
                let (token, digest) = token.ok_or(Refusal::NotLoggedIn)?;
                self.change(Change::AddToken { user, token, digest, at }, desk);
                Ok(None)
            }
            Request::Forget => {
                let (user, at) = (self.user()?, desk.now.wall);
                let forgotten_until = Some(desk.authority.last_start(at));
                self.change(Change::Close { user, at, forgotten_until }, desk);
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
                let hello = |session: &mut Self, desk: &mut Desk<'_>| {
                    let (name, id) = (name.map(Box::from), session.client_id(desk));
                    Greeting::Hello(Box::new(Hello { version, name, id }))
                };
                match auth {
                    Some(credentials) => self.log_in(credentials, hello, desk),
                    None => {
                        let greeting = hello(self, desk);
                        Ok(Some(self.greet(greeting)))
                    }
                }
            }
            Request::Tool(request) => self.answer_tool(request, desk).map(Some),
        }
    }

    /// Lets the next request wait until a change is stored.
    fn change(&mut self, change: Change, desk: &mut Desk<'_>) {
        let who = self.user().map_or(Who::Operator, Who::User);
        self.wait_for(Operation::Change(change), who, desk);
    }

    /// Lets the next request wait until the store has answered.
    fn wait_for(&mut self, operation: Operation, who: Who, desk: &mut Desk<'_>) {
        let ticket = desk.waits.begin(desk.client, operation);
        self.state = State::Waiting { who, ticket, next: AfterWait::GoOn };
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
            | State::Waiting { who: Who::User(user), .. } => Ok(user),
            State::LoggedOut
            | State::LoggingIn { .. }
            | State::Operating
            | State::Waiting { who: Who::Operator, .. }
            | State::Closing => Err(Refusal::NotLoggedIn),
        }
    }
}

impl AfterWait {
    fn state(self, if_it_goes_on: State) -> State {
        match self {
            Self::GoOn => if_it_goes_on,
            Self::Close => State::Closing,
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
