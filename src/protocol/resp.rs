//! Framing: where a request ends, and how a reply is put on the wire.
//!
//! Decoding is a pure function of the bytes received so far: they hold a whole frame, they are the
//! beginning of one, or they can never become one. It never copies and never allocates, and what it
//! says of a prefix stays true whatever follows, so that every cut of a stream gives the same
//! frames.

use std::fmt;
use std::ops::Deref;

use thiserror::Error;

/// Most words of one request, its name included.
pub const MAX_WORDS: usize = 8;

/// Longest inline request, in bytes, its line end included. It is for people with a terminal, who
/// have no use for more; a longer one would be scanned again with each byte that arrives.
pub const MAX_INLINE_BYTES: usize = 1024;

/// Most digits of a length: more than any limit has, so that a length over the limit is reported as
/// such.
const MAX_LENGTH_DIGITS: usize = 16;

const LINE_END: &[u8] = b"\r\n";

const NULL_ARRAY: &[u8] = b"*-1\r\n";

/// The first two bytes of a TLS ClientHello (RFC 8446, section 5.1).
const TLS_HANDSHAKE: u8 = 0x16;
const TLS_MAJOR_VERSION: u8 = 0x03;

/// The methods of HTTP, which begin a request (RFC 9110, section 9; RFC 5789; RFC 9113, section
/// 3.4).
const HTTP_METHODS: [&[u8]; 10] = [
    b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"CONNECT", b"OPTIONS", b"TRACE", b"PATCH", b"PRI",
];

/// The words of one request, borrowed from the bytes received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words<'a> {
    words: [&'a [u8]; MAX_WORDS],
    count: usize,
}

impl<'a> Words<'a> {
    const NONE: Self = Self { words: [&[]; MAX_WORDS], count: 0 };

    fn push(&mut self, word: &'a [u8]) -> Result<(), FramingError> {
        *self.words.get_mut(self.count).ok_or(FramingError::TooManyWords)? = word;
        self.count += 1;
        Ok(())
    }
}

impl<'a> Deref for Words<'a> {
    type Target = [&'a [u8]];

    fn deref(&self) -> &Self::Target {
        &self.words[..self.count]
    }
}

/// Finds the first request in `bytes`: its words and how many bytes it takes, or `None` if it is
/// not complete yet. A blank line, an empty array and a null array are requests without words, to
/// be passed over.
///
/// # Errors
///
/// [`FramingError`] if no further bytes can complete a request of at most `limit` bytes.
pub fn decode_request(
    bytes: &[u8],
    limit: usize,
) -> Result<Option<(Words<'_>, usize)>, FramingError> {
    match bytes.first() {
        None => Ok(None),
        Some(b'*') => decode_array(bytes, limit),
        Some(&TLS_HANDSHAKE) if bytes.len() < 2 => Ok(None),
        Some(&TLS_HANDSHAKE) if bytes[1] == TLS_MAJOR_VERSION => {
            Err(FramingError::Foreign(ForeignProtocol::Tls))
        }
        Some(_) => decode_inline(bytes, limit.min(MAX_INLINE_BYTES)),
    }
}

fn decode_array(bytes: &[u8], limit: usize) -> Result<Option<(Words<'_>, usize)>, FramingError> {
    if bytes.starts_with(b"*-")
        && NULL_ARRAY.starts_with(&bytes[..bytes.len().min(NULL_ARRAY.len())])
    {
        let is_whole = bytes.len() >= NULL_ARRAY.len();
        return Ok(is_whole.then_some((Words::NONE, NULL_ARRAY.len())));
    }
    let Some((count, mut at)) = decode_length(bytes, 0)? else { return Ok(None) };
    if count > MAX_WORDS {
        return Err(FramingError::TooManyWords);
    }
    let mut words = Words::NONE;
    for _ in 0..count {
        match bytes.get(at) {
            None => return Ok(None),
            Some(b'$') => {}
            Some(other) => return Err(FramingError::NoBulkString(*other)),
        }
        let Some((word, next)) = decode_bulk(bytes, at, limit)? else { return Ok(None) };
        words.push(word)?;
        at = next;
    }
    Ok(Some((words, at)))
}

fn decode_inline(bytes: &[u8], limit: usize) -> Result<Option<(Words<'_>, usize)>, FramingError> {
    let window = &bytes[..bytes.len().min(limit)];
    let Some(end) = memchr::memchr(b'\n', window) else {
        return if bytes.len() < limit { Ok(None) } else { Err(FramingError::TooLong(limit)) };
    };
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r');
    let line = window[..end].split(is_blank).filter(|word| !word.is_empty());
    if is_http(line.clone()) {
        return Err(FramingError::Foreign(ForeignProtocol::Http));
    }
    let mut words = Words::NONE;
    for word in line {
        words.push(word)?;
    }
    Ok(Some((words, end + 1)))
}

/// Whether a line is the first of an HTTP request, or a header. A browser or a proxy can be made to
/// send them anywhere, with a body of the attacker's choice behind them.
fn is_http<'a>(mut line: impl DoubleEndedIterator<Item = &'a [u8]>) -> bool {
    let Some(first) = line.next() else { return false };
    HTTP_METHODS.contains(&first)
        || first.contains(&b':')
        || line.next_back().is_some_and(|last| last.starts_with(b"HTTP/"))
}

