//! The picture of a chart: the coordinates of values, and the shapes drawn at them.

use maud::{Markup, html};

use super::marks::Mark;
use super::{Chart, Form, Point, Series, Shade};
use crate::numbers::Unit;
use crate::text_width::cut;

const TOP: f64 = 26.0;
const BOTTOM: f64 = 38.0;
/// Distance of two lines of text.
const LINE: f64 = 14.0;
const RIGHT: f64 = 14.0;
/// Approximate width of a character.
const CHARACTER_WIDTH: f64 = 6.8;

/// The size of a picture, in units of SVG.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Size {
    /// Width.
    pub(super) width: f64,
    /// Height.
    pub(super) height: f64,
}

impl Size {
    /// The attribute `viewBox` of a picture of this size.
    pub(super) fn view_box(self) -> String {
        format!("0 0 {} {}", self.width, self.height)
    }
}

/// Layout of a picture.
pub(super) struct Frame<'a> {
    chart: &'a Chart,
    size: Size,
    left: f64,
    bottom: f64,
    /// Number of lines over which the texts below the horizontal axis are distributed in turn, so
    /// that long names have room.
    lines: usize,
}

impl<'a> Frame<'a> {
    /// The layout of a whole picture.
    pub(super) fn of(chart: &'a Chart, size: Size) -> Self {
        let longest = chart.y.ticks.iter().map(|(_, text)| text.chars().count()).max();
        let left = 12.0 + CHARACTER_WIDTH * longest.unwrap_or(0) as f64;
        let room = chart.x.tick_room(size.width - RIGHT - left);
        let is_long = chart.x.ticks.iter().any(|(_, text)| text.chars().count() > room);
        let lines = if is_long { 2 } else { 1 };
        let bottom = size.height - BOTTOM - LINE * (lines - 1) as f64;
        Self { chart, size, left, bottom, lines }
    }

    fn x(&self, value: f64) -> f64 {
        self.left + (self.size.width - RIGHT - self.left) * self.chart.x.place(value)
    }

    fn y(&self, value: f64) -> f64 {
        self.bottom - (self.bottom - TOP) * self.chart.y.place(value)
    }

    /// Draws a shaded stretch of the horizontal axis.
    pub(super) fn shade(&self, shade: &Shade) -> Markup {
        let (left, right) = (self.x(shade.from), self.x(shade.until));
        html! {
            rect x=(px(left)) y=(px(TOP)) width=(px((right - left).max(1.0)))
                height=(px(self.bottom - TOP)) { title { (shade.name) } }
        }
    }

    /// Draws the grid lines, which are behind everything else.
    pub(super) fn grid(&self) -> Markup {
        let line = |value: f64| {
            format!("M{:.1} {:.1}H{:.1}", self.left, self.y(value), self.size.width - RIGHT)
        };
        let stroke = |value: f64| format!("M{:.1} {:.1}v4", self.x(value), self.bottom);
        html! {
            @for (value, _) in &self.chart.y.ticks { path d=(line(*value)) {} }
            path.base d=(format!("M{:.1} {:.1}H{:.1}", self.left, self.bottom, self.size.width - RIGHT)) {}
            @for (value, _) in &self.chart.x.ticks { path.base d=(stroke(*value)) {} }
        }
    }

    /// Draws the texts of the axes.
    pub(super) fn labels(&self) -> Markup {
        let Chart { x, y, .. } = self.chart;
        let room = x.tick_room(self.size.width - RIGHT - self.left) * self.lines;
        let right = px(self.size.width - RIGHT);
        html! {
            @for (value, text) in &y.ticks {
                text x=(px(self.left - 6.0)) y=(px(self.y(*value) + 4.0)) text-anchor="end" {
                    (text)
                }
            }
            @for (at, (value, text)) in x.ticks.iter().enumerate() {
                @let (text, line) = (cut(text, room.max(3)), at % self.lines);
                text x=(px(self.middle_of(&text, *value))) text-anchor="middle"
                    y=(px(self.bottom + 16.0 + LINE * line as f64)) { (text) }
            }
            text.label x="0" y="12" { (y.label) }
            text.label x=(right) y=(px(self.size.height - 5.0)) text-anchor="end" { (x.label) }
        }
    }

    /// Anchor of the text of a value, which keeps the text inside the picture.
    fn middle_of(&self, text: &str, value: f64) -> f64 {
        let half = CHARACTER_WIDTH * text.chars().count() as f64 / 2.0;
        self.x(value).min(self.size.width - half).max(half)
    }

