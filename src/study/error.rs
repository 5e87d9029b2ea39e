//! Why a study fails, and whether the command line or the environment is to blame.

use std::io;
use std::path::{Path, PathBuf};

use rand::rngs::SysError;
use thiserror::Error;

use super::scenario_file::ScenarioError;
use crate::numbers::{self, Unit};
use crate::text_file::FileError;
use crate::town::TownError;

/// Why a command of `simulate` has no result.
#[derive(Debug, Error)]
pub enum SimulateError {
    /// The scenario or an option is wrong.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// The sweep has more points and runs than anybody could wait for.
    #[error("expected at most {most} runs of all points together, not {runs}")]
    TooManyRuns {
        /// Runs of all points together.
        runs: u64,
        /// The limit of `runs`.
        most: u64,
    },
    /// The towns simulated at the same time need more memory than the machine has.
    #[error(
        "{at}{} people with the app are too many: {} some {} of memory, of which there is {}",
        numbers::count(*phones),
        if *at_a_time == 1 {
            "a run takes".to_owned()
        } else {
            format!("the {at_a_time} runs at a time (--threads) take")
        },
        Unit::Bytes.value(*needed),
        Unit::Bytes.value(*there)
    )]
    TooLarge {
        /// The point of the sweep, as a prefix of the message; empty without a sweep.
        at: String,
        /// People with the app in the largest town.
        phones: u64,
        /// Towns simulated at the same time.
        at_a_time: usize,
        /// Memory that these towns need, in bytes.
        needed: f64,
        /// Memory of the machine, or of its container, in bytes.
        there: f64,
    },
    /// A town cannot be founded.
    #[error("{at}{source}")]
    Run {
        /// The point of the sweep, as a prefix of the message; empty without a sweep.
        at: String,
        /// The reason.
        source: TownError,
    },
    /// The system refuses a thread.
    #[error("no threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// The system has no random numbers.
    #[error("no random numbers: {0}")]
    Randomness(SysError),
    /// A file that the user named cannot be read or is malformed.
    #[error(transparent)]
    Input(FileError),
    /// A file of a report cannot be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The list of experiments has no report.
    #[error("experiment list runs nothing and writes no report: leave out --out")]
    NothingToWrite,
    /// The catalogue has no experiment of this name.
    #[error("there is no experiment {name:?}; expected all, list, or one of {}", names.join(", "))]
    NoSuchExperiment {
        /// The name given.
        name: String,
        /// All names of the catalogue.
        names: Vec<&'static str>,
    },
    /// `--from` is later than `--until`.
    #[error("--from {from} s is later than --until {until} s")]
    NoTime {
        /// `--from`, in seconds from the start of the run.
        from: f64,
        /// `--until`, in seconds from the start of the run.
        until: f64,
    },
    /// `--trace` names the scenario file, which would be overwritten.
    #[error("--trace {path}: that is the scenario", path = .0.display())]
    SameFile(PathBuf),
    /// A file cannot be written.
    #[error("{path}: {source}", path = path.display())]
    Output {
        /// The file, or what takes its place.
        path: PathBuf,
        /// The reason given by the system.
        source: io::Error,
    },
}

impl SimulateError {
    /// Whether the command line or a file that it names for reading is to blame, and the exit code
    /// is 2.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Scenario(_)
            | Self::TooManyRuns { .. }
            | Self::TooLarge { .. }
            | Self::NoTime { .. }
            | Self::SameFile(_)
            | Self::Input(_)
            | Self::NothingToWrite
            | Self::Run { source: TownError::Scenario(_) | TownError::File(_), .. }
            | Self::NoSuchExperiment { .. } => true,
            Self::Run { source: TownError::Violation { .. }, .. }
            | Self::Threads(_)
            | Self::Randomness(_)
            | Self::File(_)
            | Self::Output { .. } => false,
        }
    }

    pub(super) fn output(path: &Path, source: io::Error) -> Self {
        Self::Output { path: path.to_owned(), source }
    }
}
