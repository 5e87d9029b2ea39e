//! What holds for meetings of every kind, and what each kind's settings mean.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::town::scenario::{Amount, Probability, Seconds, Sniffer};

const HOUR: u64 = 3600;

fn amount(value: f64) -> Amount {
    Amount::try_from(value).expect("from zero up")
}

fn probability(value: f64) -> Probability {
    Probability::try_from(value).expect("from 0 to 1")
}

fn scenario(kind: MeetingsKind, people: u32) -> Scenario {
    let mut scenario = Scenario { duration: Seconds::new(2 * 86_400), ..Scenario::default() };
    scenario.people.count = people;
    scenario.meetings.kind = kind;
    scenario
}

fn place(place: u32) -> Post {
    Post { place: Some(place), ..Post::default() }
}

/// Every other person has the app.
fn half(scenario: &Scenario) -> Vec<bool> {
    let people = Meetings::people_of(scenario).expect("known");
    (0..people).map(|person| person % 2 == 0).collect()
}

fn changes(scenario: &Scenario, posts: &[Post]) -> Vec<Change> {
    Meetings::new(scenario, &half(scenario), posts).expect("fits").collect()
}

/// An encounter from its beginning to its end, or that of the meetings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Whole {
    a: Body,
    b: Body,
    from: Duration,
    until: Duration,
}

/// The two bodies of a meeting; posts have the numbers behind the last of so many people.
fn bodies(meeting: Meeting, people: u32) -> Pair {
    match meeting {
        Meeting::Encounter { people: [a, b], .. } => (a.number(), b.number()),
        Meeting::AtPost { person, post } => (person.number(), people + post.number()),
    }
}

/// All encounters in the order in which they begin, after everything was checked that must hold for
/// every kind.
fn wholes(scenario: &Scenario, changes: &[Change]) -> Vec<Whole> {
    let people = Meetings::people_of(scenario).expect("known");
    let (mut wholes, mut near) = (Vec::<Whole>::new(), BTreeMap::new());
    let (mut last, mut next_number) = (Duration::ZERO, 0);
    for change in changes {
        let Change { at, meeting, kind } = *change;
        assert!(last <= at && at <= scenario.duration.0, "{change:?} after {last:?}");
        last = at;
        let (a, b) = bodies(meeting, people);
        assert!(a < people && a != b, "{change:?}");
        let pair = (a.min(b), a.max(b));
        match kind {
            ChangeKind::Begins => {
                assert!(at < scenario.duration.0, "{change:?}");
                let earlier = near.insert(pair, (meeting, wholes.len()));
                assert_eq!(earlier, None, "near already: {change:?}");
                wholes.push(Whole { a, b, from: at, until: scenario.duration.0 });
                if let Meeting::Encounter { number, .. } = meeting {
                    assert_eq!(number, next_number);
                    next_number += 1;
                }
            }
            ChangeKind::Ends => {
                let (begun, place) = near.remove(&pair).expect("it began");
                assert_eq!(begun, meeting);
                wholes[place].until = at;
            }
        }
    }
    wholes
}

fn between_people(changes: &[Change]) -> Vec<Change> {
    let is_encounter = |change: &Change| matches!(change.meeting, Meeting::Encounter { .. });
    changes.iter().copied().filter(is_encounter).collect()
}