/// Reads the bulk string at `at`, and returns it with the offset of what follows.
pub(super) fn decode_bulk(
    bytes: &[u8],
    at: usize,
    limit: usize,
) -> Result<Option<(&[u8], usize)>, FramingError> {
    let Some((len, start)) = decode_length(bytes, at)? else { return Ok(None) };
    let end = start.saturating_add(len);
    let next = end.saturating_add(LINE_END.len());
    if next > limit {
        return Err(FramingError::TooLong(limit));
    }
    let line_end = &bytes[end.min(bytes.len())..next.min(bytes.len())];
    if !LINE_END.starts_with(line_end) {
        return Err(FramingError::NoLineEnd);
    }
    if bytes.len() < next {
        return Ok(None);
    }
    Ok(Some((&bytes[start..end], next)))
}

/// Reads the length behind the type byte at `at`, and returns it with the offset of what follows.
pub(super) fn decode_length(
    bytes: &[u8],
    at: usize,
) -> Result<Option<(usize, usize)>, FramingError> {
    let digits = &bytes[at + 1..];
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let line_end = &digits[count..digits.len().min(count + LINE_END.len())];
    let is_missing = count == 0 && !line_end.is_empty();
    if is_missing || count > MAX_LENGTH_DIGITS || !LINE_END.starts_with(line_end) {
        return Err(FramingError::InvalidLength);
    }
    if line_end.len() < LINE_END.len() {
        return Ok(None);
    }
    let length = digits[..count].iter().fold(0, |len, byte| len * 10 + usize::from(byte - b'0'));
    Ok(Some((length, at + 1 + count + LINE_END.len())))
}

/// A version of the serialization protocol. Only maps and the null differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RespVersion {
    /// The version at the start of every connection.
    #[default]
    V2,
    /// The version that current Redis clients ask for.
    V3,
}

impl RespVersion {
    /// Its number, as in `HELLO 3`.
    pub fn number(self) -> usize {
        match self {
            Self::V2 => 2,
            Self::V3 => 3,
        }
    }
}

/// Appends a request as an array of bulk strings.
pub fn encode_request(out: &mut Vec<u8>, words: &[&[u8]]) {
    encode_array_header(out, words.len());
    words.iter().for_each(|word| encode_bulk(out, word));
}

/// Appends a simple string: `+text`. It must not contain a line end.
pub fn encode_simple(out: &mut Vec<u8>, text: &str) {
    encode_line(out, b'+', text);
}

/// Appends an error: `-CODE message`. Neither must contain a line end.
pub fn encode_error(out: &mut Vec<u8>, code: &str, message: &str) {
    encode_line(out, b'-', &format!("{code} {message}"));
}

/// Appends an integer: `:number`.
pub fn encode_integer(out: &mut Vec<u8>, number: usize) {
    encode_header(out, b':', number);
}

