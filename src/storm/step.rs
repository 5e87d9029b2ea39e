//! What is to be done for a phone, and how its session ended.

use std::time::Duration;

use rand::{Rng, RngExt};

use super::failure::Failure;

/// What is to be done for a phone.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing, before something comes.
    Wait,
    /// To call [`Phone::time_is_up`](super::phone::Phone::time_is_up) after this time, and forget any earlier such wish.
    WaitFor(Duration),
    /// The same for a phone that has nothing more to say until then.
    Stay {
        /// How long.
        time: Duration,
        /// Whether what comes meanwhile is to be read.
        reads: bool,
    },
    /// To send what it said, and close the connection.
    Over(Ending),
}

/// How a session ended.
#[derive(Debug, PartialEq, Eq)]
pub struct Ending {
    /// Whether as the script expects, and if not, why.
    pub outcome: Result<(), Failure>,
    /// Whether the connection is to be reset and not closed in good order.
    pub is_abort: bool,
}

impl Ending {
    pub(super) fn expected() -> Step {
        Step::Over(Self { outcome: Ok(()), is_abort: false })
    }

    pub(super) fn vanished(rng: &mut impl Rng) -> Step {
        Step::Over(Self { outcome: Ok(()), is_abort: rng.random() })
    }

    pub(super) fn failed(failure: Failure) -> Step {
        Step::Over(Self { outcome: Err(failure), is_abort: false })
    }
}
