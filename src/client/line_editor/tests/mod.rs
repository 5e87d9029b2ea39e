//! The editor in front of a screen: what a user would see, through the terminal of the `vt100`
//! crate.

mod properties;
mod states;

use std::num::NonZeroU16;

use super::*;

const COMMANDS: &[&str] = &["Download_tempID", "Upload_contact_log", "Beacon ", "logout", "help"];

/// An editor, the screen it draws on, and what has come of the keys.
struct Desk {
    editor: LineEditor,
    screen: vt100::Parser<Strict>,
    sent: Vec<u8>,
    bells: usize,
    outcomes: Vec<Outcome>,
}

/// Fails at whatever a terminal would not know: so no control character of the user's reaches the
/// screen.
struct Strict;

impl vt100::Callbacks for Strict {
    fn unhandled_control(&mut self, _: &mut vt100::Screen, byte: u8) {
        panic!("the control character {byte:#x} is sent to the screen");
    }

    fn unhandled_escape(&mut self, _: &mut vt100::Screen, _: Option<u8>, _: Option<u8>, byte: u8) {
        panic!("an unknown escape sequence is sent to the screen: {byte:#x}");
    }

    fn unhandled_csi(
        &mut self,
        _: &mut vt100::Screen,
        _: Option<u8>,
        _: Option<u8>,
        _: &[&[u16]],
        last: char,
    ) {
        panic!("an unknown control sequence is sent to the screen: {last}");
    }
}

impl Desk {
    fn idle(columns: u16, rows: u16) -> Desk {
        Desk {
            editor: LineEditor::new(ScreenSize { columns, rows }, COMMANDS),
            screen: terminal(columns, rows),
            sent: Vec::new(),
            bells: 0,
            outcomes: Vec::new(),
        }
    }

    fn editing(columns: u16, rows: u16, kind: LineKind) -> Desk {
        let mut desk = Desk::idle(columns, rows);
        desk.start("> ", kind);
        desk
    }

    fn command() -> Desk {
        Desk::editing(20, 5, LineKind::Command)
    }

    fn start(&mut self, prompt: &str, kind: LineKind) {
        self.draw(|editor, screen| editor.start(prompt, kind, screen));
    }

    fn draw<T>(&mut self, call: impl FnOnce(&mut LineEditor, &mut Vec<u8>) -> T) -> T {
        let mut bytes = Vec::new();
        let result = call(&mut self.editor, &mut bytes);
        self.print(&bytes);
        result
    }

    fn print(&mut self, bytes: &[u8]) {
        self.bells += bytes.iter().filter(|byte| **byte == BELL).count();
        self.screen.process(bytes);
        self.sent.extend_from_slice(bytes);
    }

    /// Types all of `keys`, starting another line of the same kind after each that ends.
    fn press(&mut self, keys: &str) {
        self.press_bytes(keys.as_bytes(), LineKind::Command);
    }

    fn press_bytes(&mut self, mut bytes: &[u8], next: LineKind) {
        while !bytes.is_empty() {
            let fed = self.draw(|editor, screen| editor.feed(bytes, screen));
            bytes = &bytes[fed.used..];
            self.outcomes.extend(fed.outcome);
            if self.editor.is_idle() {
                self.start("> ", next);
            }
        }
    }

    fn resize(&mut self, columns: u16, rows: u16) {
        self.screen.set_size(cells(rows), cells(columns));
        self.draw(|editor, screen| editor.resize(ScreenSize { columns, rows }, screen));
    }

    fn rows(&self) -> Vec<String> {
        rows(&self.screen)
    }

    #[track_caller]
    fn assert_shows(&self, expected: &[&str], cursor: (u16, u16)) {
        assert_eq!(self.rows(), expected);
        assert_eq!(self.screen.screen().cursor_position(), cursor);
    }

    #[track_caller]
    fn assert_line(&mut self, expected: &str) {
        self.press("\r");
        assert_eq!(self.outcomes.last(), Some(&Outcome::Line(expected.to_owned())));
    }
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("a screen has cells")
}

fn terminal(columns: u16, rows: u16) -> vt100::Parser<Strict> {
    vt100::Parser::new_with_callbacks(cells(rows), cells(columns), 0, Strict)
}

/// The rows of a screen without trailing blanks, down to the last that is not blank.
fn rows(screen: &vt100::Parser<Strict>) -> Vec<String> {
    let (_, columns) = screen.screen().size();
    let rows = screen.screen().rows(0, columns.get());
    let mut rows: Vec<_> = rows.map(|row| row.trim_end().to_owned()).collect();
    rows.truncate(rows.iter().rposition(|row| !row.is_empty()).map_or(0, |last| last + 1));
    rows
}

fn rows_and_cursor(screen: &vt100::Parser<Strict>) -> (Vec<String>, (u16, u16)) {
    (rows(screen), screen.screen().cursor_position())
}
