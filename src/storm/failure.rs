//! Why a session did not go as its script expects.

use std::io;

use thiserror::Error;

use crate::protocol::refusal::Code;
use crate::text_width::{clean, cut};
use crate::workload::BrokenPromise;

/// Longest text of a refusal, in columns, as it is part of a row of a table.
const MAX_MESSAGE_COLUMNS: usize = 80;

/// Why a session did not go as its script expects. Failures with equal texts are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Failure {
    /// The connection failed, with the reason given by the system.
    #[error("no connection: {0}")]
    NoConnection(String),
    /// The connection broke, or the server ended it, before the script was over.
    #[error("connection lost {when}: {why}")]
    Lost {
        /// What the phone was doing.
        when: &'static str,
        /// The reason given by the system, or that the server ended the connection.
        why: String,
    },
    /// A reply did not arrive in time.
    #[error("no reply in time {0}")]
    Late(&'static str),
    /// The server has too many connections.
    #[error("server full (BUSY)")]
    Busy,
    /// The server refused the right password.
    #[error("right password refused (WRONGPASS)")]
    WrongPassword,
    /// The account is blocked, because others failed to log in.
    #[error("account blocked (BLOCKED)")]
    Blocked,
    /// Another refusal, with code and message as [`refused`](Failure::refused) formats them.
    #[error("request refused {0}")]
    Refused(String),
    /// The server broke a promise.
    #[error("WRONG: {0}")]
    Wrong(#[from] BrokenPromise),
}

impl Failure {
    /// The server ended the connection while the phone was doing `when`.
    pub fn ended(when: &'static str) -> Self {
        Self::Lost { when, why: "the server closed it".to_owned() }
    }

    /// The connection broke while the phone was doing `when`.
    pub fn broke(when: &'static str, error: &io::Error) -> Self {
        Self::Lost { when, why: error.to_string() }
    }

    /// The server refused a request. Code and message may hold anything, so they are cleaned and
    /// cut.
    pub fn refused(code: &str, message: &str) -> Self {
        if Code::decode(code) == Some(Code::Busy) {
            return Self::Busy;
        }
        let text =
            if message == code { format!("({code})") } else { format!("({code}): {message}") };
        Self::Refused(cut(&clean(&text), MAX_MESSAGE_COLUMNS))
    }

    /// Whether the server broke a promise that holds under any load.
    pub fn is_breach(&self) -> bool {
        match self {
            Self::Wrong(_) => true,
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
mod tests;
