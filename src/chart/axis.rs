//! The axes of charts: the place of each value, and the ticks with their texts.

/// An axis of a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// Quantity of the axis, with its unit.
    pub label: String,
    /// Ticks: values and their texts.
    pub ticks: Vec<(f64, String)>,
    scale: Scale,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Scale {
    Linear {
        low: f64,
        high: f64,
    },
    /// A logarithmic scale.
    Logarithmic {
        low: f64,
        high: f64,
    },
    /// Categories at 0, 1, 2 and so on.
    Categories {
        count: usize,
    },
}

impl Axis {
    /// A linear axis from `low` to `high`, extended to the next tick at both ends.
    pub fn rounded(label: impl Into<String>, low: f64, high: f64) -> Self {
        let (low, high) = not_empty(low, high);
        Self::in_steps(label, low, high, step(high - low, 6.0))
    }

    /// An axis of counts from zero to `high`, extended to the next tick. Ticks are whole numbers.
    pub fn counts(label: impl Into<String>, high: f64) -> Self {
        let (low, high) = not_empty(0.0, high);
        Self::in_steps(label, low, high, step(high, 6.0).max(1.0))
    }

    fn in_steps(label: impl Into<String>, low: f64, high: f64, step: f64) -> Self {
        let (low, high) = ((low / step).floor() * step, (high / step).ceil() * step);
        Self {
            label: label.into(),
            ticks: ticks(low, high, step),
            scale: Scale::Linear { low, high },
        }
    }

    /// A linear axis that ends exactly at `low` and `high`.
    pub fn tight(label: impl Into<String>, low: f64, high: f64) -> Self {
        let (low, high) = not_empty(low, high);
        let ticks = ticks(low, high, step(high - low, 6.0));
        Self { label: label.into(), ticks, scale: Scale::Linear { low, high } }
    }

    /// An axis of time from `low` to `high`, in seconds. `since` names the origin: "from the start
    /// of the run".
    pub fn time(since: &str, low: f64, high: f64) -> Self {
        let (low, high) = not_empty(low, high);
        let (unit, seconds) = match high - low {
            span if span >= 3.0 * 86_400.0 => ("days", 86_400.0),
            span if span >= 3.0 * 3600.0 => ("hours", 3600.0),
            span if span >= 3.0 * 60.0 => ("minutes", 60.0),
            _ => ("seconds", 1.0),
        };
        let span = (high - low) / seconds;
        let step = match unit {
            "hours" => [1.0, 2.0, 3.0, 6.0, 12.0, 24.0].into_iter().find(|step| span / step <= 7.0),
            "days" => [1.0, 2.0, 7.0, 14.0].into_iter().find(|step| span / step <= 7.0),
            _ => None,
        };
        let step = step.unwrap_or_else(|| self::step(span, 6.0));
        let mut ticks = ticks(low / seconds, high / seconds, step);
        ticks.iter_mut().for_each(|(at, _)| *at *= seconds);
        let label = format!("{unit} {since}").trim_end().to_owned();
        Self { label, ticks, scale: Scale::Linear { low, high } }
    }

    /// A logarithmic axis from the power of ten below `low` to the one above `high`. Both are above
    /// zero.
    pub fn logarithmic(label: impl Into<String>, low: f64, high: f64) -> Self {
        let (first, last) = (libm::floor(libm::log10(low)), libm::ceil(libm::log10(high)));
        let every = ((last - first) / 6.0).ceil().max(1.0) as usize;
        let power = |power: i32| libm::pow(10.0, f64::from(power));
        let (first, last) = (first as i32, last as i32);
        let ticks = (first..=last)
            .step_by(every)
            .map(|exponent| {
                (power(exponent), tick_text(power(exponent), power(exponent), power(exponent)))
            })
            .collect();
        let scale = Scale::Logarithmic { low: power(first), high: power(last) };
        Self { label: label.into(), ticks, scale }
    }

