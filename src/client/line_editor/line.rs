//! The line being typed: its text, its cursor, and the edits that keys make. It knows no screen.
//!
//! The cursor only stands between what the eye takes for characters: a base character and the marks
//! on it are one.

use super::LineKind;
use super::history::Recall;
use super::layout::takes_a_column;

/// The longest line that can be typed, in bytes: the kernel's own editor stops at 4,096, and the
/// longest command, a `Beacon` to an IPv6 address, has 53. What a stuck key or a wrong paste can
/// fill is bounded by this.
pub const LINE_LIMIT_BYTES: usize = 1024;

/// A change that one key makes to the line, or a move of its cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edit {
    Left,
    Right,
    WordLeft,
    WordRight,
    Home,
    End,
    DeleteLeft,
    DeleteRight,
    DeleteWordLeft,
    DeleteWordRight,
    DeleteToStart,
    DeleteToEnd,
    Transpose,
}

/// The line stays as it is: it is full, or there is nothing to put into it.
#[derive(Debug)]
pub(super) struct Refused;

/// A prompt, the text typed after it, and the cursor in the text.
pub(super) struct Line {
    prompt: String,
    text: String,
    /// A byte offset into `text`.
    cursor: usize,
    purpose: Purpose,
}

enum Purpose {
    Command { recall: Recall },
    Answer,
    Password,
}

impl Line {
    pub(super) fn new(prompt: &str, kind: LineKind) -> Line {
        let purpose = match kind {
            LineKind::Command => Purpose::Command { recall: Recall::default() },
            LineKind::Answer => Purpose::Answer,
            LineKind::Password => Purpose::Password,
        };
        Line { prompt: prompt.to_owned(), text: String::new(), cursor: 0, purpose }
    }

    pub(super) fn prompt(&self) -> &str {
        &self.prompt
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn cursor(&self) -> usize {
        self.cursor
    }

    pub(super) fn kind(&self) -> LineKind {
        match self.purpose {
            Purpose::Command { .. } => LineKind::Command,
            Purpose::Answer => LineKind::Answer,
            Purpose::Password => LineKind::Password,
        }
    }

    /// Inserts a character at the cursor.
    pub(super) fn insert(&mut self, character: char) -> Result<(), Refused> {
        let mut bytes = [0; 4];
        self.replace(self.cursor, character.encode_utf8(&mut bytes))
    }

    pub(super) fn edit(&mut self, edit: Edit) {
        match edit {
            Edit::Left => self.cursor = self.left_of(self.cursor),
            Edit::Right => self.cursor = self.right_of(self.cursor),
            Edit::WordLeft => self.cursor = self.word_left(),
            Edit::WordRight => self.cursor = self.word_right(),
            Edit::Home => self.cursor = 0,
            Edit::End => self.cursor = self.text.len(),
            Edit::DeleteLeft => self.delete_from(self.left_of(self.cursor)),
            Edit::DeleteRight => self.delete_to(self.right_of(self.cursor)),
            Edit::DeleteWordLeft => self.delete_from(self.word_left()),
            Edit::DeleteWordRight => self.delete_to(self.word_right()),
            Edit::DeleteToStart => self.delete_from(0),
            Edit::DeleteToEnd => self.delete_to(self.text.len()),
            Edit::Transpose => self.transpose(),
        }
    }

    /// Puts another line in the place of a command: `step` moves in the history and returns its
    /// text.
    pub(super) fn recall(
        &mut self,
        step: impl FnOnce(&mut Recall, &str) -> Option<String>,
    ) -> Result<(), Refused> {
        let recalled = match &mut self.purpose {
            Purpose::Command { recall } => step(recall, &self.text),
            Purpose::Answer | Purpose::Password => None,
        };
        self.text = recalled.ok_or(Refused)?;
        self.cursor = self.text.len();
        Ok(())
    }

    /// What has been typed of a command before the cursor.
    pub(super) fn command_start(&self) -> Option<&str> {
        match self.purpose {
            Purpose::Command { .. } => Some(self.text[..self.cursor].trim_start()),
            Purpose::Answer | Purpose::Password => None,
        }
    }

    /// Puts `word` in the place of [`command_start`](Self::command_start); refuses if that changes
    /// nothing.
    pub(super) fn replace_command_start(&mut self, word: &str) -> Result<(), Refused> {
        let typed = self.text[..self.cursor].trim_start();
        // The space after a word that takes arguments may be there already.
        let word = if self.text[self.cursor..].starts_with(' ') { word.trim_end() } else { word };
        if typed == word {
            return Err(Refused);
        }
        self.replace(self.cursor - typed.len(), word)
    }

    /// Replaces what stands between `start` and the cursor, and leaves the cursor behind it.
    fn replace(&mut self, start: usize, with: &str) -> Result<(), Refused> {
        if self.text.len() - (self.cursor - start) + with.len() > LINE_LIMIT_BYTES {
            return Err(Refused);
        }
        self.text.replace_range(start..self.cursor, with);
        self.cursor = self.boundary_from(start + with.len());
        Ok(())
    }

    fn delete_from(&mut self, start: usize) {
        self.text.replace_range(start..self.cursor, "");
        self.cursor = start;
    }

    fn delete_to(&mut self, end: usize) {
        self.text.replace_range(self.cursor..end, "");
    }

    /// Swaps the characters on both sides of the cursor, or the last two at the end of the line.
    fn transpose(&mut self) {
        let at_end = self.cursor == self.text.len();
        let middle = if at_end { self.left_of(self.cursor) } else { self.cursor };
        let (start, end) = (self.left_of(middle), self.right_of(middle));
        let swapped = [&self.text[middle..end], &self.text[start..middle]].concat();
        if start < middle {
            self.text.replace_range(start..end, &swapped);
            self.cursor = end;
        }
    }

    fn left_of(&self, at: usize) -> usize {
        let mut before = self.text[..at].char_indices();
        before.rfind(|(_, c)| takes_a_column(*c)).map_or(0, |(index, _)| index)
    }

    fn right_of(&self, at: usize) -> usize {
        match self.text[at..].chars().next() {
            Some(character) => self.boundary_from(at + character.len_utf8()),
            None => at,
        }
    }

    /// The first place from `at` on that is not before a mark on the character to the left.
    fn boundary_from(&self, at: usize) -> usize {
        let base = self.text[at..].find(takes_a_column);
        base.map_or(self.text.len(), |offset| at + offset)
    }

    fn word_left(&self) -> usize {
        let words = self.text[..self.cursor].trim_end();
        let space = words.char_indices().rfind(|(_, c)| c.is_whitespace());
        space.map_or(0, |(index, c)| index + c.len_utf8())
    }

    fn word_right(&self) -> usize {
        let after = &self.text[self.cursor..];
        let spaces = after.len() - after.trim_start().len();
        let word = after[spaces..].find(char::is_whitespace);
        word.map_or(self.text.len(), |length| self.cursor + spaces + length)
    }
}
