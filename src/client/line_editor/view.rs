//! What of the line is on the screen.

use super::layout::{self, Layout};

/// Whether the line is drawn, and where the cursor is in it.
pub(super) enum View {
    Hidden,
    /// The cursor's row, counted from the first row drawn.
    Shown {
        cursor_row: usize,
    },
}

impl View {
    pub(super) fn hide(&mut self, screen: &mut Vec<u8>) {
        if let View::Shown { cursor_row } = *self {
            layout::erase(cursor_row, screen);
        }
        *self = View::Hidden;
    }

    pub(super) fn show(&mut self, layout: &Layout, screen: &mut Vec<u8>) {
        match self {
            View::Hidden => self.draw(layout, screen),
            View::Shown { .. } => {}
        }
    }

    /// Draws a line that has changed; a hidden one stays hidden.
    pub(super) fn redraw(&mut self, layout: &Layout, screen: &mut Vec<u8>) {
        if let View::Shown { cursor_row } = *self {
            layout::erase(cursor_row, screen);
            self.draw(layout, screen);
        }
    }

    /// Draws a line into which a character has been inserted. A paste costs a byte a byte, not a
    /// line a byte.
    pub(super) fn inserted(&mut self, character: char, layout: &Layout, screen: &mut Vec<u8>) {
        if layout.is_plain_append(character) {
            let shown = layout::shown(character);
            screen.extend_from_slice(shown.encode_utf8(&mut [0; 4]).as_bytes());
        } else {
            self.redraw(layout, screen);
        }
    }

    pub(super) fn clear_screen(&mut self, layout: &Layout, screen: &mut Vec<u8>) {
        screen.extend_from_slice(b"\x1b[H\x1b[2J");
        self.draw(layout, screen);
    }

    /// The terminal has moved the line into the rows of `layout` by itself.
    pub(super) fn reflow(&mut self, layout: &Layout) {
        if let View::Shown { cursor_row } = self {
            *cursor_row = layout.reflowed_cursor_row();
        }
    }

    /// Leaves the whole line on the screen and goes to the row below it.
    pub(super) fn leave(&mut self, layout: &Layout, screen: &mut Vec<u8>) {
        match *self {
            View::Hidden => {}
            View::Shown { .. } if layout.is_whole() => layout.leave(screen),
            View::Shown { cursor_row } => {
                layout::erase(cursor_row, screen);
                layout.draw_whole(screen);
            }
        }
        *self = View::Hidden;
    }

    fn draw(&mut self, layout: &Layout, screen: &mut Vec<u8>) {
        layout.draw(screen);
        *self = View::Shown { cursor_row: layout.cursor_row() };
    }
}
