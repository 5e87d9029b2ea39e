//! The experiments that are built in.

use super::measures::{deviation, mean, requests, settled_log_size};
use super::{Experiment, Setting};
use crate::study::theory::{Expected, Measure};
use crate::town::Outcome;
use crate::town::scenario::{
    Amount, Guesser, Post, Probability, Refresh, Relay, Replay, Scenario, Seconds, Spell,
    WhenExpired,
};

/// Seconds of an hour.
const HOUR: u64 = 3600;

/// Seconds of a day.
const DAY: u64 = 24 * HOUR;

/// All experiments, in the order in which they are listed.
pub fn all() -> Vec<Experiment> {
    vec![
        uptake(),
        homophily(),
        replay(),
        loss(),
        duty_cycle(),
        clock_skew(),
        offline(),
        refresh_load(),
        back_online(),
        outage_load(),
        lockout(),
        log_size(),
    ]
}

/// What an experiment begins with: a day of random mixing in which everybody has the app, and a
/// valid TempID at all times.
fn mixing(people: u32, contacts_per_day: f64) -> Scenario {
    let mut scenario = Scenario::default();
    scenario.people.count = people;
    scenario.people.app_share = Probability::ONE;
    scenario.duration = Seconds::new(DAY);
    scenario.meetings.random_mixing.contacts_per_day = amount(contacts_per_day);
    scenario.phones.refresh = Refresh::Batch;
    scenario.phones.batch = 100;
    scenario.phones.ahead = Seconds::new(600);
    scenario.illness.index_cases = 0;
    scenario
}

fn uptake() -> Experiment {
    let figure = Measure::Figure("encounters.recorded_share");
    let mut settings = Vec::new();
    for capture in [1.0, 0.8] {
        for share in [0.2, 0.4, 0.6, 0.8] {
            let mut scenario = mixing(1000, 10.0);
            scenario.people.app_share = probability(share);
            scenario.radio.capture = probability(capture);
            settings.push(Setting {
                changed: changed(&[("people.app_share", share), ("radio.capture", capture)]),
                scenario,
                expected: vec![Expected::equal(figure, capture * share * share)],
            });
        }
    }
    Experiment {
        name: "uptake",
        question: "What does uptake buy?",
        theory: "Both must have the app, and the phones must hear each other: share = c p^2.",
        settings,
        runs: 40,
    }
}

fn homophily() -> Experiment {
    let figure = Measure::Figure("encounters.recorded_share");
    let share = 0.4;
    let settings = [0.0, 0.25, 0.5, 1.0].map(|homophily| {
        let mut scenario = mixing(1000, 10.0);
        scenario.people.app_share = probability(share);
        scenario.people.homophily = probability(homophily);
        let expected = share * (homophily + (1.0 - homophily) * share);
        Setting {
            changed: changed(&[("people.homophily", homophily)]),
            scenario,
            expected: vec![Expected::equal(figure, expected)],
        }
    });
    Experiment {
        name: "homophily",
        question: "What if users of the app meet each other more than chance?",
        theory: "With p = 0.4: share = p (h + (1 - h) p).",
        settings: settings.into(),
        runs: 40,
    }
}

fn replay() -> Experiment {
    let lifetime = 900.0;
    // Everybody meets where the adversary is, so that there is always somebody to be deceived.
    let town = || {
        let mut scenario = mixing(100, 100.0);
        scenario.duration = Seconds::new(DAY / 2);
        scenario.meetings.random_mixing.places = 1;
        scenario
    };
    let here = Post { place: Some(0), ..Post::default() };
    let mut settings: Vec<Setting> = [60, 300, 600, 840, 900]
        .map(|delay| {
            let mut scenario = town();
            let share = probability(0.1);
            let (at, delay_time) = (here.clone(), Seconds::new(delay));
            scenario.adversary.replay = vec![Replay { at, to: None, delay: delay_time, share }];
            let expected = (1.0 - delay as f64 / lifetime).max(0.0);
            let figure = Measure::Figure("adversaries.replayed_valid_share");
            Setting {
                changed: vec![("adversary", "replay".to_owned()), ("delay", delay.to_string())],
                scenario,
                expected: vec![Expected::equal(figure, expected)],
            }
        })
        .into();
    let mut scenario = town();
    let relay = Relay { from: here.clone(), to: here, delay: Seconds::new(0) };
    scenario.adversary.relay = vec![relay];
    let figure = Measure::Figure("adversaries.relayed_valid_share");
    settings.push(Setting {
        changed: vec![("adversary", "relay".to_owned()), ("delay", "0".to_owned())],
        scenario,
        expected: vec![Expected::equal(figure, 1.0)],
    });
    Experiment {
        name: "replay",
        question: "For how long can a beacon be replayed?",
        theory: "Captured at a random moment of its life L: share = max(0, 1 - d / L). No L stops a live relay.",
        settings,
        runs: 16,
    }
}