#[test]
fn mixing_people_have_the_encounters_that_were_asked_for() {
    let mut scenario = scenario(MeetingsKind::RandomMixing, 1000);
    scenario.people.homophily = probability(0.5);
    let changes = changes(&scenario, &[]);
    let wholes = wholes(&scenario, &changes);
    // 1000 people with 10 a day each, two days: 10,000 expected with a deviation of 100.
    assert!((9600..10_400).contains(&wholes.len()), "{}", wholes.len());
    let mut of_person = vec![0_u32; 1000];
    for whole in wholes.iter() {
        let full = whole.from + Duration::from_secs(900);
        assert_eq!(whole.until, full.min(scenario.duration.0));
        of_person[whole.a as usize] += 1;
        of_person[whole.b as usize] += 1;
    }
    // Each Poisson with mean 20, so the variance is 20, itself with a deviation of 0.92.
    let variance = of_person.iter().map(|count| (f64::from(*count) - 20.0).powi(2)).sum::<f64>();
    assert!((16.0..24.0).contains(&(variance / 1000.0)), "{variance}");
    // Half look for their like, and half of the others find them anyway.
    let alike = wholes.iter().filter(|whole| whole.a % 2 == whole.b % 2).count();
    let share = alike as f64 / wholes.len() as f64;
    assert!((0.73..0.77).contains(&share), "{share}");
}

#[test]
fn mixing_without_homophily_does_not_ask_who_has_the_app() {
    let mut scenario = scenario(MeetingsKind::RandomMixing, 40);
    scenario.meetings.random_mixing.contacts_per_day = amount(200.0);
    let with = |has_app: fn(usize) -> bool, scenario: &Scenario| -> Vec<Change> {
        let has_app: Vec<bool> = (0..40).map(has_app).collect();
        Meetings::new(scenario, &has_app, &[]).expect("fits").collect()
    };
    let nobody = with(|_| false, &scenario);
    assert!(nobody.len() > 10_000);
    assert_eq!(nobody, with(|_| true, &scenario));
    assert_eq!(nobody, with(|person| person % 3 == 0, &scenario));
    scenario.people.homophily = Probability::ONE;
    let alike = with(|person| person % 3 == 0, &scenario);
    let pair = |change: &Change| bodies(change.meeting, 40);
    assert!(alike.iter().map(pair).all(|(a, b)| (a % 3 == 0) == (b % 3 == 0)));
    // When somebody meets anybody is drawn beside whom.
    let (before, after) = (nobody.len() as f64, alike.len() as f64);
    assert!((after / before - 1.0).abs() < 0.1, "{before} {after}");
    assert_eq!((nobody[0].at, pair(&nobody[0]).0), (alike[0].at, pair(&alike[0]).0));
}

#[test]
fn mixing_people_who_are_all_near_meet_nobody_until_they_part() {
    let mut two = scenario(MeetingsKind::RandomMixing, 2);
    two.meetings.random_mixing.contacts_per_day = amount(100.0);
    two.meetings.random_mixing.contact_duration = Seconds::new(6 * HOUR);
    let wholes = wholes(&two, &changes(&two, &[]));
    assert!((6..9).contains(&wholes.len()), "{}", wholes.len());
    for people in [0, 1] {
        let lonely = scenario(MeetingsKind::RandomMixing, people);
        assert_eq!(changes(&lonely, &[]), []);
    }
    two.meetings.random_mixing.contacts_per_day = amount(0.0);
    assert_eq!(changes(&two, &[]), []);
}

#[test]
fn posts_of_mixing_hear_who_meets_at_their_place_and_change_nothing() {
    let mut scenario = scenario(MeetingsKind::RandomMixing, 50);
    scenario.meetings.random_mixing.places = 4;
    let without = changes(&scenario, &[]);
    let with = changes(&scenario, &[place(2), place(0), place(2)]);
    assert_eq!(between_people(&with), without);
    let wholes = wholes(&scenario, &with);
    let of_post = |post: Body| -> BTreeSet<(Body, Duration, Duration)> {
        let of_post = wholes.iter().filter(|whole| whole.b == post);
        of_post.map(|whole| (whole.a, whole.from, whole.until)).collect()
    };
    assert_eq!(of_post(50), of_post(52));
    assert_ne!(of_post(50), of_post(51));
    // A quarter of 500 encounters of two people each, less what overlaps.
    assert!((180..320).contains(&of_post(50).len()), "{}", of_post(50).len());
    let first = without[0];
    let is_at_post = |change: &&Change| matches!(change.meeting, Meeting::AtPost { .. });
    let beside: Vec<_> = with[1..].iter().take_while(is_at_post).collect();
    assert!(beside.iter().all(|change| change.at == first.at));
}

