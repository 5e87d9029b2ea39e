//! Marks: small shapes that differ without their colours.

use maud::{Markup, html};

/// Shape of a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A disc.
    Circle,
    /// A circle.
    Ring,
    /// A square.
    Square,
    /// A triangle.
    Triangle,
    /// A diamond: a square on its corner.
    Diamond,
    /// Two crossed lines.
    Cross,
    /// A star of five points.
    Star,
}

impl Mark {
    /// Mark of a series of a chart, by its number.
    pub fn of_series(number: usize) -> Self {
        const MARKS: [Mark; 5] =
            [Mark::Circle, Mark::Square, Mark::Triangle, Mark::Diamond, Mark::Cross];
        MARKS[number % MARKS.len()]
    }

    /// Draws the mark around a point, about `2 * size` wide, with a tooltip.
    pub fn draw(self, (x, y): (f64, f64), size: f64, told: &str) -> Markup {
        let class = match self {
            Self::Circle | Self::Square | Self::Triangle | Self::Diamond | Self::Star => "full",
            Self::Ring | Self::Cross => "open",
        };
        html! {
            path class=(class) d=(self.path(x, y, size)) {
                @if !told.is_empty() { title { (told) } }
            }
        }
    }

    fn path(self, x: f64, y: f64, size: f64) -> String {
        let polygon = |corners: &[(f64, f64)]| {
            let mut path = String::new();
            for (at, (right, down)) in corners.iter().enumerate() {
                let letter = if at == 0 { 'M' } else { 'L' };
                path += &format!("{letter}{:.1} {:.1}", x + right * size, y + down * size);
            }
            path + "Z"
        };
        match self {
            Self::Circle | Self::Ring => {
                let width = 2.0 * size;
                format!(
                    "M{:.1} {y:.1}a{size:.1} {size:.1} 0 1 0 {width:.1} 0\
                     a{size:.1} {size:.1} 0 1 0 -{width:.1} 0Z",
                    x - size
                )
            }
            Self::Square => polygon(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]),
            Self::Triangle => polygon(&[(0.0, -1.2), (1.15, 0.85), (-1.15, 0.85)]),
            Self::Diamond => polygon(&[(0.0, -1.3), (1.3, 0.0), (0.0, 1.3), (-1.3, 0.0)]),
            Self::Cross => format!(
                "M{:.1} {:.1}L{:.1} {:.1}M{:.1} {:.1}L{:.1} {:.1}",
                x - size,
                y - size,
                x + size,
                y + size,
                x - size,
                y + size,
                x + size,
                y - size
            ),
            Self::Star => polygon(&[
                (0.0, -1.5),
                (0.4, -0.45),
                (1.5, -0.4),
                (0.6, 0.3),
                (0.9, 1.3),
                (0.0, 0.7),
                (-0.9, 1.3),
                (-0.6, 0.3),
                (-1.5, -0.4),
                (-0.4, -0.45),
            ]),
        }
    }
}

/// An entry of a legend: a sample and its meaning.
pub fn legend_entry(class: &str, sample: &Markup, text: &str) -> Markup {
    html! {
        li {
            svg class=(class) viewBox="0 0 24 14" width="24" height="14" aria-hidden="true" { (sample) }
            span { (text) }
        }
    }
}
