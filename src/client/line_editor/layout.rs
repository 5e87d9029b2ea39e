//! Where the characters of a line stand on a screen that wraps at its last column.
//!
//! Widths are those of single characters, as terminals count them: a sequence that a font joins
//! into one picture still takes the columns of its parts. What would change that, such as a
//! variation selector, is not sent to the screen.

use unicode_width::UnicodeWidthChar;

/// A wide character must fit.
const COLUMNS_AT_LEAST: usize = 2;

/// Moves the cursor from behind the last column to the start of the next row, a new one if need be.
/// The space makes the screen wrap, so that a terminal that reflows knows the rows to be one line.
const WRAP: &[u8] = b" \r";

/// Erases the row of the cursor by itself and then, from the next row on, what is below. Erasing
/// all of it at once would, with the cursor in the first row of the screen, clear the whole screen,
/// and tmux takes that as the moment to push what was there into its history, where it stays.
const ERASE_ROW_AND_BELOW: &[u8] = b"\x1b[K\x1b7\x1b[B\x1b[J\x1b8";

/// Stands for the end of a line within a line that was pasted.
const LINE_END_MARK: char = '⏎';

/// The size of the screen, in character cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScreenSize {
    /// Cells in a row; a line longer than this wraps.
    pub columns: u16,
    /// Rows; of a line longer than the whole screen only the part with the cursor is shown.
    pub rows: u16,
}

/// A line laid out in rows, and its cursor.
pub(super) struct Layout {
    /// What is sent to the screen, row by row. The last one is empty if the row before it is
    /// filled.
    rows: Vec<String>,
    cursor: Position,
    end: Position,
    height: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Position {
    row: usize,
    column: usize,
}

impl Layout {
    /// Lays out `prompt` and `text` with the cursor before byte `cursor` of the text.
    pub(super) fn new(prompt: &str, text: &str, cursor: usize, size: ScreenSize) -> Layout {
        let mut pen = Pen::new(usize::from(size.columns).max(COLUMNS_AT_LEAST));
        prompt.chars().for_each(|character| pen.put(character));
        text[..cursor].chars().for_each(|character| pen.put(character));
        let after = &text[cursor..];
        let cursor = after.chars().find_map(|character| pen.place_of(character));
        after.chars().for_each(|character| pen.put(character));
        pen.finish();
        Layout {
            cursor: cursor.unwrap_or(pen.at),
            end: pen.at,
            rows: pen.rows,
            height: usize::from(size.rows).max(1),
        }
    }

    /// Draws what fits on the screen, the cursor in it.
    pub(super) fn draw(&self, screen: &mut Vec<u8>) {
        let first = self.first_row();
        let last = self.end.row.min(first + self.height - 1);
        for row in &self.rows[first..=last] {
            screen.extend_from_slice(row.as_bytes());
        }
        if self.rows[last].is_empty() {
            screen.extend_from_slice(WRAP);
        }
        if self.cursor != self.end {
            screen.push(b'\r');
            move_by(last - self.cursor.row, b'A', screen);
            move_by(self.cursor.column, b'C', screen);
        }
    }

    /// Draws all rows, also when the screen has fewer, and goes to the row below.
    pub(super) fn draw_whole(&self, screen: &mut Vec<u8>) {
        for row in &self.rows {
            screen.extend_from_slice(row.as_bytes());
        }
        screen.extend_from_slice(b"\r\n");
    }

    /// Whether [`draw`](Self::draw) draws all rows.
    pub(super) fn is_whole(&self) -> bool {
        self.end.row < self.height
    }

    /// Goes from the cursor to the row below the line, which must be drawn as a whole.
    pub(super) fn leave(&self, screen: &mut Vec<u8>) {
        // Behind a filled row the cursor has been moved to a new row already.
        let below = if self.end.column == 0 && self.end.row > 0 { 0 } else { 1 };
        screen.push(b'\r');
        screen.resize(screen.len() + self.end.row - self.cursor.row + below, b'\n');
    }

    /// The row of the cursor, counted from the first row drawn.
    pub(super) fn cursor_row(&self) -> usize {
        self.cursor.row - self.first_row()
    }

    /// The same after the screen itself has wrapped the line anew: behind a filled row it leaves
    /// the cursor in that row.
    pub(super) fn reflowed_cursor_row(&self) -> usize {
        let is_behind_filled_row = self.cursor == self.end && self.end.column == 0;
        self.cursor_row().saturating_sub(is_behind_filled_row.into())
    }

    /// Whether `character`, the last one inserted, is drawn just by sending it: it is the last of
    /// the line, and neither wraps nor fills its row.
    pub(super) fn is_plain_append(&self, character: char) -> bool {
        let width = width(character).unwrap_or(0);
        let is_last =
            self.cursor == self.end && self.rows[self.end.row].ends_with(shown(character));
        is_last && self.cursor.column > width
    }

    fn first_row(&self) -> usize {
        self.cursor.row.saturating_sub(self.height - 1)
    }
}

/// Erases a line from the row of its cursor, `cursor_row`, up to its first row, and everything
/// below.
pub(super) fn erase(cursor_row: usize, screen: &mut Vec<u8>) {
    screen.push(b'\r');
    move_by(cursor_row, b'A', screen);
    screen.extend_from_slice(ERASE_ROW_AND_BELOW);
}

/// Whether a character starts a new place for the cursor; marks and what is not drawn belong to the
/// one before.
pub(super) fn takes_a_column(character: char) -> bool {
    width(character).is_some_and(|width| width > 0)
}

struct Pen {
    columns: usize,
    rows: Vec<String>,
    at: Position,
}

impl Pen {
    fn new(columns: usize) -> Pen {
        Pen { columns, rows: vec![String::new()], at: Position { row: 0, column: 0 } }
    }

    fn put(&mut self, character: char) {
        let Some(width) = width(character) else { return };
        if self.at.column + width > self.columns {
            self.wrap();
        }
        self.rows[self.at.row].push(shown(character));
        self.at.column += width;
    }

    /// Where the next character would stand, if it takes a column.
    fn place_of(&self, character: char) -> Option<Position> {
        let width = width(character).filter(|width| *width > 0)?;
        let wraps = self.at.column + width > self.columns;
        Some(if wraps { Position { row: self.at.row + 1, column: 0 } } else { self.at })
    }

    fn finish(&mut self) {
        if self.at.column == self.columns {
            self.wrap();
        }
    }

    fn wrap(&mut self) {
        self.at = Position { row: self.at.row + 1, column: 0 };
        self.rows.push(String::new());
    }
}

/// What is sent to the screen for a character of the line.
pub(super) fn shown(character: char) -> char {
    if character == '\n' { LINE_END_MARK } else { character }
}

/// The columns a character takes, 0 to 2; `None` for what is never sent to the screen.
fn width(character: char) -> Option<usize> {
    if is_ignorable(character) {
        return None;
    }
    // The tables say 3 for one Khmer sign, U+17D8, which no terminal has cells for.
    shown(character).width().map(|width| width.min(2))
}

/// Unicode's `Default_Ignorable_Code_Point`, with the two separators and the directional marks:
/// they show nothing themselves, and terminals disagree on what they do to their neighbours.
fn is_ignorable(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// `CSI count direction`; nothing for 0, which terminals take for 1.
fn move_by(count: usize, direction: u8, screen: &mut Vec<u8>) {
    if count > 0 {
        screen.extend_from_slice(format!("\x1b[{count}").as_bytes());
        screen.push(direction);
    }
}
