//! What the server answers: encoded by the server, decoded by phones.

use std::borrow::Cow;

use thiserror::Error;

use super::contact_record::ContactRecord;
use super::resp::{self, RespVersion};
use super::timestamp::Timestamp;

/// The first byte of a TLS alert (RFC 8446, section 5.1).
const TLS_ALERT: u8 = 21;

/// The reply of the server to a request that it carries out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer<'a> {
    /// `+OK`
    Ok,
    /// `+PONG`
    Pong,
    /// `+RESET`
    Reset,
    /// To `TEMPID`: the records in one bulk string.
    TempIds(&'a [ContactRecord]),
    /// `:n`, such as how many records of an `UPLOAD` were taken.
    Integer(usize),
    /// A bulk string.
    Bulk(Cow<'a, [u8]>),
    /// To `TIME`: seconds since 1970, and microseconds, which the server's clock does not have.
    Time(Timestamp),
    /// To `HELLO`: name and version of the server.
    Hello {
        /// The version of RESP of this reply and all later ones.
        version: RespVersion,
        /// The number of the client.
        id: usize,
    },
    /// An array without elements.
    EmptyArray,
    /// A map without pairs.
    EmptyMap(RespVersion),
    /// The null, in place of a value that does not exist.
    Null(RespVersion),
}

impl Answer<'_> {
    /// Appends the reply.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Ok => resp::encode_simple(out, "OK"),
            Self::Pong => resp::encode_simple(out, "PONG"),
            Self::Reset => resp::encode_simple(out, "RESET"),
            Self::TempIds(records) => {
                resp::encode_bulk_with(out, records.len() * ContactRecord::LEN, |out| {
                    records.iter().for_each(|record| record.encode(out));
                });
            }
            Self::Integer(number) => resp::encode_integer(out, *number),
            Self::Bulk(bytes) => resp::encode_bulk(out, bytes),
            Self::Time(now) => {
                resp::encode_array_header(out, 2);
                resp::encode_bulk(out, now.unix_seconds().to_string().as_bytes());
                resp::encode_bulk(out, b"0");
            }
            Self::Hello { version, id } => encode_hello(out, *version, *id),
            Self::EmptyArray => resp::encode_array_header(out, 0),
            Self::EmptyMap(version) => resp::encode_map_header(out, 0, *version),
            Self::Null(version) => resp::encode_null(out, *version),
        }
    }
}

fn encode_hello(out: &mut Vec<u8>, version: RespVersion, id: usize) {
    const PAIRS: usize = 7;
    resp::encode_map_header(out, PAIRS, version);
    let texts = [
        ("server", "bluetrace"),
        ("version", env!("CARGO_PKG_VERSION")),
        ("mode", "standalone"),
        ("role", "master"),
    ];
    for (key, value) in texts {
        resp::encode_bulk(out, key.as_bytes());
        resp::encode_bulk(out, value.as_bytes());
    }
    resp::encode_bulk(out, b"proto");
    resp::encode_integer(out, version.number());
    resp::encode_bulk(out, b"id");
    resp::encode_integer(out, id);
    resp::encode_bulk(out, b"modules");
    resp::encode_array_header(out, 0);
}

/// A reply as a client reads it, of one of the types that the replies to its requests have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply<'a> {
    /// `+text`
    Simple(&'a str),
    /// `-CODE message`
    Error {
        /// The first word, for programs.
        code: &'a str,
        /// The rest, for people.
        message: &'a str,
    },
    /// `:number`
    Integer(usize),
    /// `$length` and the bytes.
    Bulk(&'a [u8]),
}

impl<'a> Reply<'a> {
    /// Longest reply that a client takes, in bytes: [`MAX_TEMP_IDS`](super::request::MAX_TEMP_IDS)
    /// records, and some room. No BlueTrace server sends a longer one to a phone.
    pub const MAX_BYTES: usize = 16 * 1024;

    /// Finds the first reply in `bytes` and how many bytes it takes, or `None` if it is not
    /// complete yet.
    ///
    /// # Errors
    ///
    /// [`ReplyError`] if no bytes that may follow can make a reply of it.
    pub fn decode(bytes: &'a [u8]) -> Result<Option<(Self, usize)>, ReplyError> {
        let Some(kind) = bytes.first() else { return Ok(None) };
        match kind {
            b'$' => {
                let bulk = resp::decode_bulk(bytes, 0, Self::MAX_BYTES)
                    .map_err(|_| ReplyError::Malformed)?;
                Ok(bulk.map(|(bytes, len)| (Self::Bulk(bytes), len)))
            }
            b'+' | b'-' | b':' => {
                let Some((line, len)) = decode_line(bytes)? else { return Ok(None) };
                Ok(Some((Self::from_line(*kind, line)?, len)))
            }
            &TLS_ALERT => Err(ReplyError::Tls),
            _ => Err(ReplyError::Malformed),
        }
    }

    fn from_line(kind: u8, line: &'a str) -> Result<Self, ReplyError> {
        match kind {
            b'+' => Ok(Self::Simple(line)),
            b'-' => {
                let (code, message) = line.split_once(' ').unwrap_or((line, ""));
                Ok(Self::Error { code, message })
            }
            _ => line.parse().map(Self::Integer).map_err(|_| ReplyError::Malformed),
        }
    }
}

/// The text between the type byte and the line end, and where the next reply begins.
fn decode_line(bytes: &[u8]) -> Result<Option<(&str, usize)>, ReplyError> {
    let window = &bytes[..bytes.len().min(Reply::MAX_BYTES)];
    let Some(end) = memchr::memchr(b'\n', window) else {
        return if bytes.len() < Reply::MAX_BYTES { Ok(None) } else { Err(ReplyError::Malformed) };
    };
    let line = window[1..end].strip_suffix(b"\r").ok_or(ReplyError::Malformed)?;
    let text = str::from_utf8(line).map_err(|_| ReplyError::Malformed)?;
    if text.chars().any(char::is_control) {
        return Err(ReplyError::Malformed);
    }
    Ok(Some((text, end + 1)))
}

/// The bytes are no reply that a BlueTrace server sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ReplyError {
    /// They are of no protocol that is known here.
    #[error("the reply is not that of a BlueTrace server")]
    Malformed,
    /// They are a TLS alert, with which a server answers a client that does not speak TLS.
    #[error("the server expects TLS, which needs the option --tls")]
    Tls,
}

#[cfg(test)]
mod tests;
