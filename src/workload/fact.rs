//! What the server tells a user.

use super::broken_promise::BrokenPromise;
use crate::protocol::{ContactRecord, Notice};

/// What a caller learns from the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// The caller is logged in.
    LoggedIn {
        /// Whether the password was right.
        with_right_password: bool,
    },
    /// The server refused the password, and takes another one.
    WrongPassword {
        /// Whether it was right nevertheless.
        with_right_password: bool,
    },
    /// The password was wrong, and the account is blocked from now on.
    NowBlocked,
    /// The account was blocked before this attempt.
    Blocked,
    /// TempIDs for windows in a row.
    TempIds(Vec<ContactRecord>),
    /// This number of contact records was taken.
    Uploaded(usize),
    /// The request of [`Step::Ask`](super::step::Step::Ask) was answered.
    Answered,
    /// The server refused a request.
    Refused {
        /// Why, for programs.
        code: String,
        /// Why, for people.
        message: String,
    },
    /// The user is told this, and has acknowledged it.
    Notice(Notice),
    /// The server will not tell the notice of this number again.
    Acknowledged(i64),
    /// The server did not note that the user has seen the notice of this number.
    NotAcknowledged(i64),
    /// The server confirmed the logout.
    LoggedOut,
    /// The server broke a promise, and the conversation is over.
    Broken(BrokenPromise),
}
