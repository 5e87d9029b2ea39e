//! Messages of phones and the server as text.
//!
//! The text is made by the real decoders, so it shows what a peer understands. It contains no
//! password, and only the first four digits of a TempID, because whoever has a whole one can replay
//! it.

use serde::{Deserialize, Serialize};

use crate::protocol::reply::Reply;
use crate::protocol::request::{Credentials, Request};
use crate::protocol::resp::RespVersion;
use crate::protocol::{ContactRecord, Notice, TempId, Timestamp, resp};
use crate::server::session::MAX_REQUEST_BYTES_LOGGED_IN;
use crate::text_width::{clean, cut};

/// Maximum length of the text of a message, in characters. Only malformed messages are longer.
pub const MAX_TEXT_CHARS: usize = 160;

/// Length of the day in the text of a [`Timestamp`], in bytes. The time follows after a space.
const DAY_LEN: usize = "DD/MM/YYYY".len();

/// A message of a phone, an adversary or the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// Time in seconds from the start of the run.
    pub t: f64,
    /// Sender: `server`, `phone 12`, `replay 0`.
    pub from: String,
    /// Receiver.
    pub to: String,
    /// Transport: `tcp` or `udp`.
    pub via: Via,
    /// Content, without passwords and whole TempIDs.
    pub text: String,
}

/// Transport of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Via {
    /// A stream between a phone and the server.
    Tcp,
    /// A datagram between phones.
    Udp,
}

/// Result of a beacon that a phone received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// The contact log has a new entry.
    Logged,
    /// The contact log had an entry for it already.
    LoggedAgain,
    /// The beacon is not valid yet.
    TooEarly,
    /// The beacon has expired.
    Expired,
}

/// The complete messages at the start of a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Described {
    /// Texts of the requests or replies, in their order.
    pub texts: Vec<String>,
    /// Number of bytes of these messages. The rest is empty or an incomplete message.
    pub used: usize,
}

/// Describes the requests of a phone: `AUTH +61400000001 ***`, `TEMPID 96`, `UPLOAD 12 records`.
/// Malformed bytes make one text, together with all bytes after them.
pub fn describe_requests(bytes: &[u8]) -> Described {
    describe(bytes, |rest| match resp::decode_request(rest, MAX_REQUEST_BYTES_LOGGED_IN) {
        Ok(None) => None,
        Ok(Some((words, len))) => Some((describe_request(&words), len)),
        Err(error) => Some((Some(format!("no request: {error}")), rest.len())),
    })
}

/// Describes the replies of the server: `+OK`, `12 records taken`,
/// `96 TempIDs from 13/05/2020 00:00:03 to 14/05/2020 00:00:02`. Malformed bytes make one text,
/// together with all bytes after them.
pub fn describe_replies(bytes: &[u8]) -> Described {
    describe(bytes, |rest| match Reply::decode(rest) {
        Ok(None) => None,
        Ok(Some((reply, len))) => Some((Some(describe_reply(reply)), len)),
        Err(_) => Some((Some("no reply that a phone reads".to_owned()), rest.len())),
    })
}

/// Describes a beacon and its result:
/// `beacon 1234… valid 13/05 10:00:00 to 10:14:59: logged`.
pub fn describe_beacon(record: &ContactRecord, fate: Fate) -> String {
    let fate = match fate {
        Fate::Logged => "logged",
        Fate::LoggedAgain => "logged before",
        Fate::TooEarly => "not valid yet",
        Fate::Expired => "expired",
    };
    format!("beacon {} valid {}: {fate}", first_digits(record.temp_id), day_and_times(record))
}

/// Cuts a text to [`MAX_TEXT_CHARS`] columns and characters.
pub fn shortened(text: String) -> String {
    cut(&clean(&text), MAX_TEXT_CHARS)
}

/// Describes the messages in `bytes`. `next` returns the text of the first message, if it has one,
/// and its length in bytes.
fn describe(
    bytes: &[u8],
    mut next: impl FnMut(&[u8]) -> Option<(Option<String>, usize)>,
) -> Described {
    let mut described = Described::default();
    while let Some((text, len)) = next(&bytes[described.used..]) {
        described.texts.extend(text.map(shortened));
        described.used += len;
    }
    described
}

