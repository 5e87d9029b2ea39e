/// If this variable is set, what cannot be tested fails.
const MUST_TEST_ALL: &str = "BLUETRACE_TEST_ALL";

/// Says that something is not tested here, or fails if everything must be.
#[track_caller]
pub fn skip(why: &str) {
    assert!(std::env::var_os(MUST_TEST_ALL).is_none(), "{MUST_TEST_ALL} is set, but {why}");
    say(&format!("SKIPPED: {why}"));
}

/// Says something in a line that is seen also if the test passes: of what is printed with macros,
/// the test harness then shows nothing.
pub fn say(text: &str) {
    // At once, so that no line of another test comes in between; and if nobody reads it, so be it.
    let _ = rustix::io::write(rustix::stdio::stderr(), format!("{text}\n").as_bytes());
}
