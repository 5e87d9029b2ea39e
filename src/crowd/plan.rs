//! Plans of the users of a crowd.

use std::collections::VecDeque;

use rand::RngExt;
use rand::rngs::ChaCha12Rng;

use crate::protocol::request::MAX_TEMP_IDS;
use crate::workload::step::{Moment, Step};

/// Requests for TempIDs of a flood, which wait for the disk, each in its turn.
pub const FLOOD_DOWNLOADS: u8 = 4;

/// Requests of a flood behind them: more bytes than the server keeps of one connection.
const FLOOD_REQUESTS: u16 = 16_000;

/// Largest number of actions of a user who meets many.
const MOST_MEETINGS: usize = 12;

/// Habits of users: how much they do, and how badly.
#[derive(Debug, Clone, Copy)]
pub struct Habits {
    /// Largest number of actions before a logout.
    pub most_steps: usize,
    /// Largest number of windows of TempIDs requested at once.
    pub most_windows: u8,
    /// Probability, from 0 to 1, that an action is one that no honest phone does.
    pub misdeed_probability: f64,
    /// Whether users may mistype passwords, or leave without logging out.
    pub are_careless: bool,
}

impl Habits {
    /// Users who perform every kind of action.
    pub const BUSY: Self = Self {
        most_steps: 7,
        most_windows: MAX_TEMP_IDS,
        misdeed_probability: 0.05,
        are_careless: true,
    };

    /// Users for large crowds: most log in, download a TempID, send a beacon and leave.
    pub const BRIEF: Self =
        Self { most_steps: 3, most_windows: 8, misdeed_probability: 0.005, are_careless: true };

    /// Users who do everything right.
    pub const HONEST: Self = Self { misdeed_probability: 0.0, are_careless: false, ..Self::BUSY };
}

/// A random plan of a user among `phones` phones: mistypes now and then, meets others, logs out in
/// the end.
pub fn random_plan(phones: u32, habits: Habits, rng: &mut ChaCha12Rng) -> VecDeque<Step> {
    let mut plan = VecDeque::new();
    if habits.are_careless {
        // Half of them never, some often enough to be blocked, some even once more.
        let mistyped = rng.random_range(0..8_usize).saturating_sub(3);
        plan.extend((0..mistyped).map(|_| Step::MistypePassword));
    }
    for _ in 0..rng.random_range(1..=habits.most_steps) {
        let step = if rng.random::<f64>() < habits.misdeed_probability {
            random_misdeed(rng)
        } else {
            random_deed(phones, habits, rng)
        };
        plan.push_back(step);
    }
    let is_hasty = habits.are_careless && rng.random_range(0..4) == 0;
    plan.push_back(if is_hasty { Step::LogOutInHaste } else { Step::LogOut });
    plan
}

/// What a user does after a plan who meets many: logs in once more, sends beacons, uploads.
pub fn random_meetings(phones: u32, rng: &mut ChaCha12Rng) -> Vec<Step> {
    let mut plan = vec![Step::Download(1)];
    for _ in 0..rng.random_range(1..=MOST_MEETINGS) {
        plan.push(match rng.random_range(0..4) {
            0 => Step::Upload,
            1 => Step::Stay,
            _ => Step::Beacon { to: rng.random_range(0..phones) },
        });
    }
    plan.extend([Step::Upload, Step::LogOut]);
    plan
}

fn random_deed(phones: u32, habits: Habits, rng: &mut ChaCha12Rng) -> Step {
    let kinds = if habits.are_careless { 13 } else { 11 };
    match rng.random_range(0..kinds) {
        0..4 => Step::Download(1),
        4 => Step::Download(rng.random_range(1..=habits.most_windows)),
        5..8 => Step::Beacon { to: rng.random_range(0..phones) },
        8 => Step::Upload,
        9 => Step::Ask,
        10 => Step::Stay,
        11 => Step::Vanish(Moment::random(rng)),
        _ => Step::HangUp,
    }
}

fn random_misdeed(rng: &mut ChaCha12Rng) -> Step {
    match rng.random_range(0..4) {
        0 => Step::Loiter,
        1 => Step::Flood { downloads: FLOOD_DOWNLOADS, requests: FLOOD_REQUESTS },
        2 => Step::Garbage { seed: rng.random() },
        _ => Step::PowerOff,
    }
}
