//! `simulate crowd`: worlds with fresh seeds, a planted fault that is found, and the command that
//! repeats it.

mod support;

use support::data::Data;
use support::simulate::{printed, simulate};

/// The number in the last line of the coverage, "first seed: ...".
fn first_seed(stdout: &[String]) -> u64 {
    let seed = stdout.iter().find_map(|line| line.strip_prefix("first seed: "));
    seed.and_then(|seed| seed.parse().ok()).expect("the first seed")
}

#[test]
fn worlds_of_every_kind_keep_their_promises_and_say_what_they_covered() {
    let data = Data::empty();
    for kind in ["calm", "troubled", "storm"] {
        let options = format!("crowd --world {kind} --seeds 3 --phones 20 --seed 7");
        let stdout = printed(&data, &options);
        assert!(stdout[0].starts_with("3 worlds kept every promise, in "), "{stdout:#?}");
        for what in [
            " logins, ",
            " blocks, ",
            " TempIDs, ",
            " uploaded records,",
            " notices, ",
            " upload codes,",
            " crashes of",
        ] {
            assert!(stdout.iter().any(|line| line.contains(what)), "{stdout:#?}");
        }
        assert_eq!(first_seed(&stdout), 7);
        assert_eq!(printed(&data, &options), stdout, "the same seeds give the same worlds");
    }
}

#[test]
fn seeds_are_fresh_in_each_run() {
    let seed = || first_seed(&printed(&Data::empty(), "crowd --seeds 1 --phones 2"));
    assert_ne!(seed(), seed());
}

#[test]
fn time_that_is_over_ends_an_exploration() {
    let stdout = printed(&Data::empty(), "crowd --seeds 10000000 --seconds 1 --phones 5");
    let worlds = stdout[0].split(' ').next().and_then(|count| count.parse::<u64>().ok());
    assert!(worlds.is_some_and(|worlds| (1..10_000_000).contains(&worlds)), "{stdout:#?}");
}

#[test]
fn planted_fault_is_found_and_the_told_command_repeats_it_exactly() {
    let data = Data::empty();
    let found = simulate(&data, "crowd --seeds 20 --phones 10 --lying-disk");
    assert_eq!(found.status.code(), Some(1), "{found:#?}");
    let told = found.stdout.iter().find_map(|line| line.strip_prefix("repeat with: simulate "));
    let repeated = simulate(&data, told.expect("a command"));
    assert_eq!(repeated.status.code(), Some(1), "{repeated:#?}");
    let failure = |stdout: &[String]| {
        let start = stdout.iter().position(|line| line.contains("broke a promise"));
        stdout[start.expect("a failure")..].to_vec()
    };
    let failure_found = failure(&found.stdout);
    assert!(failure_found.iter().any(|line| line.contains("but the server knows None")));
    assert!(failure_found.len() > 10, "the latest steps are shown: {failure_found:#?}");
    assert_eq!(failure(&repeated.stdout), failure_found);
}
