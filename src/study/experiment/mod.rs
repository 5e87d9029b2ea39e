//! Experiments with known answers: what is measured in towns, beside what theory says.

pub mod catalogue;
pub mod command;
mod measures;
pub mod result;

use std::num::NonZeroU32;

pub use self::catalogue::all;
pub use self::result::{Comparison, Findings};
use super::points::{Origin, PlannedPoint};
use super::runs::Plan;
use super::theory::Expected;
use crate::town::{Collect, Scenario};

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
    /// What is special about them: keys and values. All settings of an experiment have the same
    /// keys.
    pub changed: Vec<(&'static str, String)>,
    /// The town.
    pub scenario: Scenario,
    /// What is measured in it.
    pub expected: Vec<Expected>,
}

impl Experiment {
    /// The runs of the experiment, in towns that follow from `seed`.
    pub fn plan(&self, seed: u64, threads: Option<usize>, is_quiet: bool) -> Plan {
        let scenario = |setting: &Setting| Scenario {
            name: self.name.to_owned(),
            question: self.question.to_owned(),
            seed,
            runs: NonZeroU32::new(self.runs).unwrap_or(NonZeroU32::MIN),
            ..setting.scenario.clone()
        };
        let point = |setting: &Setting| PlannedPoint {
            changed: setting
                .changed
                .iter()
                .map(|(key, value)| ((*key).to_owned(), value.clone()))
                .collect(),
            scenario: scenario(setting),
            expected: setting.expected.clone(),
        };
        Plan {
            scenario: self.settings.first().map(scenario).unwrap_or_default(),
            origin: Origin::Experiment(self.name),
            points: self.settings.iter().map(point).collect(),
            collect: Collect::default(),
            figures: None,
            threads,
            is_quiet,
        }
    }
}
