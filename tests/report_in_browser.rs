//! The report of a study in a browser, on a large screen and on a phone.

mod support;

use std::fs;

use bluetrace::study::output;
use bluetrace::study::points::Study;
use serde_json::Value;
use support::browser::{self, Rendered};
use support::study;
use support::tools::has_chromium;

const WIDTHS: [u32; 2] = [1280, 400];

/// What can be read without effort, in pixels.
const SMALLEST_TEXT: f64 = 10.0;

fn report(study: &Study) -> String {
    let directory = tempfile::tempdir().expect("a directory");
    output::write(study, directory.path()).expect("written");
    fs::read_to_string(directory.path().join("report.html")).expect("the report")
}

fn render_in_all_widths(studies: Vec<(&str, Study)>) -> Rendered {
    let mut pages = Vec::new();
    for (name, study) in studies {
        let page = report(&study);
        pages.extend(WIDTHS.map(|width| (format!("{name}, {width}"), page.clone(), width)));
    }
    let rendered = browser::render(&pages);
    assert_eq!(rendered.frames.len(), pages.len());
    rendered
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("no number: {value}"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("no list: {value}"))
}

#[test]
fn reports_fit_and_can_be_read_on_a_large_screen_and_a_phone() {
    if !has_chromium("the report in a browser") {
        return;
    }
    let mut long = study::sweep_of_two(2);
    long.scenario.name = "A name without end ".repeat(9) + &"w".repeat(200);
    long.points[3].changed[1].1 = "w".repeat(300);
    let rendered = render_in_all_widths(vec![
        ("one run", study::single(1)),
        ("plane", study::plane()),
        ("sweep", study::sweep(5)),
        (
            "categories",
            study::sweep_over(
                "phones.refresh",
                ["on-expiry", "\"batch\"", "a very long name", "a longer name than that", "x"],
            ),
        ),
        (
            "times far apart",
            study::sweep_over("server.temp_id_lifetime", ["1m", "5m", "1h", "12h", "1day"]),
        ),
        ("long words", long),
        ("adversaries", study::attacked()),
    ]);
    assert_eq!(rendered.console, [] as [String; 0]);
    for frame in &rendered.frames {
        let name = &frame["name"];
        assert_ne!(frame["heading"], "", "{name}");
        assert_eq!(frame["page_width"], frame["visible_width"], "{name} is too wide: {frame}");
        assert_eq!(list(&frame["wide"]), [] as [Value; 0], "{name}");
        assert!(list(&frame["pictures"]).len() >= 6, "{name}: {frame}");
        for picture in list(&frame["pictures"]) {
            check_picture(picture, &format!("{name}: {picture}"));
        }
    }
}

fn check_picture(picture: &Value, message: &str) {
    assert_ne!(picture["title"], "", "{message}");
    assert_ne!(picture["description"], "", "{message}");
    assert!(number(&picture["width"]) > 120.0, "{message}");
    assert!(number(&picture["height"]) > 120.0, "{message}");
    assert!(number(&picture["shapes"]) > 2.0, "{message}");
    let smallest = picture["smallest_text"].as_f64();
    assert!(smallest.is_none_or(|smallest| smallest >= SMALLEST_TEXT), "{message}");
    assert_eq!(list(&picture["sticking"]), [] as [Value; 0], "{message}");
}

#[test]
fn pages_that_are_wrong_are_noticed() {
    if !has_chromium("whether a wrong report would be noticed") {
        return;
    }
    let wide = "<h1>x</h1><div style='width:600px'>x</div><script>nothing()</script>";
    let picture =
        "<svg role=img viewBox='0 0 99 9'><text x=90 y=9 font-size=9>outside</text></svg>";
    let rendered = browser::render(&[("wrong".to_owned(), format!("{wide}{picture}"), 400)]);
    let frame = &rendered.frames[0];
    assert!(rendered.console.iter().any(|line| line.contains("nothing is not defined")));
    assert!(number(&frame["page_width"]) > number(&frame["visible_width"]), "{frame}");
    assert!(!list(&frame["wide"]).is_empty(), "{frame}");
    assert_eq!(list(&frame["pictures"])[0]["sticking"][0], "outside", "{frame}");
}
