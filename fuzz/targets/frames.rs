//! Frames of requests: any cut of a stream decodes the same, and a decoded frame survives encoding.

#![no_main]

use bluetrace::protocol::resp::{FramingError, decode_request, encode_request};
use bluetrace_fuzz::{check_message, cut};
use libfuzzer_sys::fuzz_target;

/// The limit before a login, in bytes, so that the fuzzer reaches it.
const LIMIT: usize = 1024;

type Frames = (Vec<Vec<Vec<u8>>>, Option<FramingError>);

fn decode(pieces: &[&[u8]]) -> Frames {
    let (mut pending, mut frames) = (Vec::new(), Vec::new());
    for piece in pieces {
        pending.extend_from_slice(piece);
        loop {
            match decode_request(&pending, LIMIT) {
                Ok(None) => break,
                Ok(Some((words, len))) => {
                    assert!(0 < len && len <= pending.len(), "{len} of {}", pending.len());
                    frames.push(words.iter().map(|word| word.to_vec()).collect());
                    pending.drain(..len);
                }
                Err(error) => return (frames, Some(error)),
            }
        }
        assert!(pending.len() < LIMIT + 64, "{} bytes are waited for", pending.len());
    }
    (frames, None)
}

fuzz_target!(|input: &[u8]| {
    let Some((seed, stream)) = input.split_first() else { return };
    let whole = decode(&[stream]);
    assert_eq!(decode(&cut(stream, *seed)), whole);
    if let Some(error) = &whole.1 {
        check_message(error);
    }
    for frame in &whole.0 {
        let words: Vec<&[u8]> = frame.iter().map(Vec::as_slice).collect();
        let mut bytes = Vec::new();
        encode_request(&mut bytes, &words);
        let (again, len) = decode_request(&bytes, usize::MAX).expect("a frame").expect("whole");
        assert_eq!((&again[..], len), (&words[..], bytes.len()));
    }
});
