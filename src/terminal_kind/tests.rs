use super::*;

#[test]
fn terminal_without_a_name_or_abilities_understands_no_escapes() {
    assert!(!understands_escapes(None));
    for term in ["", "dumb", "unknown", "network"] {
        assert!(!understands_escapes(Some(OsStr::new(term))), "{term}");
    }
    for term in ["xterm-256color", "linux", "vt100", "screen", "tmux-256color", "foot"] {
        assert!(understands_escapes(Some(OsStr::new(term))), "{term}");
    }
}
