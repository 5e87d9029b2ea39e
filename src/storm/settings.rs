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

/// What the user decides about a storm.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the server is.
    pub server: SocketAddr,
    /// Whom the phones log in as.
    pub users: Users,
    /// How many phones there are, one session each; without a number they come until the time is over.
    pub phones: Option<u64>,
    /// How long new phones come.
    pub duration: Option<Duration>,
    /// Who decides when the next phone begins.
    pub load: Load,
    /// Phones at a time, at most.
    pub concurrency: usize,
    /// What they do.
    pub mix: Mix,
    /// How they do it.
    pub manner: Manner,
    /// Local addresses that they come from, counted up from 127.1.0.1; 0 leaves it to the system.
    pub source_addresses: u32,
    /// The same seed draws the same scripts, gaps, points to vanish at and garbage, whatever the server
    /// does. What the records of a contact log are depends on it, as phones upload what it told others.
    pub seed: u64,
    /// The server's process, whose processor time is to be measured.
    pub server_process: Option<u32>,
    /// Where each TempID that a phone was told is to be written, as a line of `tempIDs.txt`.
    pub told: Option<PathBuf>,
}

/// Why there is no storm.
#[derive(Debug, Error)]
pub enum StormError {
    /// A file that is to be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file that is to be written.
    #[error("{path}: {source}", path = .path.display())]
    Output {
        /// Which one.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file that has two uses.
    #[error("{option} {path} is the file of {other}", path = .path.display())]
    SameFile {
        /// Its second use.
        option: &'static str,
        /// Its first use.
        other: &'static str,
        /// Which one.
        path: PathBuf,
    },
    /// More phones at a time than descriptors.
    #[error("{concurrency} phones at a time are more than the limit of descriptors allows, {most}")]
    TooMany {
        /// What was asked for.
        concurrency: usize,
        /// What there is room for.
        most: usize,
    },
    /// Fewer users than the scripts need.
    #[error("{0}")]
    TooFewUsers(String),
    /// Local addresses to come from that do not reach the server.
    #[error("phones from several addresses reach only a server at 127.x.y.z, and not {0}")]
    NoSources(IpAddr),
    /// The first phone found nobody.
    #[error("cannot reach {address}: {problem}")]
    Unreachable {
        /// Where.
        address: SocketAddr,
        /// What the system says.
        problem: String,
    },
    /// The processor time of the server cannot be read.
    #[error("cannot read the processor time of process {id}: {source}")]
    NoProcess {
        /// Which one.
        id: u32,
        /// What the system says.
        source: io::Error,
    },
    /// The system does not give us what every event loop needs.
    #[error("the system refused: {0}")]
    System(#[from] io::Error),
}

impl StormError {
    /// Whether other options would have helped.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::SameFile { .. }
            | Self::TooMany { .. }
            | Self::TooFewUsers(_)
            | Self::NoSources(_) => true,
            Self::File(_)
            | Self::Output { .. }
            | Self::Unreachable { .. }
            | Self::NoProcess { .. }
            | Self::System(_) => false,
        }
    }
}
