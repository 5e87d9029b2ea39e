//! Wrapping of clean text.

use crate::text_width::{cut, prefix, width};

/// Wraps a clean text at blanks into lines of at most `columns` (at least two). If it needs more
/// than `lines`, the last line ends with an ellipsis. There is always a line.
pub(super) fn wrap(text: &str, columns: usize, lines: usize) -> Vec<String> {
    let mut wrapped = Vec::new();
    let mut rest = text.trim();
    while width(rest) > columns && wrapped.len() + 1 < lines {
        let line = first_line(rest, columns);
        wrapped.push(line.trim_end().to_owned());
        rest = rest[line.len()..].trim_start();
    }
    if !rest.is_empty() || wrapped.is_empty() {
        wrapped.push(cut(rest, columns));
    }
    wrapped
}

/// The words that fit, or as much of the first one as fits.
fn first_line(text: &str, columns: usize) -> &str {
    let whole = prefix(text, columns);
    if text[whole.len()..].starts_with(' ') {
        return whole;
    }
    match whole.rfind(' ') {
        Some(at) => &text[..at],
        None => whole,
    }
}

#[cfg(test)]
mod tests;
