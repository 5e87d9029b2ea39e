//! Tables of text with aligned columns.

use unicode_width::UnicodeWidthStr;

/// Blanks between two columns.
const GAP: usize = 2;

/// Rows of cells.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
    /// Number of left-aligned columns; the others are numbers, aligned to the right.
    left: usize,
}

impl Table {
    /// An empty table with `left` left-aligned columns.
    pub(crate) fn new(left: usize) -> Self {
        Self { rows: Vec::new(), left }
    }

    pub(crate) fn push(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    /// Width of the table, in columns of text.
    #[cfg(any(test, feature = "simulate"))]
    pub(crate) fn width(&self) -> usize {
        let widths = self.widths();
        widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
    }

    /// A line for each row.
    pub(crate) fn lines(&self) -> Vec<String> {
        let widths = self.widths();
        self.rows.iter().map(|row| self.line(row, &widths)).collect()
    }

    fn widths(&self) -> Vec<usize> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let cells = |column| self.rows.iter().filter_map(move |row| row.get(column));
        (0..columns)
            .map(|column| cells(column).map(|cell| cell.width()).max().unwrap_or(0))
            .collect()
    }

    fn line(&self, row: &[String], widths: &[usize]) -> String {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
            let blanks = " ".repeat(width - cell.width());
            let gap = if column > 0 { " ".repeat(GAP) } else { String::new() };
            if column < self.left {
                line += &format!("{gap}{cell}{blanks}");
            } else {
                line += &format!("{gap}{blanks}{cell}");
            }
        }
        line.truncate(line.trim_end().len());
        line
    }
}

#[cfg(test)]
mod tests;
