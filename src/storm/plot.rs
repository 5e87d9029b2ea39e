//! The picture of a storm: latency over time, and how it is distributed.

use std::error::Error;

use plotters::chart::{ChartBuilder, ChartContext};
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

use super::report::in_unit;
use super::tally::{Latencies, Series, Tally};

const WIDTH: u32 = 960;
const HEIGHT: u32 = 720;

/// The font; every viewer of SVG has one of this kind.
const FONT: &str = "sans-serif";

/// The colour of the 99th percentile, which is what the distribution is about, too.
const P99_COLOR: RGBColor = RGBColor(0x1f, 0x5f, 0xbf);

/// The lines over time: what, its quantile, its colour and its width. The last is drawn over the others.
/// Where few sessions end at a time, p99 is the greatest of them: the maximum is a pale band, wide enough
/// to be seen on both sides of a line upon it.
const QUANTILES: [(&str, f64, RGBColor, u32); 3] = [
    ("max", 1.0, RGBColor(0xf2, 0xb5, 0xa7), 6),
    ("p99", 0.99, P99_COLOR, 2),
    ("p50", 0.5, RGBColor(0x1b, 0x7f, 0x4d), 2),
];

/// Points of the curve of the distribution.
const CURVE_POINTS: u32 = 200;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, LogCoord<f64>>>;
type Outcome = Result<(), Box<dyn Error>>;

/// Draws the latencies of the sessions as SVG.
///
/// # Errors
///
/// What the drawing library says; there is nothing that it needs of the system.
pub(super) fn draw(tally: &Tally, title: &str) -> Result<String, Box<dyn Error>> {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (WIDTH, HEIGHT)).into_drawing_area();
        root.fill(&WHITE)?;
        let root = root.titled(title, (FONT, 18))?;
        let (upper, lower) = root.split_vertically(HEIGHT / 2);
        if tally.sessions.is_empty() {
            let text = "no session of a timed script was done";
            let style = (FONT, 16).into_font().color(&BLACK);
            upper.draw_text(text, &style, (40, 40))?;
        } else {
            draw_over_time(tally, &upper)?;
            draw_distribution(&tally.sessions, &lower)?;
        }
        root.present()?;
    }
    Ok(svg)
}

fn draw_over_time(tally: &Tally, area: &Area<'_>) -> Outcome {
    let series = &tally.series;
    let end = series.width().as_secs_f64() * series.buckets().len() as f64;
    let mut chart = ChartBuilder::on(area)
        .caption("latency of a session over time", (FONT, 15))
        .margin(12)
        .x_label_area_size(36)
        .y_label_area_size(64)
        .build_cartesian_2d(0.0..end, latency_range(&tally.sessions).log_scale())?;
    chart
        .configure_mesh()
        .x_desc("seconds since the storm began")
        .y_label_formatter(&|latency| in_unit(*latency as u64))
        .x_label_formatter(&|second| format!("{second:.0$}", decimals(end)))
        .light_line_style(WHITE)
        .label_style((FONT, 12))
        .draw()?;
    draw_quantiles(series, &mut chart)?;
    draw_failures(series, latency_range(&tally.sessions).start, &mut chart)?;
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.3))
        .label_font((FONT, 12))
        .draw()?;
    Ok(())
}

/// With which the labels of an axis from 0 to `end` differ, of which there are some ten.
fn decimals(end: f64) -> usize {
    (1.0 - end.log10().floor()).max(1.0) as usize
}

fn draw_quantiles(series: &Series, chart: &mut Chart<'_, '_>) -> Outcome {
    for (name, quantile, color, line_width) in QUANTILES {
        let style = color.stroke_width(line_width);
        let points = series.buckets().iter().enumerate().filter_map(|(index, bucket)| {
            let latency = bucket.latencies.value_at_quantile(quantile).max(1) as f64;
            (!bucket.latencies.is_empty()).then_some((series.middle(index), latency))
        });
        chart
            .draw_series(LineSeries::new(points, style))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], style));
    }
    // A line of a single point is none.
    let mut middles =
        series.buckets().iter().enumerate().filter(|(_, it)| !it.latencies.is_empty());
    if let (Some((index, bucket)), None) = (middles.next(), middles.next()) {
        for (_, quantile, color, line_width) in QUANTILES {
            let latency = bucket.latencies.value_at_quantile(quantile).max(1) as f64;
            let point =
                Circle::new((series.middle(index), latency), line_width + 2, color.filled());
            chart.draw_series([point])?;
        }
    }
    Ok(())
}

/// Marks at `floor` when sessions failed.
fn draw_failures(series: &Series, floor: f64, chart: &mut Chart<'_, '_>) -> Outcome {
    let failed = series.buckets().iter().enumerate().filter(|(_, bucket)| bucket.failed > 0);
    let marks: Vec<_> = failed.map(|(index, _)| (series.middle(index), floor)).collect();
    if !marks.is_empty() {
        let mark = |at: &(f64, f64)| TriangleMarker::new(*at, 5, BLACK.filled());
        chart
            .draw_series(marks.iter().map(mark))?
            .label("sessions failed")
            .legend(|(x, y)| TriangleMarker::new((x + 8, y), 5, BLACK.filled()));
    }
    Ok(())
}

