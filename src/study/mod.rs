//! The program that simulates towns: scenario files, runs side by side, experiments and reports.
//!
//! A [`scenario_file`] and the options of the command line make a plan of [`runs`], these make a
//! [`Study`], and what several runs say together is in [`statistics`] and shown in a [`summary`].

pub mod arguments;
pub mod experiment;
pub mod figure_names;
pub mod huge_pages;
mod measured;
mod memory;
pub mod messages;
mod numbers;
pub mod output;
pub mod points;
mod progress;
mod remarks;
pub mod runs;
pub mod scenario_file;
pub mod sequence;
pub mod statistics;
pub mod summary;
mod table;
pub mod theory;
mod trial;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

use self::arguments::{Arguments, Command, StudyArguments};
use self::numbers::Unit;
use self::points::Study;
use self::scenario_file::ScenarioError;
use self::trial::Trial;
use crate::text_file::FileError;
use crate::town::TownError;
use crate::writable;

/// Why there is no result.
#[derive(Debug, Error)]
pub enum SimulateError {
    /// The scenario or an option is wrong.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// Nobody could wait for them.
    #[error("expected at most {most} runs of all points together, not {runs}")]
    TooManyRuns {
        /// How many were asked for.
        runs: u64,
        /// How many there may be.
        most: u64,
    },
    /// The towns that are there at a time are larger than the machine.
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
        /// Which one, if there are several.
        at: String,
        /// How many of its people have the app.
        phones: u64,
        /// How many towns there are at a time.
        at_a_time: usize,
        /// What all of these take, in bytes.
        needed: f64,
        /// What there is.
        there: f64,
    },
    /// A town cannot be.
    #[error("{at}{source}")]
    Run {
        /// Which one, if there are several.
        at: String,
        /// Why.
        source: TownError,
    },
    /// The system gives us no threads.
    #[error("no threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// A file cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// There is no experiment of that name.
    #[error("there is no experiment {name:?}; expected all, list, or one of {}", names.join(", "))]
    NoSuchExperiment {
        /// What was given.
        name: String,
        /// What there is.
        names: Vec<&'static str>,
    },
    /// There is nothing between two moments.
    #[error("--from {from} s is later than --until {until} s")]
    NoTime {
        /// The first, in seconds from the start of the run.
        from: f64,
        /// The last.
        until: f64,
    },
    /// The scenario would be overwritten.
    #[error("--trace {path}: that is the scenario", path = .0.display())]
    SameFile(PathBuf),
    /// A file cannot be written.
    #[error("{path}: {source}", path = path.display())]
    Output {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl SimulateError {
    /// Whether who called the program can do better.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Scenario(_)
            | Self::TooManyRuns { .. }
            | Self::TooLarge { .. }
            | Self::NoTime { .. }
            | Self::SameFile(_)
            | Self::Run { .. }
            | Self::NoSuchExperiment { .. } => true,
            Self::Threads(_) | Self::File(_) | Self::Output { .. } => false,
        }
    }

    fn output(path: &Path, source: io::Error) -> Self {
        Self::Output { path: path.to_owned(), source }
    }
}

/// Does what the command line asks for, and says whether everything is as it should be.
///
/// # Errors
///
/// [`SimulateError`].
pub fn run(arguments: &Arguments) -> Result<bool, SimulateError> {
    match &arguments.command {
        Some(Command::Experiment(experiment)) => experiment::command::run(experiment),
        Some(Command::Sequence(sequence)) => {
            if let (Some(from), Some(until)) = (sequence.from, sequence.until)
                && from > until
            {
                return Err(SimulateError::NoTime { from, until });
            }
            Ok(sequence::run(sequence)?)
        }
        None => {
            run_study(&arguments.study)?;
            Ok(true)
        }
    }
}

fn run_study(arguments: &StudyArguments) -> Result<(), SimulateError> {
    let plan = arguments.plan()?;
    try_files(arguments)?;
    let study = plan.run()?;
    // A file that cannot be written after all does not cost the figures.
    let written = write_files(&study, arguments);
    print(&summary::of(&study))?;
    written
}

/// Writes to the standard output. Whoever has closed it does not want to see more.
fn print(text: &str) -> Result<(), SimulateError> {
    match io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(SimulateError::output(Path::new("standard output"), error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Makes sure that what is asked for can be written, before long runs.
fn try_files(arguments: &StudyArguments) -> Result<(), SimulateError> {
    // The messages may go into the directory.
    let mut trial = Trial::default();
    if let Some(path) = &arguments.out {
        trial = Trial::of_directory(path).map_err(|source| SimulateError::output(path, source))?;
    }
    if let Some(path) = &arguments.trace {
        if arguments.scenario.as_ref().is_some_and(|it| writable::is_same_file(it, path)) {
            return Err(SimulateError::SameFile(path.clone()));
        }
        writable::try_file(path).map_err(|source| SimulateError::output(path, source))?;
    }
    drop(trial);
    Ok(())
}

/// Writes what is asked for: the one place at which a study leaves the program other than as text.
fn write_files(study: &Study, arguments: &StudyArguments) -> Result<(), SimulateError> {
    if let Some(directory) = &arguments.out {
        output::write(study, directory)?;
    }
    if let (Some(path), Some(records)) = (&arguments.trace, &study.records) {
        messages::write_file(path, &records.messages)?;
    }
    Ok(())
}
