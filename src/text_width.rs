//! Text of unknown origin in the columns of a terminal: its width, made harmless, cut to fit.
//!
//! Widths are those of single characters, as terminals count them. A sequence that a font joins
//! into one picture still takes the columns of its parts.

use unicode_width::UnicodeWidthChar;

/// Stands for a control character.
const CONTROL: char = '·';

/// Returns `text` with a dot for each control character and without characters of no width, so that
/// text from a file or a peer can neither move the cursor nor join its neighbours.
pub fn clean(text: &str) -> String {
    text.chars()
        .map(|character| if character.is_control() { CONTROL } else { character })
        .filter(|character| width_of(*character) > 0)
        .collect()
}

/// Returns the columns that a clean text takes.
pub fn width(text: &str) -> usize {
    text.chars().map(width_of).sum()
}

/// Returns the columns that a character takes, 0 for control characters.
pub fn width_of(character: char) -> usize {
    character.width().unwrap_or(0)
}

/// Returns a clean text in at most `columns`; an ellipsis stands for what was cut off.
pub fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut cut = prefix(text, columns.saturating_sub(1)).to_owned();
    cut.push('…');
    cut
}

/// Returns as much of the start of a clean text as fits into `columns`.
pub fn prefix(text: &str, columns: usize) -> &str {
    let mut used = 0;
    let end = text.char_indices().find(|(_, character)| {
        used += width_of(*character);
        used > columns
    });
    end.map_or(text, |(at, _)| &text[..at])
}

#[cfg(test)]
mod tests;
