//! What no server says that keeps to the protocol.

use thiserror::Error;

use crate::protocol::InvalidRecord;
use crate::protocol::reply::ReplyError;

/// What no BlueTrace server says, unless it is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Breach {
    /// The bytes are no reply.
    #[error(transparent)]
    NoReply(#[from] ReplyError),
    /// A reply of a kind that does not answer what was asked, or one too many.
    #[error("the server sent a reply that nobody asked for")]
    Unasked,
    /// A reply to `TEMPID` with a record that is none.
    #[error("the server sent a malformed contact record at {0}")]
    MalformedRecord(InvalidRecord),
    /// A reply to `TEMPID` with too many or too few records.
    #[error("the server sent {sent} TempIDs, {asked} were asked for")]
    WrongNumber {
        /// How many were wanted.
        asked: u8,
        /// How many came.
        sent: usize,
    },
    /// A reply to `UPLOAD` that takes another number of records than were sent.
    #[error("the server took {taken} contact records of {sent}")]
    UploadNotWhole {
        /// How many were sent.
        sent: usize,
        /// How many the server says that it took.
        taken: usize,
    },
    /// The records of a reply to `TEMPID` are not windows that follow each other.
    #[error("the server sent TempIDs whose times do not follow each other")]
    WrongTimes,
}
