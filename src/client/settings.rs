use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

/// What the user decides about a client.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the server listens.
    pub server: SocketAddr,
    /// Where to listen for beacons; 0 lets the system choose.
    pub udp_port: u16,
    /// Where contact logs are.
    pub data: PathBuf,
    /// How long a beacon stays in the contact log.
    pub contact_retention: Duration,
}

impl Settings {
    /// In seconds; 21 days in the real BlueTrace.
    pub const DEFAULT_CONTACT_RETENTION: u32 = 3 * 60;
}

/// Why a client ends before the user says so.
#[derive(Debug, Error)]
pub enum ClientError {
    /// Nobody answers at the address of the server.
    #[error("cannot reach the server at {address}: {source}")]
    Unreachable {
        /// Where.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The port for beacons cannot be listened on.
    #[error("cannot listen for beacons on UDP port {port}: {source}")]
    Listen {
        /// Which one.
        port: u16,
        /// What the system says.
        source: io::Error,
    },
    /// The contact log has no directory to be in.
    #[error("cannot keep the contact log in {path}: {source}", path = path.display())]
    Directory {
        /// Which one was named.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// What the user was to see cannot be written, and why, in the words of the system.
    #[error("standard output: {0}")]
    Output(String),
    /// The terminal or the event loop.
    #[error(transparent)]
    System(#[from] io::Error),
}
