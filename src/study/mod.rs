//! The program that simulates towns: scenario files, runs side by side, experiments and reports.
//!
//! A [`scenario_file`] and the options of the command line make a plan of [`runs`], which result in
//! a [`Study`]. [`statistics`] estimate each figure over the runs, and a [`summary`] shows the
//! estimates.

pub mod arguments;
mod error;
pub mod experiment;
mod exploration;
pub mod figure_names;
mod measured;
mod memory;
pub mod messages;
pub mod output;
pub mod points;
mod print;
mod progress;
mod remarks;
pub mod runs;
pub mod scenario_file;
pub mod sequence;
pub mod statistics;
pub mod summary;
pub mod theory;
mod trial;

use self::arguments::{Arguments, Command, StudyArguments};
pub use self::error::SimulateError;
use self::points::Study;
use self::print::print;
use self::trial::Trial;
use crate::writable;

/// Executes the command line. Returns whether everything is as expected.
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
            sequence::run(sequence)
        }
        Some(Command::Crowd(crowd)) => exploration::run(crowd),
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

/// Checks before long runs that the requested files can be written.
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

/// Writes the requested files.
fn write_files(study: &Study, arguments: &StudyArguments) -> Result<(), SimulateError> {
    if let Some(directory) = &arguments.out {
        output::write(study, directory)?;
    }
    if let (Some(path), Some(records)) = (&arguments.trace, &study.records) {
        messages::write_file(path, &records.messages)?;
    }
    Ok(())
}
