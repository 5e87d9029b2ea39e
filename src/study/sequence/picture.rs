//! The rows of a diagram.

use super::columns::{ARROW_COLUMNS, Columns, left_of};
use super::words;
use crate::text_width;
use crate::town::message::Via;

/// Limit of the lines of a text: enough for any message between the closest lifelines.
const MAX_TEXT_LINES: usize = 5;

/// Columns of the loop of a message to oneself, and a blank.
const LOOP_COLUMNS: usize = 4;

/// A message whose participants have a lifeline.
#[derive(Debug, Clone)]
pub(super) struct Arrow {
    /// Index of the lifeline at which the arrow begins.
    pub(super) from: usize,
    /// Index of the lifeline at which the arrow ends.
    pub(super) to: usize,
    pub(super) via: Via,
    /// Text, cleaned by [`text_width::clean`].
    pub(super) text: String,
}

/// A diagram, drawn from the top down.
#[derive(Debug)]
pub(super) struct Picture<'a> {
    columns: &'a Columns,
    width: usize,
    /// Finished rows.
    text: String,
    height: usize,
    /// Rows of the current message.
    rows: Vec<Row>,
}

/// The cells of a row; the second one of a wide character holds [`COVERED`].
#[derive(Debug)]
struct Row(Vec<char>);

const COVERED: char = '\0';

/// A piece of a lifeline.
pub(super) const LIFELINE: char = '│';

impl<'a> Picture<'a> {
    /// An empty diagram with lifelines at these columns.
    pub(super) fn new(columns: &'a Columns, width: usize) -> Self {
        Self { columns, width, text: String::new(), height: 0, rows: Vec::new() }
    }

    /// Number of rows.
    pub(super) fn height(&self) -> usize {
        self.height
    }

    /// Adds a row of names, above or below their lifelines.
    pub(super) fn names(&mut self, names: &[String], margin: &str) {
        let mut row = Row(Vec::new());
        row.write(0, margin);
        for (name, at) in names.iter().zip(&self.columns.at) {
            row.write(at - left_of(text_width::width(name)), name);
        }
        self.finish([row]);
    }

    /// Adds a row of lifelines only.
    pub(super) fn lifelines(&mut self, symbol: char) {
        let row = Row::of_lifelines(self.columns, symbol);
        self.finish([row]);
    }

    /// Adds an arrow with its text, and a moment beside its first row.
    pub(super) fn arrow(&mut self, arrow: &Arrow, moment: &str) {
        if arrow.from < arrow.to {
            self.arrow_to_right(arrow);
        } else if arrow.from > arrow.to {
            self.arrow_to_left(arrow);
        } else if arrow.from + 1 < self.columns.at.len() || arrow.from == 0 {
            self.loop_to_right(arrow);
        } else {
            self.loop_to_left(arrow);
        }
        self.rows[0].write(0, moment);
        let rows = std::mem::take(&mut self.rows);
        self.finish(rows);
    }

    /// The diagram so far.
    pub(super) fn into_text(self) -> String {
        self.text
    }

    fn arrow_to_right(&mut self, arrow: &Arrow) {
        let (from, to) = (self.columns.at[arrow.from], self.columns.at[arrow.to]);
        let lines = words::wrap(&arrow.text, to - from - ARROW_COLUMNS, MAX_TEXT_LINES);
        let row = self.text_rows(&lines, from + 3);
        row.put(from, '├');
        row.line(from + 1..to - 1, arrow.via);
        row.put(to - 1, '▶');
        row.label(from + 3, &lines[lines.len() - 1]);
    }

    fn arrow_to_left(&mut self, arrow: &Arrow) {
        let (from, to) = (self.columns.at[arrow.from], self.columns.at[arrow.to]);
        let lines = words::wrap(&arrow.text, from - to - ARROW_COLUMNS, MAX_TEXT_LINES);
        let start = from - 2 - widest(&lines);
        let row = self.text_rows(&lines, start);
        row.put(from, '┤');
        row.line(to + 2..from, arrow.via);
        row.put(to + 1, '◀');
        row.label(start, &lines[lines.len() - 1]);
    }

