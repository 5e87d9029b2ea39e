//! A town: people who meet, with phones, a server and adversaries.
//!
//! A town is a [`world`](crate::world) whose phones belong to people. Who is near whom is the
//! truth. Phones know only what their radio hears, and the server only what phones upload, with the
//! same machines and the same bytes as in the programs. An [`Outcome`] compares what they found
//! with the truth.

pub mod adversary;
pub mod agenda;
pub mod diary;
pub mod draws;
pub mod event;
pub mod figures;
pub mod founding;
pub mod handset;
pub mod handsets;
pub mod health;
pub mod ids;
pub mod life;
pub mod meetings;
pub mod message;
pub mod nearness;
pub mod outcome;
pub mod radio;
pub mod scenario;
pub mod tally;
pub mod transcript;

use std::rc::Rc;
use std::time::Duration;

use self::adversary::Adversaries;
use self::agenda::Agenda;
use self::diary::Diary;
use self::handsets::Handsets;
use self::health::Health;
use self::ids::Owners;
use self::nearness::Nearness;
pub use self::outcome::{Outcome, Records};
use self::radio::Radio;
pub use self::scenario::Scenario;
use self::tally::Tally;
use crate::text_file::FileError;
use crate::world::{Core, World};

/// What a run keeps besides its [`Outcome`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Collect {
    /// Single encounters, receptions, uploads and traces.
    pub records: bool,
    /// Messages of phones and server.
    pub messages: bool,
}

/// Why a town cannot be simulated.
#[derive(Debug, thiserror::Error)]
pub enum TownError {
    /// Keys of the scenario contradict each other.
    #[error("{0}")]
    Scenario(String),
    /// A file that the scenario names cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// A check failed that holds for every scenario: a fault of the program.
    #[error("fault of the program, at {at:?} of the run with seed {seed}: {problem}")]
    Violation {
        /// Description of the fault.
        problem: String,
        /// Virtual time of the fault, from the start of the run.
        at: Duration,
        /// Seed that repeats the run.
        seed: u64,
    },
}

/// The people of a town, their phones, and all that a run finds out.
///
/// Each part owns its state. What one part decides, the town passes to those that it concerns.
#[derive(Debug)]
struct Town {
    scenario: Scenario,
    owners: Rc<Owners>,
    agenda: Agenda,
    nearness: Nearness,
    handsets: Handsets,
    radio: Radio,
    health: Health,
    adversaries: Adversaries,
    tally: Tally,
    diary: Diary,
}

/// Steps of a run between two reports of progress.
const STEPS_PER_LOOK: u32 = 16_384;

/// Limit of steps at one moment for each phone, as all may act at once. A run that exceeds it makes
/// no progress in time and would never end.
const MOST_STEPS_AT_ONCE_PER_PHONE: u64 = 1_000;
const MOST_STEPS_AT_ONCE: u64 = 4_000_000;

/// Detects that virtual time stands still.
#[derive(Debug)]
struct Standstill {
    /// Begin of the current moment, from the start of the run.
    since: Duration,
    steps: u64,
    most_steps: u64,
}

impl Standstill {
    fn new(phones: usize) -> Self {
        let most_steps = MOST_STEPS_AT_ONCE + MOST_STEPS_AT_ONCE_PER_PHONE * phones as u64;
        Self { since: Duration::ZERO, steps: 0, most_steps }
    }

    /// Notes that it is `now` after `steps` more steps.
    ///
    /// # Errors
    ///
    /// A message if too many steps have the same time.
    fn look(&mut self, now: Duration, steps: u32) -> Result<(), String> {
        self.steps = if now == self.since { self.steps + u64::from(steps) } else { 0 };
        self.since = now;
        if self.steps > self.most_steps {
            return Err(format!("{} things happen and no time passes", self.steps));
        }
        Ok(())
    }
}

/// Simulates a town, and reports the progress now and then, from 0 to 1.
///
/// # Errors
///
/// [`TownError`] if the scenario cannot be simulated.
pub fn run(
    scenario: &Scenario,
    collect: Collect,
    progress: &mut dyn FnMut(f64),
) -> Result<(Outcome, Records), TownError> {
    scenario.check().map_err(|problem| TownError::Scenario(problem.to_string()))?;
    let mut world = Town::in_world(scenario, collect)?;
    let end = scenario.end();
    let mut standstill = Standstill::new(world.core.phones.len());
    let violation = |problem, at| TownError::Violation { problem, at, seed: scenario.seed };
    loop {
        for _ in 0..STEPS_PER_LOOK {
            let is_over = world.core.next_time().is_none_or(|next| next >= end);
            if is_over {
                let World { core, inhabitants } = world;
                progress(1.0);
                return Ok(inhabitants.conclude(core));
            }
            world.step().map_err(|problem| violation(problem, world.core.clock.elapsed()))?;
        }
        let now = world.core.clock.elapsed();
        standstill.look(now, STEPS_PER_LOOK).map_err(|problem| violation(problem, now))?;
        progress(now.as_secs_f64() / end.as_secs_f64());
    }
}

#[cfg(test)]
mod tests;
