//! What a phone asks its shell to do, and the end of its session.

use std::time::Duration;

use rand::{Rng, RngExt};

use super::failure::Failure;

/// What a phone asks its shell to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Wait for bytes.
    Wait,
    /// Call [`Phone::time_is_up`](super::phone::Phone::time_is_up) after this time, instead of any
    /// earlier request.
    WaitFor(Duration),
    /// Call it after a time in which the phone sends nothing.
    Stay {
        /// Length of the wait.
        time: Duration,
        /// Whether to read what arrives meanwhile.
        reads: bool,
    },
    /// Send what the phone wrote, and close the connection.
    Over(Ending),
}

/// The end of a session.
#[derive(Debug, PartialEq, Eq)]
pub struct Ending {
    /// Whether the session went as the script expects, and if not, why.
    pub outcome: Result<(), Failure>,
    /// Whether to reset the connection instead of closing it in order.
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
