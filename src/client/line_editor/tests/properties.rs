//! What holds for any keys: cuts do not matter, and the screen is that of a simple model.

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn any_bytes_cut_anywhere_lead_to_the_same(
        pieces in prop::collection::vec(keyboard(), 0..12),
        cut_after in 1usize..5,
        columns in 1u16..20,
        rows in 1u16..6,
    ) {
        let bytes = pieces.concat();
        let mut whole = Desk::editing(columns, rows, LineKind::Command);
        whole.press_bytes(&bytes, LineKind::Command);
        let mut cut = Desk::editing(columns, rows, LineKind::Command);
        for piece in bytes.chunks(cut_after) {
            cut.press_bytes(piece, LineKind::Command);
        }
        prop_assert_eq!(whole.outcomes, cut.outcomes);
        prop_assert_eq!(whole.sent, cut.sent);
        prop_assert_eq!(rows_and_cursor(&whole.screen), rows_and_cursor(&cut.screen));
    }

    #[test]
    fn any_keys_show_what_the_model_shows(
        steps in prop::collection::vec(step(), 0..60),
        columns in 2u16..12,
        height in 1u16..7,
    ) {
        let mut desk = Desk::editing(columns, height, LineKind::Answer);
        let mut model = Model::new(columns, height);
        for step in &steps {
            desk.take(step);
            model.take(step);
            prop_assert_eq!(rows_and_cursor(&desk.screen), model.rows_and_cursor(), "{:?}", step);
        }
    }
}

/// Pieces of what a keyboard, a paste or a broken line may send.
fn keyboard() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..8),
        "[ -~]{0,6}".prop_map(String::into_bytes),
        any::<char>().prop_map(|c| c.to_string().into_bytes()),
        prop::sample::select(
            &["\x1b", "[", "O", "A", "3~", "\r", "\t", "漢", "e\u{301}", "\x01"][..]
        )
        .prop_map(|keys| keys.as_bytes().to_vec()),
        prop::collection::vec(0u8..32, 0..4),
    ]
}

/// One thing that happens at the desk.
#[derive(Clone, Debug)]
enum Step {
    Type(&'static str),
    Left,
    Right,
    Home,
    End,
    Backspace,
    Delete,
    DeleteToStart,
    DeleteToEnd,
    Enter,
    Message,
}

fn step() -> impl Strategy<Value = Step> {
    let typed = prop::sample::select(&["a", "b", " ", "é", "漢", "\u{1f600}", "e\u{301}"][..]);
    prop_oneof![
        12 => typed.prop_map(Step::Type),
        8 => prop::sample::select(vec![
            Step::Left, Step::Right, Step::Home, Step::End, Step::Backspace, Step::Delete,
        ]),
        1 => prop::sample::select(vec![
            Step::DeleteToStart, Step::DeleteToEnd, Step::Enter, Step::Message,
        ]),
    ]
}

impl Desk {
    fn take(&mut self, step: &Step) {
        let keys = match step {
            Step::Type(text) => text,
            Step::Left => "\x1b[D",
            Step::Right => "\x1b[C",
            Step::Home => "\x01",
            Step::End => "\x05",
            Step::Backspace => "\x7f",
            Step::Delete => "\x1b[3~",
            Step::DeleteToStart => "\x15",
            Step::DeleteToEnd => "\x0b",
            Step::Enter => "\r",
            Step::Message => {
                self.draw(LineEditor::hide);
                self.print(b"-\r\n");
                return self.draw(LineEditor::show);
            }
        };
        self.press_bytes(keys.as_bytes(), LineKind::Answer);
    }
}

/// What the screen must show: the rows of everything printed above, and the line as a tall terminal
/// wraps it.
struct Model {
    columns: u16,
    height: usize,
    above: Vec<String>,
    /// The row of the screen in which the line starts; it only moves up by scrolling.
    top: usize,
    text: Vec<&'static str>,
    cursor: usize,
}

impl Model {
    fn new(columns: u16, height: u16) -> Model {
        let mut model = Model {
            columns,
            height: height.into(),
            above: vec![],
            top: 0,
            text: vec![],
            cursor: 0,
        };
        model.scroll();
        model
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Type(text) => {
                self.text.insert(self.cursor, text);
                self.cursor += 1;
            }
            Step::Left => self.cursor = self.cursor.saturating_sub(1),
            Step::Right => self.cursor = (self.cursor + 1).min(self.text.len()),
            Step::Home => self.cursor = 0,
            Step::End => self.cursor = self.text.len(),
            Step::Backspace if self.cursor > 0 => {
                self.cursor -= 1;
                self.text.remove(self.cursor);
            }
            Step::Delete if self.cursor < self.text.len() => drop(self.text.remove(self.cursor)),
            Step::Backspace | Step::Delete => {}
            Step::DeleteToStart => drop(self.text.drain(..std::mem::take(&mut self.cursor))),
            Step::DeleteToEnd => self.text.truncate(self.cursor),
            Step::Enter => self.enter(),
            Step::Message => self.print(vec!["-".to_owned()]),
        }
        self.scroll();
    }

    fn enter(&mut self) {
        let rows = self.line_rows(&self.line());
        self.text.clear();
        self.cursor = 0;
        self.print(rows);
    }

    fn print(&mut self, rows: Vec<String>) {
        self.top = (self.top + rows.len()).min(self.height - 1);
        self.above.extend(rows);
    }

    /// The line needs the rows of its window below its top, and the screen scrolls until it has
    /// them.
    fn scroll(&mut self) {
        let window = (self.end().0 + 1).min(self.height);
        self.top = self.top.min(self.height - window);
    }

    fn rows_and_cursor(&self) -> (Vec<String>, (u16, u16)) {
        let (row, column) = self.position(self.cursor);
        let first = (row + 1).saturating_sub(self.height);
        let shown = self.line_rows(&self.line()).into_iter().skip(first).take(self.height);
        let mut rows = self.above[self.above.len() - self.top..].to_vec();
        rows.extend(shown);
        rows.truncate(rows.iter().rposition(|row| !row.is_empty()).map_or(0, |last| last + 1));
        (rows, ((self.top + row - first) as u16, column))
    }

    fn line(&self) -> String {
        format!("> {}", self.text.concat())
    }

    fn end(&self) -> (usize, u16) {
        self.position(self.text.len())
    }

    /// Where the character at `index` is drawn, or where the next one would be.
    fn position(&self, index: usize) -> (usize, u16) {
        let next = self.text.get(index).copied().unwrap_or(".");
        let mut screen = self.tall_screen(&format!("> {}", self.text[..index].concat()));
        screen.process(next.as_bytes());
        let (row, column) = screen.screen().cursor_position();
        let width = if matches!(next, "漢" | "\u{1f600}") { 2 } else { 1 };
        (row.into(), column - width)
    }

    fn line_rows(&self, line: &str) -> Vec<String> {
        let screen = self.tall_screen(line);
        let (last, _) = screen.screen().cursor_position();
        let rows = screen.screen().rows(0, self.columns);
        rows.take(usize::from(last) + 1).map(|row| row.trim_end().to_owned()).collect()
    }

    fn tall_screen(&self, line: &str) -> vt100::Parser<Strict> {
        let mut screen = terminal(self.columns, 200);
        screen.process(line.as_bytes());
        screen
    }
}
