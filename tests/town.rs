//! Towns: what phones and the server find out, beside what was really so.

mod support;

use std::collections::BTreeMap;

use bluetrace::town::scenario::{
    Guesser, MeetingsKind, Probability, Refresh, Scenario, Seconds, Sniffer, Spell, WhenExpired,
};
use bluetrace::town::{self, Collect};
use support::town::{DAY, HOUR, amount, half_a_day, outcome, perfect, probability, run};

#[test]
fn perfect_town_records_every_encounter_and_traces_every_contact() {
    let (outcome, records) = run(&perfect());
    assert!(outcome.encounters.real > 1_000, "{outcome:?}");
    assert_eq!(outcome.encounters.recorded, outcome.encounters.real);
    assert_eq!(outcome.encounters.recorded_ways, 2 * outcome.encounters.real);
    let tracing = &outcome.tracing;
    assert_eq!((tracing.index_cases, tracing.uploads), (3, 3));
    assert!(tracing.contacts > 20 && tracing.traced == tracing.contacts, "{tracing:?}");
    assert_eq!(tracing.named, tracing.traced);
    assert!(records.traces.iter().all(|trace| trace.is_real));
    assert_eq!(records.encounters.len() as u64, outcome.encounters.real);
    assert_eq!(records.uploads.len(), 3);
}

#[test]
fn contacts_that_phones_have_forgotten_are_not_traced() {
    let mut scenario = perfect();
    scenario.phones.retention = Seconds::new(6 * HOUR);
    let tracing = outcome(&scenario).tracing;
    assert!(tracing.traced > 0 && 2 * tracing.traced < tracing.contacts, "{tracing:?}");
    scenario.illness.contact_window = scenario.phones.retention;
    let within = outcome(&scenario).tracing;
    assert_eq!((within.traced, within.named), (tracing.traced, tracing.named));
    assert_eq!(within.contacts, within.traced);
}

#[test]
fn same_seed_gives_the_same_town_and_another_one_another() {
    let scenario = perfect();
    assert_eq!(run(&scenario), run(&scenario));
    let other = Scenario { seed: 2, ..scenario.clone() };
    assert_ne!(outcome(&scenario), outcome(&other));
}

#[test]
fn setting_changes_no_draws_of_another() {
    // Who met whom and when, who has the app, and when which beacon arrived or was not listened to.
    let drawn = |scenario: &Scenario| {
        let (outcome, records) = run(scenario);
        let mut met: Vec<_> =
            records.encounters.iter().map(|it| (it.a, it.b, it.from.to_bits())).collect();
        met.sort_unstable();
        let arrived = records.receptions.iter().map(|it| (it.from, it.to, it.at.to_bits()));
        let mut beacons: Vec<_> = arrived.collect();
        beacons.sort_unstable();
        (met, records.has_app, (beacons, outcome.beacons.lost))
    };
    let mut scenario = perfect();
    scenario.radio.loss = probability(0.4);
    scenario.phones.beacon_jitter = Seconds::new(20);
    let before = drawn(&scenario);
    assert!(before.2.1 > 10_000, "beacons are lost");
    // Nothing of this keeps a phone from sending.
    scenario.phones.spread = Seconds::new(300);
    scenario.phones.retry = Seconds::new(20);
    scenario.offline.spells_per_day = amount(3.0);
    scenario.offline.spell = Seconds::new(120);
    scenario.internet.reset_probability = probability(0.05);
    scenario.illness.index_cases = 20;
    let coverage = Probability::ONE;
    scenario.adversary.sniffer = vec![Sniffer { coverage, ..Sniffer::default() }];
    scenario.adversary.guesser = vec![Guesser::default()];
    assert_eq!(drawn(&scenario), before);
    // Of beacons that are lost no others get through.
    scenario.radio.loss = probability(0.2);
    let (met, _, (beacons, lost)) = drawn(&scenario);
    assert!(met == before.0 && lost < before.2.1);
    assert!(before.2.0.iter().all(|beacon| beacons.binary_search(beacon).is_ok()));
    scenario.people.app_share = probability(0.5);
    let (with_half, has_app, (some, _)) = drawn(&scenario);
    assert_eq!(with_half, before.0);
    assert!(some.iter().all(|beacon| beacons.binary_search(beacon).is_ok()));
    assert!(has_app.iter().filter(|has_app| **has_app).count() < has_app.len());
    // More uptake only adds users.
    scenario.people.app_share = probability(0.7);
    let more = drawn(&scenario).1;
    assert!(has_app.iter().zip(&more).all(|(before, now)| !before || *now));
}

