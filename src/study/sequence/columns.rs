//! The columns of lifelines.

use crate::text_width;

/// Smallest gap between two lifelines, in columns. A text of any length fits there in a few lines.
const MIN_GAP: usize = 24;

/// Longest name, in columns, so that neighbouring names stay apart.
pub(super) const MAX_NAME: usize = 14;

/// Columns of an arrow besides its text: an end, a piece of line and a blank on each side, a tip.
pub(super) const ARROW_COLUMNS: usize = 6;

/// A text and its arrow that must fit between two lifelines, or beside the first one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Need {
    /// The two lifelines, the left one first.
    pub(super) between: (usize, usize),
    /// Desired distance of the two, in columns.
    pub(super) columns: usize,
}

/// The columns of all lifelines.
#[derive(Debug)]
pub(super) struct Columns {
    /// Column of each lifeline, from the left.
    pub(super) at: Vec<usize>,
}

impl Columns {
    /// Number of lifelines that fit into `width` columns after a margin; at least one.
    pub(super) fn capacity(width: usize, margin: usize) -> usize {
        1 + width.saturating_sub(margin + outer(MAX_NAME)) / MIN_GAP
    }

    /// Places lifelines of these names, of which at most as many as fit are given. The gaps are as
    /// wide as the texts need. If that is too wide, narrow gaps get what they need first.
    pub(super) fn new(names: &[String], needs: &[Need], width: usize, margin: usize) -> Self {
        let first = names.first().map_or(0, |name| left_of(text_width::width(name)));
        let last = names.last().map_or(0, |name| right_of(text_width::width(name)));
        let room = width.saturating_sub(margin + first + 1 + last);
        let gaps = share(&wanted(names.len().saturating_sub(1), needs), room);
        let mut at = vec![margin + first];
        for gap in gaps {
            at.push(at[at.len() - 1] + gap);
        }
        Self { at }
    }
}

/// Columns of a centred name to the left of its lifeline.
pub(super) fn left_of(name_width: usize) -> usize {
    name_width.saturating_sub(1) / 2
}

fn right_of(name_width: usize) -> usize {
    name_width / 2
}

/// Columns that the outer halves of the first and the last name take, with one lifeline.
fn outer(name_width: usize) -> usize {
    left_of(name_width) + 1 + right_of(name_width)
}

/// Desired width of each gap, including texts that span several.
fn wanted(gaps: usize, needs: &[Need]) -> Vec<usize> {
    let mut wanted = vec![MIN_GAP; gaps];
    let mut needs = needs.to_vec();
    // Short arrows leave no choice of the gap; longer ones take what is missing from all of theirs.
    needs.sort_by_key(|need| need.between.1 - need.between.0);
    for Need { between: (left, right), columns } in needs {
        let spanned = &mut wanted[left..right];
        let missing = columns.saturating_sub(spanned.iter().sum());
        let count = spanned.len();
        for (index, gap) in spanned.iter_mut().enumerate() {
            *gap += missing / count + usize::from(index < missing % count);
        }
    }
    wanted
}

/// Shares the room among the gaps: each gets what it wants, up to the same level for all.
fn share(wanted: &[usize], room: usize) -> Vec<usize> {
    let at_level = |level: usize| wanted.iter().map(move |gap| (*gap).min(level));
    let highest = wanted.iter().copied().max().unwrap_or(MIN_GAP);
    let fits = |level: &usize| at_level(*level).sum::<usize>() <= room;
    let level = (MIN_GAP..=highest).rev().find(fits).unwrap_or(MIN_GAP);
    at_level(level).collect()
}

#[cfg(test)]
mod tests;
