//! Checks before a study that its towns fit into memory. Otherwise the system would kill the
//! program, or others, in the middle of a run.

use std::fs;

use rustix::system::sysinfo;

use super::SimulateError;
use super::points::PlannedPoint;
use crate::town::Scenario;
use crate::town::scenario::MeetingsKind;

/// Memory of a phone that has logged in and met nobody, in bytes.
const BYTES_PER_PHONE: f64 = 1_000.0;

/// Memory of a TempID in the server's registry, in bytes.
const BYTES_PER_TEMP_ID: f64 = 40.0;

/// Memory of the counts of a second, in bytes: one of requests and one of connections.
const BYTES_PER_SECOND: f64 = 8.0;

/// File with the memory limit of a container, in bytes, or `max`.
const CONTAINER_LIMIT: &str = "/sys/fs/cgroup/memory.max";

/// Checks that the largest towns that run at the same time fit. Each point has `runs` towns, and
/// `threads` of them run at a time.
///
/// # Errors
///
/// [`SimulateError::TooLarge`]. A study that passes may still be too large: the check counts
/// neither contact logs nor the people of a contact trace, whose number is only in its file.
pub(super) fn check(
    points: &[PlannedPoint],
    runs: usize,
    threads: usize,
) -> Result<(), SimulateError> {
    check_against(points, runs, threads, there())
}

/// Available memory, in bytes.
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

/// Memory of a town, with TempIDs for the whole run, in bytes.
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
