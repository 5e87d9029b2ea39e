use super::*;

#[test]
fn values_that_are_no_numbers_are_categories() {
    let (axis, places) = axis("phones.refresh", &["\"batch\"", "\"on-expiry\""]);
    assert!(!axis.is_continuous());
    assert_eq!(places, [0.0, 1.0]);
    assert_eq!(axis.ticks[1].1, "on-expiry");
}

#[test]
fn times_are_numbers_in_a_unit() {
    let (axis, places) = axis("phones.scan_period", &["\"1m\"", "5m", "600s"]);
    assert_eq!(axis.label, "phones.scan_period, minutes");
    assert_eq!(places, [60.0, 300.0, 600.0]);
}

#[test]
fn axis_says_the_unit_of_its_key() {
    let label = |key| axis(key, &["30", "60", "90"]).0.label;
    assert_eq!(label("server.temp_id_lifetime"), "server.temp_id_lifetime, seconds");
    assert_eq!(label("meetings.plane.range"), "meetings.plane.range, metres");
    assert_eq!(label("adversary.sniffer.at.x"), "adversary.sniffer.at.x, metres");
    assert_eq!(label("people.count"), "people.count");
}

#[test]
fn values_far_apart_are_on_powers_of_ten() {
    let (axis, _) = axis("people.count", &["100", "1000", "100000"]);
    assert!((axis.place(1000.0) - 1.0 / 3.0).abs() < 1e-9);
}
