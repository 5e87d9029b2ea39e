use proptest::prelude::*;

use super::*;
use crate::town::scenario::{Amount, MeetingsKind, Seconds};

fn amount(value: f64) -> Amount {
    Amount::try_from(value).expect("from zero up")
}

fn scenario(people: u32, (width, height): (f64, f64), range: f64) -> Scenario {
    let mut scenario = Scenario { duration: Seconds::new(600), ..Scenario::default() };
    scenario.people.count = people;
    scenario.meetings.kind = MeetingsKind::Plane;
    let plane = &mut scenario.meetings.plane;
    (plane.width, plane.height) = (amount(width), amount(height));
    plane.range = amount(range);
    plane.rest = Seconds::new(20);
    scenario
}

fn post(x: f64, y: f64, range: Option<f64>) -> Post {
    Post { x: Some(x), y: Some(y), range: range.map(amount), ..Post::default() }
}

/// Compares everybody with everybody.
fn pairs_of(plane: &Plane) -> Vec<Pair> {
    let people: Vec<_> =
        plane.positions.iter().map(|&(x, y)| Point { x, y, range: plane.range }).collect();
    let mut pairs = Vec::new();
    for (a, &position) in (0..).zip(&plane.positions) {
        for (b, other) in (0..).zip(people.iter().chain(&plane.posts)) {
            if a < b && other.reaches(position) {
                pairs.push((a, b));
            }
        }
    }
    pairs
}

proptest! {
    #[test]
    fn cells_find_the_same_pairs_as_comparing_all(
        seed: u64,
        people in 0..60_u32,
        size in (1.0..200.0, 1.0..200.0),
        range in prop_oneof![Just(0.0), 0.1..50.0, Just(300.0)],
        post_range in prop_oneof![Just(None), (0.0..300.0).prop_map(Some)],
    ) {
        let scenario = Scenario { seed, ..scenario(people, size, range) };
        let posts = [post(0.0, 0.0, None), post(size.0, size.1 / 2.0, post_range)];
        let mut plane = Plane::new(&scenario, &posts);
        for step in 0..5 {
            plane.look(Duration::from_secs(step * 10));
            let expected = pairs_of(&plane);
            prop_assert_eq!(&plane.pairs, &expected);
        }
    }
}

#[test]
fn further_people_do_not_change_where_the_others_are() {
    let mut few = Plane::new(&scenario(5, (100.0, 100.0), 5.0), &[]);
    let mut many = Plane::new(&scenario(50, (100.0, 100.0), 5.0), &[]);
    for look in 0..20 {
        few.look(Duration::from_secs(look * 10));
        many.look(Duration::from_secs(look * 10));
        assert_eq!(few.positions(), &many.positions()[..5]);
    }
}
