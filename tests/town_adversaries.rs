//! Adversaries in towns: what they hear, send and try, and what comes of it.

mod support;

use bluetrace::town::scenario::{
    Flooder, Forger, Forgery, Guesser, MeetingsKind, Post, Probability, Replay, Request, Seconds,
    Sniffer, Spell,
};
use bluetrace::town::{self, Collect};
use support::town::{DAY, HOUR, amount, everywhere, outcome, perfect, probability, run};

#[test]
fn replayed_beacons_name_people_who_were_not_near() {
    let mut scenario = perfect();
    scenario.meetings.random_mixing.places = 1;
    assert_eq!(outcome(&scenario).tracing.named, outcome(&scenario).tracing.traced);
    let share = probability(0.3);
    let delay = Seconds::new(60);
    scenario.adversary.replay = vec![Replay { at: everywhere(), to: None, delay, share }];
    let (outcome, records) = run(&scenario);
    assert!(outcome.adversaries.replayed_valid > 0);
    assert!(outcome.tracing.named > outcome.tracing.traced, "{:?}", outcome.tracing);
    assert!(records.traces.iter().any(|trace| !trace.is_real));
}

#[test]
fn guesser_gets_into_an_account_only_if_it_has_time_for_all_passwords() {
    let mut scenario = perfect();
    scenario.people.count = 1;
    scenario.illness.index_cases = 0;
    let guess = |digits| Guesser { digits, interval: Seconds::new(1), ..Guesser::default() };
    scenario.adversary.guesser = vec![guess(3)];
    let outcome = outcome(&scenario);
    assert_eq!(outcome.adversaries.guesses_right, 1, "{:?}", outcome.adversaries);
    scenario.adversary.guesser = vec![guess(6)];
    let outcome = self::outcome(&scenario);
    assert_eq!(outcome.adversaries.guesses_right, 0);
    assert!(outcome.adversaries.guesses > 2 * outcome.adversaries.guesses_judged);
}

#[test]
fn forger_names_people_whom_it_overheard_and_nobody_with_random_digits() {
    let mut scenario = perfect();
    scenario.meetings.random_mixing.places = 4;
    scenario.adversary.forger = vec![Forger::default()];
    let random = outcome(&scenario).adversaries;
    assert_eq!((random.forged_logs, random.forged_names), (1, 0));
    let forgery = Forgery::Overheard;
    scenario.adversary.forger = vec![Forger { forgery, at: everywhere(), ..Forger::default() }];
    let overheard = outcome(&scenario).adversaries;
    assert!(overheard.forged_names > 10, "{overheard:?}");
}

#[test]
fn flood_is_served_and_so_are_the_others() {
    let mut scenario = perfect();
    let calm = outcome(&scenario);
    for request in [Request::Login, Request::TempIds] {
        let from = Seconds::new(2 * HOUR);
        let duration = Seconds::new(600);
        scenario.adversary.flooder = vec![Flooder { from, duration, rate: amount(20.0), request }];
        let flooded = outcome(&scenario);
        assert_eq!(flooded.adversaries.floods, 12_000);
        assert_eq!(flooded.encounters, calm.encounters);
        assert_eq!(flooded.tracing.traced, calm.tracing.traced);
    }
}

#[test]
fn sniffer_everywhere_follows_phones_over_changes() {
    let mut scenario = perfect();
    scenario.people.count = 20;
    scenario.meetings.random_mixing.contacts_per_day = amount(400.0);
    let coverage = Probability::ONE;
    scenario.adversary.sniffer = vec![Sniffer { coverage, ..Sniffer::default() }];
    let found = outcome(&scenario).linkability.expect("there is one");
    assert!(found.changes > 500 && found.linked * 10 > found.changes * 9, "{found:?}");
    let longest = *found.followed_seconds.last().expect("somebody was followed");
    assert!(longest > 12.0 * HOUR as f64, "{longest}");
}

#[test]
fn guesser_that_loses_its_connection_tries_again() {
    let mut scenario = perfect();
    scenario.people.count = 1;
    scenario.illness.index_cases = 0;
    scenario.duration = Seconds::new(DAY);
    scenario.adversary.guesser = vec![Guesser { digits: 9, ..Guesser::default() }];
    let outage = |hour: u64| Spell { from: Seconds::new(hour * HOUR), duration: Seconds::new(60) };
    scenario.server.outage = (1..20).map(outage).collect();
    scenario.internet.reset_probability = probability(0.01);
    let guesses = outcome(&scenario).adversaries;
    // Three a minute would be 4,320.
    assert!(guesses.guesses_judged > 3_000, "{guesses:?}");
}

