//! The server's and the phones' machines against each other in virtual time, with everything that
//! can go wrong. A run that fails prints its seed;
//! `BLUETRACE_SEED=<seed> cargo test --release --test simulation` repeats it alone.

use bluetrace::crowd::scenario::troubled;
use bluetrace::crowd::{self, Report};

/// Seeds of one test run; `BLUETRACE_SEED` names one instead.
const SEEDS: std::ops::Range<u64> = 0..200;

const PHONES: u32 = 30;

fn seeds() -> Vec<u64> {
    match std::env::var("BLUETRACE_SEED") {
        Ok(seed) => vec![seed.parse().expect("BLUETRACE_SEED is a number")],
        Err(_) => SEEDS.collect(),
    }
}

fn run(seed: u64) -> Report {
    match crowd::run(&troubled(seed, PHONES)) {
        Ok(report) => report,
        Err(violation) => {
            panic!("{violation}\nBLUETRACE_SEED={seed} cargo test --release --test simulation")
        }
    }
}

#[test]
fn troubled_worlds_keep_every_promise() {
    let reports: Vec<Report> = seeds().into_iter().map(run).collect();
    if reports.len() > 1 {
        // Runs in which nothing happens would keep every promise, too.
        let sum = |count: fn(&Report) -> u64| reports.iter().map(count).sum::<u64>();
        assert!(sum(|report| report.logins) > 5_000);
        assert!(sum(|report| report.temp_ids as u64) > 50_000);
        assert!(sum(|report| report.blocked) > 100);
        assert!(sum(|report| report.uploaded) > 100);
        assert!(sum(|report| report.resets) > 1_000);
    }
}

#[test]
fn same_seed_gives_the_same_run() {
    assert_eq!(run(7), run(7));
    assert_ne!(run(7).fingerprint, run(8).fingerprint);
}
