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
    /// A walker in the stationary state, at a random moment of a trip and its rest. The trip is
    /// drawn with a probability proportional to the length of both. Uniform starting points would
    /// drift towards the middle over time (Navidi, Camp: Stationary Distributions for the Random
    /// Waypoint Mobility Model,
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
mod tests;
