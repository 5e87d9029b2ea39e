use proptest::prelude::*;

use super::*;

fn texts(axis: &Axis) -> Vec<&str> {
    axis.ticks.iter().map(|(_, text)| text.as_str()).collect()
}

#[test]
fn ticks_are_round() {
    assert_eq!(texts(&Axis::rounded("", 0.0, 0.83)), ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
    assert_eq!(texts(&Axis::rounded("", 0.0, 41.0)), ["0", "10", "20", "30", "40", "50"]);
    assert_eq!(
        texts(&Axis::rounded("", 0.0, 23_000.0)),
        ["0", "5\u{a0}k", "10\u{a0}k", "15\u{a0}k", "20\u{a0}k", "25\u{a0}k"]
    );
    assert_eq!(texts(&Axis::tight("", 0.2, 1.0)), ["0.2", "0.4", "0.6", "0.8", "1.0"]);
    assert_eq!(texts(&Axis::logarithmic("", 0.01, 10.0)), ["0.01", "0.1", "1", "10"]);
}

#[test]
fn counts_are_whole() {
    assert_eq!(texts(&Axis::counts("", 2.6)), ["0", "1", "2", "3"]);
    assert_eq!(texts(&Axis::counts("", 0.0)), ["0", "1"]);
}

#[test]
fn powers_of_ten_are_in_place() {
    let axis = Axis::logarithmic("", 60.0, 86_400.0);
    assert_eq!(texts(&axis), ["10", "100", "1000", "10\u{a0}k", "100\u{a0}k"]);
    let places: Vec<_> = axis.ticks.iter().map(|(at, _)| axis.place(*at)).collect();
    assert_eq!(places, [0.0, 0.25, 0.5, 0.75, 1.0]);
}

#[test]
fn narrow_logarithmic_axis_has_steps_between_powers_of_ten() {
    assert_eq!(texts(&Axis::logarithmic_in_steps("", 21.0, 156.0)), ["20", "50", "100", "200"]);
    assert_eq!(texts(&Axis::logarithmic_in_steps("", 7.0, 7.0)), ["5", "10"]);
    assert_eq!(
        texts(&Axis::logarithmic_in_steps("", 1.0, 9999.0)),
        ["1", "10", "100", "1000", "10\u{a0}k"]
    );
}

#[test]
fn time_is_in_the_largest_unit_that_fits() {
    let days = Axis::time("from now", 0.0, 4.0 * 86_400.0);
    assert_eq!(
        (days.label.as_str(), texts(&days)),
        ("days from now", vec!["0", "1", "2", "3", "4"])
    );
    let hours = Axis::time("", 3600.0, 25.0 * 3600.0);
    assert_eq!((hours.label.as_str(), texts(&hours)), ("hours", vec!["6", "12", "18", "24"]));
}

#[test]
fn nothing_and_a_single_value_have_an_axis() {
    for axis in [Axis::rounded("", 0.0, 0.0), Axis::tight("", 3.0, 3.0), Axis::time("", 0.0, 0.0)] {
        assert!(axis.ticks.len() > 1, "{axis:?}");
    }
    assert_eq!(Axis::categories("", &[]).ticks, []);
}

proptest! {
    #[test]
    fn any_range_has_some_ticks_in_order_and_its_ends_in_place(
        low in -1e9..1e9_f64,
        span in 1e-3..1e9_f64,
    ) {
        let axis = Axis::rounded("", low, low + span);
        prop_assert!((3..=9).contains(&axis.ticks.len()), "{axis:?}");
        let places: Vec<_> = axis.ticks.iter().map(|(at, _)| axis.place(*at)).collect();
        prop_assert!(places.is_sorted(), "{places:?}");
        prop_assert!(axis.place(low) <= axis.place(low + span));
    }
}
