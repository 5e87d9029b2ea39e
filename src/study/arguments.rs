//! The command line of the simulator.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};

use super::SimulateError;
use super::figure_names::FigureNames;
use super::points::{Origin, PlannedPoint};
use super::runs::Plan;
use super::scenario_file::{Change, ScenarioFile, Sweep, grid};
use super::sequence::SequenceArguments;
use crate::arguments::number;
use crate::crowd::scenario::Kind;
use crate::town::Collect;

/// Largest seed: the largest number in a scenario file.
pub(super) const MOST_SEED: u64 = i64::MAX as u64;

/// Maximum number of threads.
const MOST_THREADS: u64 = 4096;

/// Maximum number of runs of all points together.
const MOST_RUNS: u64 = 1_000_000;

/// Maximum number of worlds of an exploration, each of which keeps a line of text in memory.
const MOST_WORLDS: u64 = 10_000_000;

/// Maximum number of phones of a world: that of the largest world in the tests.
const MOST_PHONES: u32 = 100_000;

/// Maximum length of an exploration, in seconds: a week.
const MOST_SECONDS: u64 = 7 * 86_400;

/// The simulator: lets a town of phones live in virtual time, and says what they noticed.
#[derive(Debug, Parser)]
#[command(
    name = "simulate",
    version,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true
)]
pub struct Arguments {
    /// What to do if not to simulate a scenario
    #[command(subcommand)]
    pub command: Option<Command>,
    /// What to simulate.
    #[command(flatten)]
    pub study: StudyArguments,
}

/// What else the program does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Measures what theory knows, and says whether it agrees
    Experiment(ExperimentArguments),
    /// Draws the messages of a run as a sequence diagram
    Sequence(SequenceArguments),
    /// Runs crowds of phones and the server in worlds full of faults, and checks what must hold
    Crowd(CrowdArguments),
}

/// Which experiment to do, and how.
#[derive(Debug, Args)]
pub struct ExperimentArguments {
    /// The name of an experiment; all; or list
    #[arg(value_name = "NAME|all|list")]
    pub(super) name: String,
    /// Draws other towns: the same seed gives the same ones
    #[arg(long, value_name = "S", default_value_t = 1, value_parser = number("a seed", 0..=MOST_SEED))]
    pub(super) seed: u64,
    /// Runs at a time, at most [default: as many as there are processors]
    #[arg(long, value_name = "T", value_parser = number("threads", 1..=MOST_THREADS))]
    pub(super) threads: Option<u64>,
    /// Write a report of each experiment into a directory of its name in this directory
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Show no bar
    #[arg(long)]
    pub(super) quiet: bool,
}

/// What to simulate.
#[derive(Debug, Args)]
pub struct StudyArguments {
    /// The scenario, in TOML [default: a town of 500 people for three days]
    #[arg(value_name = "SCENARIO.toml")]
    pub(super) scenario: Option<PathBuf>,
    /// Draws another town: the same seed gives the same one [default: as the scenario says]
    #[arg(long, value_name = "S", value_parser = number("a seed", 0..=MOST_SEED))]
    seed: Option<u64>,
    /// How many towns that differ by their seeds only [default: as the scenario says]
    #[arg(long, value_name = "R", value_parser = number("runs", 1..=u32::MAX))]
    runs: Option<u32>,
    /// Set a key of the scenario, such as people.app_share=0.4; may be given several times
    #[arg(long, value_name = "key=value")]
    set: Vec<String>,
    /// Run the scenario with each value of a key, such as people.app_share=0.2,0.4,0.6; several
    /// sweeps make a grid
    #[arg(long, value_name = "key=a,b,c")]
    sweep: Vec<String>,
    /// Figures to show instead of the usual ones, such as tracing.recall,server.downloads; the
    /// report of a sweep draws them first
    #[arg(long, value_name = "a,b,c")]
    figures: Option<FigureNames>,
    /// Runs at a time, at most [default: as many as there are processors]
    #[arg(long, value_name = "T", value_parser = number("threads", 1..=MOST_THREADS))]
    threads: Option<u64>,
    /// Write a report, the figures of all runs, and tables of all that happened in the first run of
    /// the first point into this directory
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Write every message of the first run to this file
    #[arg(long, value_name = "FILE.jsonl")]
    pub(super) trace: Option<PathBuf>,
    /// Show no bar
    #[arg(long)]
    quiet: bool,
}