/// Appends a bulk string: `$length`, then the bytes.
pub fn encode_bulk(out: &mut Vec<u8>, bytes: &[u8]) {
    encode_bulk_header(out, bytes.len());
    out.extend_from_slice(bytes);
    out.extend_from_slice(LINE_END);
}

/// Appends a bulk string of `len` bytes, which `write` appends.
pub fn encode_bulk_with(out: &mut Vec<u8>, len: usize, write: impl FnOnce(&mut Vec<u8>)) {
    encode_bulk_header(out, len);
    let start = out.len();
    write(out);
    debug_assert_eq!(out.len() - start, len, "the announced length of a bulk string");
    out.extend_from_slice(LINE_END);
}

/// Appends the header of an array of `count` elements.
pub fn encode_array_header(out: &mut Vec<u8>, count: usize) {
    encode_header(out, b'*', count);
}

/// Appends the header of a push of `count` elements, which only version 3 has.
pub fn encode_push_header(out: &mut Vec<u8>, count: usize) {
    encode_header(out, b'>', count);
}

/// Appends the header of a map of `count` pairs; in version 2 it is an array of twice as many
/// elements.
pub fn encode_map_header(out: &mut Vec<u8>, count: usize, version: RespVersion) {
    match version {
        RespVersion::V2 => encode_array_header(out, 2 * count),
        RespVersion::V3 => encode_header(out, b'%', count),
    }
}

/// Appends the null: in version 2 a null bulk string, in version 3 a type of its own.
pub fn encode_null(out: &mut Vec<u8>, version: RespVersion) {
    out.extend_from_slice(match version {
        RespVersion::V2 => b"$-1\r\n",
        RespVersion::V3 => b"_\r\n",
    });
}

fn encode_bulk_header(out: &mut Vec<u8>, len: usize) {
    encode_header(out, b'$', len);
}

fn encode_header(out: &mut Vec<u8>, kind: u8, number: usize) {
    out.push(kind);
    encode_decimal(out, number);
    out.extend_from_slice(LINE_END);
}

/// Every reply has some numbers, and `write!` takes longer for one than the rest of the reply
/// takes.
fn encode_decimal(out: &mut Vec<u8>, number: usize) {
    const MAX_DIGITS: usize = usize::MAX.ilog10() as usize + 1;
    let (mut digits, mut first, mut rest) = ([0; MAX_DIGITS], MAX_DIGITS, number);
    loop {
        first -= 1;
        digits[first] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            return out.extend_from_slice(&digits[first..]);
        }
    }
}

fn encode_line(out: &mut Vec<u8>, kind: u8, text: &str) {
    debug_assert!(!text.contains(['\r', '\n']), "a line end would end the reply: {text:?}");
    out.push(kind);
    out.extend_from_slice(text.as_bytes());
    out.extend_from_slice(LINE_END);
}

/// Why some bytes can never become a frame. The next frame behind them cannot be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FramingError {
    /// More than this many bytes.
    #[error("Protocol error: a request here has at most {0} bytes")]
    TooLong(usize),
    /// More than [`MAX_WORDS`] words.
    #[error("Protocol error: a request has at most {MAX_WORDS} words")]
    TooManyWords,
    /// The length of an array or of a bulk string is no decimal number and a line end.
    #[error("Protocol error: invalid length, expected digits, CR and LF")]
    InvalidLength,
    /// An array has an element that is no bulk string.
    #[error("Protocol error: expected '$', got byte 0x{0:02x}")]
    NoBulkString(u8),
    /// A bulk string is not followed by a line end.
    #[error("Protocol error: expected CR and LF behind a bulk string")]
    NoLineEnd,
    /// The bytes belong to another protocol.
    #[error("Protocol error: expected RESP, got {0}")]
    Foreign(ForeignProtocol),
}

/// A protocol that programs speak by mistake, or can be made to speak by others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForeignProtocol {
    /// The first line of a request, or a header.
    Http,
    /// The beginning of a handshake.
    Tls,
}

impl fmt::Display for ForeignProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "HTTP",
            Self::Tls => "TLS",
        })
    }
}

#[cfg(test)]
mod tests;
