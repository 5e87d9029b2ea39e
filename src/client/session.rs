//! The conversation of one phone with the server. No socket, no clock.

use super::breach::Breach;
use crate::protocol::reply::Reply;
use crate::protocol::request::{Credentials, Request};
use crate::protocol::{ContactRecord, Username, resp};
use crate::reactor::Consumed;

/// Contact records of one `UPLOAD`, at most: the server takes 1 MiB a request.
pub const MAX_RECORDS_PER_UPLOAD: usize = 18_000;

/// One phone's conversation with the server: a machine that writes requests and reads replies.
///
/// ```text
/// LoggedOut --log_in--> LoggingIn --OK--> Ready --download, upload--> Waiting --reply--> Ready
///     Ready --log_out--> LoggingOut --OK--> Closed
/// ```
///
/// A connection that ends, at any point, is [`lost`](Session::lost); the next one has a new session.
#[derive(Debug, Default)]
pub struct Session {
    state: State,
}

#[derive(Debug, Default)]
enum State {
    /// Nothing is asked yet.
    #[default]
    LoggedOut,
    /// `AUTH` is sent.
    LoggingIn { user: String },
    /// `user` may ask for TempIDs and upload.
    Ready { user: Username },
    /// A request is sent.
    Waiting { user: Username, pending: Pending },
    /// `QUIT` is sent, maybe behind a request whose reply nobody wants any more.
    LoggingOut { replies_before: u8 },
    /// Nothing more is said on this connection.
    Closed,
}

/// What the reply will be to.
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
    },
    /// A request that the session does not know, so that every reply but an error will do.
    Other,
}

/// What a session tells the phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The password was right.
    LoggedIn(Username),
    /// It was not; another one may be tried on the same connection. The message is for the user.
    WrongPassword(String),
    /// The account is blocked; the message is for the user.
    Blocked(String),
    /// TempIDs for windows in a row.
    TempIds(Vec<ContactRecord>),
    /// The server took so many contact records.
    Uploaded(usize),
    /// The server did what [`Session::ask`] asked.
    Answered,
    /// The server refused a request.
    Refused {
        /// Why, in a word for programs, such as `BUSY`.
        code: String,
        /// Why, for the user.
        message: String,
    },
    /// The server said goodbye.
    LoggedOut,
    /// What came is not what was asked for, and the conversation is over.
    Broken(Breach),
}

impl Session {
    /// Whether a reply is due.
    pub fn is_waiting(&self) -> bool {
        match self.state {
            State::LoggingIn { .. } | State::Waiting { .. } | State::LoggingOut { .. } => true,
            State::LoggedOut | State::Ready { .. } | State::Closed => false,
        }
    }

    /// Whether somebody is logged in.
    pub fn is_logged_in(&self) -> bool {
        matches!(self.state, State::Ready { .. } | State::Waiting { .. })
    }

    /// Whether nothing more can be said on this connection.
    pub fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    /// Asks to be logged in.
    pub fn log_in(&mut self, user: &str, password: &str, out: &mut Vec<u8>) {
        debug_assert!(matches!(self.state, State::LoggedOut), "asked once: {:?}", self.state);
        let credentials = Credentials { user: user.as_bytes(), password: password.as_bytes() };
        Request::Auth(credentials).encode(out);
        self.state = State::LoggingIn { user: user.to_owned() };
    }

    /// Asks for TempIDs for `count` windows in a row.
    pub fn download(&mut self, count: u8, out: &mut Vec<u8>) {
        if let State::Ready { user } = self.state {
            Request::TempId { count }.encode(out);
            self.state = State::Waiting { user, pending: Pending::TempIds { count } };
        }
    }

    /// Asks something else, of a server that knows more than BlueTrace: `words` are the command and its
    /// arguments.
    pub fn ask(&mut self, words: &[&[u8]], out: &mut Vec<u8>) {
        if let State::Ready { user } = self.state {
            resp::encode_request(out, words);
            self.state = State::Waiting { user, pending: Pending::Other };
        }
    }

    /// Sends a contact log, in as many requests as it takes.
    pub fn upload(&mut self, log: Vec<ContactRecord>, out: &mut Vec<u8>) {
        if let State::Ready { user } = self.state {
            self.upload_part(user, log, 0, out);
        }
    }

    /// Says goodbye.
    pub fn log_out(&mut self, out: &mut Vec<u8>) {
        Request::Quit.encode(out);
        self.state = State::LoggingOut { replies_before: self.is_waiting().into() };
    }

