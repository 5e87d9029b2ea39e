//! Requests: what is decoded is decoded again from its encoding.

#![no_main]

use bluetrace::protocol::request::Request;
use bluetrace::protocol::resp::decode_request;
use bluetrace_fuzz::check_message;
use libfuzzer_sys::fuzz_target;

/// The limit after a login, in bytes.
const LIMIT: usize = 1024 * 1024;

fuzz_target!(|input: &[u8]| {
    let Ok(Some((words, _))) = decode_request(input, LIMIT) else { return };
    if words.is_empty() {
        return;
    }
    match Request::decode(&words) {
        Ok(request) => {
            let mut bytes = Vec::new();
            request.encode(&mut bytes);
            let (words, len) = decode_request(&bytes, usize::MAX).expect("a frame").expect("whole");
            assert_eq!(len, bytes.len());
            assert_eq!(Request::decode(&words), Ok(request));
        }
        Err(error) => check_message(&error),
    }
});
