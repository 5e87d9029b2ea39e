//! How a server can break the protocol.

use thiserror::Error;

use crate::numbers::counted;
use crate::protocol::InvalidRecord;
use crate::protocol::reply::ReplyError;

/// A way in which a server breaks the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Breach {
    /// The bytes are no reply.
    #[error(transparent)]
    NoReply(#[from] ReplyError),
    /// The reply has a type that does not answer the request, or there was no request.
    #[error("the server sent a reply that nobody asked for")]
    Unasked,
    /// The reply to `TEMPID` has an invalid record.
    #[error("the server sent a malformed contact record at {0}")]
    MalformedRecord(InvalidRecord),
    /// The reply to `TEMPID` has too many or too few records.
    #[error("the server sent {} instead of {asked}", counted(*.sent, "TempID"))]
    WrongNumber {
        /// Number of TempIDs asked for.
        asked: u8,
        /// Number of records in the reply.
        sent: usize,
    },
    /// The reply to `UPLOAD` confirms another number of records than were sent.
    #[error("the server took {} of {sent}", counted(*.taken, "contact record"))]
    UploadNotWhole {
        /// Number of records sent.
        sent: usize,
        /// Number of records that the server confirms.
        taken: usize,
    },
    /// The reply to `TOKEN` is no device token.
    #[error("the server sent a malformed device token")]
    MalformedToken,
    /// The windows in the reply to `TEMPID` do not follow each other.
    #[error("the server sent TempIDs whose times do not follow each other")]
    WrongTimes,
}
