//! Promises of the server that hold under any load and any faults, as a phone sees them broken.

use thiserror::Error;

use crate::client::breach::Breach;

/// A promise that the server broke.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BrokenPromise {
    /// The server accepted a wrong password.
    #[error("let in with a wrong password")]
    LetIn,
    /// The server told two phones, or one phone twice, the same TempID.
    #[error("a TempID told twice")]
    TempIdTwice,
    /// The server never blocked an account under attack.
    #[error("an account not blocked after {0} wrong passwords")]
    NeverBlocked(usize),
    /// The server answered random bytes like a request.
    #[error("random bytes answered like a request")]
    GarbageTaken,
    /// The server sent a reply that no BlueTrace server sends.
    #[error(transparent)]
    Protocol(#[from] Breach),
}
