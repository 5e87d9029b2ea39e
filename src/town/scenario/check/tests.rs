use std::num::NonZeroU32;
use std::time::Duration;

use super::super::{
    Amount, Flooder, Forger, Forgery, Guesser, Plane, Post, Probability, Refresh, Relay, Replay,
    Sniffer,
};
use super::*;
use crate::town::meetings::Meetings;

type Change = fn(&mut Scenario);

fn key_of_problem(change: Change) -> String {
    let mut scenario = Scenario::default();
    change(&mut scenario);
    scenario.check().expect_err("a problem").key
}

fn spell(from: u64, duration: u64) -> Spell {
    Spell { from: Seconds::new(from), duration: Seconds::new(duration) }
}

fn at_place(place: u32) -> Post {
    Post { place: Some(place), ..Post::default() }
}

fn at_point(x: f64, y: f64) -> Post {
    Post { x: Some(x), y: Some(y), ..Post::default() }
}

#[test]
fn default_town_has_no_problem() {
    assert_eq!(Scenario::default().check(), Ok(()));
}

#[test]
fn settings_that_do_not_go_together_are_named() {
    let cases: &[(&str, Change)] = &[
        ("name", |town| town.name = "a\nb".to_owned()),
        ("duration", |town| town.duration = Seconds::new(0)),
        ("interval", |town| town.interval = Seconds::new(0)),
        ("interval", |town| town.interval.0 = Duration::from_micros(1)),
        ("people.count", |town| town.people.count = 0),
        ("people.homophily", |town| {
            town.people.homophily = Probability::ONE;
            town.meetings.kind = MeetingsKind::Timetable;
        }),
        ("illness.index_cases", |town| town.illness.index_cases = 501),
        ("meetings.random_mixing.places", |town| town.meetings.random_mixing.places = 0),
        ("meetings.random_mixing.places", |town| town.meetings.random_mixing.places = 1_000_001),
        ("phones.beacon_jitter", |town| town.phones.beacon_jitter = Seconds::new(61)),
        ("offline.spells_per_day", |town| {
            town.offline.spells_per_day = Amount::try_from(1441.0).expect("from zero up");
        }),
        ("adversary.guesser[0].targets", |town| {
            let targets = NonZeroU32::MAX;
            town.adversary.guesser = vec![Guesser { targets, ..Guesser::default() }];
        }),
        ("meetings.plane.speed", |town| {
            town.meetings.kind = MeetingsKind::Plane;
            let speed = Amount::try_from(4_001.0).expect("from zero up");
            town.meetings.plane = Plane { speed, ..Plane::default() };
        }),
        ("meetings.plane.step", |town| {
            town.meetings.kind = MeetingsKind::Plane;
            town.meetings.plane.step = Seconds(Duration::from_micros(1));
        }),
        ("meetings.random_mixing.contacts_per_day", |town| {
            let contacts = Amount::try_from(1e12).expect("from zero up");
            town.meetings.random_mixing.contacts_per_day = contacts;
        }),
        ("warm_up", |town| town.warm_up = Seconds(Duration::from_millis(500))),
        ("phones.ahead", |town| town.phones.ahead = Seconds::new(900)),
        ("phones.ahead", |town| {
            town.phones.refresh = Refresh::Batch;
            town.phones.ahead = Seconds::new(96 * 900);
        }),
        ("phones.retry", |town| town.phones.retry = Seconds(Duration::from_micros(1))),
        ("meetings.plane.speed", |town| {
            town.meetings.kind = MeetingsKind::Plane;
            town.meetings.plane = Plane { speed: Amount::default(), ..Plane::default() };
        }),
        ("meetings.timetable.stay", |town| {
            town.meetings.kind = MeetingsKind::Timetable;
            town.meetings.timetable.stay = Seconds::new(16 * 3600);
        }),
        ("meetings.timetable.bus", |town| {
            town.meetings.kind = MeetingsKind::Timetable;
            town.meetings.timetable.bus = 0;
        }),
        ("meetings.trace.file", |town| town.meetings.kind = MeetingsKind::Trace),
        ("phones.beacon_interval", |town| {
            town.phones.beacon_interval = Seconds(Duration::from_micros(1));
        }),
        ("phones.scan_window", |town| town.phones.scan_window = Seconds::new(61)),
        ("phones.batch", |town| town.phones.batch = 101),
        ("server.temp_id_lifetime", |town| town.server.temp_id_lifetime = Seconds::new(0)),
        ("server.temp_id_lifetime", |town| {
            town.server.temp_id_lifetime = Seconds(Duration::from_millis(1500));
        }),
        ("server.outage[0].from", |town| {
            town.server.outage = vec![spell(10, 5), spell(0, 11)];
        }),
    ];
    for (key, change) in cases {
        assert_eq!(key_of_problem(*change), *key);
    }
}

