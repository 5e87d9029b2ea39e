use super::*;

fn texts(moments: &[f64]) -> Vec<String> {
    let format = MomentFormat::new(moments.iter().copied());
    moments.iter().map(|moment| format.text(*moment)).collect()
}

#[test]
fn moments_are_as_short_as_all_of_them_allow() {
    assert_eq!(texts(&[0.0, 903.0]), ["00:00:00", "00:15:03"]);
    assert_eq!(texts(&[0.0, 903.0254]), ["00:00:00.000", "00:15:03.025"]);
    let days = texts(&[1.0, 86_400.0, 864_000.0]);
    assert_eq!(days, [" 0d 00:00:01", " 1d 00:00:00", "10d 00:00:00"]);
    assert_eq!(MomentFormat::new([864_000.0].into_iter()).width(), days[2].len());
}

#[test]
fn moment_of_any_form_is_read() {
    for (text, seconds) in [
        ("90", 90.0),
        ("0.5", 0.5),
        ("15m", 900.0),
        ("1day 12h", 129_600.0),
        ("00:15:03.250", 903.25),
        ("1d 08:15:30.5", 116_130.5),
        (" 1d 00:00:00", 86_400.0),
    ] {
        assert_eq!(parse(text), Ok(seconds), "{text}");
    }
}

#[test]
fn moment_of_no_form_is_refused() {
    for text in
        ["", "soon", "-1", "nan", "inf", "1e10", "25:00:00", "00:60:00", "1:2", "xd 00:00:00"]
    {
        parse(text).expect_err(text);
    }
}

#[test]
fn moment_as_shown_is_read_back() {
    let moments = [0.0, 903.025, 86_399.999, 864_000.0];
    for (text, moment) in texts(&moments).iter().zip(moments) {
        assert_eq!(parse(text).map(milliseconds), Ok(milliseconds(moment)));
    }
}
