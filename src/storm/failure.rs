//! Why a session did not go as its script expects.

use thiserror::Error;

use crate::client::breach::Breach;

/// Why a session did not go as its script expects. Equal texts are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Failure {
    /// There is no connection, and why, in the words of the system.
    #[error("no connection: {0}")]
    NoConnection(String),
    /// The connection broke, or the server ended it, before the phone had what it wanted.
    #[error("connection lost {0}")]
    Lost(&'static str),
    /// What the phone waits for has not come in time.
    #[error("no reply in time {0}")]
    Late(&'static str),
    /// The server has as many connections as it may have.
    #[error("server full (BUSY)")]
    Busy,
    /// The right password is refused.
    #[error("right password refused (WRONGPASS)")]
    WrongPassword,
    /// The account is blocked, since somebody else failed to log in.
    #[error("account blocked (BLOCKED)")]
    Blocked,
    /// Another refusal, with its code.
    #[error("request refused ({0})")]
    Refused(String),
    /// The server let somebody in whose password is wrong.
    #[error("WRONG: let in with a wrong password")]
    LetIn,
    /// The server told a TempID that it had told before.
    #[error("WRONG: a TempID told twice")]
    TempIdTwice,
    /// The server let somebody guess on and on.
    #[error("WRONG: an account not blocked after {0} wrong passwords")]
    NeverBlocked(u8),
    /// The server took random bytes for requests.
    #[error("WRONG: random bytes answered like a request")]
    GarbageTaken,
    /// The server said what no BlueTrace server says.
    #[error("WRONG: {0}")]
    Broken(Breach),
}

impl Failure {
    /// Whether the server did what it must never do, whatever the load.
    pub fn is_breach(&self) -> bool {
        match self {
            Self::LetIn
            | Self::TempIdTwice
            | Self::NeverBlocked(_)
            | Self::GarbageTaken
            | Self::Broken(_) => true,
            Self::NoConnection(_)
            | Self::Lost(_)
            | Self::Late(_)
            | Self::Busy
            | Self::WrongPassword
            | Self::Blocked
            | Self::Refused(_) => false,
        }
    }
}
