use super::super::sample;
use super::*;

/// The page, after a look at what must be in none.
fn page(study: &Study) -> String {
    let page = render(study);
    for forbidden in ["<script", "http:", "https:", "url(", "@import", "NaN", ">inf"] {
        let at = page.find(forbidden).map(|at| &page[at.saturating_sub(80)..at + 20]);
        assert_eq!(at, None, "{forbidden}");
    }
    page
}

#[test]
fn all_kinds_of_studies_have_a_page_that_needs_nothing_else() {
    let single = page(&sample::single(1));
    assert!(single.contains("Contacts of everybody who uploaded"));
    assert!(!single.contains("What the sweep changes"));
    assert!(page(&sample::sweep(3)).contains("What the sweep changes"));
    assert!(page(&sample::sweep_of_two(2)).contains("when_expired = keep"));
    assert!(page(&sample::plane()).contains("The town at the end of the run"));
    assert!(page(&sample::attacked()).contains("What they achieved"));
}

#[test]
fn study_of_nothing_has_a_page() {
    let mut study = sample::single(1);
    study.records = None;
    study.points[0].outcomes = vec![Default::default()];
    assert!(!page(&study).contains("Over time"), "there is nothing to show");
    study.points[0].outcomes.clear();
    page(&study);
    study.points.clear();
    page(&study);
}

#[test]
fn text_of_the_user_is_no_markup() {
    let mut study = sample::sweep(2);
    study.scenario.name = "<b onclick='x'>&\"".to_owned();
    study.scenario.question = "</style><img src=x>".to_owned();
    study.points[0].changed[0].1 = "<i>0.2".to_owned();
    let page = page(&study);
    for forbidden in ["<b ", "<img", "</style><img", "<i>"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    assert!(page.contains("&lt;b onclick='x'&gt;&amp;&quot;"));
}
