use super::*;
use crate::town::outcome::{PerSecond, ServerLoad};
use crate::town::scenario::Seconds;

/// A run with so many bins of ten seconds, each with one encounter more than the one before.
fn outcome(bins: u32, most_a_second: u32) -> Outcome {
    let bin = |number: u32| Bin {
        from: f64::from(number) * 10.0,
        encounters: number.into(),
        log_entries: number.into(),
        ..Bin::default()
    };
    let mut seconds = vec![1; bins as usize * 10];
    seconds[25] = most_a_second;
    Outcome {
        over_time: (0..bins).map(bin).collect(),
        server: ServerLoad { downloads_by_second: PerSecond::of(seconds), ..ServerLoad::default() },
        ..Outcome::default()
    }
}

fn values(chart: &Chart, series: usize) -> Vec<(f64, f64)> {
    chart.series[series].points.iter().map(|point| (point.x, point.y)).collect()
}

#[test]
fn each_bin_is_a_step() {
    let charts = charts(&[outcome(4, 9)], &Scenario::default());
    let real = [(0.0, 0.0), (10.0, 1.0), (20.0, 2.0), (30.0, 3.0)];
    assert_eq!(values(&charts[0], 0), real);
    assert_eq!(values(&charts[2], 0), [(0.0, 1.0), (10.0, 1.0), (20.0, 9.0), (30.0, 1.0)]);
    // Contact logs are measured at the ends of bins.
    assert_eq!(values(&charts[3], 0), real.map(|(x, y)| (x + 10.0, y)));
}

#[test]
fn runs_are_averaged() {
    let charts = charts(&[outcome(4, 9), outcome(4, 6)], &Scenario::default());
    assert_eq!(values(&charts[2], 0)[2], (20.0, 7.5));
    assert!(charts[2].about.ends_with("Mean of 2 runs."), "{}", charts[2].about);
}

#[test]
fn many_bins_are_put_together_and_none_is_lost() {
    let charts = charts(&[outcome(301, 9)], &Scenario::default());
    let steps = values(&charts[0], 0);
    assert_eq!(steps.len(), 101);
    assert_eq!(steps[1], (30.0, 12.0));
    assert_eq!(steps.iter().map(|(_, y)| y).sum::<f64>(), 45_150.0);
    assert_eq!(values(&charts[2], 0)[0], (0.0, 9.0));
    assert_eq!(values(&charts[3], 0)[0], (30.0, 2.0));
}

#[test]
fn single_bin_and_no_bin_give_no_charts() {
    let mut short = outcome(4, 9);
    for bins in [1, 0] {
        short.over_time.truncate(bins);
        assert!(charts(&[short.clone()], &Scenario::default()).is_empty());
    }
    assert!(charts(&[], &Scenario::default()).is_empty());
}

/// The shade of an outage from `from` to `until`, in seconds from the start of the run; the
/// meetings are from 100 to 140.
fn shade(from: u64, until: u64) -> Option<(f64, f64)> {
    let mut scenario = Scenario { warm_up: Seconds::new(100), ..Scenario::default() };
    let spell = Spell { from: Seconds::new(from), duration: Seconds::new(until - from) };
    scenario.server.outage = vec![spell];
    let charts = charts(&[outcome(4, 9)], &scenario);
    assert!(charts.iter().all(|chart| chart.shades == charts[0].shades));
    let shade = charts[0].shades.first()?;
    assert_eq!(shade.name, "server without power");
    Some((shade.from, shade.until))
}

#[test]
fn outages_are_shaded_from_the_beginning_of_the_meetings() {
    assert_eq!(shade(110, 115), Some((10.0, 15.0)));
    assert_eq!(shade(100, 140), Some((0.0, 40.0)));
}

#[test]
fn shades_end_where_the_axis_does() {
    assert_eq!(shade(90, 105), Some((0.0, 5.0)));
    assert_eq!(shade(130, 900), Some((30.0, 40.0)));
    assert_eq!(shade(0, 100), None);
    assert_eq!(shade(140, 150), None);
}
