use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use super::authority::{Policy, Retention, TempIdKind};
use super::budgets::BudgetSettings;
use crate::text_file::FileError;
use crate::transport::Acceptor;
#[cfg(feature = "tls")]
use crate::transport::identity::IdentityFiles;

/// Settings of a server, from its command line.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Address to listen on.
    pub address: SocketAddr,
    /// Directory of the files.
    pub data: PathBuf,
    /// Duration of a block after three failures in a row.
    pub block_duration: Duration,
    /// Lifetime of a TempID, in seconds; at least 1.
    pub temp_id_lifetime: u32,
    /// How TempIDs are made.
    pub temp_ids: TempIdKind,
    /// The file with the keys of encrypted TempIDs. Without it, none is traced.
    pub keys: Option<PathBuf>,
    /// How long TempIDs are kept; for ever without it.
    pub retention: Option<Retention>,
    /// Time that a connection may take to log in.
    pub login_timeout: Duration,
    /// Limit of connections, within that of file descriptors.
    pub max_connections: Option<usize>,
    /// Limit of connections from one address, if any.
    pub max_connections_per_address: Option<usize>,
    /// Limits of the memory of incomplete requests.
    pub budgets: BudgetSettings,
    /// What is done with contact logs.
    pub policy: Policy,
    /// Whether people may register.
    pub registration: bool,
    /// The command that sends messages to phones; without it they are shown on the console.
    pub sms: Option<PathBuf>,
    /// Files with which the server proves who it is. Without them nothing is encrypted.
    #[cfg(feature = "tls")]
    pub identity: Option<IdentityFiles>,
}

impl Settings {
    /// Default lifetime of a TempID, in seconds: 15 minutes, as in the paper of BlueTrace.
    pub const DEFAULT_TEMP_ID_LIFETIME: u32 = 15 * 60;

    /// Default time to log in, in seconds: enough to look up a password.
    pub const DEFAULT_LOGIN_TIMEOUT: u32 = 60;

    /// Settings of a server with the three things that the assignment asks for, and defaults for
    /// everything else.
    pub fn new(address: SocketAddr, data: PathBuf, block_duration: Duration) -> Self {
        Self {
            address,
            data,
            block_duration,
            temp_id_lifetime: Self::DEFAULT_TEMP_ID_LIFETIME,
            temp_ids: TempIdKind::Random,
            keys: None,
            retention: None,
            login_timeout: Duration::from_secs(Self::DEFAULT_LOGIN_TIMEOUT.into()),
            max_connections: None,
            max_connections_per_address: None,
            budgets: BudgetSettings::default(),
            policy: Policy::default(),
            registration: false,
            sms: None,
            #[cfg(feature = "tls")]
            identity: None,
        }
    }

    /// What connections are to be accepted with.
    ///
    /// # Errors
    ///
    /// What is wrong with the certificate or its key.
    pub(super) fn acceptor(&self) -> Result<Acceptor, FileError> {
        #[cfg(feature = "tls")]
        if let Some(files) = &self.identity {
            return files.read().map(Acceptor::Tls);
        }
        Ok(Acceptor::Plain)
    }
}

/// Why a server does not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// A file cannot be read, or is malformed.
    #[error(transparent)]
    File(#[from] FileError),
    /// Another server holds the data directory.
    #[error("{path}: another server uses this data directory", path = .0.display())]
    InUse(PathBuf),
    /// The server cannot listen on its address.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The reason given by the system.
        source: io::Error,
    },
    /// The system refuses what the event loop needs.
    #[error("the system refused: {0}")]
    System(#[from] io::Error),
}
