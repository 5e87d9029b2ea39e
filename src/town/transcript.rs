//! All messages of a town as text.

use std::collections::HashMap;
use std::time::Duration;

use super::message::{
    Described, Fate, Message, Via, describe_beacon, describe_replies, describe_requests, shortened,
};
use crate::protocol::ContactRecord;
use crate::world::network::ConnectionId;

/// Name of the server.
const SERVER: &str = "server";

/// All messages so far.
#[derive(Debug, Default)]
pub struct Transcript {
    messages: Vec<Message>,
    /// Unfinished request and reply of each connection.
    unfinished: HashMap<ConnectionId, [Vec<u8>; 2]>,
}

/// Direction of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From a phone to the server.
    ToServer,
    /// From the server to a phone.
    ToPhone,
}

impl Transcript {
    /// Adds a beacon that a phone received.
    pub fn beacon(
        &mut self,
        at: Duration,
        from: String,
        to: String,
        record: &ContactRecord,
        fate: Fate,
    ) {
        let text = describe_beacon(record, fate);
        self.messages.push(Message { t: at.as_secs_f64(), from, to, via: Via::Udp, text });
    }

    /// Adds bytes between the phone of this name and the server.
    pub fn bytes(
        &mut self,
        at: Duration,
        connection: ConnectionId,
        name: &str,
        way: Way,
        bytes: &[u8],
    ) {
        let unfinished = &mut self.unfinished.entry(connection).or_default()[way as usize];
        unfinished.extend_from_slice(bytes);
        let (from, to, Described { texts, used }) = match way {
            Way::ToServer => (name, SERVER, describe_requests(unfinished)),
            Way::ToPhone => (SERVER, name, describe_replies(unfinished)),
        };
        unfinished.drain(..used);
        let message = |text| Message {
            t: at.as_secs_f64(),
            from: from.to_owned(),
            to: to.to_owned(),
            via: Via::Tcp,
            text,
        };
        self.messages.extend(texts.into_iter().map(message));
    }

    /// Adds the names of contacts that the server shows its operator for an uploaded contact log.
    pub fn named(&mut self, at: Duration, of: &str, named: &[String]) {
        let whom = if named.is_empty() { "nobody".to_owned() } else { named.join(", ") };
        self.messages.push(Message {
            t: at.as_secs_f64(),
            from: SERVER.to_owned(),
            to: SERVER.to_owned(),
            via: Via::Tcp,
            text: shortened(format!("contacts of {of}: {whom}")),
        });
    }

    /// Drops the incomplete messages of a lost connection.
    pub fn lost(&mut self, connection: ConnectionId) {
        self.unfinished.remove(&connection);
    }

    /// All messages, in the order of time.
    pub fn into_messages(self) -> Vec<Message> {
        self.messages
    }
}

#[cfg(test)]
mod tests;
