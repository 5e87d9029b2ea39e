//! What client libraries and tools ask of the server.

use super::{Decision, Desk, Session, State};
use crate::protocol::refusal::Refusal;
use crate::protocol::reply::Answer;
use crate::protocol::request::ToolRequest;

/// What is kept of a client that asked for its number or gave itself a name. Phones do neither.
#[derive(Debug)]
pub(super) struct Client {
    id: usize,
    name: Vec<u8>,
}

impl Session {
    /// Does what a tool asks. All of it is cheap and tells nothing about users, so that it needs no
    /// login, but for `INFO`, as in a Redis with passwords.
    pub(super) fn answer_tool<'a>(
        &mut self,
        request: ToolRequest<'a>,
        desk: &mut Desk<'_>,
    ) -> Result<Answer<'a>, Refusal> {
        Ok(match request {
            ToolRequest::Ping { text: None } => Answer::Pong,
            ToolRequest::Ping { text: Some(text) } | ToolRequest::Echo { text } => {
                Answer::Bulk(text.into())
            }
            ToolRequest::Info { section } => {
                self.user()?;
                Answer::Bulk(desk.info(section).into_bytes().into())
            }
            ToolRequest::Time => Answer::Time(desk.now.wall),
            ToolRequest::Reset => {
                self.reset(desk);
                Answer::Reset
            }
            ToolRequest::Select | ToolRequest::ClientOption => Answer::Ok,
            ToolRequest::Commands => Answer::EmptyArray,
            ToolRequest::CommandCount => Answer::Integer(0),
            ToolRequest::CommandDocs | ToolRequest::ConfigGet => Answer::EmptyMap(self.version),
            ToolRequest::ClientId => Answer::Integer(self.client(desk).id),
            ToolRequest::ClientName => match &self.client {
                Some(client) if !client.name.is_empty() => Answer::Bulk(client.name.clone().into()),
                Some(_) | None => Answer::Null(self.version),
            },
            ToolRequest::SetClientName { name } => {
                self.client(desk).name = name.to_vec();
                Answer::Ok
            }
        })
    }

    /// The number of the client, which it is given when it asks first.
    pub(super) fn client_id(&mut self, desk: &mut Desk<'_>) -> usize {
        self.client(desk).id
    }

    pub(super) fn name_client(&mut self, name: &[u8], desk: &mut Desk<'_>) {
        self.client(desk).name = name.to_vec();
    }

    fn client(&mut self, desk: &mut Desk<'_>) -> &mut Client {
        self.client.get_or_insert_with(|| {
            Box::new(Client { id: desk.statistics.number_client(), name: Vec::new() })
        })
    }

    /// Makes the session as it was when the connection was made; only the number stays.
    fn reset(&mut self, desk: &mut Desk<'_>) {
        if let Ok(user) = self.user() {
            desk.decisions.record(Decision::LoggedOut(user));
        }
        if let Some(client) = &mut self.client {
            client.name.clear();
        }
        self.state = State::LoggedOut;
        self.version = Default::default();
    }
}

impl Desk<'_> {
    fn info(&mut self, section: Option<&[u8]>) -> String {
        self.statistics.users = self.authority.accounts().passwords().len();
        self.statistics.temp_ids = self.authority.registry().len();
        self.statistics.text(section)
    }
}
