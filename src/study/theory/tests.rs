use super::*;

fn is_met(relation: Relation, value: f64, values: &[f64]) -> bool {
    let values: Vec<_> = values.iter().copied().map(Some).collect();
    Expected { measure: Measure::Figure("users"), value, relation }.is_met_by(&values)
}

#[test]
fn expected_value_outside_the_interval_is_not_met() {
    let values = [0.9, 1.0, 1.1, 1.0];
    assert!(is_met(Relation::Equal, 1.05, &values));
    assert!(!is_met(Relation::Equal, 2.0, &values));
}

#[test]
fn value_that_is_always_the_same_must_be_the_expected_one() {
    assert!(is_met(Relation::Equal, 0.0, &[0.0; 5]));
    assert!(!is_met(Relation::Equal, 0.01, &[0.0; 5]));
}

#[test]
fn bound_holds_in_every_run() {
    assert!(is_met(Relation::AtMost, 3.0, &[1.0, 3.0]));
    assert!(!is_met(Relation::AtMost, 3.0, &[1.0, 3.1]));
    assert!(!is_met(Relation::AtLeast, 3.0, &[2.9, 5.0]));
}

#[test]
fn what_is_no_number_or_not_there_meets_nothing() {
    for relation in Relation::ALL {
        for wrong in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(!is_met(relation, 3.0, &[3.0, wrong]), "{relation:?} {wrong}");
        }
        let expected = Expected { measure: Measure::Figure("users"), value: 3.0, relation };
        assert!(expected.is_met_by(&[Some(3.0)]));
        assert!(!expected.is_met_by(&[Some(3.0), None]), "{relation:?}");
        assert!(!expected.is_met_by(&[]), "{relation:?}");
    }
}