    /// Reads the replies in `bytes`, tells what they mean, and appends what is to be sent next.
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

    /// Takes note that the connection is gone, and says whether anybody has to be told: nobody, if
    /// nothing was asked on it or everything was said.
    pub fn lost(&mut self) -> bool {
        let state = std::mem::replace(&mut self.state, State::Closed);
        match state {
            State::LoggingIn { .. } | State::Ready { .. } | State::Waiting { .. } => true,
            State::LoggedOut | State::LoggingOut { .. } | State::Closed => false,
        }
    }

    fn handle(&mut self, reply: Reply<'_>, out: &mut Vec<u8>) -> Option<Event> {
        match std::mem::replace(&mut self.state, State::Closed) {
            State::LoggingIn { user } => self.handle_login(user, reply),
            State::Waiting { user, pending } => {
                self.state = State::Ready { user };
                self.handle_pending(user, pending, reply, out)
            }
            State::LoggingOut { replies_before: 0 } => match reply {
                Reply::Simple("OK") => Some(Event::LoggedOut),
                other => self.handle_other(other),
            },
            State::LoggingOut { replies_before } => {
                self.state = State::LoggingOut { replies_before: replies_before - 1 };
                None
            }
            State::Ready { .. } => Some(Event::Broken(Breach::Unasked)),
            // Full servers say so before they are asked; the next request will find out.
            State::LoggedOut | State::Closed => None,
        }
    }

    fn handle_login(&mut self, user: String, reply: Reply<'_>) -> Option<Event> {
        match reply {
            Reply::Simple("OK") => match Username::decode(user.as_bytes()) {
                Ok(user) => {
                    self.state = State::Ready { user };
                    Some(Event::LoggedIn(user))
                }
                // No server has a user of such a name.
                Err(_) => Some(Event::Broken(Breach::Unasked)),
            },
            Reply::Error { code: "WRONGPASS", message } => {
                self.state = State::LoggedOut;
                Some(Event::WrongPassword(message.to_owned()))
            }
            Reply::Error { code: "BLOCKED", message } => Some(Event::Blocked(message.to_owned())),
            other => self.handle_other(other),
        }
    }

