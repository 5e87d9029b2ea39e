//! The TCP side of a client: connects, sends requests, receives replies, notices losses.

use std::io;
use std::time::Duration;

use mio::event::Event;

use super::session::{self, Session};
use super::{Client, ClientError, FIRST_LINK, LOGOUT_TIMEOUT};
use crate::clock::Now;
use crate::protocol::Username;
use crate::protocol::resp::RespVersion;
use crate::reactor::{self, Connection, Flushed, Received, Token};
use crate::transport::Wire;

/// Timeout of connecting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Timeout of a reply. A server that is alive needs a tick and a write to its disk.
const REPLY_TIMEOUT: Duration = Duration::from_secs(30);

/// The connection to the server. Each has a token of its own, so that a late event of an earlier
/// connection is not taken for one of this.
#[derive(Debug)]
pub(super) enum Link {
    Down,
    /// Including the handshake of TLS.
    Connecting(Connection<Wire>, Token),
    Up {
        connection: Connection<Wire>,
        token: Token,
        /// Whether the last read may have left bytes in the socket.
        is_unread: bool,
    },
}

impl Link {
    pub(super) fn is_unread(&self) -> bool {
        match self {
            Self::Down => false,
            Self::Connecting(connection, _) => connection.has_more(),
            Self::Up { is_unread, .. } => *is_unread,
        }
    }
}

impl Client {
    pub(super) fn connect(&mut self, now: Now) -> io::Result<()> {
        let stream = reactor::connect(self.server)?;
        let mut connection = Connection::connecting(self.connector.connect(stream));
        let token = Token::permanent(FIRST_LINK + self.links);
        self.links += 1;
        connection.register(self.event_loop.registry(), token)?;
        self.link = Link::Connecting(connection, token);
        self.session = Session::new(RespVersion::V3);
        self.set_server_deadline(Some(CONNECT_TIMEOUT), now);
        Ok(())
    }

    pub(super) fn handle_link_event(
        &mut self,
        event: &Event,
        token: Token,
        buffer: &mut [u8],
        now: Now,
    ) -> Result<(), ClientError> {
        if matches!(&self.link, Link::Connecting(_, own) if *own == token) {
            self.establish(buffer, now)?;
        }
        match &mut self.link {
            Link::Up { connection, token: own, .. } if *own == token => {
                connection.note(event);
                self.receive(buffer, now)
            }
            Link::Down | Link::Connecting(..) | Link::Up { .. } => Ok(()),
        }
    }

    fn establish(&mut self, buffer: &mut [u8], now: Now) -> Result<(), ClientError> {
        match std::mem::replace(&mut self.link, Link::Down) {
            Link::Connecting(mut connection, token) => {
                match connection.establish(self.event_loop.registry(), token, buffer) {
                    Ok(true) => {
                        let is_unread = connection.has_more();
                        self.link = Link::Up { connection, token, is_unread };
                        self.set_server_deadline(None, now);
                        self.expect_reply(now);
                        if self.dialogue.is_connecting() {
                            return self.begin(now);
                        }
                    }
                    Ok(false) => self.link = Link::Connecting(connection, token),
                    Err(error) => return self.lose_link(error, now),
                }
            }
            other @ (Link::Down | Link::Up { .. }) => self.link = other,
        }
        Ok(())
    }

    /// Asks for the username, or logs in the only user who is remembered.
    fn begin(&mut self, now: Now) -> Result<(), ClientError> {
        let action = self.dialogue.connected(self.tokens.only_user());
        action.map_or(Ok(()), |action| self.act(action, now))
    }

    pub(super) fn receive(&mut self, buffer: &mut [u8], now: Now) -> Result<(), ClientError> {
        self.establish(buffer, now)?;
        let Link::Up { connection, is_unread, .. } = &mut self.link else { return Ok(()) };
        let (session, mut told) = (&mut self.session, Vec::new());
        let received = connection
            .receive(buffer, |bytes, out| session.receive(bytes, out, |event| told.push(event)));
        *is_unread = matches!(received, Received::MoreLeft);
        for event in told {
            self.take_answer(&event, now)?;
        }
        if self.session.is_closed() {
            self.drop_link(now);
            return Ok(());
        }
        self.expect_reply(now);
        match received {
            Received::Waiting | Received::MoreLeft => Ok(()),
            Received::Ended => self.lose_link(io::ErrorKind::UnexpectedEof.into(), now),
            Received::Failed(error) => self.lose_link(error, now),
        }
    }

