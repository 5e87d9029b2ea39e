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
enum Way {
    ToServer,
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

    /// Adds bytes that the phone of this name sent to the server.
    pub fn asked(&mut self, at: Duration, connection: ConnectionId, name: String, bytes: &[u8]) {
        self.add(at, connection, &name, Way::ToServer, bytes);
    }

    /// Adds bytes that the phone of this name received from the server.
    pub fn heard(&mut self, at: Duration, connection: ConnectionId, name: String, bytes: &[u8]) {
        self.add(at, connection, &name, Way::ToPhone, bytes);
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

    fn add(&mut self, at: Duration, connection: ConnectionId, name: &str, way: Way, bytes: &[u8]) {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reply_in_pieces_is_one_message_when_its_last_piece_is_there() {
        let mut transcript = Transcript::default();
        let name = || "phone 3".to_owned();
        let [one, other] = [ConnectionId(1), ConnectionId(2)];
        transcript.asked(Duration::from_secs(1), one, name(), b"PING\r\n");
        transcript.heard(Duration::from_secs(2), one, name(), b"+PO");
        transcript.heard(Duration::from_secs(3), other, "phone 4".to_owned(), b"+OK\r\n");
        transcript.heard(Duration::from_secs(4), one, name(), b"NG\r\n");
        let said: Vec<_> =
            transcript.into_messages().into_iter().map(|it| (it.t, it.from, it.to)).collect();
        let expected =
            [(1.0, "phone 3", SERVER), (3.0, SERVER, "phone 4"), (4.0, SERVER, "phone 3")];
        assert_eq!(said, expected.map(|(t, from, to)| (t, from.to_owned(), to.to_owned())));
    }

    #[test]
    fn next_connection_of_a_phone_says_nothing_of_the_last_one() {
        let mut transcript = Transcript::default();
        let name = || "phone 3".to_owned();
        transcript.heard(Duration::ZERO, ConnectionId(1), name(), b"-BUS");
        transcript.heard(Duration::ZERO, ConnectionId(2), name(), b"+OK\r\n");
        transcript.lost(ConnectionId(1));
        assert_eq!(transcript.unfinished.len(), 1);
        let texts: Vec<_> = transcript.into_messages().into_iter().map(|it| it.text).collect();
        assert_eq!(texts, ["+OK"]);
    }
}
