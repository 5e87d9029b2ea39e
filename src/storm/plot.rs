//! The picture of a storm: latency over time, and the distribution of latencies.

use super::report::in_unit;
use super::tally::{Bucket, Latencies, Series as Buckets, Tally};
use crate::chart::{self, Axis, Chart, Form, Point, Series};

/// The lines over time: name, quantile, look and form, each drawn over the ones before. Where few
/// sessions end at a time p99 is their maximum, and of a single one p50 as well: a solid line upon
/// a broad one, and a dotted line upon a solid one, leave the other in sight.
const QUANTILES: [(&str, f64, usize, Form); 3] =
    [("max", 1.0, 1, Form::Halo), ("p99", 0.99, 0, Form::Line), ("p50", 0.5, 2, Form::Line)];

/// The look of failures.
const FAILURE_LOOK: usize = 6;

/// Points of the curve of the distribution.
const CURVE_POINTS: u32 = 200;

/// Draws the latencies of the sessions as SVG.
pub(super) fn draw(tally: &Tally, title: &str) -> String {
    if tally.sessions.is_empty() {
        return chart::sheet(&format!("{title}: no session of a timed script was done"), &[]);
    }
    chart::sheet(title, &[over_time(tally), distribution(&tally.sessions)])
}

fn over_time(tally: &Tally) -> Chart {
    let buckets = &tally.series;
    let end = buckets.width().as_secs_f64() * buckets.buckets().len() as f64;
    let mut series = Vec::from(QUANTILES.map(|(name, quantile, look, form)| {
        let latency = |bucket: &Bucket| {
            let latencies = &bucket.latencies;
            (!latencies.is_empty()).then(|| latencies.value_at_quantile(quantile).max(1) as f64)
        };
        let points = points(buckets, latency);
        Series { name: name.to_owned(), look, form, points }
    }));
    let y = latency_axis(&tally.sessions);
    let floor = y.ticks.first().map_or(1.0, |(value, _)| *value);
    let failures = points(buckets, |bucket| (bucket.failed > 0).then_some(floor));
    if !failures.is_empty() {
        let name = "sessions failed".to_owned();
        series.push(Series { name, look: FAILURE_LOOK, form: Form::Dots, points: failures });
    }
    Chart {
        title: "Latency of a session over time".to_owned(),
        about: String::new(),
        x: Axis::time("since the storm began", 0.0, end),
        y,
        series,
        shades: Vec::new(),
    }
}

/// One point for each bucket that has a value.
fn points(series: &Buckets, value: impl Fn(&Bucket) -> Option<f64>) -> Vec<Point> {
    let buckets = series.buckets().iter().enumerate();
    let point = |(index, bucket)| {
        Some(Point { x: series.middle(index), y: value(bucket)?, interval: None })
    };
    buckets.filter_map(point).collect()
}

/// The latency at each percentile. The axis counts nines, so that a tail of one in ten thousand is
/// as wide as the middle.
fn distribution(latencies: &Latencies) -> Chart {
    let nines = (latencies.len() as f64).log10().max(1.0);
    let point = |number: u32| {
        let x = nines * f64::from(number) / f64::from(CURVE_POINTS);
        let quantile = 1.0 - 10.0_f64.powf(-x);
        let y = latencies.value_at_quantile(quantile).max(1) as f64;
        Point { x, y, interval: None }
    };
    let ticks = (0..=nines.floor() as u32).map(f64::from);
    Chart {
        title: "Distribution of the latencies of all sessions".to_owned(),
        about: String::new(),
        x: Axis::tight("percentile", 0.0, nines).with_ticks(ticks, percentile),
        y: latency_axis(latencies),
        series: vec![Series {
            name: "latency".to_owned(),
            look: 0,
            form: Form::Line,
            points: (0..=CURVE_POINTS).map(point).collect(),
        }],
        shades: Vec::new(),
    }
}

/// The percentile for a number of nines: 90 for one, 99 for two.
fn percentile(nines: f64) -> String {
    let share = 100.0 * (1.0 - 10.0_f64.powf(-nines));
    let digits = (nines.ceil() as usize).saturating_sub(2);
    format!("{share:.digits$}")
}

fn latency_axis(latencies: &Latencies) -> Axis {
    let (least, most) = (latencies.min().max(1) as f64, latencies.max().max(1) as f64);
    let axis = Axis::logarithmic_in_steps("", least, most);
    let values: Vec<_> = axis.ticks.iter().map(|(value, _)| *value).collect();
    axis.with_ticks(values, |latency| in_unit(latency.round() as u64))
}

#[cfg(test)]
mod tests;