    fn loop_to_right(&mut self, arrow: &Arrow) {
        let at = self.columns.at[arrow.from];
        let end = self.columns.at.get(arrow.from + 1).map_or(self.width, |next| next - 1);
        let lines = words::wrap(&arrow.text, end - at - LOOP_COLUMNS, MAX_TEXT_LINES);
        self.loop_rows(&lines, at + LOOP_COLUMNS, [(at, "├─╮"), (at, "│◀╯")]);
    }

    fn loop_to_left(&mut self, arrow: &Arrow) {
        let (at, before) = (self.columns.at[arrow.from], self.columns.at[arrow.from - 1]);
        let lines = words::wrap(&arrow.text, at - before - ARROW_COLUMNS, MAX_TEXT_LINES);
        let start = at + 1 - LOOP_COLUMNS - widest(&lines);
        self.loop_rows(&lines, start, [(at - 2, "╭─┤"), (at - 2, "╰▶│")]);
    }

    /// Adds a row for each line but the last, which is to stand on the arrow in the row that is
    /// returned.
    fn text_rows(&mut self, lines: &[String], start: usize) -> &mut Row {
        for line in &lines[..lines.len() - 1] {
            self.new_row().label(start, line);
        }
        self.new_row()
    }

    fn loop_rows(&mut self, lines: &[String], start: usize, symbols: [(usize, &str); 2]) {
        for index in 0..lines.len().max(symbols.len()) {
            let row = self.new_row();
            if let Some(line) = lines.get(index) {
                row.write(start, line);
            }
            if let Some((at, symbol)) = symbols.get(index) {
                row.write(*at, symbol);
            }
        }
    }

    fn new_row(&mut self) -> &mut Row {
        self.rows.push(Row::of_lifelines(self.columns, LIFELINE));
        self.rows.last_mut().expect("one was added just now")
    }

    /// Adds rows to the text, without the blanks at their ends.
    fn finish(&mut self, rows: impl IntoIterator<Item = Row>) {
        for Row(cells) in rows {
            let start = self.text.len();
            self.text.extend(cells.iter().filter(|cell| **cell != COVERED));
            self.text.truncate(start + self.text[start..].trim_end().len());
            self.text.push('\n');
            self.height += 1;
        }
    }
}

fn widest(lines: &[String]) -> usize {
    lines.iter().map(|line| text_width::width(line)).max().unwrap_or(0)
}

impl Row {
    fn of_lifelines(columns: &Columns, symbol: char) -> Self {
        let mut row = Self(Vec::new());
        columns.at.iter().for_each(|at| row.put(*at, symbol));
        row
    }

    fn put(&mut self, at: usize, symbol: char) {
        if self.0.len() <= at {
            self.0.resize(at + 1, ' ');
        }
        self.0[at] = symbol;
    }

    fn write(&mut self, mut at: usize, text: &str) {
        for character in text.chars() {
            self.put(at, character);
            (1..text_width::width_of(character)).for_each(|more| self.put(at + more, COVERED));
            at += text_width::width_of(character);
        }
    }

    /// Draws a line that crosses the lifelines in its way.
    fn line(&mut self, columns: std::ops::Range<usize>, via: Via) {
        let symbol = match via {
            Via::Tcp => '─',
            Via::Udp => '╌',
        };
        for at in columns {
            let is_lifeline = self.0.get(at) == Some(&LIFELINE);
            self.put(at, if is_lifeline { '┼' } else { symbol });
        }
    }

    /// Writes a text with a blank on both sides over what is there; nothing if it is empty.
    fn label(&mut self, at: usize, text: &str) {
        if !text.is_empty() {
            self.write(at - 1, &format!(" {text} "));
        }
    }
}