fn loss() -> Experiment {
    let loss: f64 = 0.3;
    let settings = [(1, loss), (2, 0.09), (3, 0.027), (5, 0.00243)].map(|(beacons, expected)| {
        let mut scenario = mixing(300, 40.0);
        scenario.radio.loss = probability(loss);
        scenario.meetings.random_mixing.contact_duration = Seconds::new(60 * beacons);
        let figure = Measure::Figure("encounters.missed_ways_share");
        Setting {
            changed: changed(&[("meetings.random_mixing.contact_duration", 60.0 * beacons as f64)]),
            scenario,
            expected: vec![Expected::equal(figure, expected)],
        }
    });
    Experiment {
        name: "loss",
        question: "What does loss cost?",
        theory: "All n beacons must be lost, one a minute: missed = q^n, with q = 0.3.",
        settings: settings.into(),
        runs: 24,
    }
}

fn duty_cycle() -> Experiment {
    let settings = [60, 30, 15, 6].map(|window| {
        let mut scenario = mixing(300, 40.0);
        scenario.meetings.random_mixing.contact_duration = Seconds::new(60);
        scenario.phones.scan_window = Seconds::new(window);
        let figure = Measure::Figure("encounters.missed_ways_share");
        Setting {
            changed: changed(&[("phones.scan_window", window as f64)]),
            scenario,
            expected: vec![Expected::equal(figure, 1.0 - window as f64 / 60.0)],
        }
    });
    Experiment {
        name: "duty-cycle",
        question: "What does it cost to listen now and then only?",
        theory: "One beacon, heard if it falls into the window w of the period P: missed = 1 - w / P.",
        settings: settings.into(),
        runs: 24,
    }
}

fn clock_skew() -> Experiment {
    let lifetime = 900.0;
    let settings = [0, 60, 150, 300].map(|skew| {
        let mut scenario = mixing(400, 20.0);
        scenario.phones.clock_skew = Seconds::new(skew);
        // Beyond what any clock is off, each has a window for what it shows.
        scenario.warm_up = Seconds::new(2 * HOUR);
        scenario.duration = Seconds::new(DAY / 2);
        let figure = Measure::Figure("beacons.valid_share");
        Setting {
            changed: changed(&[("phones.clock_skew", skew as f64)]),
            scenario,
            expected: vec![Expected::equal(figure, 1.0 - 2.0 * skew as f64 / (3.0 * lifetime))],
        }
    });
    Experiment {
        name: "clock-skew",
        question: "What do wrong clocks cost?",
        theory: "Two clocks, each off by up to S, are 2 S / 3 apart on average: valid = 1 - 2 S / (3 L).",
        settings: settings.into(),
        runs: 24,
    }
}

fn offline() -> Experiment {
    // 24.98 hours in windows of the same length.
    let (batch, lifetime) = (72, 1249_u32);
    let hours_of_batch = f64::from(batch) * f64::from(lifetime) / HOUR as f64;
    let settings = [24, 48, 72, 168].map(|hours| {
        let mut scenario = mixing(60, 100.0);
        // Short encounters: nobody is near anybody at first, while all TempIDs are valid.
        scenario.meetings.random_mixing.contact_duration = Seconds::new(60);
        scenario.phones.batch = batch;
        scenario.phones.ahead = Seconds::new(0);
        scenario.phones.when_expired = WhenExpired::Keep;
        scenario.phones.first_login_within = Seconds::new(0);
        scenario.server.temp_id_lifetime = Seconds::new(lifetime.into());
        // All have a batch when the meetings begin, and no way to get another.
        scenario.warm_up = Seconds::new(2);
        scenario.duration = Seconds::new(hours * HOUR);
        scenario.offline.share = Probability::ONE;
        scenario.offline.from = Seconds::new(2);
        scenario.offline.duration = Seconds::new(hours * HOUR + 60);
        let figure = Measure::Figure("beacons.valid_share");
        Setting {
            changed: changed(&[("offline hours", hours as f64)]),
            scenario,
            expected: vec![Expected::equal(figure, (hours_of_batch / hours as f64).min(1.0))],
        }
    });
    Experiment {
        name: "offline",
        question: "What do beacons of a phone say that has been offline for H hours?",
        theory: "It has TempIDs for B = 24.98 hours and keeps the last: valid = min(1, B / H).",
        settings: settings.into(),
        runs: 16,
    }
}

