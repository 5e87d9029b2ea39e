//! Statistics of a figure over several runs: mean, deviation, and the confidence interval of the mean.

/// Degrees of freedom above which the quantile is computed from a series, which is right to nine digits there,
/// while the exact sum grows long.
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
    /// Half of the width of the 99 % confidence interval by Student's t, which assumes a normal distribution;
    /// `None` below two runs.
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
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_table() {
        let table = [
            (1, 63.656_741),
            (2, 9.924_843),
            (3, 5.840_909),
            (4, 4.604_095),
            (5, 4.032_143),
            (9, 3.249_836),
            (10, 3.169_273),
            (19, 2.860_935),
            (30, 2.749_996),
            (60, 2.660_283),
            (100, 2.625_891),
            (1000, 2.580_755),
            (u32::MAX, 2.575_829),
        ];
        for (degrees, expected) in table {
            let quantile = student_quantile(degrees);
            assert!((quantile - expected).abs() < 1e-6, "{degrees}: {quantile}, not {expected}");
        }
    }

    #[test]
    fn sum_and_series_agree_where_they_meet() {
        let (exact, series) = (student_quantile(EXACT_DEGREES), quantile_of_many(200.0));
        assert!((exact - series).abs() < 1e-8, "{exact} {series}");
        let quantiles: Vec<_> = (1..400).map(student_quantile).collect();
        assert!(quantiles.windows(2).all(|pair| pair[0] > pair[1]));
    }

    #[test]
    fn estimate_has_mean_deviation_and_interval() {
        let estimate = Estimate::of(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).expect("values");
        assert_eq!((estimate.count, estimate.mean), (8, 5.0));
        let deviation = estimate.deviation.expect("of several");
        assert!((deviation - 2.138_089_935).abs() < 1e-9);
        // 3.499483 is the quantile of seven degrees.
        let margin = 3.499_483 * deviation / 8_f64.sqrt();
        assert!((estimate.margin.expect("of several") - margin).abs() < 1e-6);
        assert_eq!(estimate.interval().map(|(low, high)| (low + high) / 2.0), Some(5.0));
    }

    #[test]
    fn equal_values_have_no_deviation() {
        let estimate = Estimate::of(&[0.1; 3]).expect("values");
        assert_eq!((estimate.mean, estimate.interval()), (0.1, Some((0.1, 0.1))));
    }

    #[test]
    fn single_value_has_no_interval_and_no_value_no_estimate() {
        let estimate = Estimate::of(&[3.0]).expect("a value");
        assert_eq!((estimate.mean, estimate.deviation, estimate.interval()), (3.0, None, None));
        assert_eq!(Estimate::of(&[]), None);
    }
}
