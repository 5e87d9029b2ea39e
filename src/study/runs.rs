//! All runs of a study, side by side.

use std::sync::atomic::{AtomicUsize, Ordering};

use rand::{Rng, SeedableRng};
use rand_xoshiro::SplitMix64;
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;

use super::figure_names::FigureNames;
use super::points::{Origin, PlannedPoint, Point, Study};
use super::progress::Progress;
use super::{SimulateError, memory};
use crate::town::{self, Collect, Outcome, Records, Scenario, TownError};

/// Bits of a derived seed: those that a JSON number represents exactly.
const SEED_BITS: u32 = 53;

/// The plan of a study.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The scenario before any sweep changes it.
    pub scenario: Scenario,
    /// Origin of the points.
    pub origin: Origin,
    /// Points of the sweep; a single point without a sweep.
    pub points: Vec<PlannedPoint>,
    /// What the first run of the first point collects.
    pub collect: Collect,
    /// Figures to show instead of the usual ones.
    pub figures: Option<FigureNames>,
    /// Number of threads; by default that of the processors.
    pub threads: Option<usize>,
    /// Whether to show no progress bar.
    pub is_quiet: bool,
}

impl Plan {
    /// Runs the plan. The result does not depend on the number of threads.
    ///
    /// # Errors
    ///
    /// The error of the first run, in the order of the points, that cannot be simulated; or that of
    /// starting threads.
    pub fn run(&self) -> Result<Study, SimulateError> {
        self.run_with(town::run)
    }

    /// Runs the plan with `play` instead of [`town::run`].
    pub(in crate::study) fn run_with(&self, play: impl Play) -> Result<Study, SimulateError> {
        let threads = ThreadPoolBuilder::new().num_threads(self.threads.unwrap_or(0)).build()?;
        let tasks = self.tasks();
        let runs = self.scenario.runs.get() as usize;
        memory::check(&self.points, runs, threads.current_num_threads())?;
        let progress = (!self.is_quiet).then(|| Progress::new(tasks.len()));
        let played = threads.install(|| self.play_all(&tasks, progress.as_ref(), &play));
        if let Some(progress) = &progress {
            progress.end();
        }
        Ok(self.study(played?))
    }

    /// All runs, in the order of the points.
    fn tasks(&self) -> Vec<Task> {
        let runs = self.scenario.runs.get() as usize;
        let of_point = |(point, planned): (usize, &PlannedPoint)| {
            let seeds = seeds(planned.scenario.seed).take(runs);
            seeds.map(move |seed| Task { point, seed }).collect::<Vec<_>>()
        };
        self.points.iter().enumerate().flat_map(of_point).collect()
    }

    fn play_all(
        &self,
        tasks: &[Task],
        progress: Option<&Progress>,
        play: &impl Play,
    ) -> Result<Vec<(Outcome, Records)>, SimulateError> {
        // Runs behind one that failed do not count any more; those before it might fail as well.
        let first_failure = AtomicUsize::new(usize::MAX);
        let played: Vec<_> = tasks
            .par_iter()
            .enumerate()
            .map(|(index, task)| {
                if index > first_failure.load(Ordering::Relaxed) {
                    return None;
                }
                let played = self.play(index, task, progress, play);
                if played.is_err() {
                    first_failure.fetch_min(index, Ordering::Relaxed);
                }
                Some(played)
            })
            .collect();
        played.into_iter().flatten().collect()
    }

    fn play(
        &self,
        index: usize,
        task: &Task,
        progress: Option<&Progress>,
        play: &impl Play,
    ) -> Result<(Outcome, Records), SimulateError> {
        let point = &self.points[task.point];
        let scenario = Scenario { seed: task.seed, ..point.scenario.clone() };
        let collect = if index == 0 { self.collect } else { Collect::default() };
        let mut run = progress.map(Progress::run);
        let mut told = |share| {
            if let Some(run) = &mut run {
                run.has_come_to(share);
            }
        };
        let played = play(&scenario, collect, &mut told);
        told(1.0);
        let mut played =
            played.map_err(|source| SimulateError::Run { at: point.describe(), source })?;
        // Theory may ask for any second; for the report those of the first run are enough.
        if index > 0 && point.expected.is_empty() {
            played.0.server.downloads_by_second.forget_counts();
            played.0.server.connections_by_second.forget_counts();
        }
        Ok(played)
    }

    fn study(&self, played: Vec<(Outcome, Records)>) -> Study {
        let runs = self.scenario.runs.get() as usize;
        let (mut outcomes, mut records) = (Vec::new(), None);
        for (outcome, its_records) in played {
            if records.is_none() {
                records = Some(its_records);
            }
            outcomes.push(outcome);
        }
        let mut outcomes = outcomes.into_iter();
        let points = self.points.iter().map(|point| Point {
            changed: point.changed.clone(),
            scenario: point.scenario.clone(),
            outcomes: outcomes.by_ref().take(runs).collect(),
            expected: point.expected.clone(),
        });
        let points = points.collect();
        let records = records.filter(|_| self.collect != Collect::default());
        let (scenario, figures) = (self.scenario.clone(), self.figures.clone());
        Study { scenario, origin: self.origin, points, records, figures }
    }
}

/// A function that simulates a scenario and reports its progress.
pub(in crate::study) trait Play:
    Fn(&Scenario, Collect, &mut dyn FnMut(f64)) -> Result<(Outcome, Records), TownError> + Sync
{
}

impl<F> Play for F where
    F: Fn(&Scenario, Collect, &mut dyn FnMut(f64)) -> Result<(Outcome, Records), TownError> + Sync
{
}

/// A run of a point.
#[derive(Debug, Clone, Copy)]
struct Task {
    point: usize,
    seed: u64,
}

/// The seeds of the runs of a scenario, without end. The first is the scenario's own. A run has the
/// same seed at all points of a sweep, so that they differ by nothing but what the sweep changes.
pub fn seeds(seed: u64) -> impl Iterator<Item = u64> {
    let mut derived = SplitMix64::seed_from_u64(seed);
    let others = std::iter::repeat_with(move || derived.next_u64() >> (u64::BITS - SEED_BITS));
    std::iter::once(seed).chain(others)
}

#[cfg(test)]
mod tests;
