use super::*;

#[test]
fn figures_are_found_by_name_and_misspelt_ones_corrected() {
    let names = "tracing.recall, users,tracing.recall".parse().map(|FigureNames(names)| names);
    assert_eq!(names, Ok(vec!["tracing.recall", "users"]));
    let wrong = |text: &str| text.parse::<FigureNames>().expect_err("no figure");
    let expected = "there is no figure \"tracing.recal\"; did you mean tracing.recall?";
    assert_eq!(wrong("users,tracing.recal"), expected);
    assert!(wrong("recall").ends_with("did you mean tracing.recall?"));
    assert!(wrong("zzzzzzzz").contains(", only users, encounters.real, "));
}
