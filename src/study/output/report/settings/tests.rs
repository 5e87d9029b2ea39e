use super::super::super::sample;
use super::*;

#[test]
fn sweep_is_repeated_with_its_keys_and_values() {
    assert_eq!(
        command(&sample::sweep_of_two(3)),
        "simulate scenario.toml --seed 1 --runs 3 --sweep people.app_share=0.2,0.4,0.6,0.8,1 \
             --sweep phones.when_expired=silent,keep --out again"
    );
}

#[test]
fn experiment_is_repeated_by_its_name() {
    let mut study = sample::sweep(3);
    (study.origin, study.scenario.seed) = (Origin::Experiment("uptake"), 7);
    assert_eq!(command(&study), "simulate experiment uptake --seed 7 --out again");
}

#[test]
fn values_with_blanks_and_quotes_are_quoted_for_a_shell() {
    assert_eq!(quoted("a=1day 12h"), "'a=1day 12h'");
    assert_eq!(quoted("a='"), "'a='\\'''");
    assert_eq!(quoted("a=15m,30m"), "a=15m,30m");
}

#[test]
fn adversaries_are_settings_that_are_not_the_default() {
    let page = render(&sample::attacked()).into_string();
    let not_default = page.split("<h3>All</h3>").next().expect("a part");
    assert!(not_default.contains("replay[0].<wbr>delay"), "{not_default}");
    assert!(!not_default.contains("beacon_<wbr>interval"), "{not_default}");
}