#[test]
fn posts_at_all_places_hear_everybody_for_as_long_as_they_meet() {
    let mut scenario = scenario(MeetingsKind::RandomMixing, 20);
    scenario.meetings.random_mixing.places = 1;
    scenario.meetings.random_mixing.contacts_per_day = amount(100.0);
    let wholes = wholes(&scenario, &changes(&scenario, &[place(0)]));
    let (heard, met): (Vec<_>, Vec<_>) = wholes.iter().partition(|whole| whole.b == 20);
    for person in 0..20 {
        let minutes = |wholes: &[&Whole]| -> BTreeSet<u64> {
            let of_person = wholes.iter().filter(|whole| [whole.a, whole.b].contains(&person));
            of_person.flat_map(|whole| whole.from.as_secs()..whole.until.as_secs()).collect()
        };
        assert_eq!(minutes(&heard), minutes(&met));
    }
}

#[test]
fn people_in_a_plane_have_whole_encounters_and_posts_change_nothing() {
    let mut scenario = scenario(MeetingsKind::Plane, 100);
    scenario.duration = Seconds::new(HOUR + 5);
    let post = Post { x: Some(100.0), y: Some(50.0), range: Some(amount(60.0)), ..Post::default() };
    let (without, with) = (changes(&scenario, &[]), changes(&scenario, &[post]));
    assert_eq!(between_people(&with), without);
    let wholes = wholes(&scenario, &with);
    assert!(wholes.iter().any(|whole| whole.b == 100));
    for whole in wholes.iter() {
        let is_look = |at: Duration| at.as_secs().is_multiple_of(10) || at == scenario.duration.0;
        assert!(is_look(whole.from) && is_look(whole.until), "{whole:?}");
    }
    // Walkers who rest most of the time are near about as many others as if they stood at random:
    // 100 people with 99 others in 5 m of 200 x 200 m, a little more as they like the middle.
    let near: f64 = wholes
        .iter()
        .filter(|whole| whole.b < 100)
        .map(|whole| (whole.until - whole.from).as_secs_f64())
        .sum();
    let mean = near / scenario.duration.as_f64();
    assert!((6.0..20.0).contains(&mean), "{mean}");
}

#[test]
fn positions_in_a_plane_are_those_of_the_latest_look() {
    let scenario = scenario(MeetingsKind::Plane, 30);
    let mut meetings = Meetings::new(&scenario, &half(&scenario), &[]).expect("fits");
    let start = meetings.positions();
    assert_eq!(start.len(), 30);
    let begin = meetings.find(|change| change.at > Duration::from_secs(HOUR)).expect("somebody");
    let positions = meetings.positions();
    assert_ne!(positions, start);
    let (a, b) = bodies(begin.meeting, 30);
    let (a, b) = (positions[a as usize], positions[b as usize]);
    let is_near = (a.0 - b.0).hypot(a.1 - b.1) <= 5.0;
    assert_eq!(is_near, begin.kind == ChangeKind::Begins);
}

