use super::*;

#[test]
fn time_in_which_the_machine_slept_counts() {
    // Eight hours, of which `CLOCK_MONOTONIC` would count none.
    let asleep = Duration::from_secs(8 * 3600);
    let now = Now::read();
    let first = FIRST.get().expect("read");
    let woken = first.instant_at(since_boot() + asleep);
    assert!(woken >= now.monotonic + asleep);
}

#[test]
fn moments_go_on_and_never_back() {
    let moments: Vec<_> = (0..1_000).map(|_| Now::read().monotonic).collect();
    assert!(moments.is_sorted());
    assert!((0..1_000_000).any(|_| Now::read().monotonic > moments[0]));
}
