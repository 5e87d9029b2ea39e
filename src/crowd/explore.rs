//! Exploration of many worlds with fresh seeds.

use std::fmt;
use std::ops::AddAssign;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rayon::BroadcastContext;

use super::scenario::Kind;
use super::{Report, Violation, run};
use crate::clock::Now;
use crate::world::disk::DiskFault;
use crate::world::trouble::Trouble;

/// Settings of an exploration.
#[derive(Debug, Clone, Copy)]
pub struct Exploration {
    /// Seed of the first world. The other worlds have the seeds that follow.
    pub first_seed: u64,
    /// Largest number of worlds.
    pub worlds: u64,
    /// Time after which no world begins.
    pub deadline: Option<Instant>,
    /// Kind of all worlds. With `None`, most worlds are troubled, one of ten is calm, and one a
    /// storm.
    pub kind: Option<Kind>,
    /// Number of phones in each world.
    pub phones: u32,
    /// Plants a fault that the exploration has to find: a disk that loses what it has synced.
    pub has_lying_disk: bool,
}

/// Result of an exploration.
#[derive(Debug, Default)]
pub struct Findings {
    /// Coverage of the worlds that kept all promises.
    pub coverage: Coverage,
    /// The failed world with the lowest seed.
    pub failure: Option<Failure>,
}

/// A world in which a check failed.
#[derive(Debug)]
pub struct Failure {
    /// Kind of the world.
    pub kind: Kind,
    /// The failed check, with the seed and the latest events.
    pub violation: Violation,
}

/// Counts of events over several worlds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Coverage {
    worlds: u64,
    steps: u64,
    logins: u64,
    temp_ids: u64,
    uploaded: u64,
    notices: u64,
    codes: u64,
    blocked: u64,
    resets: u64,
    crashes: u64,
}

impl Exploration {
    /// Runs worlds on all threads of the current rayon pool, in the order of their seeds, until one
    /// fails.
    pub fn run(&self) -> Findings {
        let next_index = AtomicU64::new(0);
        let explore = |_: BroadcastContext<'_>| {
            let mut findings = Findings::default();
            while let Some(index) = self.take_index(&next_index) {
                match self.run_world(index) {
                    Ok(report) => findings.coverage += report,
                    Err(failure) => {
                        next_index.store(self.worlds, Ordering::Relaxed);
                        findings.failure = Some(failure);
                    }
                }
            }
            findings
        };
        rayon::broadcast(explore).into_iter().fold(Findings::default(), Findings::and)
    }

    /// The index of the next world, if there is one and time for it.
    fn take_index(&self, next_index: &AtomicU64) -> Option<u64> {
        let is_over = self.deadline.is_some_and(|end| end <= Now::read().monotonic);
        let index = next_index.fetch_add(1, Ordering::Relaxed);
        (!is_over && index < self.worlds).then_some(index)
    }

    fn run_world(&self, index: u64) -> Result<Report, Failure> {
        let kind = self.kind.unwrap_or(match index % 10 {
            0 => Kind::Calm,
            9 => Kind::Storm,
            _ => Kind::Troubled,
        });
        let mut settings = kind.world(self.first_seed.wrapping_add(index), self.phones);
        if self.has_lying_disk {
            settings.troubles = vec![(Duration::ZERO, Trouble::Disk(DiskFault::Lies))];
        }
        run(&settings).map_err(|violation| Failure { kind, violation })
    }
}

impl Findings {
    /// Adds the findings of another thread.
    fn and(mut self, other: Self) -> Self {
        self.coverage += other.coverage;
        let failures = self.failure.into_iter().chain(other.failure);
        self.failure = failures.min_by_key(|failure| failure.violation.seed);
        self
    }
}

impl AddAssign<Report> for Coverage {
    fn add_assign(&mut self, report: Report) {
        let Report { steps, logins, uploaded, notices, blocked, resets, crashes, .. } = report;
        let (temp_ids, codes) = (report.temp_ids as u64, report.codes as u64);
        *self += Self {
            worlds: 1,
            steps,
            logins,
            temp_ids,
            uploaded,
            notices,
            codes,
            blocked,
            resets,
            crashes,
        };
    }
}

impl AddAssign for Coverage {
    fn add_assign(&mut self, other: Self) {
        self.worlds += other.worlds;
        self.steps += other.steps;
        self.logins += other.logins;
        self.temp_ids += other.temp_ids;
        self.uploaded += other.uploaded;
        self.notices += other.notices;
        self.codes += other.codes;
        self.blocked += other.blocked;
        self.resets += other.resets;
        self.crashes += other.crashes;
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { worlds, steps, logins, temp_ids, uploaded, blocked, .. } = self;
        let Self { notices, codes, resets, crashes, .. } = self;
        writeln!(f, "{worlds} worlds kept every promise, in {steps} steps:")?;
        writeln!(
            f,
            "{logins} logins, {blocked} blocks, {temp_ids} TempIDs, {uploaded} uploaded records,"
        )?;
        writeln!(f, "{notices} notices, {codes} upload codes,")?;
        writeln!(f, "{resets} broken connections, {crashes} crashes of the server")
    }
}