#[test]
fn trouble_moves_no_wait_of_a_phone_that_is_not_concerned() {
    let mut scenario = perfect();
    scenario.duration = Seconds::new(6 * HOUR);
    scenario.illness.index_cases = 0;
    scenario.phones.refresh = Refresh::OnExpiry;
    scenario.phones.ahead = Seconds::new(0);
    scenario.phones.spread = Seconds::new(300);
    scenario.server.temp_id_lifetime = Seconds::new(HOUR);
    // The times that connections take are moved.
    scenario.internet.delay = Seconds::new(0);
    let asked = |scenario: &Scenario| {
        let collect = Collect { records: false, messages: true };
        let (_, records) = town::run(scenario, collect, &mut |_| {}).expect("a town that can be");
        let mut asked = BTreeMap::<String, Vec<f64>>::new();
        for message in records.messages.into_iter().filter(|it| it.text.starts_with("TEMPID")) {
            asked.entry(message.from).or_default().push(message.t);
        }
        asked
    };
    let calm = asked(&scenario);
    // While phones ask for their second TempID.
    let from = Seconds::new(HOUR + 600);
    scenario.server.outage = vec![Spell { from, duration: Seconds::new(60) }];
    let troubled = asked(&scenario);
    assert_eq!(calm.len(), 120);
    let mut count = 0;
    for (phone, times) in calm {
        let moved = |at: usize| troubled[&phone][at] - times[at];
        assert!((-1.0..121.0).contains(&moved(1)), "{phone}");
        count += u32::from(moved(1) > 1.0);
        // Who had to try again is that much later from then on, to the second in which a TempID
        // begins.
        assert!((2..6).all(|at| (moved(at) - moved(1)).abs() < 2.0), "{phone}");
    }
    assert!(count > 0);
}

#[test]
fn lost_beacons_lose_encounters_only_if_all_of_one_are_lost() {
    for (beacons, loss) in [(1, 0.5), (3, 0.5), (2, 0.8)] {
        let mut scenario = perfect();
        scenario.illness.index_cases = 0;
        scenario.meetings.random_mixing.contacts_per_day = amount(40.0);
        scenario.meetings.random_mixing.contact_duration = Seconds::new(60 * beacons);
        scenario.radio.loss = probability(loss);
        let outcome = outcome(&scenario);
        let (ways, expected) = (2 * outcome.encounters.possible, loss.powi(beacons as i32));
        let missed = outcome.figure("encounters.missed_ways_share").expect("encounters");
        // Each way is lost or not, whatever the others are.
        let deviation = (expected * (1.0 - expected) / ways as f64).sqrt();
        assert!((missed - expected).abs() < 4.0 * deviation, "{missed} and not {expected}");
    }
}

#[test]
fn late_beacons_arrive_in_any_order_and_twice() {
    let mut scenario = perfect();
    scenario.radio.delay = Seconds::new(90);
    scenario.radio.double = probability(0.5);
    let outcome = outcome(&scenario);
    let sent_on = outcome.beacons.near;
    assert!(outcome.beacons.received > sent_on * 5 / 4, "{:?}", outcome.beacons);
    // Some arrive when their TempID has expired.
    assert!(outcome.beacons.expired > 0);
}

#[test]
fn phone_without_the_server_falls_silent_or_sends_what_nobody_takes() {
    let mut scenario = perfect();
    scenario.phones.batch = 8;
    scenario.offline.share = Probability::ONE;
    scenario.offline.from = Seconds::new(2 * HOUR);
    scenario.offline.duration = Seconds::new(DAY);
    let silent = outcome(&scenario);
    assert!(silent.beacons.silent > 1_000 && silent.beacons.expired == 0, "{silent:?}");
    scenario.phones.when_expired = WhenExpired::Keep;
    let stubborn = outcome(&scenario);
    assert!(stubborn.beacons.silent == 0 && stubborn.beacons.expired > 1_000, "{stubborn:?}");
    // What could be recorded is the same.
    assert_eq!(stubborn.encounters, silent.encounters);
}

