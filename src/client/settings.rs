use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use crate::reactor::Group;
use crate::transport::Connector;

/// Options of a client.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Address of the server.
    pub server: SocketAddr,
    /// How to connect to it.
    pub connector: Connector,
    /// UDP port on which beacons are received; 0 lets the system choose.
    pub udp_port: u16,
    /// Directory of the contact logs.
    pub data: PathBuf,
    /// Time for which a beacon stays in the contact log.
    pub contact_retention: Duration,
    /// Who sees to it that the phone has TempIDs.
    pub temp_ids: TempIdSupply,
    /// What the phone keeps of a login for its next start.
    pub remembering: Remembering,
    /// Where beacons are sent without a command and heard, if they are.
    pub air: Option<AirSettings>,
}

/// The air that a phone shares with others.
#[derive(Debug, Clone)]
pub struct AirSettings {
    /// The group in which phones hear each other.
    pub group: Group,
    /// Time from one beacon to the next, on average.
    pub beacon_every: Duration,
}

/// Who sees to it that a phone has TempIDs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TempIdSupply {
    /// The user, who downloads them one by one.
    ByHand,
    /// The phone also fetches batches by itself.
    Automatic,
}

/// What a phone keeps of a login for its next start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Remembering {
    /// Nothing: the password is asked for at every start.
    #[default]
    Nothing,
    /// A device token of each user.
    Tokens,
}

impl Settings {
    /// Retention of the contact log, in seconds. The real BlueTrace keeps beacons for 21 days.
    pub const DEFAULT_CONTACT_RETENTION: u32 = 3 * 60;

    /// Time between two beacons by air, in seconds: an encounter of some minutes is heard several
    /// times, and a crowd of phones does not fill the terminals and networks of each other.
    pub const DEFAULT_BEACON_EVERY: u32 = 60;
}

/// Reason for which a client ends before its user leaves.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The server cannot be reached.
    #[error("cannot reach the server at {address}: {source}")]
    Unreachable {
        /// Address of the server.
        address: SocketAddr,
        /// Error of the system.
        source: io::Error,
    },
    /// The UDP port cannot be bound.
    #[error("cannot listen for beacons on UDP port {port}: {source}")]
    Listen {
        /// The port.
        port: u16,
        /// Error of the system.
        source: io::Error,
    },
    /// The multicast group cannot be joined.
    #[error("cannot join {group}: {source}")]
    Air {
        /// The group.
        group: Group,
        /// What the system says, or that there is no such interface.
        source: io::Error,
    },
    /// The directory of the contact logs cannot be used.
    #[error("cannot keep the contact log in {path}: {source}", path = path.display())]
    Directory {
        /// Path of the directory.
        path: PathBuf,
        /// Error of the system.
        source: io::Error,
    },
    /// Standard output cannot be written. Has the system's message.
    #[error("standard output: {0}")]
    Output(String),
    /// The terminal or the event loop failed.
    #[error(transparent)]
    System(#[from] io::Error),
}
