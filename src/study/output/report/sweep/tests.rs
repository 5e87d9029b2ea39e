use super::super::super::sample;
use super::*;

fn charts(points: &[crate::study::points::Point]) -> Vec<Chart> {
    let measured: Vec<_> = points.iter().map(Measured::of).collect();
    curves(&measured, None).expect("a sweep").charts
}

#[test]
fn sweep_shows_what_is_expected_first() {
    let charts = charts(&sample::sweep(4).points);
    let names: Vec<_> = charts[0].series.iter().map(|series| series.name.as_str()).collect();
    assert_eq!(charts[0].title, "Encounters: recorded share");
    assert_eq!(names, ["measured", "expected"]);
    assert!(charts[0].about.contains("points"), "{}", charts[0].about);
    let places: Vec<_> = charts[0].series[1].points.iter().map(|point| point.x).collect();
    assert_eq!(places, [0.2, 0.4, 0.6, 0.8, 1.0]);
    assert_eq!(charts[1].title, "Tracing: recall");
}

#[test]
fn figure_that_never_changes_is_not_shown() {
    let charts = charts(&sample::sweep(4).points);
    assert!(charts.iter().all(|chart| chart.title != "Tracing: index cases"));
}

#[test]
fn what_matters_most_is_shown_though_few_runs_do_not_tell_it_from_chance() {
    let mut points = sample::sweep(2).points;
    points.truncate(2);
    for point in &mut points {
        point.expected.clear();
        // So far apart that no interval of two runs is narrow.
        point.outcomes[0].encounters.recorded = 1;
    }
    let charts = charts(&points);
    assert_eq!(charts[0].title, "Encounters: recorded share");
    let recorded = &charts[0].series[0].points[0];
    assert!(recorded.interval.is_some_and(|(low, _)| low < 0.0), "{recorded:?}");
    assert_eq!(charts[0].y.ticks[0].0, 0.0, "no share is below none");
}

#[test]
fn two_keys_make_a_curve_for_each_value_of_the_second() {
    let charts = charts(&sample::sweep_of_two(2).points);
    let measured = charts[0].series.iter().filter(|series| series.form == Form::Marks);
    let names: Vec<_> = measured.map(|series| series.name.as_str()).collect();
    assert_eq!(names, ["phones.when_expired = silent", "phones.when_expired = keep"]);
    assert!(charts[0].series.iter().all(|series| series.points.len() == 5));
}

#[test]
fn curves_that_lie_on_each_other_are_one_with_both_names() {
    let mut points = sample::sweep_of_two(2).points;
    let (silent, keep) = points.split_at_mut(5);
    for (silent, keep) in silent.iter_mut().zip(keep) {
        keep.outcomes.clone_from(&silent.outcomes);
        silent.expected.clear();
        keep.expected.clear();
    }
    let charts = charts(&points);
    let names = charts[0].series.iter().map(|series| series.name.as_str());
    let both = "phones.when_expired = silent and phones.when_expired = keep";
    assert_eq!(names.collect::<Vec<_>>(), [both]);
    let same = " phones.when_expired = keep is the same as phones.when_expired = silent.";
    assert!(charts[0].about.ends_with(same), "{}", charts[0].about);
}

#[test]
fn figures_that_are_asked_for_come_first_though_they_never_change() {
    let points = sample::sweep(4).points;
    let measured: Vec<_> = points.iter().map(Measured::of).collect();
    let asked = "tracing.index_cases,tracing.recall".parse().expect("figures");
    let curves = curves(&measured, Some(&asked)).expect("a sweep");
    let titles: Vec<_> = curves.charts.iter().map(|chart| chart.title.as_str()).collect();
    assert_eq!(titles, ["Tracing: index cases", "Tracing: recall"]);
    assert_eq!(curves.more[0].title, "Encounters: recorded share");
    let nothing = "linkability.linked_share".parse().expect("a figure");
    let curves = super::curves(&measured, Some(&nothing)).expect("a sweep");
    assert!(curves.charts.is_empty());
    let said = curves.left_out.expect("a remark");
    assert!(said.contains("linkability.linked_share, which no run has"), "{said}");
}

#[test]
fn single_point_is_no_sweep() {
    let study = sample::single(2);
    let measured: Vec<_> = study.points.iter().map(Measured::of).collect();
    assert!(curves(&measured, None).is_none());
    assert!(curves(&[], None).is_none());
}
