use std::num::NonZeroU32;

use super::*;

fn plan(points: usize, runs: u32, threads: usize) -> Plan {
    let scenario = Scenario { runs: NonZeroU32::new(runs).expect("some"), ..Scenario::default() };
    let point = |number: usize| PlannedPoint {
        changed: vec![("people.count".to_owned(), number.to_string())],
        scenario: Scenario {
            people: crate::town::scenario::People {
                count: u32::try_from(number).expect("few"),
                ..scenario.people.clone()
            },
            ..scenario.clone()
        },
        expected: Vec::new(),
    };
    Plan {
        origin: Origin::Scenario,
        points: (1..=points).map(point).collect(),
        scenario,
        collect: Collect { records: true, messages: false },
        figures: None,
        threads: Some(threads),
        is_quiet: true,
    }
}

/// Its outcome says what was played.
fn echo(
    scenario: &Scenario,
    collect: Collect,
    progress: &mut dyn FnMut(f64),
) -> Result<(Outcome, Records), TownError> {
    progress(0.5);
    let users = scenario.people.count;
    let has_app = if collect.records { vec![true] } else { Vec::new() };
    let records = Records { has_app, ..Records::default() };
    Ok((Outcome { seed: scenario.seed, users, ..Outcome::default() }, records))
}

#[test]
fn results_are_in_order_whatever_the_threads() {
    let study = |threads| plan(5, 20, threads).run_with(echo).expect("played");
    let (one, four) = (study(1), study(4));
    let outcomes = |study: &Study| -> Vec<_> {
        study.points.iter().map(|point| point.outcomes.clone()).collect()
    };
    assert_eq!(outcomes(&one), outcomes(&four));
    for (point, number) in one.points.iter().zip(1..) {
        assert_eq!(point.changed, [("people.count".to_owned(), number.to_string())]);
        assert_eq!(point.outcomes.len(), 20);
        assert!(point.outcomes.iter().all(|outcome| outcome.users == number));
    }
    assert_eq!(one.records.map(|records| records.has_app), Some(vec![true]));
}

#[test]
fn runs_have_other_seeds_and_points_the_same() {
    let study = plan(3, 50, 2).run_with(echo).expect("played");
    let seeds =
        |point: &Point| -> Vec<_> { point.outcomes.iter().map(|outcome| outcome.seed).collect() };
    let first = seeds(&study.points[0]);
    assert_eq!(first[0], study.scenario.seed);
    for (at, seed) in first.iter().enumerate() {
        assert!(!first[..at].contains(seed) && *seed < 1 << SEED_BITS);
    }
    assert!(study.points.iter().all(|point| seeds(point) == first));
}

#[test]
fn seeds_of_a_run_are_the_same_on_every_machine() {
    let seeds: Vec<_> = seeds(1).take(3).collect();
    assert_eq!(seeds[0], 1);
    // SplitMix64 of 1 begins with 0x910a2dec89025cc1 and 0xbeeb8da1658eec67.
    assert_eq!(seeds[1..], [0x910a_2dec_8902_5cc1 >> 11, 0xbeeb_8da1_658e_ec67 >> 11]);
}

#[test]
fn failing_run_ends_the_study_with_the_first_error() {
    let fails =
        |scenario: &Scenario, collect, progress: &mut dyn FnMut(f64)| match scenario.people.count {
            count if count > 2 => Err(TownError::Scenario(format!("too many: {count}"))),
            _ => echo(scenario, collect, progress),
        };
    for threads in [1, 4] {
        let error = plan(9, 5, threads).run_with(fails).expect_err("the third fails");
        assert_eq!(error.to_string(), "with people.count=3: too many: 3");
    }
}

#[test]
fn nothing_is_kept_that_nobody_wants() {
    let plan = Plan { collect: Collect::default(), ..plan(1, 1, 1) };
    assert_eq!(plan.run_with(echo).expect("played").records, None);
}
