//! What the user of a phone may do.

use rand::{Rng, RngExt};

/// An action of a user. Whoever is not logged in logs in first, unless the step says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Types a wrong password.
    MistypePassword,
    /// Types a number as the password, with leading zeros.
    Guess {
        /// Number to type.
        number: u64,
        /// Digits of the password.
        digits: u8,
    },
    /// Connects, does not log in, and sends nothing.
    Loiter,
    /// Connects and sends random bytes.
    Garbage {
        /// Seed of the bytes.
        seed: u64,
    },
    /// Logs in, and nothing else.
    LogIn,
    /// Downloads TempIDs for this number of windows.
    Download(u8),
    /// Sends a beacon to another phone.
    Beacon {
        /// Number of the other phone.
        to: u32,
    },
    /// Uploads the contact log.
    Upload,
    /// Sends a request of words that the user has at hand.
    Ask,
    /// Sends nothing for a while.
    Stay,
    /// Sends requests for more replies than a connection holds, and reads none.
    Flood {
        /// Requests for TempIDs at the front, as many TempIDs each as one request may ask for.
        downloads: u8,
        /// Short requests behind them, with long replies; in a storm, so many at a time.
        requests: u16,
    },
    /// Leaves the connection without a word.
    Vanish(Moment),
    /// Loses power, which the server does not notice.
    PowerOff,
    /// Downloads a TempID and ends its half of the connection, without `QUIT`.
    HangUp,
    /// Logs out.
    LogOut,
    /// Requests a TempID and logs out without waiting for it.
    LogOutInHaste,
}

/// A point of a conversation at which a phone may vanish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Connected, and nothing is sent.
    BeforeAnyByte,
    /// Only the beginning of a login is sent.
    WithinTheLogin {
        /// Bytes that are sent: at most all but one, and at least one.
        bytes: u8,
    },
    /// A login is sent, and its reply is not read.
    BeforeTheVerdict,
    /// Logged in, and nothing else is sent.
    LoggedIn,
    /// A TempID is requested, and the reply is not read.
    BeforeTheTempId,
}

impl Moment {
    /// A random moment. Each has the same probability.
    pub fn random(rng: &mut impl Rng) -> Self {
        match rng.random_range(0..5) {
            0 => Self::BeforeAnyByte,
            1 => Self::WithinTheLogin { bytes: rng.random() },
            2 => Self::BeforeTheVerdict,
            3 => Self::LoggedIn,
            _ => Self::BeforeTheTempId,
        }
    }
}
