//! Statistics of a figure over several runs: mean, deviation, and the confidence interval of the
//! mean.

/// Degrees of freedom above which the quantile is computed from a series, which is right to nine
/// digits there, while the exact sum grows long.
const EXACT_DEGREES: u32 = 200;

/// Quantile of the standard normal distribution at 99.5 %.
const NORMAL_QUANTILE: f64 = 2.575_829_303_548_900_4;

/// Confidence level of the interval.
const CONFIDENCE: f64 = 0.99;

/// An estimate of a figure over the runs that have it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Number of runs that have the figure.
    pub count: usize,
    /// Mean over these runs.
    pub mean: f64,
    /// Standard deviation of the sample; `None` below two runs.
    pub deviation: Option<f64>,
    /// Half of the width of the 99 % confidence interval by Student's t, which assumes a normal
    /// distribution; `None` below two runs.
    pub margin: Option<f64>,
}

impl Estimate {
    /// The estimate from `values`; `None` without values.
    pub fn of(values: &[f64]) -> Option<Self> {
        let (count, first) = (values.len(), *values.first()?);
        // From the first one on, so that equal values have just this mean, and no deviation.
        let mean = first + values.iter().map(|value| value - first).sum::<f64>() / count as f64;
        let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
        let deviation = (count > 1).then(|| (squares / (count - 1) as f64).sqrt());
        let margin = deviation.map(|deviation| {
            let degrees = u32::try_from(count - 1).unwrap_or(u32::MAX);
            student_quantile(degrees) * deviation / (count as f64).sqrt()
        });
        Some(Self { count, mean, deviation, margin })
    }

    /// Ends of the confidence interval, if there is one.
    pub fn interval(&self) -> Option<(f64, f64)> {
        self.margin.map(|margin| (self.mean - margin, self.mean + margin))
    }
}

/// Two-sided 99 % quantile of Student's t.
pub fn student_quantile(degrees: u32) -> f64 {
    if degrees > EXACT_DEGREES {
        return quantile_of_many(degrees.into());
    }
    // With one degree it is 63.7, with many 2.58, and it falls in between.
    let (mut low, mut high) = (2.0, 64.0);
    loop {
        let middle = (low + high) / 2.0;
        if middle <= low || middle >= high {
            return middle;
        }
        if probability_within(middle, degrees) < CONFIDENCE { low = middle } else { high = middle }
    }
}

/// Cornish-Fisher expansion (Abramowitz, Stegun, Handbook of Mathematical Functions, 26.7.5).
fn quantile_of_many(degrees: f64) -> f64 {
    let x = NORMAL_QUANTILE;
    let (x2, n) = (x * x, degrees);
    let first = x * (x2 + 1.0) / 4.0;
    let second = x * ((5.0 * x2 + 16.0) * x2 + 3.0) / 96.0;
    let third = x * (((3.0 * x2 + 19.0) * x2 + 17.0) * x2 - 15.0) / 384.0;
    x + (first + (second + third / n) / n) / n
}

/// Probability that Student's t is from `-t` to `t` (Abramowitz, Stegun, 26.7.3 and 26.7.4).
fn probability_within(t: f64, degrees: u32) -> f64 {
    let n = f64::from(degrees);
    let cosine = (n / (n + t * t)).sqrt();
    let sine = t / (n + t * t).sqrt();
    let is_odd = degrees % 2 == 1;
    let mut term = if is_odd { cosine } else { 1.0 };
    let mut sum = if degrees == 1 { 0.0 } else { term };
    let mut power = if is_odd { 3 } else { 2 };
    while power < degrees {
        let above = f64::from(power);
        term *= (above - 1.0) / above * cosine * cosine;
        sum += term;
        power += 2;
    }
    if is_odd {
        let angle = libm::atan(t / n.sqrt());
        2.0 / std::f64::consts::PI * (angle + sine * sum)
    } else {
        sine * sum
    }
}

#[cfg(test)]
mod tests;
