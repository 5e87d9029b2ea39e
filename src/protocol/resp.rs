//! Framing: where a request ends, and how a reply is put on the wire.
//!
//! Decoding is a pure function of the bytes received so far: they hold a whole frame, they are the
//! beginning of one, or they can never become one. It never copies and never allocates, and what it
//! says of a prefix stays true whatever follows, so that every cut of a stream gives the same frames.

use std::ops::Deref;

use thiserror::Error;

/// Most words of one request, its name included.
pub const MAX_WORDS: usize = 8;

/// Longest inline request, in bytes, its line end included. It is for people with a terminal, who
/// have no use for more; a longer one would be scanned again with each byte that arrives.
pub const MAX_INLINE_BYTES: usize = 1024;

/// Most digits of a length: enough for any that is allowed, and for some that say what is wrong.
const MAX_LENGTH_DIGITS: usize = 16;

const LINE_END: &[u8] = b"\r\n";

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

/// Finds the first request in `bytes`: its words and how many bytes it takes, or `None` if it is not
/// complete yet. A blank line and an empty array are requests without words, to be passed over.
///
/// # Errors
///
/// [`FramingError`] if no bytes that may follow can make a request of at most `limit` bytes of it.
pub fn decode_request(
    bytes: &[u8],
    limit: usize,
) -> Result<Option<(Words<'_>, usize)>, FramingError> {
    match bytes.first() {
        None => Ok(None),
        Some(b'*') => decode_array(bytes, limit),
        Some(_) => decode_inline(bytes, limit.min(MAX_INLINE_BYTES)),
    }
}

fn decode_array(bytes: &[u8], limit: usize) -> Result<Option<(Words<'_>, usize)>, FramingError> {
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
    let mut words = Words::NONE;
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r');
    for word in window[..end].split(is_blank).filter(|word| !word.is_empty()) {
        words.push(word)?;
    }
    Ok(Some((words, end + 1)))
}

/// Reads the bulk string that begins at `at`, and where the next thing begins.
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

