//! Charts as SVG. They are narrow, so that what is written in them can be read on a phone as well: a
//! page has many of them side by side.

use maud::{Markup, html};

use super::axis::Axis;
use super::frame::Frame;
use super::marks::{Mark, legend_entry};
use crate::study::numbers::Unit;

/// A chart with what is said about it.
#[derive(Debug)]
pub(super) struct Chart {
    /// What it shows.
    pub(super) title: String,
    /// The same in a sentence or two.
    pub(super) about: String,
    /// From left to right.
    pub(super) x: Axis,
    /// From bottom to top.
    pub(super) y: Axis,
    /// Drawn in this order.
    pub(super) series: Vec<Series>,
    /// Stretches of the horizontal axis at which something was different, and what.
    pub(super) shades: Vec<Shade>,
}

/// Values that belong together.
#[derive(Debug)]
pub(super) struct Series {
    /// What is said in the legend.
    pub(super) name: String,
    /// Its colour and mark.
    pub(super) look: usize,
    /// How it is drawn.
    pub(super) form: Form,
    /// From left to right.
    pub(super) points: Vec<Point>,
}

/// How a series is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Form {
    /// A line.
    Line,
    /// Steps, each so wide, with what is below them filled.
    Area(f64),
    /// Steps, each so wide.
    Steps(f64),
    /// Marks, with lines between them if the axis goes from value to value.
    Marks,
    /// What theory says: a dashed line and rings.
    Theory,
    /// Bars, each so wide, from their value to the right.
    Bars(f64),
}

/// One value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    /// Where.
    pub(super) x: f64,
    /// What.
    pub(super) y: f64,
    /// How sure that is.
    pub(super) interval: Option<(f64, f64)>,
}

/// A stretch of the horizontal axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shade {
    /// Where it begins.
    pub(super) from: f64,
    /// Where it ends.
    pub(super) until: f64,
    /// What is different in it.
    pub(super) name: &'static str,
}

impl Chart {
    /// The chart with its title and legend.
    pub(super) fn render(&self) -> Markup {
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
        let frame = Frame::of(self);
        html! {
            svg viewBox=(Frame::VIEW_BOX) role="img" {
                title { (self.title) }
                desc { (self.describe()) }
                g.shades { @for shade in &self.shades { (frame.shade(shade)) } }
                g.grid { (frame.grid()) }
                @for series in &self.series {
                    g class=(series.class()) { (frame.series(series)) }
                }
                (frame.labels())
            }
        }
    }

    /// For those who do not see it.
    fn describe(&self) -> String {
        let mut text = format!("{} {}, by {}.", self.about, self.y.label, self.x.label);
        for series in &self.series {
            let values = || series.points.iter().map(|point| point.y);
            let least = values().fold(f64::INFINITY, f64::min);
            let most = values().fold(f64::NEG_INFINITY, f64::max);
            if least <= most {
                let (least, most) = (Unit::Plain.value(least), Unit::Plain.value(most));
                text += &format!(" {}: from {least} to {most}.", series.name);
            }
        }
        text
    }
}

impl Series {
    /// The highest that is drawn of each value.
    pub(super) fn tops(&self) -> impl Iterator<Item = f64> {
        self.points.iter().map(|point| match self.form {
            Form::Line | Form::Marks => {
                point.interval.map_or(point.y, |(_, high)| high.max(point.y))
            }
            Form::Area(_) | Form::Steps(_) | Form::Theory | Form::Bars(_) => point.y,
        })
    }

    fn class(&self) -> String {
        match self.form {
            Form::Theory => format!("theory look{}", self.look),
            Form::Line | Form::Area(_) | Form::Steps(_) | Form::Marks | Form::Bars(_) => {
                format!("look{}", self.look)
            }
        }
    }

    /// What stands for it in the legend.
    fn sample(&self) -> Markup {
        let line = html! { path class="line" d="M0 7H24" {} };
        let middle = (12.0, 7.0);
        match self.form {
            Form::Line | Form::Steps(_) => line,
            Form::Area(_) => html! { path class="area" d="M0 7H24V14H0Z" {} (line) },
            Form::Marks => html! { (line) (Mark::of_series(self.look).draw(middle, 4.0, "")) },
            Form::Theory => html! { (line) (Mark::Ring.draw(middle, 4.0, "")) },
            Form::Bars(_) => html! { rect class="bar" x="3" y="1" width="18" height="13" {} },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(form: Form, points: &[(f64, f64)]) -> Chart {
        let point =
            |(x, y): &(f64, f64)| Point { x: *x, y: *y, interval: Some((y - 1.0, y + 1.0)) };
        let points = points.iter().map(point).collect();
        Chart {
            title: "A <title>".to_owned(),
            about: "About it.".to_owned(),
            x: Axis::tight("across", 0.0, 10.0),
            y: Axis::rounded("up", 0.0, 10.0),
            series: vec![Series { name: "values".to_owned(), look: 1, form, points }],
            shades: Vec::new(),
        }
    }

    #[test]
    fn every_form_draws_its_points() {
        let points = [(0.0, 1.0), (5.0, 9.0), (10.0, 4.0)];
        let drawn = |form| chart(form, &points).render().into_string();
        assert_eq!(drawn(Form::Line).matches("class=\"band\"").count(), 1);
        assert_eq!(drawn(Form::Steps(5.0)).matches("class=\"line\"").count(), 1);
        assert_eq!(drawn(Form::Area(5.0)).matches("class=\"area\"").count(), 1);
        assert_eq!(drawn(Form::Marks).matches("class=\"full\"").count(), 3);
        assert_eq!(drawn(Form::Marks).matches("class=\"whisker\"").count(), 3);
        assert_eq!(drawn(Form::Theory).matches("class=\"open\"").count(), 3);
        assert_eq!(drawn(Form::Bars(5.0)).matches("class=\"bar\"").count(), 3);
    }

    #[test]
    fn chart_says_what_it_shows_to_who_does_not_see_it() {
        let drawn = chart(Form::Line, &[(0.0, 1.0), (5.0, 9.0)]).render().into_string();
        assert!(drawn.contains("<title>A &lt;title&gt;</title>"), "{drawn}");
        let told = "<desc>About it. up, by across. values: from 1 to 9.</desc>";
        assert!(drawn.contains(told), "{drawn}");
    }

    #[test]
    fn chart_without_points_is_drawn() {
        for form in [Form::Line, Form::Area(1.0), Form::Steps(1.0), Form::Marks, Form::Bars(1.0)] {
            let drawn = chart(form, &[]).render().into_string();
            assert!(!drawn.contains("NaN") && !drawn.contains("inf"), "{drawn}");
        }
    }
}