impl StudyArguments {
    /// The runs that they ask for.
    ///
    /// # Errors
    ///
    /// A scenario or an option that is not in order.
    pub fn plan(&self) -> Result<Plan, SimulateError> {
        let file = match &self.scenario {
            Some(path) => ScenarioFile::read(path)?,
            None => ScenarioFile::default_town(),
        };
        let changes = self.changes()?;
        let sweeps = self.sweep.iter().map(|sweep| Sweep::parse(sweep));
        let sweeps = sweeps.collect::<Result<Vec<_>, _>>()?;
        let swept = grid(&sweeps)?;
        // A sweep may be what makes its keys go together.
        let scenario = file.unchecked(&changes)?;
        let runs = swept.len() as u64 * u64::from(scenario.runs.get());
        if runs > MOST_RUNS {
            return Err(SimulateError::TooManyRuns { runs, most: MOST_RUNS });
        }
        let points = swept.into_iter().map(|swept| {
            let scenario = file.scenario(&[&changes[..], &swept[..]].concat())?;
            let changed = swept.into_iter().map(|change| (change.key, change.text)).collect();
            Ok(PlannedPoint { changed, scenario, expected: Vec::new() })
        });
        Ok(Plan {
            points: points.collect::<Result<_, SimulateError>>()?,
            scenario,
            origin: Origin::Scenario,
            collect: Collect { records: self.out.is_some(), messages: self.trace.is_some() },
            figures: self.figures.clone(),
            threads: self.threads.map(|threads| threads as usize),
            is_quiet: self.quiet,
        })
    }

    fn changes(&self) -> Result<Vec<Change>, SimulateError> {
        let mut changes =
            self.set.iter().map(|set| Change::parse(set)).collect::<Result<Vec<_>, _>>()?;
        if let Some(seed) = self.seed {
            changes.push(Change::new(format!("--seed {seed}"), "seed", &seed.to_string())?);
        }
        if let Some(runs) = self.runs {
            changes.push(Change::new(format!("--runs {runs}"), "runs", &runs.to_string())?);
        }
        Ok(changes)
    }
}

/// Which worlds `simulate crowd` explores.
#[derive(Debug, Args)]
pub struct CrowdArguments {
    /// Worlds to explore
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = number("worlds", 1..=MOST_WORLDS))]
    pub(super) seeds: u64,
    /// The seed of the first world; the others follow it [default: one drawn from the system's
    /// randomness]
    #[arg(long, value_name = "S", value_parser = number("a seed", 0..=MOST_SEED))]
    pub(super) seed: Option<u64>,
    /// Begin no world after this time
    #[arg(long, value_name = "S", value_parser = number("seconds", 1..=MOST_SECONDS))]
    pub(super) seconds: Option<u64>,
    /// The kind of all worlds [default: most are troubled, one of ten is calm, and one a storm]
    #[arg(long, value_name = "KIND", value_parser = PossibleValuesParser::new(Kind::ALL.map(Kind::name)))]
    pub(super) world: Option<String>,
    /// Phones of each world
    #[arg(long, value_name = "P", default_value_t = 30, value_parser = number("phones", 1..=MOST_PHONES))]
    pub(super) phones: u32,
    /// Worlds at a time, at most [default: as many as there are processors]
    #[arg(long, value_name = "T", value_parser = number("threads", 1..=MOST_THREADS))]
    pub(super) threads: Option<u64>,
    /// Plant a fault that has to be found: a disk that loses what it has synced
    #[arg(long)]
    pub(super) lying_disk: bool,
}
