//! Replies: any cut of a stream decodes the same, and no more than the limit is waited for.

#![no_main]

use bluetrace::protocol::reply::Reply;
use bluetrace_fuzz::cut;
use libfuzzer_sys::fuzz_target;

fn decode(pieces: &[&[u8]]) -> (Vec<String>, bool) {
    let (mut pending, mut replies) = (Vec::new(), Vec::new());
    for piece in pieces {
        pending.extend_from_slice(piece);
        loop {
            match Reply::decode(&pending) {
                Ok(None) => break,
                Ok(Some((reply, len))) => {
                    assert!(0 < len && len <= pending.len(), "{len} of {}", pending.len());
                    replies.push(format!("{reply:?}"));
                    pending.drain(..len);
                }
                Err(_) => return (replies, true),
            }
        }
        assert!(pending.len() <= Reply::MAX_BYTES, "{} bytes are waited for", pending.len());
    }
    (replies, false)
}

fuzz_target!(|input: &[u8]| {
    let Some((seed, stream)) = input.split_first() else { return };
    assert_eq!(decode(&cut(stream, *seed)), decode(&[stream]));
});
