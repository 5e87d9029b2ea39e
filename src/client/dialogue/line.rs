/// A line to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The text, without a line end and without control characters.
    pub text: String,
    /// Meaning of the line, for a colour.
    pub tone: Tone,
}

/// Meaning of a line, shown as a colour where there are colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Neither of the others.
    Plain,
    /// A success, or something valid.
    Good,
    /// A failure, or something invalid.
    Bad,
}

/// Lines to show, in order.
pub type Lines = Vec<Line>;

pub(super) fn plain(lines: &mut Lines, text: &str) {
    lines.push(Line { text: text.to_owned(), tone: Tone::Plain });
}

pub(super) fn good(lines: &mut Lines, text: &str) {
    lines.push(Line { text: text.to_owned(), tone: Tone::Good });
}

pub(super) fn bad(lines: &mut Lines, text: &str) {
    lines.push(Line { text: text.to_owned(), tone: Tone::Bad });
}
