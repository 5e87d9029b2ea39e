//! The line editor: bytes from the keyboard go in, bytes for the screen and finished lines come
//! out.
//!
//! It has the shape of linenoise's multiplexed calls (start, feed, hide, show, stop), so that an
//! event loop drives it and text can be printed above the line while somebody types. It owns the
//! line, the history and what of them is on the screen. It must not read a terminal, a clock or the
//! environment: [`terminal`](super::terminal) does the first and the last.
//!
//! The screen is expected to wrap at its last column, and to be in column 0 when a line starts or
//! is shown.

mod completion;
mod history;
mod keys;
mod layout;
mod line;
#[cfg(test)]
mod tests;
mod view;

pub use layout::ScreenSize;
pub use line::LINE_LIMIT_BYTES;

use completion::Completion;
use history::History;
use keys::{Key, KeyDecoder};
use layout::Layout;
use line::{Edit, Line, Refused};
use view::View;

const BELL: u8 = 0x07;

/// Said when somebody pastes several lines where one is asked for.
const ONE_LINE_TAKEN: &str = "Only the first of the pasted lines is taken.";

/// Purpose of a line, which decides how much the editor helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// A command: shown, completed by Tab, kept in the history.
    Command,
    /// The answer to a question, such as a username: shown, and otherwise left alone.
    Answer,
    /// A password: neither shown nor kept.
    Password,
}

/// Result of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Enter: the line, without its end. The editor is idle. A command that was pasted may have
    /// several lines, with `\n` between them.
    Line(String),
    /// Ctrl-D on an empty line. The editor is idle.
    EndOfInput,
    /// Ctrl-C: the line is abandoned. The editor is idle.
    Interrupted,
    /// Ctrl-Z: the line stays as it is; whoever stops the program hides it before and shows it
    /// after.
    Suspended,
}

/// Progress of [`LineEditor::feed`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "the bytes that were not used belong to the next line"]
pub struct Fed {
    /// Number of bytes consumed, from the front.
    pub used: usize,
    /// Reason for the stop; `None` if it needs more bytes, or if no line is on the screen.
    pub outcome: Option<Outcome>,
}

/// A line editor for one terminal.
pub struct LineEditor {
    size: ScreenSize,
    completions: &'static [&'static str],
    history: History,
    decoder: KeyDecoder,
    /// Keys in a row that were of no use: the first of them rings the bell.
    refused_keys: usize,
    paste: Paste,
    state: State,
}

enum State {
    Idle,
    Editing { line: Line, view: View },
}

/// Progress of a paste.
enum Paste {
    /// Pasted characters go into the line.
    Taken,
    /// A pasted line has ended, and nothing came after it.
    LineEnded,
    /// More lines were pasted than are asked for, and are dropped.
    Cut,
}