/// Describes a request; `None` for an empty frame, which the server ignores.
fn describe_request(words: &[&[u8]]) -> Option<String> {
    let name = words.first()?.to_ascii_uppercase();
    Some(match Request::decode(words) {
        Ok(Request::Auth(credentials)) => login(credentials),
        Ok(Request::TempId { count: 1 }) => "TEMPID".to_owned(),
        Ok(Request::TempId { count }) => format!("TEMPID {count}"),
        Ok(Request::Upload { records, code: None }) => {
            format!("UPLOAD {}", count_records(records))
        }
        Ok(Request::Upload { records, code: Some(_) }) => {
            format!("UPLOAD {} with a code", count_records(records))
        }
        Ok(Request::Notices) => "NOTICES".to_owned(),
        Ok(Request::Seen { notice }) => format!("SEEN {notice}"),
        Ok(Request::Register { number }) => format!("REGISTER {}", number.escape_ascii()),
        Ok(Request::Confirm { number, .. }) => {
            format!("CONFIRM {} *** ***", number.escape_ascii())
        }
        Ok(Request::Token | Request::Forget) => name.escape_ascii().to_string(),
        Ok(Request::Quit) => "QUIT".to_owned(),
        Ok(Request::Hello { version, auth, name: _ }) => hello(version, auth),
        // Their arguments mean nothing here.
        Ok(Request::Tool(_)) => name.escape_ascii().to_string(),
        Err(error) => format!("no request: {error}"),
    })
}

fn login(Credentials { user, password: _ }: Credentials<'_>) -> String {
    format!("AUTH {} ***", user.escape_ascii())
}

fn hello(version: Option<RespVersion>, auth: Option<Credentials<'_>>) -> String {
    let version = match version {
        None => "",
        Some(RespVersion::V2) => " 2",
        Some(RespVersion::V3) => " 3",
    };
    let auth = auth.map(login).map(|login| format!(" {login}"));
    format!("HELLO{version}{}", auth.unwrap_or_default())
}

fn count_records(records: &[u8]) -> String {
    match (records.len() / ContactRecord::LEN, records.len() % ContactRecord::LEN) {
        (1, 0) => "1 record".to_owned(),
        (count, 0) => format!("{count} records"),
        _ => format!("{} bytes that are no records", records.len()),
    }
}

fn describe_reply(reply: Reply<'_>) -> String {
    match reply {
        Reply::Simple(text) => format!("+{text}"),
        Reply::Error { code, message: "" } => format!("-{code}"),
        Reply::Error { code, message } => format!("-{code} {message}"),
        Reply::Integer(1) => "1 record taken".to_owned(),
        Reply::Integer(count) => format!("{count} records taken"),
        Reply::Bulk(bytes) => match ContactRecord::decode_all(bytes).as_deref() {
            Ok([record]) => {
                let id = first_digits(record.temp_id);
                format!("TempID {id} valid {}", day_and_times(record))
            }
            Ok([first, .., last]) => {
                let count = bytes.len() / ContactRecord::LEN;
                format!("{count} TempIDs from {} to {}", first.start, last.expiry)
            }
            Ok([]) | Err(_) => format!("{} bytes that are no TempIDs", bytes.len()),
        },
        Reply::Array(elements) => format!("{} elements", elements.count()),
        Reply::Push(elements) => match Notice::decode_push(elements) {
            Some(notice) => format!("notice {}", notice.number),
            None => "push that is no notice".to_owned(),
        },
    }
}

fn first_digits(temp_id: TempId) -> String {
    const SHOWN: usize = 4;
    format!("{:.SHOWN$}…", temp_id.to_string())
}

/// Start and expiry without the year. The day of the expiry is shown only if it differs from that
/// of the start.
fn day_and_times(record: &ContactRecord) -> String {
    let (start, expiry) = (parts(record.start), parts(record.expiry));
    let from = format!("{:.5} {}", start.0, start.1);
    if start.0 == expiry.0 {
        format!("{from} to {}", expiry.1)
    } else {
        format!("{from} to {:.5} {}", expiry.0, expiry.1)
    }
}

/// Day and time of a timestamp.
fn parts(timestamp: Timestamp) -> (String, String) {
    let mut day = timestamp.to_string();
    let time = day.split_off(DAY_LEN + 1);
    day.truncate(DAY_LEN);
    (day, time)
}

#[cfg(test)]
mod tests;
