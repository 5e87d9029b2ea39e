//! `simulate crowd`.

use std::time::Duration;

use rand::TryRng;
use rand::rngs::SysRng;
use rayon::ThreadPoolBuilder;

use super::arguments::{CrowdArguments, MOST_SEED};
use super::error::SimulateError;
use super::print::print;
use crate::clock::Now;
use crate::crowd::explore::{Exploration, Failure, Findings};
use crate::crowd::scenario::Kind;

/// Explores worlds, and returns whether all of them kept all promises.
///
/// # Errors
///
/// [`SimulateError`] if there are no threads or no random numbers.
pub(super) fn run(arguments: &CrowdArguments) -> Result<bool, SimulateError> {
    let first_seed = match arguments.seed {
        Some(seed) => seed,
        None => SysRng.try_next_u64().map_err(SimulateError::Randomness)? & MOST_SEED,
    };
    let deadline =
        arguments.seconds.map(|seconds| Now::read().monotonic + Duration::from_secs(seconds));
    let kind = |name: &String| Kind::ALL.into_iter().find(|kind| kind.name() == name);
    let exploration = Exploration {
        first_seed,
        worlds: arguments.seeds,
        deadline,
        kind: arguments.world.as_ref().and_then(kind),
        phones: arguments.phones,
        has_lying_disk: arguments.lying_disk,
    };
    let threads = arguments.threads.map_or(0, |threads| threads as usize);
    let pool = ThreadPoolBuilder::new().num_threads(threads).build()?;
    let Findings { coverage, failure } = pool.install(|| exploration.run());
    print(&format!("{coverage}first seed: {first_seed}\n"))?;
    let Some(failure) = failure else { return Ok(true) };
    print(&told(&failure, &exploration))?;
    Ok(false)
}

/// Text of a failure, with the command that repeats it.
fn told(failure: &Failure, exploration: &Exploration) -> String {
    let Failure { kind, violation } = failure;
    let (kind, seed, phones) = (kind.name(), violation.seed, exploration.phones);
    let planted = if exploration.has_lying_disk { " --lying-disk" } else { "" };
    format!(
        "\nA {kind} world broke a promise. Its latest steps:\n{violation}\n\
         repeat with: simulate crowd --seeds 1 --seed {seed} --world {kind} --phones {phones}{planted}\n"
    )
}
