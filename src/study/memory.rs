//! Whether towns fit into the memory of the machine, asked before it is taken: what is too large ends in the
//! middle of a run, and takes other programs along.

use std::fs;

use rustix::system::sysinfo;

use super::SimulateError;
use super::points::PlannedPoint;
use crate::town::Scenario;
use crate::town::scenario::MeetingsKind;

/// What a phone takes that has logged in and met nobody, in bytes.
const BYTES_PER_PHONE: f64 = 1_000.0;

/// What the server's registry takes for a TempID, in bytes.
const BYTES_PER_TEMP_ID: f64 = 40.0;

/// What the counts of a second take, in bytes: one of requests and one of connections.
const BYTES_PER_SECOND: f64 = 8.0;

/// What a container may use, in bytes, or `max`.
const CONTAINER_LIMIT: &str = "/sys/fs/cgroup/memory.max";

/// Checks that the largest towns fit that may be there at a time: each point has `runs` of them, and there
/// are `threads`.
///
/// # Errors
///
/// [`SimulateError::TooLarge`]; what passes may still be too large, as contact logs are not counted, and
/// only its file says how many people a contact trace has.
pub(super) fn check(
    points: &[PlannedPoint],
    runs: usize,
    threads: usize,
) -> Result<(), SimulateError> {
    check_against(points, runs, threads, there())
}

/// The memory that there is, in bytes.
fn there() -> f64 {
    let info = sysinfo();
    let machine = info.totalram as f64 * f64::from(info.mem_unit);
    let limit = fs::read_to_string(CONTAINER_LIMIT).ok();
    let limit = limit.and_then(|limit| limit.trim().parse::<f64>().ok());
    limit.map_or(machine, |limit| limit.min(machine))
}

fn check_against(
    points: &[PlannedPoint],
    runs: usize,
    threads: usize,
    there: f64,
) -> Result<(), SimulateError> {
    let mut by_size: Vec<_> = points.iter().map(|point| (bytes(&point.scenario), point)).collect();
    by_size.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let sizes = by_size.iter().flat_map(|(bytes, _)| std::iter::repeat_n(bytes, runs));
    let at_a_time = threads.min(points.len() * runs);
    let needed = sizes.take(at_a_time).sum();
    match by_size.first() {
        Some((_, largest)) if needed > there => Err(SimulateError::TooLarge {
            at: largest.describe(),
            phones: phones(&largest.scenario) as u64,
            at_a_time,
            needed,
            there,
        }),
        Some(_) | None => Ok(()),
    }
}

/// What a town takes, with one TempID after the other for all the time of the run.
fn bytes(scenario: &Scenario) -> f64 {
    let time = scenario.warm_up.as_f64() + scenario.duration.as_f64();
    let temp_ids = time / scenario.server.temp_id_lifetime.as_f64();
    let of_phones = phones(scenario) * (BYTES_PER_PHONE + BYTES_PER_TEMP_ID * temp_ids);
    of_phones + BYTES_PER_SECOND * scenario.duration.as_f64()
}

fn phones(scenario: &Scenario) -> f64 {
    match scenario.meetings.kind {
        MeetingsKind::Trace => 0.0,
        MeetingsKind::RandomMixing | MeetingsKind::Plane | MeetingsKind::Timetable => {
            f64::from(scenario.people.count) * scenario.people.app_share.get()
        }
    }
}

#[cfg(test)]
mod tests;
