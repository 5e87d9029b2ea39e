use super::*;

#[test]
fn wide_characters_take_two_columns() {
    assert_eq!(cut("日本語", 6), "日本語");
    assert_eq!(cut("日本語", 5), "日本…");
    assert_eq!(cut("日本語", 4), "日…");
    assert_eq!(cut("schön genug", 5), "schö…");
}

#[test]
fn characters_that_move_the_cursor_or_join_are_not_shown() {
    assert_eq!(clean("a\x1b[2Jb\n\u{200d}\u{fe0f}"), "a·[2Jb·");
}
