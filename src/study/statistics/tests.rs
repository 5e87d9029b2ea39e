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