#[test]
fn timetable_puts_people_into_rooms_by_the_clock() {
    let mut scenario = scenario(MeetingsKind::Timetable, 60);
    scenario.meetings.timetable.near_share = Probability::ONE;
    let posts = [place(0), place(Meetings::places_of(&scenario) - 1)];
    let meetings = Meetings::new(&scenario, &half(&scenario), &posts).expect("fits");
    let wholes = wholes(&scenario, &meetings.collect::<Vec<_>>());
    let hours = |hours: f64| Duration::from_secs_f64(hours * 3600.0);
    let is_near = |a: Body, b: Body, at: f64| {
        let at = hours(at);
        let covers = |whole: &Whole| whole.from <= at && at < whole.until;
        wholes.iter().any(|whole| (whole.a, whole.b) == (a, b) && covers(whole))
    };
    for day in [0.0, 24.0] {
        assert!(is_near(0, 2, day + 7.0) && is_near(0, 2, day + 7.6) && is_near(0, 2, day + 20.0));
        assert!(!is_near(0, 3, day + 7.0) && is_near(0, 3, day + 7.6) && is_near(0, 3, day + 16.2));
        assert!(!is_near(0, 30, day + 7.6));
        let at_noon = (1..60).filter(|other| is_near(0, *other, day + 12.0)).count();
        assert!((1..25).contains(&at_noon), "{at_noon}");
        assert!(is_near(2, 60, day + 1.0) && !is_near(2, 60, day + 12.0));
        assert!(!is_near(59, 61, day + 1.0) && is_near(59, 61, day + 16.4));
    }
    // They stay together over night.
    let night = hours(20.0)..hours(28.0);
    let overnight = |whole: &Whole| whole.from <= night.start && night.end <= whole.until;
    assert!(wholes.iter().any(|whole| (whole.a, whole.b) == (0, 1) && overnight(whole)));
}

#[test]
fn share_of_a_room_is_near_and_the_same_people_on_both_ways() {
    let mut scenario = scenario(MeetingsKind::Timetable, 3000);
    scenario.meetings.timetable.stay = Seconds::new(0);
    scenario.meetings.timetable.home = 1;
    let wholes = wholes(&scenario, &changes(&scenario, &[]));
    // Both ways follow each other without a stay, so that each pair has one encounter a day.
    let full = wholes.iter().filter(|whole| whole.until - whole.from == Duration::from_secs(HOUR));
    // At work nobody is for any time. 100 buses with 435 pairs, two days, 0.3 of them: 26,100 with
    // a deviation of 135.
    let count = full.count();
    assert_eq!(count, wholes.len());
    assert!((25_500..26_700).contains(&count), "{count}");
    // Days are independent.
    let pairs: BTreeSet<_> = wholes.iter().map(|whole| (whole.a, whole.b)).collect();
    let expected = 43_500.0 * (1.0 - 0.7 * 0.7);
    assert!((pairs.len() as f64 - expected).abs() < 600.0, "{}", pairs.len());
}

#[test]
fn carrier_who_is_not_in_the_trace_is_refused_with_its_key() {
    let mut trace = scenario(MeetingsKind::Trace, 0);
    trace.meetings.trace.file = SAMPLE.into();
    let at = vec![Post { with: Some("mallory".to_owned()), ..Post::default() }];
    trace.adversary.sniffer = vec![Sniffer { at: at.clone(), ..Sniffer::default() }];
    let refused = Meetings::new(&trace, &half(&trace), &at).expect_err("nobody carries it");
    let expected = "adversary.sniffer[0].at[0].with: expected a name that is in ";
    assert!(refused.to_string().starts_with(expected), "{refused}");
}

#[test]
fn all_kinds_have_whole_encounters_at_any_duration() {
    let mut kinds = vec![
        scenario(MeetingsKind::RandomMixing, 100),
        scenario(MeetingsKind::Plane, 40),
        scenario(MeetingsKind::Timetable, 100),
        scenario(MeetingsKind::Trace, 0),
    ];
    kinds[3].meetings.trace.file = SAMPLE.into();
    for scenario in &mut kinds {
        for seconds in [0, 1, 7 * HOUR + 1801, 9 * HOUR, 86_400, 100_000] {
            scenario.duration = Seconds::new(seconds);
            let wholes = wholes(scenario, &changes(scenario, &[]));
            assert!(seconds > 0 || wholes.is_empty());
        }
    }
}

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/scenarios/contacts.csv");

/// The people of the sample.
const NAMES: [&str; 20] = [
    "ada", "ben", "cleo", "dan", "eve", "finn", "gus", "hana", "ida", "jon", "kim", "lea", "max",
    "nora", "otto", "pia", "quinn", "rosa", "sam", "tess",
];