/// The latency at each percentile, with the high ones as wide as the low ones: a tail of one in ten
/// thousand is as easy to see as the middle.
fn draw_distribution(latencies: &Latencies, area: &Area<'_>) -> Outcome {
    let nines = (latencies.len() as f64).log10().max(1.0);
    let mut chart = ChartBuilder::on(area)
        .caption("how the latencies of all sessions are distributed", (FONT, 15))
        .margin(12)
        .x_label_area_size(36)
        .y_label_area_size(64)
        .build_cartesian_2d(0.0..nines, latency_range(latencies).log_scale())?;
    chart
        .configure_mesh()
        .x_desc("percentile")
        .y_label_formatter(&|latency| in_unit(*latency as u64))
        .x_label_formatter(&|nines| percentile(*nines))
        .x_labels(nines.ceil() as usize + 1)
        .light_line_style(WHITE)
        .label_style((FONT, 12))
        .draw()?;
    let points = (0..=CURVE_POINTS).map(|point| {
        let at = nines * f64::from(point) / f64::from(CURVE_POINTS);
        let quantile = 1.0 - 10.0_f64.powf(-at);
        (at, latencies.value_at_quantile(quantile).max(1) as f64)
    });
    chart.draw_series(LineSeries::new(points, P99_COLOR.stroke_width(2)))?;
    Ok(())
}

/// 1 is the 90th percentile, 2 the 99th, and so on.
fn percentile(nines: f64) -> String {
    let share = 100.0 * (1.0 - 10.0_f64.powf(-nines));
    let digits = (nines.ceil() as usize).saturating_sub(2);
    format!("{share:.digits$}")
}

/// From a power of ten below the least to one above the greatest.
fn latency_range(latencies: &Latencies) -> std::ops::Range<f64> {
    let power = |value: f64| 10.0_f64.powf(value);
    let (least, greatest) = (latencies.min().max(1) as f64, latencies.max().max(1) as f64);
    power(least.log10().floor())..power((greatest.log10() + 0.01).ceil())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::failure::Failure;
    use super::super::script::Script;
    use super::*;

    #[test]
    fn picture_has_both_charts_and_is_well_formed() {
        let mut tally = Tally::new();
        for number in 1..2000 {
            let (at, latency) = (Duration::from_millis(number), Duration::from_micros(number));
            tally.ended(Script::TempId, Ok(()), at, latency);
        }
        tally.ended(Script::TempId, Err(Failure::Busy), Duration::ZERO, Duration::ZERO);
        let svg = draw(&tally, "a storm").expect("drawn");
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
        for part in ["a storm", "over time", "distributed", "p50", "p99", "max", "sessions failed"]
        {
            assert!(svg.contains(part), "{part}");
        }
    }

    /// A single session is its own median and maximum, and all three lines are where it is.
    #[test]
    fn lines_in_the_same_place_are_drawn_the_widest_first() {
        let mut tally = Tally::new();
        for number in 1..9 {
            let (at, latency) = (Duration::from_millis(number * 50), Duration::from_millis(number));
            tally.ended(Script::TempId, Ok(()), at, latency);
        }
        let svg = draw(&tally, "a storm").expect("drawn");
        let at = |color: RGBColor| {
            let RGBColor(red, green, blue) = color;
            let color = format!("#{red:02X}{green:02X}{blue:02X}");
            svg.find(&color).unwrap_or_else(|| panic!("no {color} in {svg}"))
        };
        let places = QUANTILES.map(|(_, _, color, _)| at(color));
        assert!(places.is_sorted(), "{places:?}");
        assert!(QUANTILES.is_sorted_by_key(|(_, _, _, width)| std::cmp::Reverse(*width)));
    }

    #[test]
    fn short_storm_has_points_and_labels_that_differ() {
        assert_eq!([12.0, 9.9, 0.9, 0.13, 0.05].map(decimals), [1, 1, 2, 2, 3]);
        let mut tally = Tally::new();
        tally.ended(Script::TempId, Ok(()), Duration::from_millis(3), Duration::from_millis(2));
        let svg = draw(&tally, "a storm").expect("drawn");
        assert_eq!(svg.matches("<circle").count(), QUANTILES.len(), "{svg}");
    }

    #[test]
    fn storm_without_a_timed_session_has_a_picture_that_says_so() {
        let svg = draw(&Tally::new(), "a storm").expect("drawn");
        assert!(svg.contains("no session"));
    }

    #[test]
    fn percentiles_have_as_many_digits_as_they_need() {
        let labels = [0.0, 1.0, 2.0, 3.0, 4.0].map(percentile);
        assert_eq!(labels, ["0", "90", "99", "99.9", "99.99"]);
    }
}
