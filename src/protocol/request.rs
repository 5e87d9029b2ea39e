//! What clients ask of the server: encoded by phones, decoded by the server.

use thiserror::Error;

pub use self::operator_request::OperatorRequest;
use self::tool_request::is_client_name;
pub use self::tool_request::{MAX_TEXT_BYTES, ToolRequest};
use super::resp::{self, RespVersion};
use super::username::UsernameError;

mod operator_request;
mod tool_request;

/// What a client asks of the server, borrowed from the bytes received.
///
/// The names of commands are read in upper or lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request<'a> {
    /// `AUTH user password`
    Auth(Credentials<'a>),
    /// `TEMPID [n]`: TempIDs for `n` windows in a row, 1 to [`MAX_TEMP_IDS`].
    TempId {
        /// Number of windows.
        count: u8,
    },
    /// `UPLOAD records [code]`
    Upload {
        /// Contact records without anything between them, not decoded yet.
        records: &'a [u8],
        /// The upload code, not decoded yet.
        code: Option<&'a [u8]>,
    },
    /// `NOTICES`: the notices of the user that are not acknowledged, the oldest first.
    Notices,
    /// `SEEN number`: the user has seen the notice of this number.
    Seen {
        /// The number of the notice.
        notice: i64,
    },
    /// `REGISTER number`: a code for this number.
    Register {
        /// The number, not decoded yet.
        number: &'a [u8],
    },
    /// `CONFIRM number code password`: an account for this number.
    Confirm {
        /// The number, not decoded yet.
        number: &'a [u8],
        /// The code that it was sent, not decoded yet.
        code: &'a [u8],
        /// The password, which is never printed.
        password: Password<'a>,
    },
    /// `TOKEN`: a token to log in with in place of the password.
    Token,
    /// `FORGET`: the end of the account.
    Forget,
    /// `QUIT`
    Quit,
    /// `HELLO [2|3 [AUTH user password] [SETNAME name]]`
    Hello {
        /// The version of RESP to speak from now on, if the client named one.
        version: Option<RespVersion>,
        /// Credentials for a login with the same request.
        auth: Option<Credentials<'a>>,
        /// The name of the client, if it has one.
        name: Option<&'a [u8]>,
    },
    /// A request of client libraries and tools, which no phone sends.
    Tool(ToolRequest<'a>),
}

/// Most TempIDs of one `TEMPID`, as the real BlueTrace hands out.
pub const MAX_TEMP_IDS: u8 = 100;

/// A password as a client sent it: any bytes, which are never printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Password<'a>(pub &'a [u8]);

impl std::fmt::Debug for Password<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

/// A name and a password as a client sent them; both may be any bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Credentials<'a> {
    /// The name, which need not be a valid username.
    pub user: &'a [u8],
    /// The password, which is never printed.
    pub password: &'a [u8],
}

impl std::fmt::Debug for Credentials<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credentials({})", self.user.escape_ascii())
    }
}

impl<'a> Request<'a> {
    /// Reads the words of a frame that has at least one.
    ///
    /// # Errors
    ///
    /// [`RequestError`], which is an answer and no reason to close the connection.
    pub fn decode(words: &[&'a [u8]]) -> Result<Self, RequestError> {
        let (name, arguments) = words.split_first().ok_or(RequestError::Syntax)?;
        let mut upper = [0; LONGEST_NAME];
        let Some(upper) = upper.get_mut(..name.len()) else {
            return Err(RequestError::unknown(&[name]));
        };
        upper.copy_from_slice(name);
        upper.make_ascii_uppercase();
        match (&*upper, arguments) {
            (b"AUTH", [user, password]) => Ok(Self::Auth(Credentials { user, password })),
            (b"TEMPID", []) => Ok(Self::TempId { count: 1 }),
            (b"TEMPID", [count]) => Ok(Self::TempId { count: decode_count(count)? }),
            (b"UPLOAD", [records]) => Ok(Self::Upload { records, code: None }),
            (b"UPLOAD", [records, code]) => Ok(Self::Upload { records, code: Some(code) }),
            (b"NOTICES", []) => Ok(Self::Notices),
            (b"SEEN", [notice]) => Ok(Self::Seen { notice: decode_notice(notice)? }),
            (b"REGISTER", [number]) => Ok(Self::Register { number }),
            (b"CONFIRM", [number, code, password]) => {
                Ok(Self::Confirm { number, code, password: Password(password) })
            }
            (b"TOKEN", []) => Ok(Self::Token),
            (b"FORGET", []) => Ok(Self::Forget),
            (b"QUIT", _) => Ok(Self::Quit),
            (b"HELLO", options) => decode_hello(options),
            (
                b"AUTH" | b"TEMPID" | b"UPLOAD" | b"NOTICES" | b"SEEN" | b"REGISTER" | b"CONFIRM"
                | b"TOKEN" | b"FORGET",
                _,
            ) => Err(RequestError::wrong_number_of_arguments(name)),
            (upper, arguments) => ToolRequest::decode(upper, name, arguments).map(Self::Tool),
        }
    }

    /// Appends the request in the form that [`Request::decode`] reads back.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Auth(Credentials { user, password }) => {
                resp::encode_request(out, &[b"AUTH", user, password]);
            }
            Self::TempId { count: 1 } => resp::encode_request(out, &[b"TEMPID"]),
            Self::TempId { count } => {
                resp::encode_request(out, &[b"TEMPID", count.to_string().as_bytes()]);
            }
            Self::Upload { records, code: None } => {
                resp::encode_request(out, &[b"UPLOAD", records]);
            }
            Self::Upload { records, code: Some(code) } => {
                resp::encode_request(out, &[b"UPLOAD", records, code]);
            }
            Self::Notices => resp::encode_request(out, &[b"NOTICES"]),
            Self::Seen { notice } => {
                resp::encode_request(out, &[b"SEEN", notice.to_string().as_bytes()]);
            }
            Self::Register { number } => resp::encode_request(out, &[b"REGISTER", number]),
            Self::Confirm { number, code, password: Password(password) } => {
                resp::encode_request(out, &[b"CONFIRM", number, code, password]);
            }
            Self::Token => resp::encode_request(out, &[b"TOKEN"]),
            Self::Forget => resp::encode_request(out, &[b"FORGET"]),
            Self::Quit => resp::encode_request(out, &[b"QUIT"]),
            Self::Hello { version, auth, name } => encode_hello(out, *version, *auth, *name),
            Self::Tool(request) => request.encode(out),
        }
    }
}

