use super::*;

#[test]
fn time_that_stands_still_is_a_violation_and_time_that_goes_on_is_none() {
    let mut standstill = Standstill::new(2);
    let [second, later] = [1, 2].map(Duration::from_secs);
    assert_eq!(standstill.look(second, 4_000_000), Ok(()));
    assert_eq!(standstill.look(second, 4_002_000), Ok(()));
    assert_eq!(standstill.look(later, 4_002_000), Ok(()));
    assert_eq!(standstill.look(later, 4_002_000), Ok(()));
    assert!(standstill.look(later, 1).is_err());
}
