//! All kinds of meetings keep the same promises; and each is what its settings say.

use std::collections::BTreeMap;
use std::io::Write;

use super::plane::neighbours;
use super::*;
use crate::town::scenario::{Amount, Probability, Seconds, Sniffer};

const PEOPLE: usize = 60;

fn scenario(kind: MeetingsKind) -> Scenario {
    let mut scenario = Scenario { duration: Seconds::new(2 * 86_400), ..Scenario::default() };
    scenario.people.count = PEOPLE as u32;
    scenario.meetings.kind = kind;
    scenario
}

fn changes(scenario: &Scenario, posts: &[Post]) -> Vec<Change> {
    let has_app = vec![true; people_of(scenario).expect("people") as usize];
    Meetings::new(scenario, &has_app, posts).expect("meetings").collect()
}

/// Every encounter as who, from when and until when, after looking that all is in order.
fn encounters(scenario: &Scenario, posts: &[Post]) -> Vec<(Body, Body, Duration, Duration)> {
    let (mut lasting, mut encounters) = (BTreeMap::new(), Vec::new());
    let mut last = Duration::ZERO;
    for change in changes(scenario, posts) {
        assert!(change.at >= last && change.at <= scenario.duration.0);
        last = change.at;
        match change.kind {
            ChangeKind::Begins => {
                let (a, b) = (change.a, change.b);
                assert!(!lasting.values().any(|(x, y, _)| (*x, *y) == (a, b)));
                assert_eq!(lasting.insert(change.encounter, (a, b, change.at)), None);
            }
            ChangeKind::Ends => {
                let (a, b, from) = lasting.remove(&change.encounter).expect("it began");
                assert_eq!((a, b), (change.a, change.b));
                encounters.push((a, b, from, change.at));
            }
        }
    }
    assert!(lasting.is_empty());
    encounters
}

#[test]
fn plane_finds_who_is_near_as_looking_at_all_pairs_does() {
    let mut rng = super::super::draws::stream(7, super::super::draws::Purpose::Meetings, 0);
    let mut part = || rand::RngExt::random::<f64>(&mut rng) * 100.0;
    let points: Vec<(f64, f64)> = (0..300).map(|_| (part(), part())).collect();
    let mut found = neighbours(&points, 7.5);
    found.sort_unstable();
    let mut expected = Vec::new();
    for (a, (x, y)) in points.iter().enumerate() {
        for (b, (v, w)) in points.iter().enumerate().skip(a + 1) {
            if (x - v) * (x - v) + (y - w) * (y - w) <= 7.5 * 7.5 {
                expected.push((a as Body, b as Body));
            }
        }
    }
    assert_eq!(found, expected);
}

#[test]
fn people_of_a_plane_stay_in_it_and_meet_each_other_and_posts() {
    let mut scenario = scenario(MeetingsKind::Plane);
    scenario.duration = Seconds::new(7200);
    let post = Post { x: Some(100.0), y: Some(100.0), ..Post::default() };
    let met = encounters(&scenario, &[post]);
    let with_post = met.iter().filter(|(_, b, ..)| *b as usize == PEOPLE).count();
    assert!(with_post > 0 && met.len() > 2 * with_post, "{with_post} of {}", met.len());
    let mut meetings = Meetings::new(&scenario, &[true; PEOPLE], &[]).expect("meetings");
    assert!(meetings.by_ref().count() > 0);
    assert!(
        meetings
            .positions()
            .iter()
            .all(|(x, y)| { (0.0..=200.0).contains(x) && (0.0..=200.0).contains(y) })
    );
}

#[test]
fn timetable_has_families_at_home_and_others_elsewhere() {
    let scenario = scenario(MeetingsKind::Timetable);
    let met = encounters(&scenario, &[]);
    let hours = |from: u64, to: u64| (Duration::from_secs(from), Duration::from_secs(to));
    // Three live together, and all are at home until half past seven.
    let family: Vec<_> = met.iter().filter(|it| (it.0, it.1) == (0, 1)).collect();
    assert!(family.iter().any(|it| (it.2, it.3) == hours(0, 7 * 3600 + 1800)));
    assert!(met.iter().filter(|it| it.2 == Duration::ZERO).all(|it| it.0 / 3 == it.1 / 3));
    let at_work = met.iter().filter(|it| it.3 - it.2 >= Duration::from_secs(8 * 3600));
    assert!(at_work.clone().count() > 50, "{}", at_work.count());
}

