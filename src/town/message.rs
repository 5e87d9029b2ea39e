//! What phones and the server said, in words.
//!
//! The words are those of the real decoders, so that they say what a peer would understand. No password
//! is in them, and of a TempID only its first four digits: whoever holds a whole one can replay it.

use serde::{Deserialize, Serialize};

use crate::protocol::reply::Reply;
use crate::protocol::request::{Credentials, Request};
use crate::protocol::resp::RespVersion;
use crate::protocol::{ContactRecord, TempId, Timestamp, resp};
use crate::server::session::MAX_REQUEST_BYTES_LOGGED_IN;
use crate::text_width::{clean, cut};

/// What is shown of a message at most, in characters. What people can read is far shorter; what is not
/// comes from those who do not play by the rules.
pub const MAX_TEXT_CHARS: usize = 160;

/// Length of the day in the text of a [`Timestamp`], in bytes; the time follows after a blank.
const DAY_LEN: usize = "DD/MM/YYYY".len();

/// Something that was said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// In seconds from the start of the run.
    pub t: f64,
    /// Who said it: `server`, `phone 12`, `replay 0`.
    pub from: String,
    /// To whom.
    pub to: String,
    /// How: `tcp` or `udp`.
    pub via: Via,
    /// What, without secrets: passwords are not shown.
    pub text: String,
}

/// What carries a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Via {
    /// A stream between a phone and the server.
    Tcp,
    /// A datagram between phones.
    Udp,
}

/// What a phone made of a beacon that it received.
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

/// What the first bytes of a stream say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Described {
    /// One for each request or reply, in their order.
    pub texts: Vec<String>,
    /// How many bytes these took. The rest is the beginning of another one, or empty.
    pub used: usize,
}

/// What a phone asks with the bytes of its stream: `AUTH +61400000001 ***`, `TEMPID 96`,
/// `UPLOAD 12 records`. Bytes that can be no request are one text, with all that follow them.
pub fn describe_requests(bytes: &[u8]) -> Described {
    describe(bytes, |rest| match resp::decode_request(rest, MAX_REQUEST_BYTES_LOGGED_IN) {
        Ok(None) => None,
        Ok(Some((words, len))) => Some((describe_request(&words), len)),
        Err(error) => Some((Some(format!("no request: {error}")), rest.len())),
    })
}

/// What the server answers with the bytes of its stream: `+OK`, `12 records taken`,
/// `96 TempIDs from 13/05/2020 00:00:03 to 14/05/2020 00:00:02`. Bytes that can be no reply are one
/// text, with all that follow them.
pub fn describe_replies(bytes: &[u8]) -> Described {
    describe(bytes, |rest| match Reply::decode(rest) {
        Ok(None) => None,
        Ok(Some((reply, len))) => Some((Some(describe_reply(reply)), len)),
        Err(_) => Some((Some("no reply that a phone reads".to_owned()), rest.len())),
    })
}

/// What a beacon says and what became of it:
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

/// Returns the text cut to [`MAX_TEXT_CHARS`] columns, and so many characters at most.
pub fn shortened(text: String) -> String {
    cut(&clean(&text), MAX_TEXT_CHARS)
}

/// Takes one thing after the other off `bytes`: its text, if it has one, and how many bytes it takes.
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

/// Nothing for a frame without words, which is passed over.
fn describe_request(words: &[&[u8]]) -> Option<String> {
    let name = words.first()?.to_ascii_uppercase();
    Some(match Request::decode(words) {
        Ok(Request::Auth(credentials)) => login(credentials),
        Ok(Request::TempId { count: 1 }) => "TEMPID".to_owned(),
        Ok(Request::TempId { count }) => format!("TEMPID {count}"),
        Ok(Request::Upload { records }) => format!("UPLOAD {}", count_records(records)),
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
    }
}

fn first_digits(temp_id: TempId) -> String {
    const SHOWN: usize = 4;
    format!("{:.SHOWN$}…", temp_id.to_string())
}

/// From the start to the expiry, whose day is only shown if it is another one. Beacons live for
/// minutes, so the year says nothing.
fn day_and_times(record: &ContactRecord) -> String {
    let (start, expiry) = (parts(record.start), parts(record.expiry));
    let from = format!("{:.5} {}", start.0, start.1);
    if start.0 == expiry.0 {
        format!("{from} to {}", expiry.1)
    } else {
        format!("{from} to {:.5} {}", expiry.0, expiry.1)
    }
}

/// The day and the time.
fn parts(timestamp: Timestamp) -> (String, String) {
    let mut day = timestamp.to_string();
    let time = day.split_off(DAY_LEN + 1);
    day.truncate(DAY_LEN);
    (day, time)
}

#[cfg(test)]
mod tests;
