//! Experiments with known answers: what is measured in towns, beside what theory says.

pub mod catalogue;
pub mod command;
mod measures;
pub mod result;

use rayon::prelude::*;

pub use self::catalogue::all;
pub use self::result::{Comparison, Findings};
use super::runs;
use super::theory::Expected;
use crate::town::{self, Collect, Outcome, Scenario, TownError};

/// A question to which theory has an answer.
#[derive(Debug, Clone)]
pub struct Experiment {
    /// What it is called on the command line.
    pub name: &'static str,
    /// What it asks.
    pub question: &'static str,
    /// The answer, and why.
    pub theory: &'static str,
    /// How it is asked, each time with other settings.
    pub settings: Vec<Setting>,
    /// How many towns there are for each, which differ by their seeds.
    pub runs: u32,
}

/// Settings of an experiment, and what is to come out.
#[derive(Debug, Clone)]
pub struct Setting {
    /// What is special about them: keys and values. All settings of an experiment have the same keys.
    pub changed: Vec<(&'static str, String)>,
    /// The town.
    pub scenario: Scenario,
    /// What is measured in it.
    pub expected: Vec<Expected>,
}

impl Experiment {
    /// Does the experiment with the towns that follow from `seed`, in parallel, and calls `done` after
    /// each run.
    ///
    /// # Errors
    ///
    /// What the first town that cannot be played says; there is none unless a setting is wrong.
    pub fn run(&self, seed: u64, done: &(dyn Fn() + Sync)) -> Result<Findings, TownError> {
        let seeds: Vec<u64> = runs::seeds(seed).take(self.runs as usize).collect();
        let runs: Vec<(usize, u64)> = (0..self.settings.len())
            .flat_map(|setting| seeds.iter().map(move |seed| (setting, *seed)))
            .collect();
        let outcomes: Vec<Outcome> = runs
            .into_par_iter()
            .map(|(setting, seed)| {
                let scenario = Scenario { seed, ..self.settings[setting].scenario.clone() };
                let (outcome, _) = town::run(&scenario, Collect::default(), &mut |_| {})?;
                done();
                Ok(outcome)
            })
            .collect::<Result<_, TownError>>()?;
        let by_setting = outcomes.chunks(self.runs as usize).map(<[Outcome]>::to_vec).collect();
        Ok(Findings::new(self.clone(), seed, by_setting))
    }

    /// How many runs it takes.
    pub fn total_runs(&self) -> u64 {
        self.settings.len() as u64 * u64::from(self.runs)
    }
}