    /// A logarithmic axis whose ends and ticks are 1, 2 or 5 times a power of ten; only powers of
    /// ten if there would be too many ticks. `low` and `high` are above zero.
    pub fn logarithmic_in_steps(label: impl Into<String>, low: f64, high: f64) -> Self {
        const MOST_TICKS: usize = 9;
        let first = libm::floor(libm::log10(low)) as i32;
        let power = |exponent: i32| libm::pow(10.0, f64::from(exponent));
        let steps =
            (first..).flat_map(|exponent| [1.0, 2.0, 5.0].map(|step| step * power(exponent)));
        let mut values: Vec<f64> = Vec::new();
        for value in steps {
            if value <= low {
                values.clear();
            }
            values.push(value);
            if value > high || values.len() > MOST_TICKS {
                break;
            }
        }
        let ([low_end, .., high_end], true) = (&values[..], values.len() <= MOST_TICKS) else {
            return Self::logarithmic(label, low, high);
        };
        let scale = Scale::Logarithmic { low: *low_end, high: *high_end };
        let tick = |value: &f64| (*value, tick_text(*value, *value, *value));
        Self { label: label.into(), ticks: values.iter().map(tick).collect(), scale }
    }

    /// Replaces the ticks: at each of these values, the text that `text` returns.
    pub fn with_ticks(
        mut self,
        values: impl IntoIterator<Item = f64>,
        text: impl Fn(f64) -> String,
    ) -> Self {
        self.ticks = values.into_iter().map(|value| (value, text(value))).collect();
        self
    }

    /// An axis with a place for each name.
    pub fn categories(label: impl Into<String>, names: &[String]) -> Self {
        let every = names.len().div_ceil(12).max(1);
        let name = |(at, name): (usize, &String)| (at as f64, name.clone());
        let ticks = names.iter().enumerate().step_by(every).map(name).collect();
        Self { label: label.into(), ticks, scale: Scale::Categories { count: names.len() } }
    }

    /// Place of `value`, from 0 at the beginning to 1 at the end. A value beyond an end is placed
    /// at that end.
    pub fn place(&self, value: f64) -> f64 {
        let place = match self.scale {
            Scale::Linear { low, high } => (value - low) / (high - low),
            Scale::Logarithmic { low, high } => {
                let (low, high) = not_empty(libm::log10(low), libm::log10(high));
                (libm::log10(value) - low) / (high - low)
            }
            Scale::Categories { count } => (value + 0.5) / count as f64,
        };
        place.clamp(0.0, 1.0)
    }

    /// Whether a line between neighbouring values is meaningful.
    pub fn is_continuous(&self) -> bool {
        match self.scale {
            Scale::Linear { .. } | Scale::Logarithmic { .. } => true,
            Scale::Categories { .. } => false,
        }
    }

    /// Maximum number of characters of a tick on an axis of this width.
    pub fn tick_room(&self, width: f64) -> usize {
        const CHARACTER_WIDTH: f64 = 7.0;
        (width / self.ticks.len().max(1) as f64 / CHARACTER_WIDTH) as usize
    }
}

/// The range, widened if it is empty.
fn not_empty(low: f64, high: f64) -> (f64, f64) {
    if high > low { (low, high) } else { (low, low + 1.0) }
}

/// Distance of ticks: 1, 2 or 5 times a power of ten that fits about `most` times into `span`.
fn step(span: f64, most: f64) -> f64 {
    let rough = span / most;
    let power = libm::pow(10.0, libm::floor(libm::log10(rough)));
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * power >= rough * 0.999);
    factor.unwrap_or(10.0) * power
}

fn ticks(low: f64, high: f64, step: f64) -> Vec<(f64, String)> {
    // A little more, as what is left of a division must not cost the last tick.
    let (first, last) = ((low / step - 1e-6).ceil() as i64, (high / step + 1e-6).floor() as i64);
    let tick = |number: i64| {
        let value = number as f64 * step;
        (value, tick_text(value, step, high.abs().max(low.abs())))
    };
    (first..=last).map(tick).collect()
}

/// Formats `value` with as many decimals as `step` needs, in thousands or millions on a long axis.
fn tick_text(value: f64, step: f64, most: f64) -> String {
    let (divisor, unit) = match most {
        most if most >= 1e9 => (1e9, "\u{a0}G"),
        most if most >= 1e6 => (1e6, "\u{a0}M"),
        most if most >= 1e4 => (1e3, "\u{a0}k"),
        _ => (1.0, ""),
    };
    if value == 0.0 {
        return "0".to_owned();
    }
    let decimals = (-libm::floor(libm::log10(step / divisor) + 1e-9)).clamp(0.0, 9.0) as usize;
    format!("{:.decimals$}{unit}", value / divisor)
}

#[cfg(test)]
mod tests;