#[test]
fn server_that_loses_power_knows_afterwards_what_it_told() {
    let mut scenario = perfect();
    scenario.phones.batch = 8;
    scenario.server.outage =
        vec![Spell { from: Seconds::new(5 * HOUR), duration: Seconds::new(4 * HOUR) }];
    scenario.server.disk_full =
        vec![Spell { from: Seconds::new(20 * HOUR), duration: Seconds::new(HOUR) }];
    let outcome = outcome(&scenario);
    assert!(outcome.server.failed_connections > 100, "{:?}", outcome.server);
    assert!(outcome.beacons.silent > 0);
    // Whatever was recorded is traced.
    let tracing = &outcome.tracing;
    assert_eq!((tracing.uploads, tracing.named), (3, tracing.traced));
    assert!(tracing.traced * 10 > tracing.contacts * 7, "{tracing:?}");
}

#[test]
fn bad_internet_delays_phones_and_loses_nothing() {
    let mut scenario = perfect();
    scenario.internet.reset_probability = probability(0.05);
    scenario.internet.stall_probability = probability(0.05);
    scenario.internet.stall = Seconds::new(30);
    let outcome = outcome(&scenario);
    assert!(outcome.server.failed_connections > 10, "{:?}", outcome.server);
    assert_eq!(outcome.tracing.uploads, 3);
    assert_eq!(outcome.encounters.recorded, outcome.encounters.real);
}

#[test]
fn phone_whose_refresh_falls_into_an_offline_spell_asks_when_it_is_back() {
    let mut scenario = perfect();
    scenario.phones.batch = 8;
    // Two hours of TempIDs from the first quarter of an hour on; the phone would ask for more
    // between 01:00 and 01:15, and is back while what it has is still valid.
    scenario.phones.ahead = Seconds::new(HOUR);
    scenario.offline.share = Probability::ONE;
    scenario.offline.from = Seconds::new(1800);
    scenario.offline.duration = Seconds::new(3600);
    let outcome = outcome(&scenario);
    assert_eq!(outcome.beacons.silent, 0);
    assert_eq!(outcome.encounters.recorded, outcome.encounters.real);
}

#[test]
fn index_case_tested_while_offline_gets_temp_ids_again() {
    let mut scenario = perfect();
    scenario.illness.index_cases = scenario.people.count;
    scenario.phones.batch = 8;
    scenario.illness.test_delay = Seconds::new(0);
    // All are tested while they are offline, and have no valid TempID when they are back.
    scenario.offline.share = Probability::ONE;
    scenario.offline.from = Seconds::new(DAY);
    scenario.offline.duration = Seconds::new(3 * HOUR);
    let (outcome, records) = run(&scenario);
    assert_eq!(outcome.tracing.uploads, scenario.people.count);
    let late = records.encounters.iter().filter(|it| it.from > (DAY + 4 * HOUR) as f64);
    assert!(late.clone().count() > 100 && late.clone().all(|it| it.a_recorded && it.b_recorded));
}

#[test]
fn late_beacons_tell_of_no_encounter_but_their_own() {
    let mut scenario = perfect();
    scenario.people.count = 40;
    scenario.meetings.random_mixing.contacts_per_day = amount(400.0);
    scenario.meetings.random_mixing.contact_duration = Seconds::new(60);
    // Nobody hears anything in time: the encounter of a minute is over when its beacon comes.
    scenario.radio.delay = Seconds::new(DAY);
    let encounters = outcome(&scenario).encounters;
    assert!(encounters.recorded * 100 < encounters.real, "{encounters:?}");
}

#[test]
fn contact_logs_are_measured_at_the_end_of_the_last_interval_too() {
    for hours in [1, 7, 100] {
        let mut scenario = perfect();
        scenario.interval = Seconds::new(hours * HOUR);
        let outcome = outcome(&scenario);
        assert_eq!(outcome.over_time.len() as u64, 48_u64.div_ceil(hours));
        assert!(outcome.over_time.iter().skip(1).all(|bin| bin.log_entries > 0.0));
        assert_eq!(outcome.logs.samples, 120 * 48_u64.div_ceil(hours));
    }
}

#[test]
fn order_of_spells_that_touch_does_not_matter() {
    let spell = |hour: u64| Spell { from: Seconds::new(hour * HOUR), duration: Seconds::new(HOUR) };
    let mut scenario = half_a_day();
    let kinds: [fn(&mut Scenario) -> &mut Vec<Spell>; 2] =
        [|town| &mut town.server.outage, |town| &mut town.server.disk_full];
    for spells_of in kinds {
        let mut with = |spells: &[Spell]| {
            *spells_of(&mut scenario) = spells.to_vec();
            outcome(&scenario)
        };
        let in_order = with(&[spell(3), spell(4), spell(9)]);
        assert_eq!(with(&[spell(4), spell(9), spell(3)]), in_order);
        assert!(in_order.beacons.silent > with(&[spell(3), spell(9)]).beacons.silent * 5 / 4);
        with(&[]);
    }
}

