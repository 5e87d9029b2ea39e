use std::sync::Arc;

use thiserror::Error;

use super::reply::{Items, Reply};
use super::resp;
use super::timestamp::Timestamp;

/// What a push of a notice begins with.
const NOTICE: &str = "notice";

/// Something that a user is told: that there was a contact and what to do, but never with whom,
/// where, or at which time of the day.
///
/// On the wire it has three elements: the number as an integer, the date `DD/MM/YYYY` and the text
/// as bulk strings. `NOTICES` answers an array of such arrays; a push of RESP 3 has the word
/// `notice` before them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Its number, from 1.
    pub number: i64,
    /// The first second of the day of the latest contact, in UTC.
    pub contact_on: Timestamp,
    /// What to do, in UTF-8 of at most [`MAX_TEXT_BYTES`](Notice::MAX_TEXT_BYTES).
    pub text: Arc<str>,
}

/// The elements are not those of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a notice has a number, a date and a text")]
pub struct NoticeError;

impl Notice {
    /// Longest text, in bytes.
    pub const MAX_TEXT_BYTES: usize = 1000;

    /// Appends the notice as an array.
    pub fn encode(&self, out: &mut Vec<u8>) {
        resp::encode_array_header(out, 3);
        self.encode_elements(out);
    }

    /// Appends the notice as a push.
    pub fn encode_push(&self, out: &mut Vec<u8>) {
        resp::encode_push_header(out, 4);
        resp::encode_bulk(out, NOTICE.as_bytes());
        self.encode_elements(out);
    }

    fn encode_elements(&self, out: &mut Vec<u8>) {
        resp::encode_integer(out, usize::try_from(self.number).expect("from 1"));
        resp::encode_bulk(out, self.contact_on.date().as_bytes());
        resp::encode_bulk(out, self.text.as_bytes());
    }

    /// Reads the elements of a push; `None` if it is no notice.
    pub fn decode_push(mut elements: Items<'_>) -> Option<Self> {
        let is_notice = elements.next() == Some(Reply::Bulk(NOTICE.as_bytes()));
        is_notice.then(|| Self::decode(elements).ok()).flatten()
    }

    /// Reads the elements of a notice.
    ///
    /// # Errors
    ///
    /// [`NoticeError`] if they are not a number, a date and a text, and nothing else.
    pub fn decode(mut elements: Items<'_>) -> Result<Self, NoticeError> {
        let elements = [elements.next(), elements.next(), elements.next(), elements.next()];
        let [Some(Reply::Integer(number)), Some(Reply::Bulk(date)), Some(Reply::Bulk(text)), None] =
            elements
        else {
            return Err(NoticeError);
        };
        let number = i64::try_from(number).ok().filter(|number| *number > 0).ok_or(NoticeError)?;
        let contact_on = Timestamp::decode_date(date).map_err(|_| NoticeError)?;
        let text = str::from_utf8(text).map_err(|_| NoticeError)?;
        Ok(Self { number, contact_on, text: text.into() })
    }
}

#[cfg(test)]
mod tests;
