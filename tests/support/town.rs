//! Towns to make worse: everything works in them.

use bluetrace::town::scenario::{Amount, Post, Probability, Refresh, Scenario, Seconds};
use bluetrace::town::{self, Collect, Outcome, Records};

/// Seconds of an hour.
pub const HOUR: u64 = 3600;
/// Seconds of a day.
pub const DAY: u64 = 24 * HOUR;

/// Two days in which everybody has the app, everything gets through, and three fall ill.
pub fn perfect() -> Scenario {
    let mut scenario = Scenario::default();
    scenario.people.count = 120;
    scenario.people.app_share = Probability::ONE;
    scenario.duration = Seconds::new(2 * DAY);
    scenario.phones.refresh = Refresh::Batch;
    scenario.phones.ahead = Seconds::new(600);
    scenario.illness.index_cases = 3;
    scenario.illness.from = Seconds::new(DAY);
    scenario.illness.within = Seconds::new(HOUR);
    scenario.illness.test_delay = Seconds::new(12 * HOUR);
    scenario
}

/// Half a day in which a few meet often, need the server all the time, and stay well.
pub fn half_a_day() -> Scenario {
    let mut scenario = perfect();
    scenario.people.count = 30;
    scenario.duration = Seconds::new(DAY / 2);
    scenario.meetings.random_mixing.contacts_per_day = amount(60.0);
    scenario.phones.refresh = Refresh::OnExpiry;
    scenario.illness.index_cases = 0;
    scenario
}

/// What comes of a town, and all that happened in it.
pub fn run(scenario: &Scenario) -> (Outcome, Records) {
    let collect = Collect { records: true, messages: false };
    town::run(scenario, collect, &mut |_| {}).expect("a town that can be")
}

/// What comes of a town.
pub fn outcome(scenario: &Scenario) -> Outcome {
    run(scenario).0
}

/// A setting from zero up.
pub fn amount(value: f64) -> Amount {
    Amount::try_from(value).expect("from zero up")
}

/// A setting from 0 to 1.
pub fn probability(value: f64) -> Probability {
    Probability::try_from(value).expect("from 0 to 1")
}

/// A radio at the only place, where everybody meets.
pub fn everywhere() -> Post {
    Post { place: Some(0), ..Post::default() }
}
