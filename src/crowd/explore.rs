//! Many worlds, each drawn from a seed that nobody has tried before.

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

/// What to explore.
#[derive(Debug, Clone, Copy)]
pub struct Exploration {
    /// The seed of the first world; those of the others follow it.
    pub first_seed: u64,
    /// Worlds, at most.
    pub worlds: u64,
    /// No world is begun after this moment.
    pub deadline: Option<Instant>,
    /// The kind of all worlds; otherwise most are troubled, and some of each other kind.
    pub kind: Option<Kind>,
    /// Phones of each world.
    pub phones: u32,
    /// Whether the disk loses what it has synced, which no server can make good: a fault that has to be
    /// found.
    pub has_lying_disk: bool,
}

/// What came of an exploration.
#[derive(Debug, Default)]
pub struct Findings {
    /// What was covered by all worlds that kept their promises.
    pub coverage: Coverage,
    /// The failed world with the lowest seed, of those that were tried.
    pub failure: Option<Failure>,
}

/// A world that did not keep a promise.
#[derive(Debug)]
pub struct Failure {
    /// The kind of the world.
    pub kind: Kind,
    /// The promise, the seed, and the latest steps.
    pub violation: Violation,
}

/// How much happened in some worlds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Coverage {
    worlds: u64,
    steps: u64,
    logins: u64,
    temp_ids: u64,
    uploaded: u64,
    blocked: u64,
    resets: u64,
    crashes: u64,
}

impl Exploration {
    /// Runs the worlds on the threads of the current rayon pool, in the order of their seeds, until
    /// one fails.
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
        let Report { steps, logins, uploaded, blocked, resets, crashes, .. } = report;
        let temp_ids = report.temp_ids as u64;
        *self += Self { worlds: 1, steps, logins, temp_ids, uploaded, blocked, resets, crashes };
    }
}

impl AddAssign for Coverage {
    fn add_assign(&mut self, other: Self) {
        self.worlds += other.worlds;
        self.steps += other.steps;
        self.logins += other.logins;
        self.temp_ids += other.temp_ids;
        self.uploaded += other.uploaded;
        self.blocked += other.blocked;
        self.resets += other.resets;
        self.crashes += other.crashes;
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { worlds, steps, logins, temp_ids, uploaded, blocked, resets, crashes } = self;
        writeln!(f, "{worlds} worlds kept every promise, in {steps} steps:")?;
        writeln!(
            f,
            "{logins} logins, {blocked} blocks, {temp_ids} TempIDs, {uploaded} uploaded records,"
        )?;
        writeln!(f, "{resets} broken connections, {crashes} crashes of the server")
    }
}
