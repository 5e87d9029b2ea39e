//! A walker, who walks to random points of a rectangle in turn and rests at each (random waypoint).

use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Settings that all walkers share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ground {
    /// Width in metres.
    pub(super) width: f64,
    pub(super) height: f64,
    /// Speed in metres per second.
    pub(super) speed: f64,
    /// Longest rest, in seconds.
    pub(super) rest: f64,
}

/// One walker, with random numbers of their own.
#[derive(Debug)]
pub(super) struct Walker {
    draws: Xoshiro256PlusPlus,
    from: (f64, f64),
    to: (f64, f64),
    /// Times at which the walker leaves, arrives and leaves again, in seconds.
    leaves: f64,
    arrives: f64,
    rests_until: f64,
}

impl Walker {
    /// A walker in the stationary state, at a random moment of a trip and its rest. The trip is drawn with a
    /// probability proportional to the length of both. Uniform starting points would drift towards the
    /// middle over time (Navidi, Camp: Stationary Distributions for the Random Waypoint Mobility Model,
    /// 2004).
    pub(super) fn new(ground: &Ground, mut draws: Xoshiro256PlusPlus) -> Self {
        let longest = ground.seconds((0.0, 0.0), (ground.width, ground.height)) + ground.rest;
        loop {
            let [from, to] = std::array::from_fn(|_| ground.point(&mut draws));
            let trip = ground.seconds(from, to);
            let both = trip + ground.rest * draws.random::<f64>();
            if draws.random::<f64>() * longest < both {
                let since = both * draws.random::<f64>();
                let (arrives, rests_until) = (trip - since, both - since);
                return Self { draws, from, to, leaves: -since, arrives, rests_until };
            }
        }
    }

    /// Position at `at`, in seconds. Calls must not go back in time.
    pub(super) fn position(&mut self, ground: &Ground, at: f64) -> (f64, f64) {
        while self.rests_until <= at {
            self.walk_on(ground);
        }
        if self.arrives <= at {
            return self.to;
        }
        let part = (at - self.leaves) / (self.arrives - self.leaves);
        let between = |from: f64, to: f64| from + (to - from) * part;
        (between(self.from.0, self.to.0), between(self.from.1, self.to.1))
    }

    fn walk_on(&mut self, ground: &Ground) {
        self.from = self.to;
        self.to = ground.point(&mut self.draws);
        self.leaves = self.rests_until;
        self.arrives = self.leaves + ground.seconds(self.from, self.to);
        self.rests_until = self.arrives + ground.rest * self.draws.random::<f64>();
    }
}

impl Ground {
    /// Duration of a trip.
    fn seconds(&self, from: (f64, f64), to: (f64, f64)) -> f64 {
        let (x, y) = (to.0 - from.0, to.1 - from.1);
        (x * x + y * y).sqrt() / self.speed
    }

    fn point(&self, draws: &mut Xoshiro256PlusPlus) -> (f64, f64) {
        (self.width * draws.random::<f64>(), self.height * draws.random::<f64>())
    }
}

#[cfg(test)]
mod tests {
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
                in_the_middle +=
                    u32::from(is_on_foot && middle.contains(&x) && middle.contains(&y));
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
}
