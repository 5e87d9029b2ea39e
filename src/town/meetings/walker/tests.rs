use super::*;
use crate::town::draws::{Purpose, stream};

fn walker(ground: &Ground) -> Walker {
    Walker::new(ground, stream(1, Purpose::Meetings, 0))
}

fn distance(from: (f64, f64), to: (f64, f64)) -> f64 {
    (to.0 - from.0).hypot(to.1 - from.1)
}

#[test]
fn walker_stays_on_the_ground_and_is_never_faster_than_the_speed() {
    let ground = Ground { width: 30.0, height: 8.0, speed: 1.5, rest: 5.0 };
    let mut walker = walker(&ground);
    let mut walked = 0.0;
    let mut before = walker.position(&ground, 0.0);
    for second in 1..10_000 {
        let position = walker.position(&ground, f64::from(second));
        assert!((0.0..=30.0).contains(&position.0) && (0.0..=8.0).contains(&position.1));
        assert!(distance(before, position) <= 1.5 + 1e-9);
        walked += distance(before, position);
        before = position;
    }
    // Mean legs of about 10.8 m take 7.2 s and rests 2.5 s: three quarters of the time on foot.
    let share = walked / (1.5 * 10_000.0);
    assert!((0.65..0.8).contains(&share), "{share}");
}

#[test]
fn walker_looked_at_seldom_is_where_they_are_anyway() {
    let ground = Ground { width: 100.0, height: 100.0, speed: 1.0, rest: 60.0 };
    let (mut often, mut seldom) = (walker(&ground), walker(&ground));
    for second in 0..5000 {
        let position = often.position(&ground, f64::from(second));
        if second % 700 == 0 {
            assert_eq!(seldom.position(&ground, f64::from(second)), position);
        }
    }
}

#[test]
fn walkers_like_the_middle_and_rest_as_much_at_first_as_later() {
    const COUNT: u64 = 4000;
    let ground = Ground { width: 100.0, height: 100.0, speed: 1.0, rest: 60.0 };
    let mut walkers: Vec<_> = (0..COUNT)
        .map(|number| Walker::new(&ground, stream(1, Purpose::Meetings, number)))
        .collect();
    for at in [0.0, 30.0, 36_000.0] {
        let (mut in_the_middle, mut at_rest) = (0, 0);
        for walker in &mut walkers {
            let (x, y) = walker.position(&ground, at);
            let is_on_foot = at < walker.arrives;
            at_rest += u32::from(!is_on_foot);
            let middle = 25.0..75.0;
            in_the_middle += u32::from(is_on_foot && middle.contains(&x) && middle.contains(&y));
        }
        let (at_rest, in_the_middle) = (f64::from(at_rest), f64::from(in_the_middle));
        // Trips take 52.14 s on average and rests 30 s; deviations are below 0.01.
        let share_at_rest = at_rest / COUNT as f64;
        assert!((share_at_rest - 30.0 / 82.14).abs() < 0.03, "{share_at_rest} at {at}");
        // A quarter of the ground, but nearly half of the ways.
        let share = in_the_middle / (COUNT as f64 - at_rest);
        assert!((0.43..0.51).contains(&share), "{share} at {at}");
    }
}
