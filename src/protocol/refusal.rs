//! What the server answers when it does not do what was asked.

use thiserror::Error;

use super::contact_record::InvalidRecord;
use super::request::RequestError;
use super::resp::{self, FramingError};

/// Why the server does not do what was asked. The text is for people; programs read the
/// [code](Refusal::code).
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The user is unknown or the password is wrong; the reply does not tell which.
    #[error("Invalid Password. Please try again")]
    WrongPassword,
    /// The third wrong password in a row: the account is blocked from now on.
    #[error("Invalid Password. Your account has been blocked. Please try again later")]
    NowBlocked,
    /// A login during a block, whatever the password.
    #[error("Your account is blocked due to multiple login failures. Please try again later")]
    Blocked,
    /// The request needs a login.
    #[error("Authentication required.")]
    NotLoggedIn,
    /// A second `AUTH` on one connection.
    #[error("already logged in")]
    AlreadyLoggedIn,
    /// An upload holds an invalid record, and is refused whole.
    #[error("invalid contact record at {0}")]
    InvalidRecord(InvalidRecord),
    /// The TempIDs could not be written to stable storage, so none was issued.
    #[error("TempID not recorded: {0}")]
    NotRecorded(String),
    /// The contact log could not be written to stable storage, or nobody knows whether it was.
    #[error("contact log not taken: the server cannot store it, try again later")]
    NotTaken,
    /// The server asks for upload codes, and the request has none that the user may use.
    #[error(
        "no valid upload code: ask your health authority for one, which is valid once and for a day"
    )]
    NoCode,
    /// The account is open, or its user has left.
    #[error("no account of this name is revoked")]
    NotRevoked,
    /// The number has not been sent this code, or it has expired or was used.
    #[error("wrong code; ask for another one if yours is older than 10 minutes")]
    WrongCode,
    /// Nobody may register here.
    #[error("this server registers nobody; ask your health authority for an account")]
    NoRegistration,
    /// A number that no message can be sent to.
    #[error("expected an international phone number, such as +61410888888")]
    NoPhoneNumber,
    /// A password that nobody may choose.
    #[error("expected a password of 8 to 512 bytes, without control characters")]
    UnfitPassword,
    /// What the request would change could not be written to stable storage, or nobody knows
    /// whether it was.
    #[error("not done: the server cannot store it, try again later")]
    NotStored,
    /// The user has no notice of this number.
    #[error("you have no notice of this number")]
    NoSuchNotice,
    /// There is no case of this number.
    #[error("there is no case of this number")]
    NoSuchCase,
    /// Nobody can log in under this name.
    #[error("there is no user of this name")]
    NoSuchUser,
    /// The server has nearly as much memory as the system lets it have, so nothing is kept for this
    /// request.
    #[error("the server is short of memory, try again later")]
    NoMemory,
    /// The server has as many connections as it may have; this one is closed.
    #[error("too many connections, try again later")]
    Busy,
    /// The peer's address has as many connections as it may have; this one is closed.
    #[error("too many connections from this address, try again later")]
    BusyForAddress,
    /// Too many passwords wait to be hashed, so nobody knows whether this one is right. It was not
    /// counted, and the connection is closed.
    #[error("too many logins at once, try again later")]
    BusyWithPasswords,
    /// All incomplete long requests together take as much memory as they may; this connection,
    /// which has one of them, is closed.
    #[error("too many long requests, try again later")]
    BusyWithRequests,
    /// A frame that is no request.
    #[error("{0}")]
    Request(#[from] RequestError),
    /// Bytes that are no frame; the connection is closed, as the next frame cannot be found.
    #[error("{0}")]
    Framing(#[from] FramingError),
}

impl Refusal {
    /// The word by which programs tell this refusal from others.
    pub fn code(&self) -> Code {
        match self {
            Self::WrongPassword => Code::WrongPassword,
            Self::NowBlocked => Code::NowBlocked,
            Self::Blocked => Code::Blocked,
            Self::NotLoggedIn => Code::NotLoggedIn,
            Self::NotRecorded(_) | Self::NotTaken | Self::NotStored | Self::NoMemory => {
                Code::Unavailable
            }
            Self::NoCode => Code::NoCode,
            Self::WrongCode => Code::WrongCode,
            Self::Busy => Code::Busy,
            Self::BusyForAddress => Code::BusyForAddress,
            Self::BusyWithRequests => Code::BusyWithRequests,
            Self::BusyWithPasswords => Code::BusyWithPasswords,
            Self::Request(RequestError::UnsupportedVersion) => Code::UnsupportedVersion,
            Self::AlreadyLoggedIn
            | Self::InvalidRecord(_)
            | Self::NoSuchNotice
            | Self::NoSuchCase
            | Self::NoSuchUser
            | Self::NotRevoked
            | Self::NoRegistration
            | Self::NoPhoneNumber
            | Self::UnfitPassword
            | Self::Request(_)
            | Self::Framing(_) => Code::Error,
        }
    }

    /// Appends the error reply: the code, a blank, and the text.
    pub fn encode(&self, out: &mut Vec<u8>) {
        resp::encode_error(out, self.code().as_str(), &self.to_string());
    }
}

/// The first word of an error reply, by which programs tell one refusal from another.
///
/// Two refusals have different codes if a program that is refused does different things then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// `ERR`: the request is wrong, and would be refused again.
    Error,
    /// `NOAUTH`: log in first.
    NotLoggedIn,
    /// `NOPROTO`: ask for another version of RESP.
    UnsupportedVersion,
    /// `WRONGPASS`: another password may be tried on the same connection.
    WrongPassword,
    /// `NOWBLOCKED`: the password is wrong, and a block of the account begins.
    NowBlocked,
    /// `BLOCKED`: the account is blocked already; whether the password is right is not told.
    Blocked,
    /// `IOERR`: the server could not write what the request is about; the same request may
    /// succeed later.
    Unavailable,
    /// `NOCODE`: an upload needs a code that the user does not have; ask the authority for one.
    NoCode,
    /// `WRONGCODE`: another code may be tried, a few times.
    WrongCode,
    /// `BUSY`: the server is full; come again later.
    Busy,
    /// `BUSYADDRESS`: too many connections from this address; close some, or come from another.
    BusyForAddress,
    /// `BUSYREQUESTS`: no memory for a long request; send a shorter one, or come again later.
    BusyWithRequests,
    /// `BUSYPASSWORDS`: too many logins at once; come again later with the same one.
    BusyWithPasswords,
}