/// Reads the length behind the type byte at `at`, and where the next thing begins.
fn decode_length(bytes: &[u8], at: usize) -> Result<Option<(usize, usize)>, FramingError> {
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

/// Appends a request as an array of bulk strings.
pub fn encode_request(out: &mut Vec<u8>, words: &[&[u8]]) {
    encode_array_header(out, words.len());
    words.iter().for_each(|word| encode_bulk(out, word));
}

/// Appends a simple string: `+text`. It must not contain a line end.
pub fn encode_simple(out: &mut Vec<u8>, text: &str) {
    encode_line(out, b'+', text);
}

/// Appends an error: `-text`, where the first word is the error's code. No line end in it.
pub fn encode_error(out: &mut Vec<u8>, text: &str) {
    encode_line(out, b'-', text);
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

/// Appends a bulk string that `write` produces, and that it makes exactly `len` bytes long.
pub fn encode_bulk_with(out: &mut Vec<u8>, len: usize, write: impl FnOnce(&mut Vec<u8>)) {
    encode_bulk_header(out, len);
    let start = out.len();
    write(out);
    debug_assert_eq!(out.len() - start, len, "the announced length of a bulk string");
    out.extend_from_slice(LINE_END);
}

/// Appends what announces `count` elements of an array.
pub fn encode_array_header(out: &mut Vec<u8>, count: usize) {
    encode_header(out, b'*', count);
}

/// Appends what announces `count` pairs of a map, a type of RESP version 3.
pub fn encode_map_header(out: &mut Vec<u8>, count: usize) {
    encode_header(out, b'%', count);
}

fn encode_bulk_header(out: &mut Vec<u8>, len: usize) {
    encode_header(out, b'$', len);
}

fn encode_header(out: &mut Vec<u8>, kind: u8, number: usize) {
    out.push(kind);
    encode_decimal(out, number);
    out.extend_from_slice(LINE_END);
}

/// Every reply has some of these, and what formats in general takes longer for one than the rest of the
/// reply together.
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

/// Why some bytes can never become a frame. There is no way to find the next one behind it.
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
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMIT: usize = 1024;

    type Decoded<'a> = Result<Option<(Vec<&'a [u8]>, usize)>, FramingError>;

    fn decode(bytes: &[u8]) -> Decoded<'_> {
        Ok(decode_request(bytes, LIMIT)?.map(|(words, len)| (words.to_vec(), len)))
    }

    /// Everything that a stream says when it arrives in `pieces`: its frames, then its error.
    fn decode_stream(pieces: &[&[u8]]) -> (Vec<Vec<Vec<u8>>>, Option<FramingError>) {
        let (mut pending, mut frames) = (Vec::new(), Vec::new());
        for piece in pieces {
            pending.extend_from_slice(piece);
            loop {
                match decode_request(&pending, LIMIT) {
                    Ok(None) => break,
                    Err(error) => return (frames, Some(error)),
                    Ok(Some((words, len))) => {
                        frames.push(words.iter().map(|word| word.to_vec()).collect());
                        pending.drain(..len);
                    }
                }
            }
        }
        (frames, None)
    }

    #[test]
    fn array_of_bulk_strings_is_a_request() {
        let bytes = b"*2\r\n$6\r\nTEMPID\r\n$1\r\n3\r\nrest";
        assert_eq!(decode(bytes), Ok(Some((vec![&b"TEMPID"[..], b"3"], 23))));
    }

    #[test]
    fn bulk_string_may_hold_any_bytes() {
        let bytes = b"*1\r\n$6\r\n\r\n*$\0\xff\r\n";
        assert_eq!(decode(bytes), Ok(Some((vec![&b"\r\n*$\0\xff"[..]], bytes.len()))));
    }

    #[test]
    fn inline_line_is_a_request_with_either_line_end() {
        assert_eq!(decode(b" PING  \tnow\r\n"), Ok(Some((vec![&b"PING"[..], b"now"], 13))));
        assert_eq!(decode(b"PING\nPING\n"), Ok(Some((vec![&b"PING"[..]], 5))));
    }

    #[test]
    fn blank_line_and_empty_array_have_no_words() {
        assert_eq!(decode(b"\r\n"), Ok(Some((vec![], 2))));
        assert_eq!(decode(b"*0\r\n"), Ok(Some((vec![], 4))));
    }

    #[test]
    fn broken_frames_are_refused_as_soon_as_they_are_seen() {
        for (bytes, error) in [
            (&b"*x"[..], FramingError::InvalidLength),
            (b"*-1\r\n", FramingError::InvalidLength),
            (b"*1\rx", FramingError::InvalidLength),
            (b"*\r", FramingError::InvalidLength),
            (b"*11111111111111111", FramingError::InvalidLength),
            (b"*9\r\n", FramingError::TooManyWords),
            (b"a b c d e f g h i\n", FramingError::TooManyWords),
            (b"*1\r\n:", FramingError::NoBulkString(b':')),
            (b"*1\r\n$1017\r\n", FramingError::TooLong(LIMIT)),
            (b"*1\r\n$9999999999999999\r\n", FramingError::TooLong(LIMIT)),
            (b"*1\r\n$1\r\nab", FramingError::NoLineEnd),
            (b"*1\r\n$1\r\na\rb", FramingError::NoLineEnd),
        ] {
            assert_eq!(decode(bytes), Err(error), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn request_at_its_limit_is_taken_and_one_byte_more_is_not() {
        let frame = |len: usize| [b"*1\r\n$", len.to_string().as_bytes(), b"\r\n"].concat();
        let fitting = LIMIT - b"*1\r\n$1010\r\n\r\n".len();
        let whole = [&frame(fitting)[..], &vec![b'a'; fitting], b"\r\n"].concat();
        assert_eq!(whole.len(), LIMIT);
        assert!(matches!(decode(&whole), Ok(Some((_, LIMIT)))));
        assert_eq!(decode(&frame(fitting + 1)), Err(FramingError::TooLong(LIMIT)));

        let line = [&vec![b'a'; MAX_INLINE_BYTES - 1][..], b"\n"].concat();
        assert!(matches!(decode(&line), Ok(Some((_, MAX_INLINE_BYTES)))));
        let line = vec![b'a'; MAX_INLINE_BYTES];
        assert_eq!(decode(&line), Err(FramingError::TooLong(MAX_INLINE_BYTES)));
        assert_eq!(decode(&line[1..]), Ok(None));
    }

    #[test]
    fn integers_of_every_length_are_their_decimal_digits() {
        for number in [0, 9, 10, 99, 100, 1_048_576, usize::MAX] {
            let mut out = Vec::new();
            encode_integer(&mut out, number);
            assert_eq!(String::from_utf8(out).expect("ASCII"), format!(":{number}\r\n"));
        }
    }

    #[test]
    fn encoded_replies_have_the_form_of_the_specification() {
        let mut out = Vec::new();
        encode_simple(&mut out, "OK");
        encode_error(&mut out, "ERR no");
        encode_integer(&mut out, 42);
        encode_bulk_with(&mut out, 2, |out| out.extend_from_slice(b"hi"));
        encode_array_header(&mut out, 0);
        encode_map_header(&mut out, 3);
        assert_eq!(out, b"+OK\r\n-ERR no\r\n:42\r\n$2\r\nhi\r\n*0\r\n%3\r\n");
    }

    fn any_stream() -> impl Strategy<Value = Vec<u8>> {
        let token = prop_oneof![
            Just(&b"*1\r\n$4\r\nPING\r\n"[..]),
            Just(&b"*2\r\n$6\r\nTEMPID\r\n$2\r\n10\r\n"[..]),
            Just(&b"AUTH a b\r\n"[..]),
            Just(&b"*"[..]),
            Just(&b"$"[..]),
            Just(&b"\r\n"[..]),
            Just(&b"\n"[..]),
            Just(&b"1"[..]),
            Just(&b"900"[..]),
            Just(&b"\0\xff"[..]),
        ];
        prop::collection::vec(token, 0..40).prop_map(|tokens| tokens.concat())
    }

    proptest! {
        #[test]
        fn any_cut_of_a_stream_gives_the_same_frames(
            stream in any_stream(),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        ) {
            let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
            cuts.extend([0, stream.len()]);
            cuts.sort_unstable();
            let pieces: Vec<_> = cuts.windows(2).map(|cut| &stream[cut[0]..cut[1]]).collect();
            let bytes: Vec<_> = stream.chunks(1).collect();
            prop_assert_eq!(decode_stream(&pieces), decode_stream(&[&stream]));
            prop_assert_eq!(decode_stream(&bytes), decode_stream(&[&stream]));
        }

        #[test]
        fn any_bytes_are_waited_for_only_up_to_the_limit(bytes in prop::collection::vec(any::<u8>(), LIMIT..LIMIT + 9)) {
            prop_assert_ne!(decode(&bytes), Ok(None));
        }

        #[test]
        fn decoding_an_encoded_request_gives_it_back(
            words in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..=MAX_WORDS),
        ) {
            let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
            let mut bytes = Vec::new();
            encode_request(&mut bytes, &words);
            let len = bytes.len();
            prop_assert_eq!(decode(&bytes), Ok(Some((words, len))));
        }
    }
}