fn refresh_load() -> Experiment {
    let settings = [(300, 900_u32), (1200, 900), (1200, 300)].map(|(people, lifetime)| {
        let mut scenario = mixing(people, 0.0);
        scenario.phones.refresh = Refresh::OnExpiry;
        scenario.phones.ahead = Seconds::new(0);
        scenario.server.temp_id_lifetime = Seconds::new(lifetime.into());
        scenario.duration = Seconds::new(2 * HOUR);
        let figure = Measure::Figure("server.downloads_per_second");
        Setting {
            changed: changed(&[
                ("people.count", people.into()),
                ("server.temp_id_lifetime", lifetime.into()),
            ]),
            scenario,
            expected: vec![Expected::equal(figure, f64::from(people) / f64::from(lifetime))],
        }
    });
    Experiment {
        name: "refresh-load",
        question: "What load does the server see when each phone refreshes its own TempID?",
        theory: "N phones, one refresh every R: N / R a second.",
        settings: settings.into(),
        runs: 12,
    }
}

/// When the phones of [`back_online`] are, from the beginning of the meetings.
const BACK_ONLINE: u64 = 4 * HOUR;

fn back_online() -> Experiment {
    let people = 7200;
    let back_online = |spread: u64| {
        let mut scenario = mixing(people, 0.0);
        scenario.phones.refresh = Refresh::OnExpiry;
        scenario.phones.ahead = Seconds::new(0);
        scenario.phones.spread = Seconds::new(spread);
        scenario.phones.first_login_within = Seconds::new(0);
        // So long that nobody refreshes twice once they are back, and all have to then.
        scenario.server.temp_id_lifetime = Seconds::new(3 * HOUR);
        scenario.warm_up = Seconds::new(HOUR);
        scenario.duration = Seconds::new(BACK_ONLINE + HOUR);
        scenario.offline.share = Probability::ONE;
        scenario.offline.from = Seconds::new(HOUR + HOUR / 2);
        scenario.offline.duration = Seconds::new(BACK_ONLINE - HOUR / 2);
        scenario
    };
    let count = f64::from(people);
    let mean = count / HOUR as f64;
    // Of a share 1 / 3600 of N, each at a second of its own.
    let deviation = (mean * (1.0 - 1.0 / HOUR as f64)).sqrt();
    let setting = |spread: u64, expected| Setting {
        changed: changed(&[("phones.spread", spread as f64)]),
        scenario: back_online(spread),
        expected,
    };
    let busiest = Measure::Figure("server.most_downloads_per_second");
    let mean_then = Measure::Computed("requests a second from then on", mean_back_online);
    let deviation_then = Measure::Computed("deviation of that", deviation_back_online);
    Experiment {
        name: "back-online",
        question: "What load does the server see when all phones are back online at once?",
        theory: "All N at once in the same second; spread over an hour N / 3600 a second, with a deviation of sqrt(N / 3600).",
        settings: vec![
            setting(0, vec![Expected::equal(busiest, count)]),
            setting(
                HOUR,
                vec![Expected::equal(mean_then, mean), Expected::equal(deviation_then, deviation)],
            ),
        ],
        runs: 12,
    }
}

fn mean_back_online(_: &Scenario, outcome: &Outcome) -> Option<f64> {
    Some(mean(&requests(outcome, BACK_ONLINE, HOUR)?))
}

fn deviation_back_online(_: &Scenario, outcome: &Outcome) -> Option<f64> {
    Some(deviation(&requests(outcome, BACK_ONLINE, HOUR)?))
}

/// When the server of [`outage_load`] has power again, from the beginning of the meetings.
const POWER_IS_BACK: u64 = 3 * HOUR / 4;

