//! What client libraries and tools ask of the server.

use super::extras::Extras;
use super::{Decision, Desk, Session, State};
use crate::protocol::answer::Answer;
use crate::protocol::refusal::Refusal;
use crate::protocol::request::ToolRequest;

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
                if !matches!(self.state, State::Operating) {
                    self.user()?;
                }
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
            ToolRequest::ClientId => Answer::Integer(self.client_id(desk)),
            ToolRequest::ClientName => match &self.extras {
                Some(extras) if !extras.client_name.is_empty() => {
                    Answer::Bulk(extras.client_name.clone().into())
                }
                Some(_) | None => Answer::Null(self.version),
            },
            ToolRequest::SetClientName { name } => {
                self.name_client(name);
                Answer::Ok
            }
        })
    }

    /// The number of the client, which it is given when it asks first.
    pub(super) fn client_id(&mut self, desk: &mut Desk<'_>) -> usize {
        *self.extras().client_id.get_or_insert_with(|| desk.statistics.number_client())
    }

    /// Names the client.
    pub(super) fn name_client(&mut self, name: &[u8]) {
        self.extras().client_name = name.to_vec();
    }

    /// Makes the session as it was when the connection was made; only the number stays.
    fn reset(&mut self, desk: &mut Desk<'_>) {
        if let Ok(user) = self.user() {
            desk.decisions.record(Decision::LoggedOut(user));
        }
        if let Some(extras) = &mut self.extras {
            **extras = Extras { client_id: extras.client_id, ..Extras::default() };
        }
        if !matches!(self.state, State::Operating) {
            self.state = State::LoggedOut;
        }
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