#[test]
fn sniffer_hears_a_phone_once_however_many_people_it_is_with() {
    let mut scenario = perfect();
    scenario.people.count = 40;
    scenario.meetings.random_mixing.places = 1;
    scenario.meetings.random_mixing.contacts_per_day = amount(200.0);
    scenario.adversary.sniffer = vec![Sniffer { at: vec![everywhere()], ..Sniffer::default() }];
    let outcome = outcome(&scenario);
    assert_eq!(outcome.linkability.map(|found| found.sightings), Some(outcome.beacons.sent));
}

#[test]
fn slow_flooder_makes_one_connection() {
    let mut scenario = perfect();
    scenario.adversary.flooder = vec![Flooder { rate: amount(1e-300), ..Flooder::default() }];
    assert_eq!(outcome(&scenario).adversaries.floods, 1);
}

#[test]
fn flooder_that_is_refused_or_gets_no_connection_keeps_its_rate() {
    let mut scenario = perfect();
    scenario.people.app_share = Probability::ZERO;
    scenario.illness.index_cases = 0;
    scenario.duration = Seconds::new(HOUR);
    // A refused connection costs no time.
    scenario.internet.delay = Seconds::new(0);
    let trouble = vec![Spell { from: Seconds::new(10), duration: Seconds::new(HOUR) }];
    for request in [Request::Login, Request::TempIds] {
        let (from, duration) = (Seconds::new(12), Seconds::new(10));
        scenario.adversary.flooder = vec![Flooder { from, duration, rate: amount(2.0), request }];
        scenario.server.outage = trouble.clone();
        scenario.server.disk_full = Vec::new();
        let down = outcome(&scenario);
        assert_eq!(down.adversaries.floods, 20);
        assert_eq!((down.server.failed_connections, down.server.connections), (20, 0));
        scenario.server.outage = Vec::new();
        scenario.server.disk_full = trouble.clone();
        let full = outcome(&scenario);
        assert_eq!((full.adversaries.floods, full.server.connections), (20, 20));
        assert_eq!(full.server.downloads, if request == Request::TempIds { 20 } else { 0 });
    }
}

#[test]
fn guesser_never_tries_sooner_than_its_interval() {
    let mut scenario = perfect();
    scenario.people.count = 1;
    scenario.people.app_share = Probability::ZERO;
    scenario.illness.index_cases = 0;
    scenario.duration = Seconds::new(6 * HOUR);
    scenario.internet.delay = Seconds::new(20);
    scenario.internet.reset_probability = probability(0.01);
    scenario.server.block_duration = Seconds::new(30);
    let interval = Seconds::new(60);
    scenario.adversary.guesser = vec![Guesser { interval, ..Guesser::default() }];
    let collect = Collect { records: false, messages: true };
    let (outcome, records) =
        town::run(&scenario, collect, &mut |_| {}).expect("a town that can be");
    let tries: Vec<f64> = records
        .messages
        .iter()
        .filter(|message| message.text.starts_with("AUTH"))
        .map(|message| message.t)
        .collect();
    assert!(tries.len() > 100 && outcome.adversaries.guesses_judged > 50, "{outcome:?}");
    assert!(tries.windows(2).all(|pair| pair[1] - pair[0] >= 60.0), "{tries:?}");
}

#[test]
fn sniffer_that_hears_people_on_their_own_changes_no_count_of_beacons() {
    let mut scenario = perfect();
    scenario.people.count = 30;
    scenario.duration = Seconds::new(6 * HOUR);
    scenario.illness.index_cases = 0;
    scenario.meetings.kind = MeetingsKind::Plane;
    let beacons = outcome(&scenario).beacons;
    let (x, y) = (Some(100.0), Some(100.0));
    let at = vec![Post { x, y, range: Some(amount(200.0)), ..Post::default() }];
    scenario.adversary.sniffer = vec![Sniffer { at, ..Sniffer::default() }];
    let heard = outcome(&scenario);
    assert_eq!(heard.beacons, beacons);
    assert!(heard.linkability.is_some_and(|found| found.sightings > 2 * beacons.sent));
}
