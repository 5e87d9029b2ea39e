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

/// Bits of a derived seed, as many as a number of JSON has.
const SEED_BITS: u32 = 53;

/// What is to be run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The scenario before any sweep changes it.
    pub scenario: Scenario,
    /// What the points of the sweep are; a single one without a sweep.
    pub points: Vec<PlannedPoint>,
    /// What is kept of the first run of the first point.
    pub collect: Collect,
    /// The figures that somebody wants to see instead of the usual ones.
    pub figures: Option<FigureNames>,
    /// Threads; all that the machine has without a number.
    pub threads: Option<usize>,
    /// Whether no bar is shown.
    pub is_quiet: bool,
}

impl Plan {
    /// Runs everything. What comes out does not depend on the threads.
    ///
    /// # Errors
    ///
    /// The first run, in the order of the points, that cannot be played; or there are no threads.
    pub fn run(&self) -> Result<Study, SimulateError> {
        self.run_with(town::run)
    }

    fn run_with(&self, play: impl Play) -> Result<Study, SimulateError> {
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
        if index > 0 {
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
            expected: Vec::new(),
        });
        let points = points.collect();
        let records = records.filter(|_| self.collect != Collect::default());
        let scenario = self.scenario.clone();
        let figures = self.figures.clone();
        Study { scenario, origin: Origin::Scenario, points, records, figures }
    }
}

/// What plays a scenario, and tells how far it is.
trait Play:
    Fn(&Scenario, Collect, &mut dyn FnMut(f64)) -> Result<(Outcome, Records), TownError> + Sync
{
}

impl<F> Play for F where
    F: Fn(&Scenario, Collect, &mut dyn FnMut(f64)) -> Result<(Outcome, Records), TownError> + Sync
{
}

/// One run.
#[derive(Debug, Clone, Copy)]
struct Task {
    point: usize,
    seed: u64,
}

/// The seeds of the runs of a scenario, without end. The first is the scenario's own. A run has the same
/// seed at all points of a sweep, so that they differ by nothing but what the sweep changes.
pub fn seeds(seed: u64) -> impl Iterator<Item = u64> {
    let mut derived = SplitMix64::seed_from_u64(seed);
    let others = std::iter::repeat_with(move || derived.next_u64() >> (u64::BITS - SEED_BITS));
    std::iter::once(seed).chain(others)
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn plan(points: usize, runs: u32, threads: usize) -> Plan {
        let scenario =
            Scenario { runs: NonZeroU32::new(runs).expect("some"), ..Scenario::default() };
        let point = |number: usize| PlannedPoint {
            changed: vec![("people.count".to_owned(), number.to_string())],
            scenario: Scenario {
                people: crate::town::scenario::People {
                    count: u32::try_from(number).expect("few"),
                    ..scenario.people.clone()
                },
                ..scenario.clone()
            },
        };
        Plan {
            points: (1..=points).map(point).collect(),
            scenario,
            collect: Collect { records: true, messages: false },
            figures: None,
            threads: Some(threads),
            is_quiet: true,
        }
    }

    /// Its outcome says what was played.
    fn echo(
        scenario: &Scenario,
        collect: Collect,
        progress: &mut dyn FnMut(f64),
    ) -> Result<(Outcome, Records), TownError> {
        progress(0.5);
        let users = scenario.people.count;
        let has_app = if collect.records { vec![true] } else { Vec::new() };
        let records = Records { has_app, ..Records::default() };
        Ok((Outcome { seed: scenario.seed, users, ..Outcome::default() }, records))
    }

    #[test]
    fn results_are_in_order_whatever_the_threads() {
        let study = |threads| plan(5, 20, threads).run_with(echo).expect("played");
        let (one, four) = (study(1), study(4));
        let outcomes = |study: &Study| -> Vec<_> {
            study.points.iter().map(|point| point.outcomes.clone()).collect()
        };
        assert_eq!(outcomes(&one), outcomes(&four));
        for (point, number) in one.points.iter().zip(1..) {
            assert_eq!(point.changed, [("people.count".to_owned(), number.to_string())]);
            assert_eq!(point.outcomes.len(), 20);
            assert!(point.outcomes.iter().all(|outcome| outcome.users == number));
        }
        assert_eq!(one.records.map(|records| records.has_app), Some(vec![true]));
    }

    #[test]
    fn runs_have_other_seeds_and_points_the_same() {
        let study = plan(3, 50, 2).run_with(echo).expect("played");
        let seeds = |point: &Point| -> Vec<_> {
            point.outcomes.iter().map(|outcome| outcome.seed).collect()
        };
        let first = seeds(&study.points[0]);
        assert_eq!(first[0], study.scenario.seed);
        for (at, seed) in first.iter().enumerate() {
            assert!(!first[..at].contains(seed) && *seed < 1 << SEED_BITS);
        }
        assert!(study.points.iter().all(|point| seeds(point) == first));
    }

    #[test]
    fn seeds_of_a_run_are_the_same_on_every_machine() {
        let seeds: Vec<_> = seeds(1).take(3).collect();
        assert_eq!(seeds[0], 1);
        // SplitMix64 of 1 begins with 0x910a2dec89025cc1 and 0xbeeb8da1658eec67.
        assert_eq!(seeds[1..], [0x910a_2dec_8902_5cc1 >> 11, 0xbeeb_8da1_658e_ec67 >> 11]);
    }

    #[test]
    fn failing_run_ends_the_study_with_the_first_error() {
        let fails = |scenario: &Scenario, collect, progress: &mut dyn FnMut(f64)| match scenario
            .people
            .count
        {
            count if count > 2 => Err(TownError::Scenario(format!("too many: {count}"))),
            _ => echo(scenario, collect, progress),
        };
        for threads in [1, 4] {
            let error = plan(9, 5, threads).run_with(fails).expect_err("the third fails");
            assert_eq!(error.to_string(), "with people.count=3: too many: 3");
        }
    }

    #[test]
    fn nothing_is_kept_that_nobody_wants() {
        let plan = Plan { collect: Collect::default(), ..plan(1, 1, 1) };
        assert_eq!(plan.run_with(echo).expect("played").records, None);
    }
}
