use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use super::budgets::BudgetSettings;
use crate::text_file::FileError;

/// What the operator decides about a server.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where it listens.
    pub address: SocketAddr,
    /// Where its files are.
    pub data: PathBuf,
    /// How long an account is blocked after three failures.
    pub block_duration: Duration,
    /// How long a TempID is valid, in seconds; at least 1.
    pub temp_id_lifetime: u32,
    /// How long a connection may take to log in.
    pub login_timeout: Duration,
    /// How many connections there may be; never more than the descriptors allow.
    pub max_connections: Option<usize>,
    /// How many of them one address may have, if that is limited.
    pub max_connections_per_address: Option<usize>,
    /// How much memory incomplete requests may take.
    pub budgets: BudgetSettings,
}

impl Settings {
    /// 15 minutes, as in the paper of BlueTrace.
    pub const DEFAULT_TEMP_ID_LIFETIME: u32 = 15 * 60;

    /// Time enough to look up a password, in seconds.
    pub const DEFAULT_LOGIN_TIMEOUT: u32 = 60;
}

/// Why a server does not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// A file that it needs.
    #[error(transparent)]
    File(#[from] FileError),
    /// Two servers would write one journal.
    #[error("{path}: another server uses this data directory", path = .0.display())]
    InUse(PathBuf),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Which one.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The system does not give us what every event loop needs.
    #[error("the system refused: {0}")]
    System(#[from] io::Error),
}