    /// Draws the values of a series.
    pub(super) fn series(&self, series: &Series) -> Markup {
        let points = &series.points;
        match series.form {
            Form::Line | Form::Halo if points.len() == 1 => self.dots(series),
            Form::Line => html! { (self.band(points)) path.line d=(self.line(points)) {} },
            Form::Steps(width) => html! { path.line d=(self.steps(points, width)) {} },
            Form::Area(width) => self.area(points, width),
            Form::Marks => self.marks(series, Mark::of_series(series.look), 3.6),
            Form::Theory => self.marks(series, Mark::Ring, 5.5),
            Form::Bars(width) => html! { @for point in points { (self.bar(*point, width)) } },
            Form::Dots => self.dots(series),
            Form::Halo => html! { path.line.halo d=(self.line(points)) {} },
        }
    }

    fn dots(&self, series: &Series) -> Markup {
        let mark = Mark::of_series(series.look);
        let draw = |point: &Point| mark.draw((self.x(point.x), self.y(point.y)), 3.6, &series.name);
        html! { @for point in &series.points { (draw(point)) } }
    }

    fn marks(&self, series: &Series, mark: Mark, size: f64) -> Markup {
        let points = &series.points;
        let is_continuous = self.chart.x.is_continuous();
        let told = |point: &Point| {
            let interval = point.interval.map_or(String::new(), |(low, high)| {
                format!(", 99 % {} to {}", Unit::Number.value(low), Unit::Number.value(high))
            });
            format!("{}: {}{interval}", series.name, Unit::Number.value(point.y))
        };
        html! {
            @if is_continuous { (self.band(points)) path.line d=(self.line(points)) {} }
            @for point in points {
                @if let Some((low, high)) = point.interval { (self.whisker(point.x, low, high)) }
                (mark.draw((self.x(point.x), self.y(point.y)), size, &told(point)))
            }
        }
    }

    fn whisker(&self, x: f64, low: f64, high: f64) -> Markup {
        let (x, low, high) = (self.x(x), self.y(low), self.y(high));
        let path = format!(
            "M{x:.1} {low:.1}V{high:.1}M{:.1} {low:.1}h6M{:.1} {high:.1}h6",
            x - 3.0,
            x - 3.0
        );
        html! { path.whisker d=(path) {} }
    }

    /// Draws the area between the ends of the confidence intervals.
    fn band(&self, points: &[Point]) -> Markup {
        let ends = |point: &Point| point.interval.map(|(low, high)| (point.x, low, high));
        let ends: Vec<_> = points.iter().filter_map(ends).collect();
        let upper = ends.iter().map(|(x, _, high)| (self.x(*x), self.y(*high)));
        let lower = ends.iter().rev().map(|(x, low, _)| (self.x(*x), self.y(*low)));
        html! { @if ends.len() > 1 { path.band d=(path(upper.chain(lower)) + "Z") {} } }
    }

    fn line(&self, points: &[Point]) -> String {
        path(points.iter().map(|point| (self.x(point.x), self.y(point.y))))
    }

    fn steps(&self, points: &[Point], width: f64) -> String {
        path(points.iter().flat_map(|point| {
            let y = self.y(point.y);
            [(self.x(point.x), y), (self.x(point.x + width), y)]
        }))
    }

    fn area(&self, points: &[Point], width: f64) -> Markup {
        let (Some(first), Some(last)) = (points.first(), points.last()) else {
            return html! {};
        };
        let steps = self.steps(points, width);
        let bottom = self.bottom;
        let (left, right) = (self.x(first.x), self.x(last.x + width));
        let area = format!("{steps}L{right:.1} {bottom:.1}L{left:.1} {bottom:.1}Z");
        html! { path.area d=(area) {} path.line d=(steps) {} }
    }

    fn bar(&self, point: Point, width: f64) -> Markup {
        let (left, right) = (self.x(point.x), self.x(point.x + width));
        let y = self.y(point.y);
        html! {
            rect.bar x=(px(left + 0.5)) y=(px(y)) width=(px((right - left - 1.0).max(0.5)))
                height=(px(self.bottom - y)) { title { (Unit::Number.value(point.y)) } }
        }
    }
}

fn path(points: impl Iterator<Item = (f64, f64)>) -> String {
    let mut path = String::new();
    for (x, y) in points {
        let letter = if path.is_empty() { 'M' } else { 'L' };
        path += &format!("{letter}{x:.1} {y:.1}");
    }
    path
}

fn px(length: f64) -> String {
    format!("{length:.1}")
}

#[cfg(test)]
mod tests;