const LONGEST_NAME: usize = b"REGISTER".len();

fn decode_count(text: &[u8]) -> Result<u8, RequestError> {
    let count = str::from_utf8(text).ok().and_then(|text| text.parse().ok());
    count.filter(|count| (1..=MAX_TEMP_IDS).contains(count)).ok_or(RequestError::CountOutOfRange)
}

fn decode_notice(text: &[u8]) -> Result<i64, RequestError> {
    let number = str::from_utf8(text).ok().and_then(|text| text.parse().ok());
    number.filter(|number| *number > 0).ok_or(RequestError::NoNoticeNumber)
}

fn decode_hello<'a>(options: &[&'a [u8]]) -> Result<Request<'a>, RequestError> {
    let Some((version, mut options)) = options.split_first() else {
        return Ok(Request::Hello { version: None, auth: None, name: None });
    };
    let version = match *version {
        b"2" => RespVersion::V2,
        b"3" => RespVersion::V3,
        _ => return Err(RequestError::UnsupportedVersion),
    };
    let (mut auth, mut client) = (None, None);
    loop {
        options = match options {
            [] => return Ok(Request::Hello { version: Some(version), auth, name: client }),
            [name, user, password, rest @ ..] if name.eq_ignore_ascii_case(b"AUTH") => {
                auth = Some(Credentials { user, password });
                rest
            }
            [name, value, rest @ ..]
                if name.eq_ignore_ascii_case(b"SETNAME") && is_client_name(value) =>
            {
                client = Some(*value);
                rest
            }
            _ => return Err(RequestError::Syntax),
        }
    }
}

fn encode_hello(
    out: &mut Vec<u8>,
    version: Option<RespVersion>,
    auth: Option<Credentials<'_>>,
    name: Option<&[u8]>,
) {
    let mut words: Vec<&[u8]> = vec![b"HELLO"];
    match version {
        None => {}
        Some(RespVersion::V2) => words.push(b"2"),
        Some(RespVersion::V3) => words.push(b"3"),
    }
    if let Some(Credentials { user, password }) = auth {
        words.extend([b"AUTH", user, password]);
    }
    if let Some(name) = name {
        words.extend([b"SETNAME", name]);
    }
    resp::encode_request(out, &words);
}

/// Why a frame is no request.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RequestError {
    /// There is no such command, or not with this subcommand and its arguments. The name is cut and
    /// escaped, as it comes from a peer.
    #[error("unknown command '{0}'")]
    Unknown(String),
    /// The command takes another number of arguments.
    #[error("wrong number of arguments for '{0}' command")]
    WrongNumberOfArguments(String),
    /// `TEMPID` with anything but a number from 1 to [`MAX_TEMP_IDS`].
    #[error("value is not an integer from 1 to {MAX_TEMP_IDS}")]
    CountOutOfRange,
    /// `SEEN` with anything but the number of a notice.
    #[error("expected the number of a notice, such as 1")]
    NoNoticeNumber,
    /// `NOTIFY` with anything but the number of a case.
    #[error("expected the number of a case, such as 1")]
    NoCaseNumber,
    /// A command about a user, with a name that nobody can have.
    #[error("no username: {0}")]
    NoUsername(UsernameError),
    /// `HELLO` with a version other than 2 and 3.
    #[error("unsupported protocol version, expected 2 or 3")]
    UnsupportedVersion,
    /// `HELLO` with options that it does not have.
    #[error("syntax error")]
    Syntax,
    /// `SELECT` with anything but 0.
    #[error("DB index is out of range")]
    NoSuchDatabase,
    /// `PING` or `ECHO` with more than [`MAX_TEXT_BYTES`].
    #[error("text is longer than {MAX_TEXT_BYTES} bytes")]
    TextTooLong,
}

impl RequestError {
    /// Longest part of a name that the reply repeats.
    const SHOWN_BYTES: usize = 64;

    pub(super) fn unknown(words: &[&[u8]]) -> Self {
        let name = words.join(&b' ');
        Self::Unknown(name[..name.len().min(Self::SHOWN_BYTES)].escape_ascii().to_string())
    }

    /// `name` is one of ours, so that it needs no escape.
    pub(super) fn wrong_number_of_arguments(name: &[u8]) -> Self {
        Self::WrongNumberOfArguments(name.escape_ascii().to_string().to_lowercase())
    }
}

#[cfg(test)]
mod tests;