    fn handle_pending(
        &mut self,
        user: Username,
        pending: Pending,
        reply: Reply<'_>,
        out: &mut Vec<u8>,
    ) -> Option<Event> {
        match pending {
            Pending::TempIds { count } => self.handle_temp_ids(count, reply),
            Pending::Upload { sent, taken, rest } => match reply {
                Reply::Integer(count) if count == sent && rest.is_empty() => {
                    Some(Event::Uploaded(taken + count))
                }
                Reply::Integer(count) if count == sent => {
                    self.upload_part(user, rest, taken + count, out);
                    None
                }
                Reply::Integer(taken) => {
                    self.state = State::Closed;
                    Some(Event::Broken(Breach::UploadNotWhole { sent, taken }))
                }
                other => self.handle_other(other),
            },
            Pending::Other => match reply {
                Reply::Error { .. } => self.handle_other(reply),
                Reply::Simple(_) | Reply::Integer(_) | Reply::Bulk(_) => Some(Event::Answered),
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

    /// A refusal leaves the session as it is; anything else cannot be made sense of.
    fn handle_other(&mut self, reply: Reply<'_>) -> Option<Event> {
        match reply {
            Reply::Error { code, message } => {
                let text = if message.is_empty() { code } else { message };
                Some(Event::Refused { code: code.to_owned(), message: text.to_owned() })
            }
            Reply::Simple(_) | Reply::Integer(_) | Reply::Bulk(_) => {
                self.state = State::Closed;
                Some(Event::Broken(Breach::Unasked))
            }
        }
    }

    fn upload_part(
        &mut self,
        user: Username,
        mut log: Vec<ContactRecord>,
        taken: usize,
        out: &mut Vec<u8>,
    ) {
        let rest = log.split_off(log.len().min(MAX_RECORDS_PER_UPLOAD));
        let mut records = Vec::with_capacity(log.len() * ContactRecord::LEN);
        log.iter().for_each(|record| record.encode(&mut records));
        Request::Upload { records: &records }.encode(out);
        let pending = Pending::Upload { sent: log.len(), taken, rest };
        self.state = State::Waiting { user, pending };
    }
}

/// Reads the reply to `TEMPID`: as many records as were `asked` for, each the window behind the last.
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
mod tests {
    use super::*;

    fn record(number: u128) -> ContactRecord {
        let times = b"1234567890123456789113/05/2020 17:54:0613/05/2020 18:09:05";
        let mut record = ContactRecord::decode(times).expect("a record");
        record.temp_id = crate::protocol::TempId::from_number(number).expect("in range");
        record
    }

    /// A record for the 15 minutes behind those of `record`.
    fn next_window(number: u128) -> ContactRecord {
        let record = record(number);
        let lifetime = record.expiry.seconds_since(record.start) + 1;
        let (start, expiry) =
            (record.start.after_seconds(lifetime), record.expiry.after_seconds(lifetime));
        ContactRecord { start, expiry, ..record }
    }

    fn bulk(records: &[ContactRecord]) -> Vec<u8> {
        let mut reply = format!("${}\r\n", records.len() * ContactRecord::LEN).into_bytes();
        records.iter().for_each(|record| record.encode(&mut reply));
        reply.extend_from_slice(b"\r\n");
        reply
    }

    /// A session, what it sent, and what it told.
    #[derive(Default)]
    struct Fixture {
        session: Session,
        sent: Vec<u8>,
        told: Vec<Event>,
    }

    impl Fixture {
        fn logging_in() -> Self {
            let mut fixture = Self::default();
            fixture.session.log_in("ann", "secret", &mut fixture.sent);
            fixture
        }

        fn ready() -> Self {
            let mut fixture = Self::logging_in();
            fixture.receive(b"+OK\r\n");
            assert!(fixture.session.is_logged_in());
            (fixture.sent, fixture.told) = Default::default();
            fixture
        }

        fn receive(&mut self, bytes: &[u8]) -> Consumed {
            let told = &mut self.told;
            self.session.receive(bytes, &mut self.sent, |event| told.push(event))
        }
    }

    #[test]
    fn logging_in_is_told_the_verdict() {
        let mut fixture = Fixture::logging_in();
        assert_eq!(fixture.sent, b"*3\r\n$4\r\nAUTH\r\n$3\r\nann\r\n$6\r\nsecret\r\n");
        fixture.receive(b"-WRONGPASS Invalid Password. Please try again\r\n");
        let message = "Invalid Password. Please try again".to_owned();
        assert_eq!(fixture.told, [Event::WrongPassword(message)]);
        assert!(!fixture.session.is_waiting());
        fixture.session.log_in("ann", "other", &mut fixture.sent);
        fixture.receive(b"-BLOCKED Later\r\n");
        assert_eq!(fixture.told[1], Event::Blocked("Later".to_owned()));
    }

    #[test]
    fn waiting_for_temp_ids_takes_a_reply_cut_anywhere() {
        let reply = bulk(&[record(1), next_window(2)]);
        for cut in 0..reply.len() {
            let mut fixture = Fixture::ready();
            fixture.session.download(2, &mut fixture.sent);
            let kept = fixture.receive(&reply[..cut]).bytes;
            assert_eq!((kept, fixture.told.len()), (0, 0));
            fixture.receive(&reply);
            assert_eq!(fixture.told, [Event::TempIds(vec![record(1), next_window(2)])]);
        }
    }

    #[test]
    fn refused_download_leaves_the_session_ready() {
        let mut fixture = Fixture::ready();
        fixture.session.download(1, &mut fixture.sent);
        fixture.receive(b"-IOERR disk full\r\n");
        let (code, message) = ("IOERR".to_owned(), "disk full".to_owned());
        assert_eq!(fixture.told, [Event::Refused { code, message }]);
        assert!(fixture.session.is_logged_in() && !fixture.session.is_waiting());
    }

    #[test]
    fn large_log_goes_in_several_requests() {
        let mut fixture = Fixture::ready();
        let log: Vec<_> = (0..MAX_RECORDS_PER_UPLOAD as u128 + 5).map(record).collect();
        fixture.session.upload(log, &mut fixture.sent);
        assert!(fixture.sent.len() < 1024 * 1024);
        fixture.sent.clear();
        fixture.receive(format!(":{MAX_RECORDS_PER_UPLOAD}\r\n").as_bytes());
        assert!(fixture.told.is_empty());
        assert!(fixture.sent.starts_with(b"*2\r\n$6\r\nUPLOAD\r\n$290\r\n"));
        fixture.receive(b":5\r\n");
        assert_eq!(fixture.told, [Event::Uploaded(MAX_RECORDS_PER_UPLOAD + 5)]);
    }

    #[test]
    fn reply_of_another_kind_breaks_the_session() {
        for reply in [&b"+OK\r\n"[..], b":1\r\n", b"$1\r\nx\r\n", b"HTTP/1.1 400\r\n"] {
            let mut fixture = Fixture::ready();
            fixture.session.download(1, &mut fixture.sent);
            fixture.receive(reply);
            assert!(matches!(fixture.told[..], [Event::Broken(_)]), "{:?}", fixture.told);
        }
        let mut fixture = Fixture::ready();
        fixture.receive(b"+OK\r\n");
        assert!(matches!(fixture.told[..], [Event::Broken(_)]));
    }

    #[test]
    fn wrong_temp_ids_break_the_session_and_are_named() {
        let malformed = bulk(&[record(1)]).into_iter().map(|b| if b == b'/' { b'-' } else { b });
        let backwards =
            ContactRecord { start: record(1).expiry, expiry: record(1).start, ..record(1) };
        for (asked, reply, breach) in [
            (1, malformed.collect(), "malformed contact record"),
            (1, bulk(&[]), "0 TempIDs, 1 were asked for"),
            (1, bulk(&[record(1), next_window(2)]), "2 TempIDs, 1 were"),
            (2, bulk(&[record(1)]), "1 TempIDs, 2 were"),
            (2, bulk(&[record(1), record(2)]), "do not follow"),
            (1, bulk(&[backwards]), "do not follow"),
        ] {
            let mut fixture = Fixture::ready();
            fixture.session.download(asked, &mut fixture.sent);
            fixture.receive(&reply);
            let [Event::Broken(told)] = fixture.told[..] else { panic!("{:?}", fixture.told) };
            assert!(told.to_string().contains(breach), "{told}");
            assert!(fixture.session.is_closed());
        }
    }

    #[test]
    fn other_request_is_answered_by_every_reply_but_an_error() {
        for (reply, is_answered) in
            [(&b"+OK\r\n"[..], true), (b":1\r\n", true), (b"-ERR no\r\n", false)]
        {
            let mut fixture = Fixture::ready();
            fixture.session.ask(&[b"SET", b"a", b"b"], &mut fixture.sent);
            assert_eq!(fixture.sent, b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n");
            fixture.receive(reply);
            assert_eq!(fixture.told == [Event::Answered], is_answered);
            assert!(fixture.session.is_logged_in() && !fixture.session.is_waiting());
        }
    }

    #[test]
    fn logging_out_with_a_request_on_its_way_waits_for_the_goodbye() {
        let mut fixture = Fixture::ready();
        fixture.session.upload(vec![record(1)], &mut fixture.sent);
        fixture.session.log_out(&mut fixture.sent);
        fixture.receive(b":1\r\n");
        assert_eq!(fixture.told, []);
        fixture.receive(b"+OK\r\n");
        assert_eq!(fixture.told, [Event::LoggedOut]);
    }

    #[test]
    fn logging_out_takes_nothing_but_ok_for_the_goodbye() {
        for reply in [&b":1\r\n"[..], b"+PONG\r\n", b"$0\r\n\r\n", b"-ERR stay\r\n"] {
            let mut fixture = Fixture::ready();
            fixture.session.log_out(&mut fixture.sent);
            fixture.receive(reply);
            assert!(matches!(fixture.told[..], [Event::Broken(_) | Event::Refused { .. }]));
            assert!(fixture.session.is_closed());
        }
    }

    #[test]
    fn upload_of_which_another_number_is_taken_breaks_the_session() {
        for taken in [0, 2] {
            let mut fixture = Fixture::ready();
            fixture.session.upload(vec![record(1)], &mut fixture.sent);
            fixture.receive(format!(":{taken}\r\n").as_bytes());
            let breach = Breach::UploadNotWhole { sent: 1, taken };
            assert_eq!(fixture.told, [Event::Broken(breach)]);
            assert!(fixture.session.is_closed());
        }
    }

    #[test]
    fn loss_matters_only_to_who_was_logged_in_or_wanted_to() {
        assert!(!Session::default().lost());
        assert!(Fixture::logging_in().session.lost());
        assert!(Fixture::ready().session.lost());
        let mut fixture = Fixture::ready();
        fixture.session.log_out(&mut fixture.sent);
        assert!(!fixture.session.lost());
    }
}