impl Code {
    /// All codes, in the order of their declaration.
    pub const ALL: [Self; 13] = [
        Self::Error,
        Self::NotLoggedIn,
        Self::UnsupportedVersion,
        Self::WrongPassword,
        Self::NowBlocked,
        Self::Blocked,
        Self::Unavailable,
        Self::NoCode,
        Self::WrongCode,
        Self::Busy,
        Self::BusyForAddress,
        Self::BusyWithRequests,
        Self::BusyWithPasswords,
    ];

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "ERR",
            Self::NotLoggedIn => "NOAUTH",
            Self::UnsupportedVersion => "NOPROTO",
            Self::WrongPassword => "WRONGPASS",
            Self::NowBlocked => "NOWBLOCKED",
            Self::Blocked => "BLOCKED",
            Self::Unavailable => "IOERR",
            Self::NoCode => "NOCODE",
            Self::WrongCode => "WRONGCODE",
            Self::Busy => "BUSY",
            Self::BusyForAddress => "BUSYADDRESS",
            Self::BusyWithRequests => "BUSYREQUESTS",
            Self::BusyWithPasswords => "BUSYPASSWORDS",
        }
    }

    /// The code that is `word` on the wire, unless no BlueTrace server says that.
    pub fn decode(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == word)
    }

    /// Whether the server refuses the connection for want of room, maybe before it is asked
    /// anything.
    pub fn is_busy(self) -> bool {
        matches!(
            self,
            Self::Busy | Self::BusyForAddress | Self::BusyWithRequests | Self::BusyWithPasswords
        )
    }
}

#[cfg(test)]
mod tests;
