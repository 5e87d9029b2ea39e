//! What the server answers: encoded by the server.

use std::borrow::Cow;

use super::contact_record::ContactRecord;
use super::digit_code::UploadCode;
use super::notice::Notice;
use super::resp::{self, RespVersion};
use super::timestamp::Timestamp;

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
    /// To `NOTICES`: an array of notices.
    Notices(Vec<Notice>),
    /// To `CODE`: an array of the code and the last second in which it is valid.
    Code {
        /// The code.
        code: UploadCode,
        /// The last second in which it is valid.
        expiry: Timestamp,
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
            Self::Notices(notices) => {
                resp::encode_array_header(out, notices.len());
                notices.iter().for_each(|notice| notice.encode(out));
            }
            Self::Code { code, expiry } => {
                resp::encode_array_header(out, 2);
                resp::encode_bulk(out, code.as_str().as_bytes());
                resp::encode_bulk(out, expiry.to_string().as_bytes());
            }
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

#[cfg(test)]
mod tests;