#[test]
fn room_that_nobody_shares_has_no_meetings_but_with_a_post() {
    let mut scenario = scenario(MeetingsKind::Timetable);
    scenario.meetings.timetable.near_share = Probability::ZERO;
    scenario.meetings.timetable.home = 1;
    assert!(encounters(&scenario, &[]).is_empty());
    let last_bus = Post { place: Some(places_of(&scenario) - 1), ..Post::default() };
    let met = encounters(&scenario, &[last_bus]);
    // 30 seats, twice a day, for two days.
    assert_eq!(met.len(), 30 * 4);
}

/// A file with this trace, and a scenario of it.
fn traced(content: &str) -> (tempfile::NamedTempFile, Scenario) {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(content.as_bytes()).expect("written");
    let mut scenario = scenario(MeetingsKind::Trace);
    scenario.meetings.trace.file = file.path().to_owned();
    (file, scenario)
}

#[test]
fn trace_is_told_in_the_order_of_time_and_overlaps_are_one() {
    let content =
        "t,a,b,seconds\n100,bob,cyd,60\n0,ann,bob,50\n40,bob,ann,30\n70,ann,bob,5\n0,ann,cyd,0\n";
    let (_file, scenario) = traced(content);
    assert_eq!(people_of(&scenario).expect("people"), 3);
    let seconds = Duration::from_secs;
    // bob is named first.
    assert_eq!(
        encounters(&scenario, &[]),
        [(0, 2, seconds(0), seconds(75)), (0, 1, seconds(100), seconds(160))]
    );
}

#[test]
fn post_of_a_trace_goes_with_somebody_who_is_no_person() {
    let content = "t,a,b,seconds\n0,ann,bob,50\n10,sniffer,ann,20\n";
    let (_file, mut scenario) = traced(content);
    let post = Post { with: Some("sniffer".to_owned()), ..Post::default() };
    scenario.adversary.sniffer = vec![Sniffer { at: vec![post.clone()], ..Sniffer::default() }];
    assert_eq!(people_of(&scenario).expect("people"), 2);
    let met = encounters(&scenario, &[post]);
    assert!(met.contains(&(0, 2, Duration::from_secs(10), Duration::from_secs(30))), "{met:?}");
}

#[test]
fn bad_lines_of_a_trace_are_refused_with_their_place() {
    for (content, place, problem) in [
        ("t,a,b,seconds\n0,ann,bob,50\n0,ann,bob,long\n", ":3:", "column 4"),
        ("t,a,b,seconds\n0,ann,bob\n", ":2:", "3 columns"),
        ("t,a,seconds\n0,ann,5\n", ":2:", "missing field"),
        ("t,a,b,seconds\n\n-1,ann,bob,5\n", ":3:", "negative"),
    ] {
        let (_file, scenario) = traced(content);
        let error = people_of(&scenario).expect_err(content).to_string();
        assert!(error.contains(place) && error.contains(problem), "{error}");
    }
}

#[test]
fn post_at_no_place_of_the_meetings_is_refused() {
    let nowhere = Post::default();
    let room = Post { place: Some(1_000_000), ..Post::default() };
    let point = Post { x: Some(1.0), y: Some(1.0), ..Post::default() };
    for (kind, post, expected) in [
        (MeetingsKind::RandomMixing, &room, "place = 0 to 99"),
        (MeetingsKind::RandomMixing, &nowhere, "nothing"),
        (MeetingsKind::Timetable, &point, "x = 1, y = 1"),
        (MeetingsKind::Plane, &room, "x and y in metres"),
    ] {
        let posts = std::slice::from_ref(post);
        let error = Meetings::new(&scenario(kind), &[true; PEOPLE], posts).expect_err(expected);
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn people_in_a_plane_walk_the_same_ways_whoever_else_is_there() {
    let mut small = scenario(MeetingsKind::Plane);
    small.duration = Seconds::new(3600);
    small.meetings.plane.range = Amount::try_from(1.0).expect("from zero up");
    let positions = |count: usize| {
        let mut meetings = Meetings::new(&small, &vec![true; count], &[]).expect("meetings");
        meetings.by_ref().for_each(drop);
        meetings.positions()
    };
    assert_eq!(positions(10), positions(20)[..10]);
}
