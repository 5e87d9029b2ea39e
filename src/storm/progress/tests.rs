use super::super::script::Script;
use super::*;

#[test]
fn numbers_and_steps_are_those_of_the_goal() {
    let time = Duration::from_secs(75);
    let mut tally = Tally::new();
    (0..30).for_each(|_| tally.ended(Script::Login, Ok(()), Duration::ZERO, Duration::ZERO));
    let shown = |goal: Goal| (goal.steps_done(&tally, time), goal.numbers(&tally, 7, time));
    let numbers = "7 connected, 0/s, 0 failed";
    assert_eq!(shown(Goal::Phones(40)), (30, format!("30 of 40 phones, {numbers}")));
    assert_eq!(shown(Goal::Time(time)), (75_000, numbers.to_owned()));
    assert_eq!(shown(Goal::None).1, numbers);
}
