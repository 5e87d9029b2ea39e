use super::*;

fn chart(form: Form, points: &[(f64, f64)]) -> Chart {
    let point = |(x, y): &(f64, f64)| Point { x: *x, y: *y, interval: Some((y - 1.0, y + 1.0)) };
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
