use super::*;

#[test]
fn refusals_have_code_and_message() {
    let text = |code, message| Failure::refused(code, message).to_string();
    assert_eq!(text("ERR", "unknown request"), "request refused (ERR): unknown request");
    assert_eq!(text("NOAUTH", "NOAUTH"), "request refused (NOAUTH)");
}

#[test]
fn refusal_of_a_hostile_server_is_short_and_harmless() {
    let text = Failure::refused("ERR", &"\u{1b}[2J\u{9b}x".repeat(1000)).to_string();
    assert!(text.starts_with("request refused (ERR): ·[2J·x"), "{text}");
    assert!(text.ends_with('…') && text.chars().count() < 120, "{text}");
    assert!(!text.chars().any(char::is_control), "{text}");
}