    fn take_answer(&mut self, event: &session::Event, now: Now) -> Result<(), ClientError> {
        if self.take_supply(event, now) {
            return Ok(());
        }
        let action = self.dialogue.answered(event, &mut self.lines);
        match event {
            session::Event::LoggedIn(user) => {
                self.hand_over(*user, now);
                self.supply.logged_in();
            }
            session::Event::TempIds(records) => {
                if let Some(record) = records.first() {
                    self.phone.use_temp_id(*record);
                }
            }
            session::Event::Notice(notice) => self.notices.push(notice.number),
            session::Event::Acknowledged(_)
            | session::Event::NotAcknowledged(_)
            | session::Event::WrongPassword(_)
            | session::Event::NowBlocked(_)
            | session::Event::Blocked(_)
            | session::Event::CodeSent
            | session::Event::WrongCode(_)
            | session::Event::Token(_)
            | session::Event::NoToken(_)
            | session::Event::Forgotten(_)
            | session::Event::Uploaded(_)
            | session::Event::Answered
            | session::Event::Refused { .. }
            | session::Event::LoggedOut
            | session::Event::Broken(_) => {}
        }
        action.map_or(Ok(()), |action| self.act(action, now))
    }

    fn hand_over(&mut self, user: Username, now: Now) {
        self.keeper.hand_over(user, &mut self.phone, now);
        self.tidy(now);
    }

    /// Tells the server of the notices that the user has been shown.
    pub(super) fn acknowledge_notices(&mut self, now: Now) {
        let notices = std::mem::take(&mut self.notices);
        if notices.is_empty() {
            return;
        }
        for notice in notices {
            self.say(|session, out| session.acknowledge(notice, out));
        }
        self.expect_reply(now);
    }

    /// Lets the session write a request, unless there is no connection.
    pub(super) fn say(&mut self, say: impl FnOnce(&mut Session, &mut Vec<u8>)) {
        match &mut self.link {
            Link::Down => {}
            Link::Connecting(connection, _) | Link::Up { connection, .. } => {
                say(&mut self.session, connection.output());
            }
        }
    }

    pub(super) fn flush_link(&mut self, now: Now) -> Result<(), ClientError> {
        let Link::Up { connection, token, is_unread } = &mut self.link else { return Ok(()) };
        match connection.flush(self.event_loop.registry(), *token) {
            // A server that takes a long contact log slowly is there, and has not been asked yet.
            // Whoever leaves does not wait for that.
            Flushed::Blocked { progress: true } if !self.dialogue.is_leaving() => {
                self.expect_reply(now);
                Ok(())
            }
            Flushed::Everything => {
                *is_unread = connection.has_more();
                Ok(())
            }
            Flushed::Blocked { .. } => Ok(()),
            Flushed::Over => self.lose_link(io::ErrorKind::UnexpectedEof.into(), now),
            Flushed::Failed(error) => self.lose_link(error, now),
        }
    }

    /// Handles the loss of the connection. The user is told only if somebody was logged in or
    /// wanted to be: a server closes idle connections before a login, and the next attempt makes a
    /// new one.
    pub(super) fn lose_link(&mut self, error: io::Error, now: Now) -> Result<(), ClientError> {
        let was_connecting = !matches!(self.link, Link::Up { .. });
        self.drop_link(now);
        if self.dialogue.is_connecting() {
            return Err(self.unreachable(error));
        }
        let was_needed = self.session.lost();
        if was_connecting {
            let reason = self.unreachable(error).to_string();
            self.dialogue.lost(&reason, &mut self.lines);
        } else if was_needed {
            let reason = match error.kind() {
                io::ErrorKind::UnexpectedEof => "The server closed the connection.".to_owned(),
                _ => format!("The connection to the server is lost: {error}."),
            };
            self.dialogue.lost(&reason, &mut self.lines);
        } else {
            self.dialogue.logout_overdue(&mut self.lines);
        }
        Ok(())
    }

    pub(super) fn drop_link(&mut self, now: Now) {
        if let Link::Up { mut connection, .. } = std::mem::replace(&mut self.link, Link::Down) {
            connection.part();
        }
        self.waiting_upload = None;
        self.supply.lost();
        self.set_server_deadline(None, now);
    }

    /// Restarts the server's timer if a reply is due, and cancels it if not.
    pub(super) fn expect_reply(&mut self, now: Now) {
        match self.link {
            // The time to connect runs already.
            Link::Connecting(..) => {}
            Link::Down => self.set_server_deadline(None, now),
            Link::Up { .. } => {
                let is_leaving = self.dialogue.is_leaving();
                let timeout = if is_leaving { LOGOUT_TIMEOUT } else { REPLY_TIMEOUT };
                self.set_server_deadline(self.session.is_waiting().then_some(timeout), now);
            }
        }
    }

    pub(super) fn set_server_deadline(&mut self, timeout: Option<Duration>, now: Now) {
        self.server_deadline = timeout.map(|timeout| now.monotonic + timeout);
    }

    pub(super) fn unreachable(&self, source: io::Error) -> ClientError {
        ClientError::Unreachable { address: self.server, source }
    }
}