/// What the sample is: a morning of 20 people who walk about in 40 m x 25 m.
fn morning() -> Scenario {
    let mut scenario = scenario(MeetingsKind::Plane, 20);
    scenario.seed = 7;
    scenario.duration = Seconds::new(4 * HOUR);
    let plane = &mut scenario.meetings.plane;
    (plane.width, plane.height) = (amount(40.0), amount(25.0));
    (plane.range, plane.step) = (amount(3.0), Seconds::new(20));
    plane.rest = Seconds::new(HOUR);
    scenario
}

#[test]
fn sample_trace_is_a_morning_in_a_plane() {
    let plane = wholes(&morning(), &changes(&morning(), &[]));
    let row = |whole: &Whole| {
        let (a, b) = (NAMES[whole.a as usize], NAMES[whole.b as usize]);
        format!("{},{a},{b},{}\n", whole.from.as_secs(), (whole.until - whole.from).as_secs())
    };
    let rows: String = plane.iter().map(row).collect();
    let expected = format!("t,a,b,seconds\n{rows}");
    let content = std::fs::read_to_string(SAMPLE).expect("the sample");
    assert_eq!(content, expected);
}

#[test]
fn sample_trace_is_read_back_as_it_was() {
    let mut trace = scenario(MeetingsKind::Trace, 0);
    trace.meetings.trace.file = SAMPLE.into();
    assert_eq!(Meetings::people_of(&trace).expect("read"), 20);
    let times = |scenario: &Scenario| -> BTreeSet<(Duration, Duration)> {
        let wholes = wholes(scenario, &changes(scenario, &[]));
        wholes.iter().map(|whole| (whole.from, whole.until)).collect()
    };
    assert_eq!(times(&trace), times(&morning()));
}

#[test]
fn carrier_of_a_trace_is_a_post_and_no_person() {
    let mut trace = scenario(MeetingsKind::Trace, 0);
    trace.meetings.trace.file = SAMPLE.into();
    let everybody = wholes(&trace, &changes(&trace, &[]));
    let post = Post { with: Some("eve".to_owned()), ..Post::default() };
    trace.adversary.sniffer = vec![Sniffer { at: vec![post.clone()], ..Sniffer::default() }];
    assert_eq!(Meetings::people_of(&trace).expect("read"), 19);
    let with_eve = wholes(&trace, &changes(&trace, &[post]));
    assert_eq!(everybody.len(), with_eve.len());
    let content = std::fs::read_to_string(SAMPLE).expect("the sample");
    let rows_of_eve = content.lines().filter(|row| row.contains(",eve,")).count();
    assert!(rows_of_eve > 0);
    assert_eq!(with_eve.iter().filter(|whole| whole.b == 19).count(), rows_of_eve);
}

#[test]
fn encounter_has_an_end_if_it_is_over_as_the_meetings_are_and_none_if_it_would_go_on() {
    let ends = |kind, change: fn(&mut Scenario)| {
        let mut scenario = scenario(kind, 60);
        change(&mut scenario);
        let changes = changes(&scenario, &[]);
        let at_the_end = changes.iter().filter(|change| change.at == scenario.duration.0);
        let ends = changes.iter().filter(|change| change.kind == ChangeKind::Ends).count();
        (at_the_end.count(), changes.len() - 2 * ends)
    };
    // People part who leave home, and others go on by bus together.
    let (at_the_end, lasting) = ends(MeetingsKind::Timetable, |scenario| {
        scenario.duration = scenario.meetings.timetable.leave;
        scenario.meetings.timetable.near_share = probability(0.5);
    });
    assert!(at_the_end > 10 && lasting > 10 && at_the_end + lasting == 60, "{at_the_end}");
    // Nobody knows what happens after the last look.
    let (at_the_end, lasting) = ends(MeetingsKind::Plane, |scenario| {
        scenario.duration = Seconds::new(HOUR);
        (scenario.meetings.plane.width, scenario.meetings.plane.height) =
            (amount(20.0), amount(20.0));
    });
    assert!(at_the_end < lasting, "{at_the_end} {lasting}");
}
