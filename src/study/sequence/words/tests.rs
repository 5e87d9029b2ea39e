use proptest::prelude::*;

use super::*;
use crate::text_width::clean;

#[test]
fn text_is_broken_at_blanks() {
    let text = "96 TempIDs from 13/05/2020 00:00:03";
    assert_eq!(wrap(text, 20, 4), ["96 TempIDs from", "13/05/2020 00:00:03"]);
    assert_eq!(wrap("a b", 3, 4), ["a b"]);
    assert_eq!(wrap("", 3, 4), [""]);
}

#[test]
fn word_that_is_too_long_is_broken_anywhere() {
    assert_eq!(wrap("abcdefgh", 3, 4), ["abc", "def", "gh"]);
}

#[test]
fn text_of_too_many_lines_ends_with_an_ellipsis() {
    assert_eq!(wrap("one two three", 5, 2), ["one", "two …"]);
}

#[test]
fn wide_characters_take_two_columns() {
    assert_eq!(wrap("日本語", 5, 4), ["日本", "語"]);
}

proptest! {
    #[test]
    fn any_text_fits(text in ".{0,60}", columns in 2..30_usize, lines in 1..5_usize) {
        let wrapped = wrap(&clean(&text), columns, lines);
        prop_assert!((1..=lines).contains(&wrapped.len()));
        prop_assert!(wrapped.iter().all(|line| width(line) <= columns), "{wrapped:?}");
    }

    #[test]
    fn nothing_but_blanks_is_lost(text in "[a-c 語]{0,60}", columns in 2..30_usize) {
        let without_blanks = |text: &str| text.replace(' ', "");
        let wrapped = wrap(&clean(&text), columns, usize::MAX).concat();
        prop_assert_eq!(without_blanks(&wrapped), without_blanks(&text));
    }
}
