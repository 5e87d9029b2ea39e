use super::*;
use crate::study::theory::{Expected, Measure};
use crate::town::Scenario;

fn point(outcomes: Vec<Outcome>, expected: Vec<Expected>) -> Point {
    Point { changed: Vec::new(), scenario: Scenario::default(), outcomes, expected }
}

#[test]
fn runs_without_the_figure_do_not_count() {
    let mut some = Outcome::default();
    (some.encounters.real, some.encounters.recorded) = (4, 1);
    let point = point(vec![some, Outcome::default()], Vec::new());
    let measured = Measured::of(&point);
    let share = measured.estimate("encounters.recorded_share").expect("one run has it");
    assert_eq!((share.count, share.mean), (1, 0.25));
    let real = measured.estimate("encounters.real").map(|real| (real.count, real.mean));
    assert_eq!(real, Some((2, 2.0)));
    assert_eq!((measured.estimate("tracing.recall"), measured.estimate("nothing")), (None, None));
    assert_eq!(measured.figures.len(), Outcome::default().figures().len());
}

#[test]
fn what_is_computed_for_a_point_is_a_figure_with_its_bounds() {
    let twice = Measure::Computed("twice", |_, outcome| Some(2.0 * f64::from(outcome.users)));
    let runs = [3, 4].map(|users| Outcome { users, ..Outcome::default() }).into();
    let point = point(runs, Expected::between(twice, 6.0, 7.0).into());
    let measured = Measured::of(&point);
    let figure = measured.figure("twice").expect("the figure");
    assert_eq!(figure.estimate.map(|twice| twice.mean), Some(7.0));
    let judged = |relation, value, is_met| Judged { relation, value, is_met };
    let expected = [judged(Relation::AtLeast, 6.0, true), judged(Relation::AtMost, 7.0, false)];
    assert_eq!(figure.expected, expected);
}
