//! What a user sees, state by state: `<state>_<event>_<result>`.

use super::*;

#[test]
fn idle_feed_uses_nothing() {
    let mut desk = Desk::idle(20, 5);
    let fed = desk.draw(|editor, screen| editor.feed(b"help\r", screen));
    assert_eq!(fed, Fed { used: 0, outcome: None });
    assert!(desk.sent.is_empty());
}

#[test]
fn idle_hide_show_stop_resize_draw_nothing() {
    let mut desk = Desk::idle(20, 5);
    desk.draw(LineEditor::hide);
    desk.draw(LineEditor::show);
    desk.draw(LineEditor::stop);
    desk.resize(30, 5);
    assert!(desk.sent.is_empty());
}

#[test]
fn idle_start_draws_prompt() {
    Desk::command().assert_shows(&[">"], (0, 2));
}

#[test]
fn editing_enter_ends_line_and_keeps_rest_unused() {
    let mut desk = Desk::command();
    let fed = desk.draw(|editor, screen| editor.feed(b"help\rlogout\r", screen));
    assert_eq!(fed, Fed { used: 5, outcome: Some(Outcome::Line("help".to_owned())) });
    assert!(desk.editor.is_idle());
    desk.assert_shows(&["> help"], (1, 0));
}

#[test]
fn editing_enter_from_middle_goes_below_all_rows() {
    let mut desk = Desk::editing(10, 6, LineKind::Command);
    let fed = desk.draw(|editor, screen| editor.feed(b"0123456789abcdef\x01\r", screen));
    assert!(fed.outcome.is_some());
    desk.assert_shows(&["> 01234567", "89abcdef"], (2, 0));
}

#[test]
fn editing_enter_on_filled_row_leaves_no_blank_row() {
    let mut desk = Desk::editing(10, 6, LineKind::Command);
    let fed = desk.draw(|editor, screen| editor.feed(b"01234567\r", screen));
    assert!(fed.outcome.is_some());
    desk.assert_shows(&["> 01234567"], (1, 0));
}

#[test]
fn editing_empty_line_enter_goes_below() {
    let mut desk = Desk::idle(10, 6);
    desk.start("", LineKind::Answer);
    let fed = desk.draw(|editor, screen| editor.feed(b"\r", screen));
    assert_eq!(fed.outcome, Some(Outcome::Line(String::new())));
    desk.assert_shows(&[], (1, 0));
}

#[test]
fn editing_interrupt_abandons_line() {
    let mut desk = Desk::command();
    desk.press("abc\x03");
    assert_eq!(desk.outcomes, [Outcome::Interrupted]);
    desk.assert_shows(&["> abc", ">"], (1, 2));
}

#[test]
fn editing_end_of_input_ends_only_an_empty_line() {
    let mut desk = Desk::command();
    desk.press("abc\x01\x04");
    desk.assert_shows(&["> bc"], (0, 2));
    desk.press("\x04\x04\x04");
    assert_eq!(desk.outcomes, [Outcome::EndOfInput]);
}

#[test]
fn editing_suspend_keeps_line() {
    let mut desk = Desk::command();
    desk.press("abc\x1a");
    assert_eq!(desk.outcomes, [Outcome::Suspended]);
    desk.press("d");
    desk.assert_line("abcd");
}

#[test]
fn editing_motions_and_deletions_edit_at_cursor() {
    let mut desk = Desk::command();
    desk.press("Beacon 10.0.0.1 5000");
    for (keys, expected) in [
        ("\x1b[D\x1b[D\x7f", "Beacon 10.0.0.1 500"),
        ("\x1bOH\x1b[3~", "eacon 10.0.0.1 500"),
        ("b\x1b[C\x1b[C-", "bea-con 10.0.0.1 500"),
        ("\x05\x17", "bea-con 10.0.0.1 "),
        ("\x1bb\x0b", "bea-con "),
        ("\x01\x1bf!\x15", " "),
    ] {
        desk.press(keys);
        let State::Editing { line, .. } = &desk.editor.state else { panic!("no line") };
        assert_eq!(line.text(), expected, "{keys:?}");
    }
}

