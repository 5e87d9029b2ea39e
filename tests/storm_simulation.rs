//! Storms in virtual time: everybody logs in within seconds, while the network cuts and breaks, the
//! disk fills up and fails, and the server dies. Nothing here takes the time that passes in it. A
//! run that fails prints its seed and the command that repeats it alone.

use bluetrace::crowd::scenario::storm;
use bluetrace::crowd::{self, Report};
use bluetrace::server::frontend::{MAX_KEPT_INPUT_BYTES, MAX_KEPT_OUTPUT_BYTES};
use bluetrace::server::session::MAX_UNREAD_REPLY_BYTES;

/// Phones of the great storm.
const MANY: u32 = 100_000;

/// Phones of each of the small ones.
const SOME: u32 = 3_000;

/// Seeds of the small ones; `BLUETRACE_SEED` names one instead.
const SEEDS: std::ops::Range<u64> = 0..8;

/// Runs a storm, for the test of this name.
fn run(seed: u64, phones: u32, test: &str) -> Report {
    match crowd::run(&storm(seed, phones)) {
        Ok(report) => report,
        Err(violation) => panic!(
            "{violation}\nBLUETRACE_SEED={seed} cargo test --release --test storm_simulation {test}"
        ),
    }
}

fn given_seed() -> Option<u64> {
    let seed = std::env::var("BLUETRACE_SEED").ok()?;
    Some(seed.parse().expect("BLUETRACE_SEED is a number"))
}

/// A storm in which nothing happens would keep every promise, too.
fn assert_stormy(report: &Report, phones: u32) {
    let phones = u64::from(phones);
    assert!(report.most_connections as u64 > phones / 3, "{report:?}");
    // Whoever was logged in when the server died has had to do it again.
    assert!(report.logins > phones * 3 / 2, "{report:?}");
    assert!(report.temp_ids as u64 > phones, "{report:?}");
    assert!(report.blocked > phones / 200, "{report:?}");
    // Somebody asked for more than the server keeps, and it kept no more.
    let limits = MAX_UNREAD_REPLY_BYTES..=MAX_KEPT_INPUT_BYTES + MAX_KEPT_OUTPUT_BYTES;
    assert!(limits.contains(&report.most_kept_bytes_of_one), "{report:?}");
}

#[test]
fn storm_of_100_000_phones_keeps_every_promise() {
    let seed = given_seed().unwrap_or(1);
    let report = run(seed, MANY, "storm_of_100_000_phones_keeps_every_promise");
    println!("{report:#?}");
    assert_stormy(&report, MANY);
}

#[test]
fn storms_of_thousands_keep_every_promise() {
    let seeds = given_seed().map_or_else(|| SEEDS.collect(), |seed| vec![seed]);
    for seed in seeds {
        assert_stormy(&run(seed, SOME, "storms_of_thousands_keep_every_promise"), SOME);
    }
}

#[test]
fn same_seed_gives_the_same_storm() {
    let run = |seed| run(seed, SOME / 3, "same_seed_gives_the_same_storm");
    assert_eq!(run(7), run(7));
    assert_ne!(run(7).fingerprint, run(8).fingerprint);
}
