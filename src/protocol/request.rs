//! What phones ask of the server: encoded by phones, decoded by the server.

use thiserror::Error;

use super::resp;

/// What a phone asks of the server, borrowed from the bytes received.
///
/// The names of commands are read in upper or lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request<'a> {
    /// `AUTH user password`
    Auth(Credentials<'a>),
    /// `TEMPID [n]`: TempIDs for `n` windows in a row, 1 to [`MAX_TEMP_IDS`].
    TempId {
        /// How many.
        count: u8,
    },
    /// `UPLOAD records`
    Upload {
        /// Contact records without anything between them, not looked at yet.
        records: &'a [u8],
    },
    /// `PING`
    Ping,
    /// `QUIT`
    Quit,
    /// `HELLO [2|3 [AUTH user password] [SETNAME name]]`
    Hello {
        /// The version of RESP to speak from now on, if the client named one.
        version: Option<RespVersion>,
        /// Whom to log in with the same request.
        auth: Option<Credentials<'a>>,
    },
    /// `COMMAND …` or `CONFIG GET …`: tools ask these at the start; there is nothing to tell.
    Introspection,
    /// `CLIENT …`: tools introduce themselves.
    Client,
}

/// Most TempIDs of one `TEMPID`, as the real BlueTrace hands out.
pub const MAX_TEMP_IDS: u8 = 100;

/// A name and a password as a client sent them, of any form.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Credentials<'a> {
    /// Compared with usernames, but possibly not one.
    pub user: &'a [u8],
    /// Never to be printed.
    pub password: &'a [u8],
}

impl std::fmt::Debug for Credentials<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credentials({})", self.user.escape_ascii())
    }
}

/// A version of the serialization protocol. Only the reply to `HELLO` differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RespVersion {
    /// What every connection begins with.
    #[default]
    V2,
    /// What today's clients of Redis ask for.
    V3,
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
            return Err(RequestError::unknown(name));
        };
        upper.copy_from_slice(name);
        upper.make_ascii_uppercase();
        match (&*upper, arguments) {
            (b"AUTH", [user, password]) => Ok(Self::Auth(Credentials { user, password })),
            (b"TEMPID", []) => Ok(Self::TempId { count: 1 }),
            (b"TEMPID", [count]) => Ok(Self::TempId { count: decode_count(count)? }),
            (b"UPLOAD", [records]) => Ok(Self::Upload { records }),
            (b"PING", []) => Ok(Self::Ping),
            (b"QUIT", _) => Ok(Self::Quit),
            (b"HELLO", options) => decode_hello(options),
            (b"CONFIG", [verb, _, ..]) if verb.eq_ignore_ascii_case(b"GET") => {
                Ok(Self::Introspection)
            }
            (b"COMMAND", _) => Ok(Self::Introspection),
            (b"CLIENT", _) => Ok(Self::Client),
            (b"AUTH", _) => Err(RequestError::WrongNumberOfArguments("auth")),
            (b"TEMPID", _) => Err(RequestError::WrongNumberOfArguments("tempid")),
            (b"UPLOAD", _) => Err(RequestError::WrongNumberOfArguments("upload")),
            (b"PING", _) => Err(RequestError::WrongNumberOfArguments("ping")),
            _ => Err(RequestError::unknown(name)),
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
            Self::Upload { records } => resp::encode_request(out, &[b"UPLOAD", records]),
            Self::Ping => resp::encode_request(out, &[b"PING"]),
            Self::Quit => resp::encode_request(out, &[b"QUIT"]),
            Self::Hello { version, auth } => encode_hello(out, *version, *auth),
            Self::Introspection => resp::encode_request(out, &[b"COMMAND"]),
            Self::Client => resp::encode_request(out, &[b"CLIENT"]),
        }
    }
}

const LONGEST_NAME: usize = b"COMMAND".len();

fn decode_count(text: &[u8]) -> Result<u8, RequestError> {
    let count = str::from_utf8(text).ok().and_then(|text| text.parse().ok());
    count.filter(|count| (1..=MAX_TEMP_IDS).contains(count)).ok_or(RequestError::CountOutOfRange)
}

fn decode_hello<'a>(options: &[&'a [u8]]) -> Result<Request<'a>, RequestError> {
    let Some((version, mut options)) = options.split_first() else {
        return Ok(Request::Hello { version: None, auth: None });
    };
    let version = match *version {
        b"2" => RespVersion::V2,
        b"3" => RespVersion::V3,
        _ => return Err(RequestError::UnsupportedVersion),
    };
    let mut auth = None;
    loop {
        options = match options {
            [] => return Ok(Request::Hello { version: Some(version), auth }),
            [name, user, password, rest @ ..] if name.eq_ignore_ascii_case(b"AUTH") => {
                auth = Some(Credentials { user, password });
                rest
            }
            [name, _, rest @ ..] if name.eq_ignore_ascii_case(b"SETNAME") => rest,
            _ => return Err(RequestError::Syntax),
        }
    }
}

fn encode_hello(out: &mut Vec<u8>, version: Option<RespVersion>, auth: Option<Credentials<'_>>) {
    let mut words: Vec<&[u8]> = vec![b"HELLO"];
    match version {
        None => {}
        Some(RespVersion::V2) => words.push(b"2"),
        Some(RespVersion::V3) => words.push(b"3"),
    }
    if let Some(Credentials { user, password }) = auth {
        words.extend([b"AUTH", user, password]);
    }
    resp::encode_request(out, &words);
}

/// Why a frame is no request.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RequestError {
    /// There is no such command; the name is cut and escaped, as it comes from a peer.
    #[error("unknown command '{0}'")]
    Unknown(String),
    /// There is, but not with so many arguments.
    #[error("wrong number of arguments for '{0}' command")]
    WrongNumberOfArguments(&'static str),
    /// `TEMPID` with anything but a number from 1 to [`MAX_TEMP_IDS`].
    #[error("value is not an integer from 1 to {MAX_TEMP_IDS}")]
    CountOutOfRange,
    /// `HELLO` with a version other than 2 and 3.
    #[error("unsupported protocol version, expected 2 or 3")]
    UnsupportedVersion,
    /// `HELLO` with options that it does not have.
    #[error("syntax error")]
    Syntax,
}

impl RequestError {
    /// Enough of a name to recognize it in the reply.
    const SHOWN_BYTES: usize = 64;

    fn unknown(name: &[u8]) -> Self {
        Self::Unknown(name[..name.len().min(Self::SHOWN_BYTES)].escape_ascii().to_string())
    }
}

#[cfg(test)]
mod tests;
