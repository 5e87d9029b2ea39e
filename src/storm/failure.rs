//! Why a session did not go as its script expects.

use std::io;

use thiserror::Error;

use crate::client::breach::Breach;
use crate::protocol::refusal::Code;
use crate::text_width::{clean, cut};

/// Columns of a refusal's text, at most: it is a part of a row of a table.
const MAX_MESSAGE_COLUMNS: usize = 80;

/// Why a session did not go as its script expects. Equal texts are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Failure {
    /// There is no connection, and why, in the words of the system.
    #[error("no connection: {0}")]
    NoConnection(String),
    /// The connection broke, or the server ended it, before the phone had what it wanted.
    #[error("connection lost {when}: {why}")]
    Lost {
        /// What the phone was at.
        when: &'static str,
        /// In the words of the system, or that the server ended it.
        why: String,
    },
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
    /// Another refusal, with its code and what the server says of it, as [`refused`](Failure::refused)
    /// makes it.
    #[error("request refused {0}")]
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
    /// The server ended the connection while the phone was at something.
    pub fn ended(when: &'static str) -> Self {
        Self::Lost { when, why: "the server closed it".to_owned() }
    }

    /// The connection broke while the phone was at something.
    pub fn broke(when: &'static str, error: &io::Error) -> Self {
        Self::Lost { when, why: error.to_string() }
    }

    /// The server refused a request, with a code and a message. Both may say anything, so the text
    /// is made harmless and short.
    pub fn refused(code: &str, message: &str) -> Self {
        if Code::decode(code) == Some(Code::Busy) {
            return Self::Busy;
        }
        let text =
            if message == code { format!("({code})") } else { format!("({code}): {message}") };
        Self::Refused(cut(&clean(&text), MAX_MESSAGE_COLUMNS))
    }

    /// Whether the server did what it must never do, whatever the load.
    pub fn is_breach(&self) -> bool {
        match self {
            Self::LetIn
            | Self::TempIdTwice
            | Self::NeverBlocked(_)
            | Self::GarbageTaken
            | Self::Broken(_) => true,
            Self::NoConnection(_)
            | Self::Lost { .. }
            | Self::Late(_)
            | Self::Busy
            | Self::WrongPassword
            | Self::Blocked
            | Self::Refused(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_have_code_and_message() {
        let text = |code, message| Failure::refused(code, message).to_string();
        assert_eq!(text("ERR", "unknown request"), "request refused (ERR): unknown request");
        assert_eq!(text("NOAUTH", "NOAUTH"), "request refused (NOAUTH)");
    }

    #[test]
    fn refusal_of_a_hostile_server_is_short_and_harmless() {
        let text = Failure::refused("ERR", &"\u{1b}[2J\u{9b}x".repeat(1000)).to_string();
        assert!(text.starts_with("request refused (ERR): ·[2J·x"), "{text}");
        assert!(text.ends_with('…') && text.chars().count() < 120, "{text}");
        assert!(!text.chars().any(char::is_control), "{text}");
    }
}
