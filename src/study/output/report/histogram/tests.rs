use super::*;

#[test]
fn each_time_is_in_its_bar() {
    let chart = histogram("", "", "", "", vec![0.0, 899.9, 900.0, 21_600.0]);
    let bars: Vec<_> = chart.series[0].points.iter().map(|bar| (bar.x, bar.y)).collect();
    assert_eq!(bars.len(), 25);
    assert_eq!(bars[..2], [(0.0, 2.0), (900.0, 1.0)]);
    assert_eq!(bars[24], (21_600.0, 1.0));
}

#[test]
fn no_time_gives_a_chart_without_bars() {
    let chart = histogram("", "", "", "", Vec::new());
    assert!(chart.series[0].points.iter().all(|bar| bar.y == 0.0));
}
