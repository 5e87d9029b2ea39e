use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use super::arrivals::Load;
use super::crowd::Manner;
use super::script::Mix;
use super::users::Users;
use crate::text_file::FileError;
use crate::transport::Connector;
use crate::workload::Repeats;

/// Settings of a storm, from the command line.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Address of the server.
    pub server: SocketAddr,
    /// How phones connect to it.
    pub connector: Connector,
    /// Users that the phones log in as.
    pub users: Users,
    /// Number of phones, one session each. Without it, phones come until `duration` is over.
    pub phones: Option<u64>,
    /// Time for which new phones come.
    pub duration: Option<Duration>,
    /// Open or closed loop.
    pub load: Load,
    /// Largest number of phones at a time.
    pub concurrency: usize,
    /// Scripts that the phones play, with weights.
    pub mix: Mix,
    /// Parameters of the scripts.
    pub manner: Manner,
    /// Number of local addresses that phones come from, from 127.1.0.1 up; 0 lets the system
    /// choose.
    pub source_addresses: u32,
    /// Seed of scripts, gaps, vanishing points and garbage, which are the same whatever the server
    /// does. The records of a contact log depend on the server, as phones upload what it told
    /// others.
    pub seed: u64,
    /// When the server may tell a TempID a second time.
    pub repeats: Repeats,
    /// Process of the server, to measure its processor time.
    pub server_process: Option<u32>,
    /// File for each TempID that a phone was told, as a line of `tempIDs.txt`.
    pub told: Option<PathBuf>,
}

/// Why a storm does not start, or ends without a result.
#[derive(Debug, Error)]
pub enum StormError {
    /// An input file cannot be read, or is malformed.
    #[error(transparent)]
    File(#[from] FileError),
    /// An output file cannot be written.
    #[error("{path}: {source}", path = .path.display())]
    Output {
        /// The file.
        path: PathBuf,
        /// The reason given by the system.
        source: io::Error,
    },
    /// Two options name the same file.
    #[error("{option} {path} is the file of {other}", path = .path.display())]
    SameFile {
        /// The second option.
        option: &'static str,
        /// The first option.
        other: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// The limit of file descriptors allows fewer phones at a time.
    #[error("{concurrency} phones at a time are more than the limit of descriptors allows, {most}")]
    TooMany {
        /// Phones at a time, as requested.
        concurrency: usize,
        /// Phones at a time that the limit allows.
        most: usize,
    },
    /// The scripts need more users.
    #[error("{0}")]
    TooFewUsers(String),
    /// Phones from several local addresses cannot reach a server that is not on the loopback.
    #[error("phones from several addresses reach only a server at 127.x.y.z, and not {0}")]
    NoSources(IpAddr),
    /// The first phone cannot connect.
    #[error("cannot reach {address}: {problem}")]
    Unreachable {
        /// Address of the server.
        address: SocketAddr,
        /// The reason given by the system.
        problem: String,
    },
    /// The processor time of the server cannot be read.
    #[error("cannot read the processor time of process {id}: {source}")]
    NoProcess {
        /// Process id of the server.
        id: u32,
        /// The reason given by the system.
        source: io::Error,
    },
    /// The system refuses what the event loop needs.
    #[error("the system refused: {0}")]
    System(#[from] io::Error),
}

impl StormError {
    /// Whether the command line is to blame, and the exit code is 2.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::SameFile { .. }
            | Self::File(_)
            | Self::TooMany { .. }
            | Self::TooFewUsers(_)
            | Self::NoSources(_) => true,
            Self::Output { .. }
            | Self::Unreachable { .. }
            | Self::NoProcess { .. }
            | Self::System(_) => false,
        }
    }
}
