//! The server's machines on the simulated network and disk.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use rand::rngs::ChaCha12Rng;

use super::disk::Disk;
use super::network::ConnectionId;
use crate::clock::Now;
use crate::protocol::Username;
use crate::reactor::{Buffer, Consumed};
use crate::server::Service;
use crate::server::accounts::{Accounts, Passwords};
use crate::server::authority::Authority;
use crate::server::journal::Journal;
use crate::server::registry::Registry;
use crate::server::session::Session;

/// How the simulated server is set up.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// Who may log in.
    pub passwords: Vec<(Username, String)>,
    /// How long an account is blocked.
    pub block_duration: Duration,
    /// In seconds.
    pub temp_id_lifetime: u32,
    /// How long a connection may take to log in.
    pub login_timeout: Duration,
}

/// A running server: the [`Service`] that the real one has, with connections that are only numbers.
#[derive(Debug)]
pub struct SimulatedServer {
    service: Service<Disk>,
    connections: BTreeMap<ConnectionId, Connection>,
}

/// The same life as that of a real connection: bytes in, bytes out, an end on each side.
#[derive(Debug, Default)]
struct Connection {
    session: Session,
    input: Buffer,
    output: Vec<u8>,
    has_peer_ended: bool,
    has_ended: bool,
}

/// What the server does to a connection at the end of a tick.
#[derive(Debug, PartialEq, Eq)]
pub enum Output {
    /// Bytes to send.
    Bytes(ConnectionId, Vec<u8>),
    /// Nothing more will be sent.
    End(ConnectionId),
    /// Both sides have ended it; nobody knows it any more.
    Gone(ConnectionId),
}

impl SimulatedServer {
    /// Starts on a disk, as the real one does: reads what it holds, cuts off a torn line.
    ///
    /// # Panics
    ///
    /// If the disk holds anything but what a server writes and a crash leaves.
    pub fn start(settings: &ServerSettings, disk: Disk, rng: ChaCha12Rng) -> Self {
        let bytes = disk.bytes().to_vec();
        let (journal, registry, replayed) =
            Journal::recover(disk, bytes.as_slice(), Path::new("(disk)"))
                .expect("a crash tears the last line at most");
        assert!(replayed.repeated.is_empty(), "a TempID was issued twice: {replayed:?}");
        let mut passwords = Passwords::default();
        for (user, password) in &settings.passwords {
            passwords.insert(*user, password.as_bytes());
        }
        let accounts = Accounts::new(passwords, settings.block_duration);
        let authority = Authority::new(accounts, registry, settings.temp_id_lifetime, rng);
        let service = Service::new(authority, journal);
        Self { service, connections: BTreeMap::new() }
    }

    /// The disk, to let it fail.
    pub fn disk(&mut self) -> &mut Disk {
        self.service.journal.storage()
    }

    /// Dies without a word: what is left is the disk, and the connections to be broken.
    pub fn kill(mut self) -> (Disk, Vec<ConnectionId>) {
        let disk = std::mem::take(self.service.journal.storage());
        (disk, self.connections.into_keys().collect())
    }

    /// Which TempIDs were issued, to check what phones were told.
    pub fn registry(&self) -> &Registry {
        self.service.authority.registry()
    }

    /// How many connections it has.
    pub fn connections(&self) -> usize {
        self.connections.len()
    }

    /// A phone has connected.
    pub fn accept(&mut self, id: ConnectionId) {
        self.connections.insert(id, Connection::default());
    }

    /// Bytes have arrived.
    pub fn receive(&mut self, id: ConnectionId, bytes: &[u8], now: Now) {
        if let Some(connection) = self.connections.get_mut(&id)
            && !connection.has_ended
        {
            connection.input.extend(bytes);
            connection.serve(&mut self.service, now);
        }
    }

    /// The phone has sent everything.
    pub fn peer_ended(&mut self, id: ConnectionId) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.has_peer_ended = true;
        }
    }

    /// The connection is broken.
    pub fn reset(&mut self, id: ConnectionId) {
        self.connections.remove(&id);
    }

    /// The time to log in is over.
    pub fn login_timeout(&mut self, id: ConnectionId) -> bool {
        let is_late = |connection: &Connection| connection.session.is_logged_out();
        let is_over = self.connections.get(&id).is_some_and(is_late);
        if is_over {
            self.connections.remove(&id);
        }
        is_over
    }

    /// The end of a tick: records what was issued, lets the replies go, ends what is to be ended.
    pub fn end_tick(&mut self, now: Now) -> Vec<Output> {
        let commit = self.service.commit();
        // Nobody looks at what it prints.
        self.service.console.events.clear();
        self.service.console.diagnostics.clear();
        let mut outputs = Vec::new();
        for (id, connection) in &mut self.connections {
            if connection.session.is_recording() {
                let replies = &mut connection.output;
                self.service.complete(&mut connection.session, &commit, replies, now);
                connection.serve(&mut self.service, now);
            }
            connection.flush(*id, &mut outputs);
        }
        self.connections.retain(|_, connection| !connection.is_gone());
        outputs
    }

    /// Whether a TempID was issued and not recorded yet, so that a tick has to end.
    pub fn is_recording(&self) -> bool {
        self.connections.values().any(|connection| connection.session.is_recording())
    }
}

impl Connection {
    fn serve(&mut self, service: &mut Service<Disk>, now: Now) {
        let Self { session, input, output, .. } = self;
        let Consumed { bytes, .. } = service.receive(session, input.as_slice(), output, now);
        input.consume(bytes);
    }

    fn flush(&mut self, id: ConnectionId, outputs: &mut Vec<Output>) {
        if !self.output.is_empty() {
            outputs.push(Output::Bytes(id, std::mem::take(&mut self.output)));
        }
        let is_over = self.session.is_closing() || self.has_peer_ended;
        if is_over && !self.session.is_recording() && !self.has_ended {
            self.has_ended = true;
            outputs.push(Output::End(id));
        }
        if self.is_gone() {
            outputs.push(Output::Gone(id));
        }
    }

    fn is_gone(&self) -> bool {
        self.has_ended && self.has_peer_ended
    }
}
