//! The operator of the server, who makes upload codes and lets people be told.

use rand::RngExt;
use rand::rngs::ChaCha12Rng;

use crate::protocol::UploadCode;
use crate::protocol::reply::Reply;
use crate::protocol::request::OperatorRequest;
use crate::server::change::CaseNumber;
use crate::world::ids::PersonId;
use crate::world::network::ConnectionId;
use crate::world::phone::username;

/// Something that the operator is about to ask of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Errand {
    /// An upload code for a user, who called for one. It is asked again until there is one.
    Code(PersonId),
    /// That everybody whom some case names is told.
    Notify,
}

/// What came of an errand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The user may upload with this code.
    Code(PersonId, UploadCode),
    /// Everybody whom this case names is to be told; so many were not before.
    Notified(CaseNumber, usize),
    /// The server refused, and may have done it nevertheless.
    Refused(Errand),
}

/// The operator, who asks one thing at a time, each on a connection of its own.
#[derive(Debug)]
pub struct Operator {
    rng: ChaCha12Rng,
    /// Number of connections so far.
    connections: u64,
    dialogue: Option<Dialogue>,
}

#[derive(Debug)]
struct Dialogue {
    connection: ConnectionId,
    errand: Errand,
    /// The case of the errand, if it is about one.
    case: CaseNumber,
    heard: Vec<u8>,
}

impl Operator {
    /// An operator who draws from `rng`.
    pub fn new(rng: ChaCha12Rng) -> Self {
        Self { rng, connections: 0, dialogue: None }
    }

    /// The random numbers of operator and users who deal with each other.
    pub fn rng(&mut self) -> &mut ChaCha12Rng {
        &mut self.rng
    }

    /// Whether an answer is due.
    pub fn is_waiting(&self) -> bool {
        self.dialogue.is_some()
    }

    /// Whether this is the connection on which an answer is due.
    pub fn waits_on(&self, connection: ConnectionId) -> bool {
        self.dialogue.as_ref().is_some_and(|dialogue| dialogue.connection == connection)
    }

    /// Begins an errand. There have been `cases` cases. Returns a new connection, and what to send
    /// on it.
    pub fn begin(&mut self, errand: Errand, cases: usize) -> (ConnectionId, Vec<u8>) {
        // Phones count from the other end.
        let connection = ConnectionId(u64::MAX - self.connections);
        self.connections += 1;
        // Sometimes there is no such case.
        let case = self.rng.random_range(1..=cases + 1) as CaseNumber;
        let mut request = Vec::new();
        match errand {
            Errand::Code(person) => OperatorRequest::Code { user: username(person) },
            Errand::Notify => OperatorRequest::Notify { case },
        }
        .encode(&mut request);
        self.dialogue = Some(Dialogue { connection, errand, case, heard: Vec::new() });
        (connection, request)
    }

    /// Reads a part of an answer, and returns the answer if it is whole.
    ///
    /// # Errors
    ///
    /// A message if it answers nothing that was asked.
    pub fn hear(&mut self, bytes: &[u8]) -> Result<Option<Answer>, String> {
        let Some(dialogue) = &mut self.dialogue else { return Ok(None) };
        dialogue.heard.extend(bytes);
        let decoded = Reply::decode(&dialogue.heard);
        let decoded = decoded.map_err(|error| format!("the operator is told nonsense: {error}"))?;
        let Some((reply, _)) = decoded else { return Ok(None) };
        let answer = match (reply, dialogue.errand) {
            (Reply::Error { .. }, errand) => Answer::Refused(errand),
            (Reply::Integer(users), Errand::Notify) => Answer::Notified(dialogue.case, users),
            (Reply::Array(mut elements), Errand::Code(person)) => match elements.next() {
                Some(Reply::Bulk(code)) => {
                    let code = UploadCode::decode(code).map_err(|error| error.to_string())?;
                    Answer::Code(person, code)
                }
                other => return Err(format!("the operator is told {other:?} in place of a code")),
            },
            (other, errand) => {
                return Err(format!("the operator asked for {errand:?} and is told {other:?}"));
            }
        };
        self.dialogue = None;
        Ok(Some(answer))
    }

    /// Loses the connection, and returns the errand if an answer was due.
    pub fn lose(&mut self) -> Option<Errand> {
        self.dialogue.take().map(|dialogue| dialogue.errand)
    }
}
