//! Studies made by hand: plausible outcomes and records without a town that lives.

use std::collections::BTreeMap;

use bluetrace::study::points::{Origin, Point, Study};
use bluetrace::study::theory::{Expected, Measure};
use bluetrace::town::ids::PersonId;
use bluetrace::town::message::Fate;
use bluetrace::town::outcome::{
    AdversaryOutcome, Beacons, Bin, Contact, Encounter, Encounters, Linkability, Logs, PerSecond,
    Received, ServerLoad, Traced, Tracing, Upload,
};
use bluetrace::town::scenario::{MeetingsKind, Seconds, Spell};
use bluetrace::town::{Outcome, Records, Scenario};

/// How many people.
pub const PEOPLE: u32 = 240;
const HOURS: u64 = 73;
const DAY: f64 = 86_400.0;

/// Numbers that look random and are always the same.
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// From 0 to 1.
    pub fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        (self.0 >> 40) as f64 / (1 << 24) as f64
    }

    /// From 0 to `end` without it.
    pub fn below(&mut self, end: u32) -> u32 {
        (self.share() * f64::from(end)) as u32
    }
}

/// One point with `runs` runs, with records.
pub fn single(runs: u64) -> Study {
    let mut scenario = Scenario { runs: non_zero(runs), ..Scenario::default() };
    scenario.people.count = PEOPLE;
    let point = Point {
        changed: Vec::new(),
        scenario: scenario.clone(),
        outcomes: outcomes(0.6, runs),
        expected: Vec::new(),
    };
    let (origin, records) = (Origin::Scenario, Some(records()));
    Study { scenario, origin, points: vec![point], records, figures: None }
}

/// The same in a plane.
pub fn plane() -> Study {
    let mut study = single(1);
    study.scenario.meetings.kind = MeetingsKind::Plane;
    study.points[0].scenario = study.scenario.clone();
    study.records.as_mut().expect("records").positions = plane_positions();
    study
}

/// Where everybody may be in it.
pub fn plane_positions() -> Vec<(f64, f64)> {
    let mut dice = Dice::new(5);
    (0..PEOPLE).map(|_| (dice.share() * 200.0, dice.share() * 200.0)).collect()
}

/// One point for each share of people with the app, with the square of it expected to be recorded.
pub fn sweep(runs: u64) -> Study {
    let shares = ["0.2", "0.4", "0.6", "0.8", "1"];
    let study = single(runs);
    let recorded = Measure::Figure("encounters.recorded_share");
    let point = |text: &&str| {
        let share: f64 = text.parse().expect("a number");
        let mut scenario = study.scenario.clone();
        scenario.people.app_share = share.try_into().expect("a share");
        Point {
            changed: vec![("people.app_share".to_owned(), (*text).to_owned())],
            scenario,
            outcomes: outcomes(share, runs),
            expected: vec![Expected::equal(recorded, share * share)],
        }
    };
    Study { points: shares.iter().map(point).collect(), ..study }
}

/// The same for another key, whose five values are whatever they are.
pub fn sweep_over(key: &str, values: [&str; 5]) -> Study {
    let mut study = sweep(3);
    for (point, value) in study.points.iter_mut().zip(values) {
        point.changed = vec![(key.to_owned(), value.to_owned())];
    }
    study
}

/// A sweep over two keys at once; the second one is a text.
pub fn sweep_of_two(runs: u64) -> Study {
    let mut study = sweep(runs);
    let other = |point: &Point, value: &str| {
        let mut point = point.clone();
        if value == "keep" {
            let share: f64 = point.changed[0].1.parse().expect("a number");
            point.outcomes = outcomes(share * 0.8, runs);
        }
        point.changed.push(("phones.when_expired".to_owned(), value.to_owned()));
        point
    };
    study.points = ["silent", "keep"]
        .iter()
        .flat_map(|value| study.points.iter().map(|point| other(point, value)).collect::<Vec<_>>())
        .collect();
    study
}

