//! What the authority keeps besides TempIDs changes by a [`Change`], all of it or nothing.

use std::sync::Arc;

use super::contact_tracing::ContactTrace;
use super::members::TokenDigest;
use super::password_hash::PasswordHash;
use crate::protocol::{DeviceToken, Notice, Timestamp, UploadCode, Username};

/// Something that has to be on stable storage before anybody is told of it, and that the store
/// decides: only the store knows whether an earlier change of which nobody was told is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// An uploaded contact log becomes a case.
    TakeLog {
        /// The contact log, with whom it names.
        trace: Arc<ContactTrace>,
        /// What allows the upload.
        permit: Permit,
        /// The text of notices to whom it names, if they are told at once.
        notice: Option<Arc<str>>,
    },
    /// A user may upload once with this code. Earlier codes of the user expire.
    MakeCode {
        /// The user.
        user: Username,
        /// The code.
        code: UploadCode,
        /// The last second in which it is valid.
        expiry: Timestamp,
    },
    /// Everybody whom a case names gets a notice, unless there is one for that case already.
    Notify {
        /// The number of the case.
        case: CaseNumber,
        /// What the notices say.
        text: Arc<str>,
        /// When they are made.
        at: Timestamp,
    },
    /// A phone has shown a notice to its user.
    Acknowledge {
        /// The user.
        user: Username,
        /// The number of the notice.
        notice: i64,
        /// When it was acknowledged.
        at: Timestamp,
    },
    /// A user may log in with a token. If there are [`MAX_TOKENS`](super::members::MAX_TOKENS)
    /// already, the oldest ends.
    AddToken {
        /// The user.
        user: Username,
        /// The token, which is told the user and not stored.
        token: DeviceToken,
        /// What is stored of it.
        digest: TokenDigest,
        /// When it was made.
        at: Timestamp,
    },
    /// An account is opened, or given another password. All tokens end.
    Register {
        /// The user.
        user: Username,
        /// The hash of the password.
        hash: PasswordHash,
    },
    /// An account is closed. Tokens, codes and, if the user leaves, notices end.
    Close {
        /// The user.
        user: Username,
        /// When it is closed.
        at: Timestamp,
        /// If the user leaves, until when the windows of TempIDs begin that name nobody any more.
        forgotten_until: Option<Timestamp>,
    },
    /// An account that was closed is opened again.
    Reopen {
        /// The user.
        user: Username,
    },
}

/// Number of a case, from 1.
pub type CaseNumber = i64;

/// What allows an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permit {
    /// The server asks for no codes.
    NotNeeded,
    /// A code for one upload.
    Code(UploadCode),
    /// The code that has allowed this case, of which the upload is the next part.
    Continues(CaseNumber, UploadCode),
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// It is done, and there is nothing to say about it.
    Done,
    /// A contact log is taken.
    LogTaken {
        /// The number of the case.
        case: CaseNumber,
        /// The notices that were made with it.
        notices: Vec<(Username, Notice)>,
    },
    /// These notices were made.
    Notified(Vec<(Username, Notice)>),
    /// It is not done, and cannot be.
    Rejected(Rejection),
}

/// Why a change is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    /// The user has no code, or another one, or it has expired or was used.
    WrongCode,
    /// There is no case of this number.
    NoSuchCase,
    /// The user has no notice of this number.
    NoSuchNotice,
    /// The account is closed.
    Closed,
    /// The user has left.
    HasLeft,
}

impl Change {
    /// Entries of contact logs in it, which take most of its memory and of the time to store it.
    pub fn entries(&self) -> usize {
        match self {
            Self::TakeLog { trace, .. } => trace.entries.len(),
            Self::MakeCode { .. }
            | Self::Notify { .. }
            | Self::Acknowledge { .. }
            | Self::AddToken { .. }
            | Self::Register { .. }
            | Self::Close { .. }
            | Self::Reopen { .. } => 0,
        }
    }
}