#[test]
fn editing_transpose_swaps_around_cursor() {
    let mut desk = Desk::command();
    desk.press("abc\x14\x1b[D\x1b[D\x14");
    desk.assert_line("cab");
    desk.press("a\x14\x01\x14");
    desk.assert_line("a");
}

#[test]
fn editing_clear_screen_leaves_line_on_top() {
    let mut desk = Desk::command();
    desk.press("one\rtwo\x1b[D\x0c");
    desk.assert_shows(&["> two"], (0, 4));
}

#[test]
fn editing_split_character_is_inserted_whole() {
    let mut desk = Desk::command();
    for byte in "a漢\u{1f600}".bytes() {
        desk.press_bytes(&[byte], LineKind::Command);
    }
    desk.assert_shows(&["> a漢\u{1f600}"], (0, 7));
}

#[test]
fn editing_wide_and_combined_characters_move_as_one() {
    let mut desk = Desk::command();
    desk.press("a漢e\u{301}\x1b[D");
    desk.assert_shows(&["> a漢e\u{301}"], (0, 5));
    desk.press("\x1b[D");
    desk.assert_shows(&["> a漢e\u{301}"], (0, 3));
    desk.press("\x1b[3~\x05\x7f");
    desk.assert_shows(&["> a"], (0, 3));
}

#[test]
fn editing_undrawn_character_stays_in_line() {
    let mut desk = Desk::command();
    desk.press("\u{2764}\u{fe0f}x\u{202e}y");
    desk.assert_shows(&["> \u{2764}xy"], (0, 5));
    desk.assert_line("\u{2764}\u{fe0f}x\u{202e}y");
}

#[test]
fn editing_mark_before_inserted_character_joins_it() {
    let mut desk = Desk::command();
    desk.press("\u{301}\x01e");
    desk.assert_shows(&["> e\u{301}"], (0, 3));
    desk.press("a");
    desk.assert_line("e\u{301}a");
}

#[test]
fn editing_enter_at_end_sends_new_line_only() {
    let mut desk = Desk::command();
    let sent = desk.sent.len();
    desk.draw(|editor, screen| editor.feed(b"help\r", screen)).outcome.expect("a line");
    assert_eq!(&desk.sent[sent..], b"help\r\n");
}

#[test]
fn paste_of_several_lines_is_one_command_until_enter() {
    let mut desk = Desk::editing(40, 5, LineKind::Command);
    desk.press("\x1b[200~help\r\nlogout\n\n\x1b[201~");
    assert!(desk.outcomes.is_empty(), "nothing is carried out unasked");
    desk.assert_shows(&["> help⏎logout"], (0, 13));
    desk.press("\x7f\x01");
    desk.assert_shows(&["> help⏎logou"], (0, 2));
    desk.assert_line("help\nlogou");
    desk.press("\x1b[A");
    desk.assert_line("logou");
    desk.press("\x1b[A\x1b[A");
    desk.assert_line("help");
}

#[test]
fn paste_of_one_line_is_typed() {
    let mut desk = Desk::command();
    desk.press("\x1b[200~\nb\t\x04c\n\x1b[201~d");
    assert!(desk.outcomes.is_empty());
    desk.assert_line("b cd");
}

#[test]
fn paste_of_several_lines_for_an_answer_is_cut_and_said() {
    for kind in [LineKind::Answer, LineKind::Password] {
        let mut desk = Desk::editing(50, 5, kind);
        desk.press("\x1b[200~\nname\nsecret\n\x1b[201~");
        assert_eq!(desk.rows()[0], "Only the first of the pasted lines is taken.");
        assert!(!String::from_utf8_lossy(&desk.sent).contains("secret"));
        desk.assert_line("name");
    }
}