/// A study with adversaries and what they achieved.
pub fn attacked() -> Study {
    let mut study = single(3);
    let adversary = &mut study.scenario.adversary;
    adversary.sniffer.push(Default::default());
    adversary.replay.push(Default::default());
    adversary.forger.push(Default::default());
    let (from, duration) = (Seconds::new(90_000), Seconds::new(14_400));
    study.scenario.server.outage.push(Spell { from, duration });
    study.points[0].scenario = study.scenario.clone();
    let mut dice = Dice::new(9);
    for outcome in &mut study.points[0].outcomes {
        outcome.adversaries = AdversaryOutcome {
            replayed: 4210,
            replayed_valid: 3890 + u64::from(dice.below(99)),
            forged_logs: 1,
            forged_names: 3,
            ..Default::default()
        };
        let mut followed: Vec<_> =
            (0..300).map(|_| 900.0 + 7200.0 * dice.share() * dice.share()).collect();
        followed.sort_by(f64::total_cmp);
        outcome.linkability = Some(Linkability {
            sightings: 20_311,
            temp_ids: 1400,
            changes: 1100,
            linked: 610,
            mistaken: 44,
            followed_seconds: followed,
        });
    }
    let records = study.records.as_mut().expect("records");
    let forger = PersonId::new(PEOPLE);
    records.uploads.push(Upload { at: 1.5 * DAY, person: forger, entries: 100, is_forged: true });
    for contact in [4, 90, 91].map(PersonId::new) {
        let at = 1.5 * DAY;
        records.traces.push(Traced { at, index: forger, contact, is_real: false });
    }
    study
}

fn non_zero(runs: u64) -> std::num::NonZeroU32 {
    u32::try_from(runs).ok().and_then(std::num::NonZeroU32::new).expect("some runs")
}

fn outcomes(share: f64, runs: u64) -> Vec<Outcome> {
    (1..=runs).map(|seed| outcome(share, seed)).collect()
}

/// What may come of a run in which `share` of all people have the app.
pub fn outcome(share: f64, seed: u64) -> Outcome {
    let mut dice = Dice::new(seed * 1000 + (share * 100.0) as u64);
    let over_time: Vec<_> = (0..HOURS).map(|hour| bin(hour, share, &mut dice)).collect();
    let sum = |of: fn(&Bin) -> u64| over_time.iter().map(of).sum::<u64>();
    let (real, possible, recorded) =
        (sum(|bin| bin.encounters), sum(|bin| bin.possible), sum(|bin| bin.recorded));
    let contacts: u32 = 5 * 28;
    let traced = (f64::from(contacts) * share * (0.9 + 0.1 * dice.share())) as u64;
    let users = (f64::from(PEOPLE) * share) as u32;
    let mut noticed: Vec<_> = (0..traced).map(|_| 3600.0 * (12.0 + 40.0 * dice.share())).collect();
    noticed.sort_by(f64::total_cmp);
    Outcome {
        seed,
        users,
        encounters: Encounters { real, possible, recorded, recorded_ways: 2 * recorded },
        tracing: Tracing {
            index_cases: 5,
            uploads: 5,
            contacts: contacts.into(),
            traced,
            named: traced + u64::from(dice.below(6)),
            people_named: traced,
            traced_encounters: 2 * traced,
            seconds_to_notice: noticed,
        },
        beacons: Beacons {
            sent: recorded * 25,
            near: recorded * 30,
            received: recorded * 30,
            logged: recorded * 4,
            logged_again: recorded * 25,
            expired: recorded,
            ..Beacons::default()
        },
        server: server(users, &mut dice),
        logs: Logs { samples: 100, entries: 4200, most_entries: 133 },
        over_time,
        ..Outcome::default()
    }
}

