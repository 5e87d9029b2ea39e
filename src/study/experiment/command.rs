//! `simulate experiment`.

use std::fmt::Write;
use std::path::Path;

use rayon::ThreadPoolBuilder;

use super::{Experiment, Findings, all};
use crate::study::arguments::ExperimentArguments;
use crate::study::progress::Progress;
use crate::study::{SimulateError, output, print};

/// Does what the command line asks for, and says whether everything was as expected.
///
/// # Errors
///
/// [`SimulateError`].
pub fn run(arguments: &ExperimentArguments) -> Result<bool, SimulateError> {
    if arguments.name == "list" {
        print(&list())?;
        return Ok(true);
    }
    let experiments = named(&arguments.name)?;
    let threads = arguments.threads.map_or(0, |threads| threads as usize);
    let pool = ThreadPoolBuilder::new().num_threads(threads).build()?;
    let (mut compared, mut missed) = (0, 0);
    for experiment in &experiments {
        let findings = pool.install(|| do_one(experiment, arguments))?;
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

fn do_one(
    experiment: &Experiment,
    arguments: &ExperimentArguments,
) -> Result<Findings, SimulateError> {
    let progress = (!arguments.quiet).then(|| Progress::new(experiment.total_runs() as usize));
    let findings = experiment.run(arguments.seed, &|| {
        if let Some(progress) = &progress {
            progress.run().has_come_to(1.0);
        }
    });
    if let Some(progress) = &progress {
        progress.end();
    }
    findings.map_err(|source| SimulateError::Run { at: format!("{}: ", experiment.name), source })
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
        0 => format!("all {compared} values as expected\n"),
        _ => format!(
            "{missed} of {compared} values not as expected; one in a hundred misses its interval by chance\n"
        ),
    }
}
