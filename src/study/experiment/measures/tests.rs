use super::*;
use crate::town::outcome::Bin;
use crate::town::scenario::Seconds;

#[test]
fn logs_that_are_empty_count_and_those_that_grow_do_not() {
    let mut scenario = Scenario { warm_up: Seconds::new(50), ..Scenario::default() };
    (scenario.phones.retention, scenario.duration) = (Seconds::new(100), Seconds::new(300));
    let bins = [(50.0, 9.0), (150.0, 4.0), (250.0, 0.0), (350.0, 0.0)];
    let over_time = bins.map(|(from, log_entries)| Bin { from, log_entries, ..Bin::default() });
    let outcome = Outcome { over_time: over_time.into(), ..Outcome::default() };
    assert_eq!(settled_log_size(&scenario, &outcome), Some(2.0));
    assert_eq!(settled_log_size(&scenario, &Outcome::default()), None);
}

#[test]
fn deviation_is_that_of_all_values() {
    assert_eq!((mean(&[2.0, 4.0, 9.0]), deviation(&[1.0, 3.0])), (5.0, 1.0));
}