#[test]
fn disk_is_full_for_as_long_as_the_scenario_says_whatever_happens_to_its_machine() {
    let mut scenario = perfect();
    scenario.phones.refresh = Refresh::OnExpiry;
    let spell =
        |from, duration| Spell { from: Seconds::new(from), duration: Seconds::new(duration) };
    scenario.server.disk_full = vec![spell(5 * HOUR, 3 * HOUR)];
    let full = outcome(&scenario).beacons.silent;
    scenario.server.outage = vec![spell(6 * HOUR, 1)];
    // But for the moments at which phones try again.
    let with_restart = outcome(&scenario).beacons.silent;
    assert!(full > 1_000 && with_restart * 10 > full * 9, "{with_restart} {full}");
}

#[test]
fn who_would_fall_ill_after_the_end_is_no_index_case() {
    let mut scenario = perfect();
    scenario.illness.index_cases = 100;
    scenario.illness.within = Seconds::new(2 * DAY);
    let tracing = outcome(&scenario).tracing;
    // Half of them, whose deviation is 5; the tests of some come too late.
    assert!((30..70).contains(&tracing.index_cases), "{tracing:?}");
    assert!((10..tracing.index_cases).contains(&tracing.uploads), "{tracing:?}");
    scenario.illness.from = Seconds::new(2 * DAY);
    assert_eq!(outcome(&scenario).tracing.index_cases, 0);
}

#[test]
fn clock_that_is_behind_costs_no_phone_a_valid_temp_id() {
    let mut scenario = perfect();
    scenario.phones.batch = 8;
    scenario.phones.ahead = Seconds::new(900);
    scenario.phones.clock_skew = Seconds::new(300);
    let beacons = outcome(&scenario).beacons;
    assert!(beacons.sent > 10_000 && beacons.silent == 0, "{beacons:?}");
}

#[test]
fn nothing_is_said_to_a_server_that_is_down() {
    let mut scenario = half_a_day();
    scenario.server.outage = vec![Spell { from: Seconds::new(0), duration: Seconds::new(DAY) }];
    let collect = Collect { records: false, messages: true };
    let (outcome, records) =
        town::run(&scenario, collect, &mut |_| {}).expect("a town that can be");
    assert!(outcome.server.failed_connections > 1_000);
    assert_eq!((outcome.server.connections, outcome.server.bytes_in), (0, 0));
    assert_eq!(records.messages, []);
}

#[test]
fn contacts_in_the_records_are_those_that_are_counted() {
    let mut scenario = perfect();
    scenario.people.app_share = probability(0.5);
    scenario.meetings.kind = MeetingsKind::Timetable;
    // Ends while people are at work, so that many encounters last.
    scenario.duration = Seconds::new(DAY + 10 * HOUR);
    scenario.illness.test_delay = Seconds::new(9 * HOUR);
    let (outcome, records) = run(&scenario);
    let tracing = &outcome.tracing;
    assert!(tracing.traced > 0 && tracing.traced < tracing.contacts, "{tracing:?}");
    assert_eq!(records.contacts.len() as u64, tracing.contacts);
    let named: Vec<_> = records.contacts.iter().filter(|contact| contact.is_named).collect();
    assert_eq!(named.len() as u64, tracing.traced);
    let encounters: u64 = named.iter().map(|contact| u64::from(contact.encounters)).sum();
    assert_eq!(encounters, tracing.traced_encounters);
}

#[test]
fn encounter_that_ends_as_the_run_does_is_counted_and_one_that_is_cut_is_not() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("contacts.csv");
    std::fs::write(&file, "t,a,b,seconds\n0,ann,bob,3600\n0,ann,cy,3601\n").expect("written");
    let mut scenario = perfect();
    scenario.duration = Seconds::new(HOUR);
    scenario.illness.index_cases = 0;
    scenario.meetings.kind = MeetingsKind::Trace;
    scenario.meetings.trace.file = file;
    let encounters = outcome(&scenario).encounters;
    assert_eq!((encounters.real, encounters.recorded), (1, 1));
}