#[test]
fn stuck_key_rings_the_bell_once() {
    let mut desk = Desk::editing(80, 24, LineKind::Command);
    for _ in 0..10 {
        desk.press(&"x".repeat(LINE_LIMIT_BYTES));
        desk.press("\x1b[200~yyy\x1b[201~");
    }
    assert_eq!(desk.bells, 1);
    desk.press("\x7fxx");
    assert_eq!(desk.bells, 2);
}

#[test]
fn editing_full_line_rings_bell() {
    let mut desk = Desk::editing(80, 24, LineKind::Command);
    desk.press(&"x".repeat(LINE_LIMIT_BYTES - 1));
    desk.press("é");
    assert_eq!(desk.bells, 1);
    desk.press("yz");
    assert_eq!(desk.bells, 2);
    desk.assert_line(&("x".repeat(LINE_LIMIT_BYTES - 1) + "y"));
}

#[test]
fn editing_paste_sends_little_more_than_the_paste() {
    let mut desk = Desk::editing(80, 24, LineKind::Command);
    desk.press(&"x".repeat(LINE_LIMIT_BYTES));
    assert!(desk.sent.len() < 20 * LINE_LIMIT_BYTES, "{} bytes", desk.sent.len());
}

#[test]
fn wrapped_cursor_moves_across_rows() {
    let mut desk = Desk::editing(10, 6, LineKind::Command);
    desk.press("0123456789abcdef\x1b[D");
    desk.assert_shows(&["> 01234567", "89abcdef"], (1, 7));
    desk.press("\x01");
    desk.assert_shows(&["> 01234567", "89abcdef"], (0, 2));
    desk.press("-\x05\x7f");
    desk.assert_shows(&["> -0123456", "789abcde"], (1, 8));
}

#[test]
fn wrapped_last_column_filled_puts_cursor_on_next_row() {
    let mut desk = Desk::editing(10, 6, LineKind::Command);
    desk.press("01234567");
    desk.assert_shows(&["> 01234567"], (1, 0));
    desk.press("\x7f");
    desk.assert_shows(&["> 0123456"], (0, 9));
    desk.press("7\x1b[D");
    desk.assert_shows(&["> 01234567"], (0, 9));
}

#[test]
fn wrapped_wide_character_at_last_column_goes_to_next_row() {
    let mut desk = Desk::editing(10, 6, LineKind::Command);
    desk.press("0123456漢");
    desk.assert_shows(&["> 0123456", "漢"], (1, 2));
    desk.press("\x1b[D");
    desk.assert_shows(&["> 0123456", "漢"], (1, 0));
    desk.press("\x7f");
    desk.assert_shows(&["> 012345漢"], (0, 8));
}

#[test]
fn wrapped_line_deleted_leaves_no_row_behind() {
    let mut desk = Desk::editing(10, 4, LineKind::Command);
    desk.press("help\r0123456789abcdefghij\x15");
    desk.assert_shows(&["> help", ">"], (1, 2));
}

#[test]
fn wrapped_line_taller_than_screen_shows_the_rows_to_the_cursor() {
    let mut desk = Desk::editing(5, 3, LineKind::Command);
    desk.press("abcdefghijklmnop");
    desk.assert_shows(&["defgh", "ijklm", "nop"], (2, 3));
    desk.press("\x01");
    desk.assert_shows(&["> abc", "defgh", "ijklm"], (0, 2));
    desk.press("\x05\r");
    desk.assert_shows(&["ijklm", "nop", ">"], (2, 2));
}

#[test]
fn shown_hide_erases_all_rows_and_show_draws_them_below_the_message() {
    let mut desk = Desk::editing(12, 8, LineKind::Command);
    desk.press("help\r0123456789abcdef\x1b[D\x1b[D");
    desk.draw(LineEditor::hide);
    desk.assert_shows(&["> help"], (1, 0));
    desk.print(b"received\r\nbeacon:\r\nvalid\r\n");
    desk.draw(LineEditor::show);
    let rows = ["> help", "received", "beacon:", "valid", "> 0123456789", "abcdef"];
    desk.assert_shows(&rows, (5, 4));
}

