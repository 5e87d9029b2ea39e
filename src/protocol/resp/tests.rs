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
fn blank_line_empty_array_and_null_array_have_no_words() {
    assert_eq!(decode(b"*-1\r\nrest"), Ok(Some((vec![], 5))));
    for len in 0..5 {
        assert_eq!(decode(&b"*-1\r\n"[..len]), Ok(None));
    }
    assert_eq!(decode(b"\r\n"), Ok(Some((vec![], 2))));
    assert_eq!(decode(b"*0\r\n"), Ok(Some((vec![], 4))));
}

#[test]
fn broken_frames_are_refused_as_soon_as_they_are_seen() {
    for (bytes, error) in [
        (&b"*x"[..], FramingError::InvalidLength),
        (b"*-2\r\n", FramingError::InvalidLength),
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
fn lines_of_http_are_refused_whatever_they_begin_with() {
    for line in [
        "GET / HTTP/1.1",
        "GET /",
        "POST / HTTP/1.1",
        "PRI * HTTP/2.0",
        "AUTH ann HTTP/1.0",
        "AUTH a b c d e f g h i HTTP/1.1",
        "Host: 127.0.0.1",
        "x-auth:secret",
    ] {
        assert_eq!(
            decode(format!("{line}\r\n").as_bytes()),
            Err(FramingError::Foreign(ForeignProtocol::Http)),
            "{line}"
        );
        assert_eq!(decode(line.as_bytes()), Ok(None), "it may go on: {line}");
    }
    for line in ["AUTH ann HTTP", "HTTP/1.1", "get x", "AUTH a:b c"] {
        assert!(decode(format!("{line}\n").as_bytes()).is_ok(), "{line}");
    }
    assert!(decode(b"*2\r\n$3\r\nGET\r\n$1\r\nx\r\n").is_ok(), "an array is no HTTP");
}

#[test]
fn beginning_of_tls_is_refused() {
    assert_eq!(decode(b"\x16"), Ok(None));
    for bytes in [&b"\x16\x03"[..], b"\x16\x03\x01\x02\x00\x01"] {
        assert_eq!(decode(bytes), Err(FramingError::Foreign(ForeignProtocol::Tls)));
    }
    assert_eq!(
        [ForeignProtocol::Http, ForeignProtocol::Tls].map(|p| p.to_string()),
        ["HTTP", "TLS"]
    );
    assert!(decode(b"\x16\x04\n").is_ok());
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
    encode_error(&mut out, "ERR", "no");
    encode_integer(&mut out, 42);
    encode_bulk_with(&mut out, 2, |out| out.extend_from_slice(b"hi"));
    encode_array_header(&mut out, 0);
    encode_map_header(&mut out, 3, RespVersion::V2);
    encode_map_header(&mut out, 3, RespVersion::V3);
    encode_null(&mut out, RespVersion::V2);
    encode_null(&mut out, RespVersion::V3);
    assert_eq!(out, b"+OK\r\n-ERR no\r\n:42\r\n$2\r\nhi\r\n*0\r\n*6\r\n%3\r\n$-1\r\n_\r\n");
}

fn any_stream() -> impl Strategy<Value = Vec<u8>> {
    let token = prop_oneof![
        Just(&b"*1\r\n$4\r\nPING\r\n"[..]),
        Just(&b"*2\r\n$6\r\nTEMPID\r\n$2\r\n10\r\n"[..]),
        Just(&b"AUTH a b\r\n"[..]),
        Just(&b"*-1\r\n"[..]),
        Just(&b"GET / HTTP/1.1\r\n"[..]),
        Just(&b"\x16\x03"[..]),
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
