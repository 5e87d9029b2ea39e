//! The commands typed before. A line that is being typed keeps its own place in them, its
//! [`Recall`].

use std::collections::VecDeque;

/// More than anybody walks through with the arrow keys, and at most 100 KiB of memory.
const HISTORY_LIMIT_LINES: usize = 100;

/// The last lines, oldest first: none of them empty, none the same as the one before it.
#[derive(Default)]
pub(super) struct History {
    lines: VecDeque<String>,
}

/// Where a line being typed stands in the history.
#[derive(Default)]
pub(super) enum Recall {
    /// Below the newest line.
    #[default]
    Draft,
    /// On a line of the history; what had been typed before comes back below the newest.
    Line { index: usize, draft: String },
}

impl History {
    pub(super) fn add(&mut self, line: &str) {
        let is_double = self.lines.back().is_some_and(|last| last == line);
        if line.trim().is_empty() || is_double {
            return;
        }
        if self.lines.len() == HISTORY_LIMIT_LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(line.to_owned());
    }

    /// Goes one line up and returns its text; `None` at the oldest.
    pub(super) fn older(&self, recall: &mut Recall, typed: &str) -> Option<String> {
        match recall {
            Recall::Draft => {
                let index = self.lines.len().checked_sub(1)?;
                *recall = Recall::Line { index, draft: typed.to_owned() };
                Some(self.lines[index].clone())
            }
            Recall::Line { index, .. } => {
                *index = index.checked_sub(1)?;
                Some(self.lines[*index].clone())
            }
        }
    }

    /// Goes one line down and returns its text; `None` at the draft.
    pub(super) fn newer(&self, recall: &mut Recall, _typed: &str) -> Option<String> {
        match recall {
            Recall::Draft => None,
            Recall::Line { index, .. } if *index + 1 < self.lines.len() => {
                *index += 1;
                Some(self.lines[*index].clone())
            }
            Recall::Line { draft, .. } => {
                let draft = std::mem::take(draft);
                *recall = Recall::Draft;
                Some(draft)
            }
        }
    }
}

#[cfg(test)]
mod tests;