#[test]
fn shown_message_at_bottom_of_screen_scrolls() {
    let mut desk = Desk::editing(12, 3, LineKind::Command);
    desk.press("0123456789abcdef\x01");
    desk.draw(LineEditor::hide);
    desk.print(b"received\r\nbeacon:\r\nvalid\r\n");
    desk.draw(LineEditor::show);
    desk.assert_shows(&["valid", "> 0123456789", "abcdef"], (1, 2));
}

#[test]
fn shown_stop_keeps_line_on_screen() {
    let mut desk = Desk::command();
    desk.press("abc\x01");
    desk.draw(LineEditor::stop);
    desk.assert_shows(&["> abc"], (1, 0));
    assert!(desk.editor.is_idle());
}

#[test]
fn shown_set_aside_keeps_command_in_sight_and_in_the_history() {
    let mut desk = Desk::command();
    desk.press("abc\x01");
    desk.draw(LineEditor::set_aside);
    desk.assert_shows(&["> abc"], (1, 0));
    assert!(desk.editor.is_idle());
    desk.start("> ", LineKind::Command);
    desk.press("\x1b[A");
    desk.assert_shows(&["> abc", "> abc"], (1, 5));
}

#[test]
fn shown_set_aside_leaves_nothing_of_an_empty_command_or_an_answer() {
    let mut desk = Desk::command();
    desk.draw(LineEditor::set_aside);
    desk.assert_shows(&[], (0, 0));
    for kind in [LineKind::Answer, LineKind::Password] {
        let mut desk = Desk::editing(20, 5, kind);
        desk.press("abc");
        desk.draw(LineEditor::set_aside);
        desk.assert_shows(&[], (0, 0));
        assert!(desk.editor.is_idle());
    }
}

#[test]
fn shown_start_replaces_line() {
    let mut desk = Desk::editing(10, 6, LineKind::Command);
    desk.press("0123456789abcdef");
    desk.start("Username: ", LineKind::Answer);
    desk.assert_shows(&["Username:"], (1, 0));
}

#[test]
fn shown_resize_draws_line_in_the_new_width() {
    let mut desk = Desk::editing(20, 6, LineKind::Command);
    desk.press("0123456\x1b[D");
    desk.resize(30, 6);
    desk.assert_shows(&["> 0123456"], (0, 8));
    desk.press("789abcdefghijklmnop\x01");
    desk.resize(12, 6);
    desk.assert_shows(&["> 012345789a", "bcdefghijklm", "nop6"], (0, 2));
}

#[test]
fn shown_resize_finds_line_where_the_terminal_reflowed_it() {
    let mut desk = Desk::editing(10, 6, LineKind::Command);
    desk.press("0123456789abcdef");
    for columns in [30, 7] {
        // `vt100` does not reflow: this is what a terminal that does makes of the old rows.
        desk.screen = terminal(columns, 6);
        desk.screen.process(b"above\r\n> 0123456789abcdef");
        let reflowed = rows_and_cursor(&desk.screen);
        let size = ScreenSize { columns, rows: 6 };
        desk.draw(|editor, screen| editor.resize(size, screen));
        assert_eq!(rows_and_cursor(&desk.screen), reflowed);
    }
}

#[test]
fn hidden_feed_waits_for_show() {
    let mut desk = Desk::command();
    desk.draw(LineEditor::hide);
    let fed = desk.draw(|editor, screen| editor.feed(b"abc\r", screen));
    assert_eq!(fed, Fed { used: 0, outcome: None });
    desk.draw(LineEditor::show);
    desk.press("abc");
    desk.assert_shows(&["> abc"], (0, 5));
}

