//! Charts in a file of their own.

use maud::{Markup, PreEscaped, html};

use super::frame::Size;
use super::{Chart, STYLE, Series};
use crate::text_width::cut;

const WIDTH: f64 = 960.0;

/// The height of the title.
const TITLE_HEIGHT: f64 = 40.0;

/// Columns of the title for which there is room.
const MOST_TITLE_COLUMNS: usize = 100;

/// The height of a chart with its heading.
const CHART_HEIGHT: f64 = 340.0;

/// The height of the heading of a chart, which its legend shares.
const HEADING_HEIGHT: f64 = 34.0;

/// The distance from the edges.
const MARGIN: f64 = 24.0;

/// The width of the sample of a series in a legend.
const SAMPLE_WIDTH: f64 = 24.0;

/// The width of a character of a legend, about.
const CHARACTER_WIDTH: f64 = 6.8;

/// Draws charts below each other under a common title, as an SVG document that needs nothing else.
pub fn sheet(title: &str, charts: &[Chart]) -> String {
    let height = TITLE_HEIGHT + CHART_HEIGHT * charts.len() as f64;
    let size = Size { width: WIDTH, height };
    let document = html! {
        svg.sheet xmlns="http://www.w3.org/2000/svg" viewBox=(size.view_box()) width=(WIDTH)
            height=(height) role="img" {
            title { (title) }
            desc { @for chart in charts { (chart.describe()) " " } }
            style { (PreEscaped(STYLE)) }
            rect.paper width=(WIDTH) height=(height) {}
            text.title x=(MARGIN) y="28" { (cut(title, MOST_TITLE_COLUMNS)) }
            @for (number, chart) in charts.iter().enumerate() {
                (place(chart, TITLE_HEIGHT + CHART_HEIGHT * number as f64))
            }
        }
    };
    document.into_string() + "\n"
}

/// Draws a chart with its heading, `top` below the upper edge.
fn place(chart: &Chart, top: f64) -> Markup {
    let width = WIDTH - 2.0 * MARGIN;
    let size = Size { width, height: CHART_HEIGHT - HEADING_HEIGHT - MARGIN / 2.0 };
    html! {
        g transform=(format!("translate({MARGIN} {top})")) {
            text.heading y="20" { (chart.title) }
            (legend(&chart.series, width))
            svg y=(HEADING_HEIGHT) width=(size.width) height=(size.height)
                viewBox=(size.view_box()) { (chart.shapes(size)) }
        }
    }
}

/// Draws a legend that ends at `right`; none for a single series.
fn legend(series: &[Series], right: f64) -> Markup {
    let room =
        |series: &Series| SAMPLE_WIDTH + CHARACTER_WIDTH * (series.name.chars().count() + 4) as f64;
    let start = right - series.iter().map(room).sum::<f64>();
    let places = series.iter().scan(start, |next, series| {
        let x = *next;
        *next += room(series);
        Some((x, series))
    });
    html! {
        @if series.len() > 1 {
            @for (x, series) in places {
                g class=(series.class()) transform=(format!("translate({x:.1} 9)")) {
                    (series.sample())
                }
                text x=(format!("{:.1}", x + SAMPLE_WIDTH + CHARACTER_WIDTH)) y="20" {
                    (series.name)
                }
            }
        }
    }
}
