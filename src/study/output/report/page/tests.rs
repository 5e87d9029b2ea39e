use super::super::super::sample;
use super::*;
use crate::town::scenario::{Replay, Seconds, Spell};

fn page(study: &Study) -> String {
    render(study).into_string().replace('\u{a0}', " ")
}

#[test]
fn first_point_is_drawn_with_its_own_settings() {
    let mut study = sample::sweep(1);
    study.records.as_mut().expect("records").positions = sample::plane_positions();
    let scenario = &mut study.points[0].scenario;
    scenario.meetings.plane.width = 1000.0.try_into().expect("an amount");
    scenario.adversary.replay = vec![Replay::default()];
    let (from, duration) = (Seconds::new(90_000), Seconds::new(14_400));
    scenario.server.outage = vec![Spell { from, duration }];
    let page = page(&study);
    for text in ["in 1000 m by 200 m", "What they achieved", "server without power"] {
        assert!(page.contains(text), "{text}");
    }
}

#[test]
fn what_a_sweep_changes_is_told_as_a_range() {
    let mut study = sample::sweep(1);
    for (point, hours) in study.points.iter_mut().zip(1..) {
        point.scenario.duration = Seconds::new(3600 * hours);
        point.scenario.seed = hours;
    }
    let page = page(&study);
    assert!(page.contains("<li>1 h – 5 h of random mixing</li>"), "{page}");
    assert!(!page.contains("<li>seed"), "no seed is that of all points");
}

#[test]
fn each_chart_of_one_point_of_a_sweep_says_which() {
    let page = page(&sample::sweep(1));
    let over_time = page.split("<h2>Over time</h2>").nth(1).expect("the charts");
    let over_time = over_time.split("<h2>").next().expect("a part");
    let which = "At the first point: people.app_share = 0.2.</p>";
    assert_eq!(over_time.matches(which).count(), over_time.matches("<figure").count());
}
