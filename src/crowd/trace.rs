//! The history of a run, to compare two runs and to understand a failed one.

use std::collections::VecDeque;
use std::fmt::{Debug, Write};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

/// Number of latest events kept.
const KEPT: usize = 40;

/// The history of a run: a fingerprint of all events, and the latest of them, formatted only on
/// demand.
#[derive(Debug)]
pub struct Trace<H> {
    fingerprint: DefaultHasher,
    steps: u64,
    latest: VecDeque<(Duration, H)>,
}

impl<H: Debug + Hash> Trace<H> {
    /// An empty history.
    pub fn new() -> Self {
        Self { fingerprint: DefaultHasher::new(), steps: 0, latest: VecDeque::with_capacity(KEPT) }
    }

    /// Adds an event at the time `at`.
    pub fn add(&mut self, at: Duration, happening: H) {
        self.steps += 1;
        at.hash(&mut self.fingerprint);
        happening.hash(&mut self.fingerprint);
        if self.latest.len() == KEPT {
            self.latest.pop_front();
        }
        self.latest.push_back((at, happening));
    }

    /// Number of events.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Hash of all events and their times.
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint.finish()
    }

    /// The latest events, one per line.
    pub fn latest(&self) -> String {
        self.latest.iter().fold(String::new(), |mut text, (at, happening)| {
            writeln!(text, "{at:?} {happening:?}").expect("a String takes every character");
            text
        })
    }
}

impl<H: Debug + Hash> Default for Trace<H> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