fn bin(hour: u64, share: f64, dice: &mut Dice) -> Bin {
    // People sleep at night.
    let is_day = (7..23).contains(&(hour % 24));
    let real = if hour == 0 { 0.0 } else { f64::from(PEOPLE) * if is_day { 0.3 } else { 0.03 } };
    let encounters = real * (0.8 + 0.4 * dice.share());
    let possible = (encounters * share * share * (0.9 + 0.2 * dice.share())).min(encounters);
    let downloads = (f64::from(PEOPLE) * share * 4.0) as u64 + u64::from(dice.below(30));
    Bin {
        from: hour as f64 * 3600.0,
        encounters: encounters as u64,
        possible: possible as u64,
        recorded: (possible * (0.85 + 0.15 * dice.share())) as u64,
        connections: downloads + u64::from(dice.below(30)),
        downloads,
        bytes: downloads * 90,
        log_entries: hour as f64 * 0.8 * share,
    }
}

fn server(users: u32, dice: &mut Dice) -> ServerLoad {
    let seconds = HOURS * 3600;
    let mut downloads = vec![0; seconds as usize];
    for user in 0..users {
        let first = dice.below(900);
        let mut at = first;
        while u64::from(at) < seconds {
            downloads[at as usize] += 1;
            at += 900 + user % 2;
        }
    }
    let total = downloads.iter().map(|count| u64::from(*count)).sum();
    ServerLoad {
        connections: total,
        logins: total,
        downloads: total,
        temp_ids: total,
        bytes_in: total * 60,
        bytes_out: total * 90,
        connections_by_second: PerSecond::of(downloads.clone()),
        downloads_by_second: PerSecond::of(downloads),
        ..ServerLoad::default()
    }
}

/// What happened one by one: five index cases among [`PEOPLE`] who meet at random.
pub fn records() -> Records {
    let mut dice = Dice::new(77);
    let has_app: Vec<_> = (0..PEOPLE).map(|person| person < 5 || dice.share() < 0.6).collect();
    let mut records = Records { has_app, ..Records::default() };
    for at in 0..7200 {
        let from = 3600.0 + f64::from(at) * 35.0;
        let (a, b) = (dice.below(PEOPLE), dice.below(PEOPLE));
        if a != b {
            meet(&mut records, from, a, b, dice.share() > 0.1);
        }
    }
    for person in 0..5 {
        upload(&mut records, DAY * (1.5 + 0.25 * f64::from(person)), person);
    }
    records
}

fn meet(records: &mut Records, from: f64, a: u32, b: u32, is_heard: bool) {
    let is_possible = records.has_app[a as usize] && records.has_app[b as usize];
    let recorded = is_possible && is_heard;
    let [a, b] = [a, b].map(PersonId::new);
    records.encounters.push(Encounter {
        from,
        until: from + 900.0,
        a,
        b,
        is_possible,
        a_recorded: recorded,
        b_recorded: recorded,
    });
    if recorded {
        for (at, fate) in [(60.0, Fate::Logged), (120.5, Fate::LoggedAgain)] {
            records.receptions.push(Received { at: from + at, from: a, to: b, fate });
            records.receptions.push(Received { at: from + at, from: b, to: a, fate });
        }
    }
}

fn upload(records: &mut Records, at: f64, person: u32) {
    // Whom the server names although they were not near, so far as anybody knows.
    let [person, stranger] = [person, 200 + person].map(PersonId::new);
    let mut met = BTreeMap::new();
    for encounter in records.encounters.iter().filter(|encounter| encounter.from <= at) {
        let other = match (encounter.a, encounter.b) {
            (a, b) if a == person => b,
            (a, b) if b == person => a,
            _ => continue,
        };
        if other != stranger {
            let (encounters, is_named) = met.entry(other).or_insert((0, false));
            *encounters += 1;
            *is_named |= encounter.a_recorded && encounter.until <= at;
        }
    }
    let named: Vec<PersonId> =
        met.iter().filter(|(_, (_, is_named))| *is_named).map(|(other, _)| *other).collect();
    let entries = named.len() as u64;
    records.uploads.push(Upload { at, person, entries, is_forged: false });
    records.contacts.extend(met.into_iter().map(|(contact, (encounters, is_named))| Contact {
        index: person,
        contact,
        encounters,
        is_named,
    }));
    for contact in named {
        records.traces.push(Traced { at, index: person, contact, is_real: true });
    }
    records.traces.push(Traced { at, index: person, contact: stranger, is_real: false });
}