fn outage_load() -> Experiment {
    let people = 1800;
    let settings = [60, 120].map(|retry| {
        let mut scenario = mixing(people, 0.0);
        scenario.phones.refresh = Refresh::OnExpiry;
        scenario.phones.ahead = Seconds::new(0);
        scenario.phones.retry = Seconds::new(retry);
        // Half an hour: all TempIDs expire in its first half, and all phones have knocked several
        // times in the second, each at moments of its own.
        let outage = HOUR / 2;
        let from = scenario.warm_up.0.as_secs() + POWER_IS_BACK - outage;
        let (from, lasts) = (Seconds::new(from), Seconds::new(outage));
        scenario.server.outage = vec![Spell { from, duration: lasts }];
        scenario.duration = Seconds::new(POWER_IS_BACK + HOUR / 2);
        // From knock to knock: the pause, and there and back.
        let between = 0.75 * retry as f64 + scenario.internet.delay.as_f64();
        let a_second = Measure::Computed("requests a second, until r / 2", |scenario, outcome| {
            let half = scenario.phones.retry.0.as_secs() / 2;
            // Whoever knocks in the first second has logged in in the next.
            Some(mean(&requests(outcome, POWER_IS_BACK + 1, half - 1)?))
        });
        let in_all = Measure::Computed("requests until r", |scenario, outcome| {
            let longest = scenario.phones.retry.0.as_secs() + 2;
            Some(requests(outcome, POWER_IS_BACK, longest)?.iter().sum())
        });
        let people = f64::from(people);
        Setting {
            changed: changed(&[("phones.retry", retry as f64)]),
            scenario,
            expected: vec![
                Expected::equal(a_second, people / between),
                Expected::equal(in_all, people),
            ],
        }
    });
    Experiment {
        name: "outage-load",
        question: "What load does the server see when an outage is over?",
        theory: "N phones try again every r / 2 to r: 4 N / (3 r) a second until r / 2, fewer until all have come at r.",
        settings: settings.into(),
        runs: 12,
    }
}

fn lockout() -> Experiment {
    let (block, interval) = (60_u32, 1_u64);
    // Three tries, two intervals between them, and the block from the third one on. The next try is
    // the first one after that: up to an interval later. To each interval come two or three ways
    // through the network, of up to 50 ms each.
    let (shortest, longest) =
        (block + 2 * interval as u32, f64::from(block) + 3.0 * (interval as f64 + 0.15));
    let (fewest, most) = (3.0 * DAY as f64 / longest, 3.0 * DAY as f64 / f64::from(shortest));
    let mut scenario = mixing(1, 0.0);
    scenario.server.block_duration = Seconds::new(block.into());
    scenario.warm_up = Seconds::new(0);
    let guesser = Guesser { interval: Seconds::new(interval), digits: 6, ..Guesser::default() };
    scenario.adversary.guesser = vec![guesser];
    let judged = Measure::Figure("adversaries.guesses_judged");
    let days = Measure::Computed("days for all passwords", |_, outcome| {
        Some(1e6 / outcome.figure("adversaries.guesses_judged")?)
    });
    let expected = [
        Expected::between(judged, fewest, most),
        Expected::between(days, 1e6 / most, 1e6 / fewest),
    ];
    Experiment {
        name: "lockout",
        question: "Does a lockout stop a guesser?",
        theory: "Three tries, one a second, then a block of b = 60 s: one round in b + 2 to b + 3.5 s, 4,085 to 4,181 tries a day.",
        settings: vec![Setting {
            changed: vec![("server.block_duration", block.to_string())],
            scenario,
            expected: expected.concat(),
        }],
        runs: 4,
    }
}

fn log_size() -> Experiment {
    let settings = [(120, HOUR), (240, HOUR), (120, 3 * HOUR)].map(|(contacts, retention)| {
        let mut scenario = mixing(800, f64::from(contacts));
        // One beacon each, and so short a life that nobody hears the same TempID twice.
        scenario.meetings.random_mixing.contact_duration = Seconds::new(60);
        scenario.server.temp_id_lifetime = Seconds::new(60);
        scenario.phones.retention = Seconds::new(retention);
        scenario.interval = Seconds::new(300);
        scenario.duration = Seconds::new(retention + 6 * HOUR);
        let expected = f64::from(contacts) / DAY as f64 * retention as f64;
        Setting {
            changed: changed(&[
                ("meetings.random_mixing.contacts_per_day", contacts.into()),
                ("phones.retention", retention as f64),
            ]),
            scenario,
            expected: vec![Expected::equal(
                Measure::Computed("entries of a log", settled_log_size),
                expected,
            )],
        }
    });
    Experiment {
        name: "log-size",
        question: "How big is a contact log?",
        theory: "r receptions of new TempIDs a second, kept for T: r T entries on average (Little's law).",
        settings: settings.into(),
        runs: 12,
    }
}

fn changed(settings: &[(&'static str, f64)]) -> Vec<(&'static str, String)> {
    settings.iter().map(|(key, value)| (*key, value.to_string())).collect()
}

fn probability(value: f64) -> Probability {
    Probability::try_from(value).expect("from 0 to 1")
}

fn amount(value: f64) -> Amount {
    Amount::try_from(value).expect("from zero up")
}