#[test]
fn adversaries_that_cannot_be_where_they_should_are_named() {
    let cases: &[(&str, Change)] = &[
        ("adversary.sniffer[0].at", |town| {
            town.adversary.sniffer = vec![Sniffer::default()];
        }),
        ("adversary.sniffer[0].at[1]", |town| {
            let at = vec![at_place(3), at_point(1.0, 2.0)];
            town.adversary.sniffer = vec![Sniffer { at, ..Sniffer::default() }];
        }),
        ("adversary.sniffer[0].coverage", |town| {
            town.meetings.kind = MeetingsKind::Plane;
            let coverage = Probability::ONE;
            town.adversary.sniffer = vec![Sniffer { coverage, ..Sniffer::default() }];
        }),
        ("adversary.replay[1].at", |town| {
            let fine = Replay { at: at_place(99), ..Replay::default() };
            town.adversary.replay = vec![fine, Replay::default()];
        }),
        ("adversary.replay[0].at.place", |town| {
            town.adversary.replay = vec![Replay { at: at_place(100), ..Replay::default() }];
        }),
        ("adversary.relay[0].to.x", |town| {
            town.meetings.kind = MeetingsKind::Plane;
            let (from, to) = (at_point(1.0, 200.0), at_point(f64::NAN, 2.0));
            town.adversary.relay = vec![Relay { from, to, ..Relay::default() }];
        }),
        ("adversary.relay[0].from.y", |town| {
            town.meetings.kind = MeetingsKind::Plane;
            let (from, to) = (at_point(1.0, 200.1), at_point(1.0, 2.0));
            town.adversary.relay = vec![Relay { from, to, ..Relay::default() }];
        }),
        ("adversary.sniffer[0].at[0].range", |town| {
            let at = vec![Post { range: Some(Amount::default()), ..at_place(3) }];
            town.adversary.sniffer = vec![Sniffer { at, ..Sniffer::default() }];
        }),
        ("adversary.sniffer[0].at[0].place", |town| {
            town.meetings.kind = MeetingsKind::Timetable;
            let at = vec![at_place(Meetings::places_of(town))];
            town.adversary.sniffer = vec![Sniffer { at, ..Sniffer::default() }];
        }),
        ("adversary.guesser[0].interval", |town| {
            let interval = Seconds(Duration::from_micros(1));
            town.adversary.guesser = vec![Guesser { interval, ..Guesser::default() }];
        }),
        ("adversary.guesser[0].digits", |town| {
            town.adversary.guesser = vec![Guesser { digits: 13, ..Guesser::default() }];
        }),
        ("adversary.forger[0].at", |town| {
            let forgery = Forgery::Overheard;
            town.adversary.forger = vec![Forger { forgery, ..Forger::default() }];
        }),
        ("adversary.forger[0].at", |town| {
            town.adversary.forger = vec![Forger { at: at_place(0), ..Forger::default() }];
        }),
        ("adversary.flooder[0].rate", |town| {
            let rate = Amount::default();
            town.adversary.flooder = vec![Flooder { rate, ..Flooder::default() }];
        }),
    ];
    for (key, change) in cases {
        assert_eq!(key_of_problem(*change), *key);
    }
}

#[test]
fn spells_one_after_the_other_are_fine() {
    let mut scenario = Scenario::default();
    scenario.server.outage = vec![spell(20, 5), spell(10, 10), spell(25, 1)];
    assert_eq!(scenario.check(), Ok(()));
}
