//! What happened, to compare two runs and to understand a failed one.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

/// How many of the latest happenings are kept as text.
const KEPT: usize = 40;

/// The history of a run: a fingerprint of all of it, and the latest part as text.
#[derive(Debug, Default)]
pub struct Trace {
    fingerprint: DefaultHasher,
    steps: u64,
    latest: VecDeque<String>,
}

impl Trace {
    /// Adds what happens at `at`.
    pub fn add(&mut self, at: Duration, happening: &impl Debug) {
        self.steps += 1;
        let text = format!("{at:?} {happening:?}");
        text.hash(&mut self.fingerprint);
        if self.latest.len() == KEPT {
            self.latest.pop_front();
        }
        self.latest.push_back(text);
    }

    /// How many steps there were.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// A number that two runs share only if everything happened in the same way.
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint.finish()
    }

    /// The latest steps, one a line.
    pub fn latest(&self) -> String {
        let lines: Vec<&str> = self.latest.iter().map(String::as_str).collect();
        lines.join("\n")
    }
}
