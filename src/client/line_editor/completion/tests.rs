use super::*;

const WORDS: &[&str] = &["Download_tempID", "Download_log", "Beacon ", "logout"];

#[test]
fn word_unique_start_extends_to_word() {
    assert_eq!(complete(WORDS, "b"), Completion::Extend("Beacon ".to_owned()));
    assert_eq!(complete(WORDS, "Beacon"), Completion::Extend("Beacon ".to_owned()));
}

#[test]
fn word_shared_start_extends_to_common_start() {
    assert_eq!(complete(WORDS, "dOW"), Completion::Extend("Download_".to_owned()));
}

#[test]
fn word_common_start_lists_candidates() {
    let several = Completion::Several(vec!["Download_tempID", "Download_log"]);
    assert_eq!(complete(WORDS, "Download_"), several);
}

#[test]
fn word_unknown_start_finds_nothing() {
    assert_eq!(complete(WORDS, "logoutx"), Completion::Nothing);
    assert_eq!(complete(WORDS, "é"), Completion::Nothing);
}