impl LineEditor {
    /// Creates an idle editor for a screen of this size.
    ///
    /// `completions` are the words Tab completes at the start of a command, as they are to be
    /// inserted: one that takes arguments ends in a space.
    pub fn new(size: ScreenSize, completions: &'static [&'static str]) -> LineEditor {
        LineEditor {
            size,
            completions,
            history: History::default(),
            decoder: KeyDecoder::default(),
            refused_keys: 0,
            paste: Paste::Taken,
            state: State::Idle,
        }
    }

    /// Begins an empty line and draws its prompt, which is plain text. A line that was still being
    /// typed is erased.
    pub fn start(&mut self, prompt: &str, kind: LineKind, screen: &mut Vec<u8>) {
        self.hide(screen);
        self.state = State::Editing { line: Line::new(prompt, kind), view: View::Hidden };
        self.paste = Paste::Taken;
        self.show(screen);
    }

    /// Takes bytes from the keyboard up to the first outcome; the caller keeps the rest.
    ///
    /// An editor that is idle or hidden uses no byte: what is typed ahead waits at the caller's.
    pub fn feed(&mut self, bytes: &[u8], screen: &mut Vec<u8>) -> Fed {
        let mut used = 0;
        while used < bytes.len() && self.is_shown() {
            let key = self.decoder.feed(bytes[used]);
            used += 1;
            let outcome = key.and_then(|key| self.press(key, screen));
            if outcome.is_some() {
                return Fed { used, outcome };
            }
        }
        Fed { used, outcome: None }
    }

    /// Erases the line from the screen, all of its rows, so that text can be printed in its place.
    /// The text must end with a new line; [`show`](Self::show) draws the line again.
    pub fn hide(&mut self, screen: &mut Vec<u8>) {
        if let State::Editing { view, .. } = &mut self.state {
            view.hide(screen);
        }
    }

    /// Draws the line that [`hide`](Self::hide) has erased, with the cursor where it was.
    pub fn show(&mut self, screen: &mut Vec<u8>) {
        if let State::Editing { line, view } = &mut self.state {
            view.show(&layout(line, self.size), screen);
        }
    }

    /// Draws the line for a screen of another size.
    ///
    /// Most terminals reflow what they show when their width changes, and the line is looked for
    /// where that takes it.
    pub fn resize(&mut self, size: ScreenSize, screen: &mut Vec<u8>) {
        self.size = size;
        if let State::Editing { line, view } = &mut self.state {
            let layout = layout(line, size);
            view.reflow(&layout);
            view.redraw(&layout, screen);
        }
    }

    /// Ends the line without an outcome: it stays on the screen, and the cursor goes to the row
    /// below it. A hidden line leaves nothing behind.
    pub fn stop(&mut self, screen: &mut Vec<u8>) {
        if let State::Editing { line, mut view } = std::mem::replace(&mut self.state, State::Idle) {
            view.leave(&layout(&line, self.size), screen);
        }
    }

    /// Ends the line without an outcome, as something else is to be typed now. A command that was
    /// begun stays on the screen, with the cursor on the row below it, and goes into the history,
    /// so that it can be had back; of anything else nothing is left.
    pub fn set_aside(&mut self, screen: &mut Vec<u8>) {
        match &self.state {
            State::Editing { line, .. }
                if line.kind() == LineKind::Command && !line.text().trim().is_empty() =>
            {
                self.history.add(line.text());
            }
            State::Editing { .. } | State::Idle => self.hide(screen),
        }
        self.stop(screen);
    }

    /// Whether no line is being typed, so that the next one can [`start`](Self::start).
    pub fn is_idle(&self) -> bool {
        matches!(self.state, State::Idle)
    }

    fn is_shown(&self) -> bool {
        matches!(self.state, State::Editing { view: View::Shown { .. }, .. })
    }

    fn press(&mut self, key: Key, screen: &mut Vec<u8>) -> Option<Outcome> {
        let refused_before = self.refused_keys;
        let outcome = self.carry_out(key, screen);
        if self.refused_keys == refused_before && key != Key::PasteEnd {
            self.refused_keys = 0;
        }
        outcome
    }

    fn carry_out(&mut self, key: Key, screen: &mut Vec<u8>) -> Option<Outcome> {
        let State::Editing { line, view } = &mut self.state else { return None };
        match key {
            Key::Enter => return Some(self.finish(screen)),
            Key::Interrupt => {
                self.stop(screen);
                return Some(Outcome::Interrupted);
            }
            Key::EndOfInput if line.text().is_empty() => {
                self.stop(screen);
                return Some(Outcome::EndOfInput);
            }
            Key::Suspend => return Some(Outcome::Suspended),
            Key::EndOfInput => self.edit(Edit::DeleteRight, screen),
            Key::Edit(edit) => self.edit(edit, screen),
            Key::Character(character) => self.insert(character, screen),
            Key::Pasted(character) => self.paste(character, screen),
            Key::PasteEnd => self.end_paste(screen),
            Key::Complete => self.complete(screen),
            Key::Older => self.recall(History::older, screen),
            Key::Newer => self.recall(History::newer, screen),
            Key::ClearScreen => view.clear_screen(&layout(line, self.size), screen),
        }
        None
    }

    fn finish(&mut self, screen: &mut Vec<u8>) -> Outcome {
        let (text, kind) = match &mut self.state {
            State::Editing { line, .. } => (line.text().to_owned(), line.kind()),
            State::Idle => unreachable!("keys are only read while a line is shown"),
        };
        if kind == LineKind::Command {
            text.lines().for_each(|line| self.history.add(line));
        }
        self.stop(screen);
        Outcome::Line(text)
    }

    /// Takes a character of a paste. Pasted lines are not carried out one by one: those of a
    /// command go into the line, for the user to look at before pressing Enter; of anything else
    /// the first is taken, as the second may be a password.
    fn paste(&mut self, character: char, screen: &mut Vec<u8>) {
        let State::Editing { line, .. } = &self.state else { return };
        let (is_empty, kind) = (line.text().is_empty(), line.kind());
        match (&self.paste, character) {
            (Paste::Taken, '\n') if is_empty => {}
            (Paste::Taken | Paste::LineEnded, '\n') => self.paste = Paste::LineEnded,
            (Paste::Taken, _) => self.insert(character, screen),
            (Paste::LineEnded, _) if kind == LineKind::Command => {
                self.paste = Paste::Taken;
                self.insert('\n', screen);
                self.insert(character, screen);
            }
            (Paste::LineEnded | Paste::Cut, _) => self.paste = Paste::Cut,
        }
    }

    fn end_paste(&mut self, screen: &mut Vec<u8>) {
        if let Paste::Cut = std::mem::replace(&mut self.paste, Paste::Taken) {
            self.print_above(ONE_LINE_TAKEN, screen);
        }
    }

    fn edit(&mut self, edit: Edit, screen: &mut Vec<u8>) {
        if let State::Editing { line, .. } = &mut self.state {
            line.edit(edit);
            self.redraw(screen);
        }
    }

    fn insert(&mut self, character: char, screen: &mut Vec<u8>) {
        let State::Editing { line, view } = &mut self.state else { return };
        match line.insert(character) {
            Ok(()) if line.kind() == LineKind::Password => {}
            Ok(()) => view.inserted(character, &layout(line, self.size), screen),
            Err(Refused) => self.ring(screen),
        }
    }

    fn recall(
        &mut self,
        step: fn(&History, &mut history::Recall, &str) -> Option<String>,
        screen: &mut Vec<u8>,
    ) {
        let State::Editing { line, .. } = &mut self.state else { return };
        match line.recall(|recall, typed| step(&self.history, recall, typed)) {
            Ok(()) => self.redraw(screen),
            Err(Refused) => self.ring(screen),
        }
    }

    fn complete(&mut self, screen: &mut Vec<u8>) {
        let State::Editing { line, .. } = &mut self.state else { return };
        let completion = match line.command_start() {
            Some(typed) => completion::complete(self.completions, typed),
            None => Completion::Nothing,
        };
        match completion {
            Completion::Nothing => self.ring(screen),
            Completion::Extend(word) => match line.replace_command_start(&word) {
                Ok(()) => self.redraw(screen),
                Err(Refused) => self.ring(screen),
            },
            Completion::Several(words) => self.print_above(&words.join("  "), screen),
        }
    }

    fn ring(&mut self, screen: &mut Vec<u8>) {
        if self.refused_keys == 0 {
            screen.push(BELL);
        }
        self.refused_keys = self.refused_keys.saturating_add(1);
    }

    fn print_above(&mut self, text: &str, screen: &mut Vec<u8>) {
        self.hide(screen);
        screen.extend_from_slice(text.as_bytes());
        screen.extend_from_slice(b"\r\n");
        self.show(screen);
    }

    fn redraw(&mut self, screen: &mut Vec<u8>) {
        let State::Editing { line, view } = &mut self.state else { return };
        // A password looks the same whatever is typed; not even the rhythm of redrawing shows.
        if line.kind() != LineKind::Password {
            view.redraw(&layout(line, self.size), screen);
        }
    }
}

/// Returns where in what was typed ahead the first Ctrl-C ends, however the keyboard encodes it.
pub fn end_of_interrupt(typed: &[u8]) -> Option<usize> {
    keys::end_of_interrupt(typed)
}

fn layout(line: &Line, size: ScreenSize) -> Layout {
    match line.kind() {
        LineKind::Command | LineKind::Answer => {
            Layout::new(line.prompt(), line.text(), line.cursor(), size)
        }
        LineKind::Password => Layout::new(line.prompt(), "", 0, size),
    }
}
