//! Charts as SVG, in the cards of an HTML page or in a file of their own.
//!
//! [`STYLE`] gives the shapes their colours, for light and for dark screens. A chart on a page is
//! narrow, so that its text can be read on a phone as well.

mod axis;
mod frame;
mod marks;
mod sheet;

use maud::{Markup, html};

pub use self::axis::Axis;
use self::frame::{Frame, Size};
pub use self::marks::{Mark, legend_entry};
pub use self::sheet::sheet;
use crate::numbers::Unit;

/// The style of all charts, as CSS.
pub const STYLE: &str = include_str!("style.css");

/// The size of a chart on a page.
const ON_PAGE: Size = Size { width: 360.0, height: 230.0 };

/// A chart with its texts.
#[derive(Debug)]
pub struct Chart {
    /// Title.
    pub title: String,
    /// Description in a sentence or two.
    pub about: String,
    /// Horizontal axis.
    pub x: Axis,
    /// Vertical axis.
    pub y: Axis,
    /// Series, in the order in which they are drawn.
    pub series: Vec<Series>,
    /// Shaded stretches of the horizontal axis.
    pub shades: Vec<Shade>,
}

/// A series of values.
#[derive(Debug)]
pub struct Series {
    /// Name in the legend.
    pub name: String,
    /// Number of its colour and mark.
    pub look: usize,
    /// Form in which it is drawn.
    pub form: Form,
    /// Points from left to right.
    pub points: Vec<Point>,
}

/// Form of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Form {
    /// A line.
    Line,
    /// Steps of this width, with the area below them filled.
    Area(f64),
    /// Steps of this width.
    Steps(f64),
    /// Marks, with lines between them unless the axis has categories.
    Marks,
    /// Expected values: a dashed line and rings.
    Theory,
    /// Bars of this width, which begin at their value.
    Bars(f64),
    /// Marks without lines between them.
    Dots,
    /// A broad pale line, which is visible on both sides of another one.
    Halo,
}

/// A value of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Place on the horizontal axis.
    pub x: f64,
    /// Value on the vertical axis.
    pub y: f64,
    /// Ends of the confidence interval, if there is one.
    pub interval: Option<(f64, f64)>,
}

/// A stretch of the horizontal axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Shade {
    /// Begin.
    pub from: f64,
    /// End.
    pub until: f64,
    /// Meaning of the stretch.
    pub name: &'static str,
}

impl Chart {
    /// Draws the chart with its title and legend.
    pub fn render(&self) -> Markup {
        html! {
            figure.card.chart {
                figcaption {
                    h3 { (self.title) }
                    p { (self.about) }
                }
                (self.legend())
                (self.picture())
            }
        }
    }

    fn legend(&self) -> Markup {
        let mut shades: Vec<_> = self.shades.iter().map(|shade| shade.name).collect();
        shades.dedup();
        html! {
            @if self.series.len() > 1 || !shades.is_empty() {
                ul.legend {
                    @for series in &self.series {
                        (legend_entry(&series.class(), &series.sample(), &series.name))
                    }
                    @for name in shades {
                        (legend_entry("shades", &html! { rect width="24" height="14" {} }, name))
                    }
                }
            }
        }
    }

    fn picture(&self) -> Markup {
        html! {
            svg viewBox=(ON_PAGE.view_box()) role="img" {
                title { (self.title) }
                desc { (self.describe()) }
                (self.shapes(ON_PAGE))
            }
        }
    }

    /// Draws the axes and the series.
    fn shapes(&self, size: Size) -> Markup {
        let frame = Frame::of(self, size);
        html! {
            g.shades { @for shade in &self.shades { (frame.shade(shade)) } }
            g.grid { (frame.grid()) }
            @for series in &self.series {
                g class=(series.class()) { (frame.series(series)) }
            }
            (frame.labels())
        }
    }

    /// Description of the picture for screen readers.
    fn describe(&self) -> String {
        let mut text = format!("{} {}, by {}.", self.about, self.y.label, self.x.label);
        for series in &self.series {
            let values = || series.points.iter().map(|point| point.y);
            let least = values().fold(f64::INFINITY, f64::min);
            let most = values().fold(f64::NEG_INFINITY, f64::max);
            if least <= most {
                let (least, most) = (Unit::Number.value(least), Unit::Number.value(most));
                text += &format!(" {}: from {least} to {most}.", series.name);
            }
        }
        text
    }
}

impl Series {
    /// The highest drawn value of each point.
    pub fn tops(&self) -> impl Iterator<Item = f64> {
        self.points.iter().map(|point| match self.form {
            Form::Line | Form::Marks => {
                point.interval.map_or(point.y, |(_, high)| high.max(point.y))
            }
            Form::Area(_)
            | Form::Steps(_)
            | Form::Theory
            | Form::Bars(_)
            | Form::Dots
            | Form::Halo => point.y,
        })
    }

    fn class(&self) -> String {
        match self.form {
            Form::Theory => format!("theory look{}", self.look),
            Form::Line
            | Form::Area(_)
            | Form::Steps(_)
            | Form::Marks
            | Form::Bars(_)
            | Form::Dots
            | Form::Halo => format!("look{}", self.look),
        }
    }

    /// Sample of the series in the legend.
    fn sample(&self) -> Markup {
        let line = html! { path class="line" d="M0 7H24" {} };
        let middle = (12.0, 7.0);
        match self.form {
            Form::Line | Form::Steps(_) => line,
            Form::Area(_) => html! { path class="area" d="M0 7H24V14H0Z" {} (line) },
            Form::Marks => html! { (line) (Mark::of_series(self.look).draw(middle, 4.0, "")) },
            Form::Theory => html! { (line) (Mark::Ring.draw(middle, 4.0, "")) },
            Form::Bars(_) => html! { rect class="bar" x="3" y="1" width="18" height="13" {} },
            Form::Dots => Mark::of_series(self.look).draw(middle, 4.0, ""),
            Form::Halo => html! { path class="line halo" d="M0 7H24" {} },
        }
    }
}

#[cfg(test)]
mod tests;
