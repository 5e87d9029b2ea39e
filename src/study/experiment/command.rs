//! `simulate experiment`.

use std::fmt::Write;
use std::path::Path;

use super::{Experiment, Findings, all};
use crate::numbers::counted;
use crate::study::arguments::ExperimentArguments;
use crate::study::error::SimulateError;
use crate::study::output;
use crate::study::print::print;

/// Does what the command line asks for, and says whether everything was as expected.
///
/// # Errors
///
/// [`SimulateError`].
pub fn run(arguments: &ExperimentArguments) -> Result<bool, SimulateError> {
    if arguments.name == "list" {
        if arguments.out.is_some() {
            return Err(SimulateError::NothingToWrite);
        }
        print(&list())?;
        return Ok(true);
    }
    let experiments = named(&arguments.name)?;
    let threads = arguments.threads.map(|threads| threads as usize);
    let (mut compared, mut missed) = (0, 0);
    for experiment in experiments {
        let study = experiment.plan(arguments.seed, threads, arguments.quiet).run()?;
        let findings = Findings::new(experiment, study);
        compared += findings.comparisons.len();
        missed += findings.comparisons.iter().filter(|comparison| !comparison.is_met).count();
        print(&format!("{findings}\n"))?;
        if let Some(directory) = &arguments.out {
            write_report(&findings, directory)?;
        }
    }
    print(&verdict(compared, missed))?;
    Ok(missed == 0)
}

fn write_report(findings: &Findings, directory: &Path) -> Result<(), SimulateError> {
    Ok(output::write(&findings.study, &directory.join(findings.experiment.name))?)
}

fn named(name: &str) -> Result<Vec<Experiment>, SimulateError> {
    let mut experiments = all();
    let names = experiments.iter().map(|experiment| experiment.name).collect();
    if name != "all" {
        experiments.retain(|experiment| experiment.name == name);
    }
    if experiments.is_empty() {
        return Err(SimulateError::NoSuchExperiment { name: name.to_owned(), names });
    }
    Ok(experiments)
}

fn list() -> String {
    all().iter().fold(String::new(), |mut list, Experiment { name, question, theory, .. }| {
        writeln!(list, "{name:<14}{question}\n{:<14}{theory}", "")
            .expect("a String takes every character");
        list
    })
}

fn verdict(compared: usize, missed: usize) -> String {
    match missed {
        0 => format!("all {} as expected\n", counted(compared, "value")),
        _ => format!(
            "{missed} of {} not as expected; one in a hundred misses its interval by chance\n",
            counted(compared, "value")
        ),
    }
}
