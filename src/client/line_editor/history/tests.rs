use super::*;

#[test]
fn empty_add_blank_keeps_nothing() {
    let mut history = History::default();
    history.add("");
    history.add("  ");
    assert!(history.lines.is_empty());
}

#[test]
fn filled_add_same_again_keeps_one() {
    let mut history = History::default();
    for line in ["help", "help", "logout", "help"] {
        history.add(line);
    }
    assert_eq!(history.lines, ["help", "logout", "help"]);
}

#[test]
fn full_add_drops_oldest() {
    let mut history = History::default();
    for number in 0..=HISTORY_LIMIT_LINES {
        history.add(&number.to_string());
    }
    assert_eq!(history.lines.len(), HISTORY_LIMIT_LINES);
    assert_eq!(history.lines[0], "1");
}