#[test]
fn hidden_hide_and_shown_show_draw_nothing_more() {
    let mut desk = Desk::command();
    desk.draw(LineEditor::show);
    desk.draw(LineEditor::hide);
    let sent = desk.sent.len();
    desk.draw(LineEditor::hide);
    assert_eq!(desk.sent.len(), sent);
    desk.draw(LineEditor::show);
    desk.assert_shows(&[">"], (0, 2));
}

#[test]
fn hidden_stop_leaves_nothing() {
    let mut desk = Desk::command();
    desk.press("abc");
    desk.draw(LineEditor::hide);
    desk.draw(LineEditor::stop);
    desk.assert_shows(&[], (0, 0));
}

#[test]
fn password_keys_show_and_send_nothing() {
    let mut desk = Desk::editing(20, 5, LineKind::Password);
    let sent = desk.sent.len();
    desk.press("co漢mp\x7f\x1b[D3331\x1b[A\x1b[B");
    let keys = &desk.sent[sent..];
    assert!(keys.iter().all(|byte| *byte == BELL), "{keys:?}");
    desk.assert_shows(&[">"], (0, 2));
    desk.assert_line("co漢3331m");
}

#[test]
fn password_hide_and_show_draw_prompt_only() {
    let mut desk = Desk::editing(20, 5, LineKind::Password);
    desk.press("comp3331");
    desk.draw(LineEditor::hide);
    desk.print(b"beacon\r\n");
    desk.draw(LineEditor::show);
    desk.assert_shows(&["beacon", ">"], (1, 2));
    desk.assert_line("comp3331");
}

#[test]
fn password_and_answer_lines_are_not_kept_nor_completed() {
    for kind in [LineKind::Password, LineKind::Answer] {
        let mut desk = Desk::editing(20, 5, kind);
        desk.press("he\t");
        assert_eq!(desk.bells, 1);
        desk.assert_line("he");
        desk.press("\x1b[A");
        assert_eq!(desk.bells, 2);
        desk.assert_line("");
    }
}

#[test]
fn history_up_and_down_comes_back_to_the_draft() {
    let mut desk = Desk::command();
    desk.press("one\rtwo\rdraft");
    for (keys, expected) in [
        ("\x1b[A", "> two"),
        ("\x10", "> one"),
        ("\x1bOA", "> one"),
        ("\x1b[B", "> two"),
        ("\x0e", "> draft"),
    ] {
        desk.press(keys);
        assert_eq!(desk.rows().last().map(String::as_str), Some(expected), "{keys:?}");
    }
    assert_eq!(desk.bells, 1, "at the oldest");
    desk.press("\x1b[B");
    assert_eq!(desk.bells, 2, "at the draft");
    desk.assert_line("draft");
}

#[test]
fn history_recalled_line_can_be_changed_and_sent() {
    let mut desk = Desk::command();
    desk.press("one\r\x1b[A!\r");
    assert_eq!(desk.outcomes.last(), Some(&Outcome::Line("one!".to_owned())));
    desk.press("\x1b[A\x1b[A");
    desk.assert_line("one");
}

#[test]
fn completion_unique_start_is_completed() {
    let mut desk = Desk::command();
    desk.press("dow\t");
    desk.assert_line("Download_tempID");
    desk.press("b\t10.0.0.1");
    desk.assert_line("Beacon 10.0.0.1");
    desk.press(" 10.0.0.1\x01Bea\t");
    desk.assert_line("Beacon 10.0.0.1");
    assert_eq!(desk.bells, 0);
}

#[test]
fn completion_nothing_to_complete_rings_bell() {
    let mut desk = Desk::command();
    desk.press("x\t");
    desk.assert_line("x");
    desk.press("help me\t");
    desk.assert_line("help me");
    desk.press("help\t");
    desk.assert_line("help");
    assert_eq!(desk.bells, 3);
}

#[test]
fn completion_several_are_listed_above_line() {
    let mut desk = Desk::editing(60, 5, LineKind::Command);
    desk.press("\t");
    let listed = "Download_tempID  Upload_contact_log  Beacon  logout  help";
    desk.assert_shows(&[listed, ">"], (1, 2));
}
