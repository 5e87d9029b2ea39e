use super::*;
use crate::town::scenario::Seconds;

fn point(count: u32) -> PlannedPoint {
    let mut scenario = Scenario::default();
    scenario.people.count = count;
    scenario.people.app_share = 0.5.try_into().expect("a share");
    let changed = vec![("people.count".to_owned(), count.to_string())];
    PlannedPoint { changed, scenario, expected: Vec::new() }
}

fn check_300_gb(points: &[PlannedPoint], runs: usize, threads: usize) -> Result<(), String> {
    check_against(points, runs, threads, 3e11).map_err(|error| error.to_string())
}

#[test]
fn towns_that_are_larger_than_the_machine_are_refused() {
    let points = [point(1_000), point(40_000_000)];
    assert_eq!(check_300_gb(&points, 2, 1), Ok(()));
    // Three days and an hour of four TempIDs an hour.
    let refused = "with people.count=40000000: 20,000,000 people with the app are too many: ";
    let two =
        "the 2 runs at a time (--threads) take some 507.2 GB of memory, of which there is 300 GB";
    assert_eq!(check_300_gb(&points, 2, 2), Err(format!("{refused}{two}")));
    let one = "a run takes some 253.6 GB of memory, of which there is 250 GB";
    let error = check_against(&points[1..], 1, 2, 2.5e11).expect_err("refused");
    assert_eq!(error.to_string(), format!("{refused}{one}"));
}

#[test]
fn large_town_beside_small_ones_counts_once() {
    let points = [point(1_000), point(40_000_000), point(2_000)];
    assert_eq!(check_300_gb(&points, 1, 8), Ok(()));
    assert_eq!(check_300_gb(&[], 1, 8), Ok(()));
}

#[test]
fn people_of_a_trace_are_those_of_its_file() {
    let mut point = point(50_000_000);
    point.scenario.meetings.kind = MeetingsKind::Trace;
    assert_eq!(check_300_gb(&[point], 9, 9), Ok(()));
}

#[test]
fn seconds_of_a_long_run_are_counted() {
    let mut point = point(1);
    point.scenario.duration = Seconds::MOST;
    assert_eq!(check_300_gb(&[point.clone()], 100, 99), Ok(()));
    let refused = check_300_gb(&[point], 200, 150).expect_err("2.5 GB each");
    assert!(refused.contains("the 150 runs at a time"), "{refused}");
}

#[test]
fn default_town_fits_into_this_machine() {
    let (changed, scenario) = (Vec::new(), Scenario::default());
    let default = PlannedPoint { changed, scenario, expected: Vec::new() };
    check(&[default], 1, 1).expect("it is small");
}
