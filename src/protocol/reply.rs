//! What the server answers: decoded by phones.

use thiserror::Error;

use super::resp;

/// The first byte of a TLS alert (RFC 8446, section 5.1).
const TLS_ALERT: u8 = 21;

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
    /// `*count` and the elements, or `%pairs` and both elements of each.
    Array(Items<'a>),
    /// `>count` and the elements: nobody asked for it, and it answers no request.
    Push(Items<'a>),
}

/// The elements of an array, all of which are complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Items<'a> {
    bytes: &'a [u8],
    count: usize,
}

impl<'a> Iterator for Items<'a> {
    type Item = Reply<'a>;

    fn next(&mut self) -> Option<Reply<'a>> {
        self.count = self.count.checked_sub(1)?;
        let (item, len) = Reply::decode(self.bytes).ok().flatten()?;
        self.bytes = &self.bytes[len..];
        Some(item)
    }
}

/// Most arrays within each other: the notices of a reply are arrays in one, and so are the rows of
/// a table.
const MAX_DEPTH: usize = 3;

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
        Self::decode_within(bytes, MAX_DEPTH)
    }

    fn decode_within(bytes: &'a [u8], depth: usize) -> Result<Option<(Self, usize)>, ReplyError> {
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
            b'*' | b'%' | b'>' => {
                let depth = depth.checked_sub(1).ok_or(ReplyError::Malformed)?;
                let header = resp::decode_length(bytes, 0).map_err(|_| ReplyError::Malformed)?;
                let Some((count, start)) = header else { return Ok(None) };
                let count = if *kind == b'%' { count.saturating_mul(2) } else { count };
                let Some(end) = end_of_items(bytes, start, count, depth)? else {
                    return Ok(None);
                };
                let items = Items { bytes: &bytes[start..end], count };
                let reply = if *kind == b'>' { Self::Push(items) } else { Self::Array(items) };
                Ok(Some((reply, end)))
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

/// Where `count` elements end that begin at `start`, or `None` if they are not complete yet.
fn end_of_items(
    bytes: &[u8],
    start: usize,
    count: usize,
    depth: usize,
) -> Result<Option<usize>, ReplyError> {
    let mut end = start;
    for _ in 0..count {
        let Some((_, len)) = Reply::decode_within(&bytes[end..], depth)? else {
            // An element may be as long as a reply, and there may be any number of them.
            return if bytes.len() < Reply::MAX_BYTES {
                Ok(None)
            } else {
                Err(ReplyError::Malformed)
            };
        };
        end += len;
        if end > Reply::MAX_BYTES {
            return Err(ReplyError::Malformed);
        }
    }
    Ok(Some(end))
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
