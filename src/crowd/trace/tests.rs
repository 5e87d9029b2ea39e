use super::*;

fn trace(happenings: &[(u64, &'static str)]) -> Trace<&'static str> {
    let mut trace = Trace::new();
    for (second, happening) in happenings {
        trace.add(Duration::from_secs(*second), *happening);
    }
    trace
}

#[test]
fn fingerprint_depends_on_what_happened_when_and_in_which_order() {
    let fingerprint = |happenings: &[_]| trace(happenings).fingerprint();
    let same = fingerprint(&[(1, "a"), (1, "b")]);
    assert_eq!(fingerprint(&[(1, "a"), (1, "b")]), same);
    assert_ne!(fingerprint(&[(1, "b"), (1, "a")]), same);
    assert_ne!(fingerprint(&[(1, "a"), (2, "b")]), same);
    assert_ne!(fingerprint(&[(1, "a")]), same);
}

#[test]
fn long_history_keeps_its_latest_part_to_be_read() {
    let mut trace = trace(&[(1, "first")]);
    (0..KEPT).for_each(|_| trace.add(Duration::from_secs(2), "later"));
    assert_eq!(trace.steps(), KEPT as u64 + 1);
    assert_eq!(trace.latest(), "2s \"later\"\n".repeat(KEPT));
}
