use proptest::prelude::*;

use super::*;

#[test]
fn replies_are_read_with_their_length() {
    let read = |bytes| Reply::decode(bytes).expect("a reply").expect("whole");
    assert_eq!(read(b"+OK\r\n+"), (Reply::Simple("OK"), 5));
    assert_eq!(read(b":18\r\n"), (Reply::Integer(18), 5));
    assert_eq!(read(b"$3\r\na\r\n\r\n"), (Reply::Bulk(b"a\r\n"), 9));
    let error = Reply::Error { code: "NOAUTH", message: "Authentication required." };
    assert_eq!(read(b"-NOAUTH Authentication required.\r\n").0, error);
}

/// The elements of an array or a push.
fn elements<'a>(reply: Reply<'a>) -> Vec<Reply<'a>> {
    match reply {
        Reply::Array(elements) | Reply::Push(elements) => elements.collect(),
        other => panic!("no elements: {other:?}"),
    }
}

#[test]
fn arrays_and_maps_are_read_whole() {
    let bytes = b"*2\r\n:7\r\n*1\r\n$1\r\na\r\n+next\r\n";
    let (reply, len) = Reply::decode(bytes).expect("a reply").expect("whole");
    assert_eq!(&bytes[len..], b"+next\r\n");
    let [number, inner] = elements(reply)[..] else { panic!("two") };
    assert_eq!((number, elements(inner)), (Reply::Integer(7), vec![Reply::Bulk(b"a")]));
    let (reply, _) = Reply::decode(b"%1\r\n+a\r\n*0\r\n").expect("a reply").expect("whole");
    let [key, value] = elements(reply)[..] else { panic!("a pair") };
    assert_eq!((key, elements(value)), (Reply::Simple("a"), vec![]));
}

#[test]
fn arrays_that_are_too_deep_or_too_long_are_refused() {
    assert!(Reply::decode(b"*1\r\n*1\r\n*0\r\n").is_ok_and(|reply| reply.is_some()));
    assert_eq!(Reply::decode(b"*1\r\n*1\r\n*1\r\n*0\r\n"), Err(ReplyError::Malformed));
    let long = [b"*9999\r\n".to_vec(), b"$1\r\na\r\n".repeat(Reply::MAX_BYTES / 7)].concat();
    assert_eq!(Reply::decode(&long), Err(ReplyError::Malformed));
    assert_eq!(Reply::decode(b"*-1\r\n"), Err(ReplyError::Malformed));
}

#[test]
fn bytes_that_are_no_reply_are_refused() {
    for bytes in [&b"HTTP/1.1 200 OK\r\n"[..], b":x\r\n", b"$-1\r\n", b"+a\n", b"+\x1b[2J\r\n"] {
        assert_eq!(Reply::decode(bytes), Err(ReplyError::Malformed), "{}", bytes.escape_ascii());
    }
    assert_eq!(Reply::decode(&[b'+'; Reply::MAX_BYTES]), Err(ReplyError::Malformed));
    assert_eq!(Reply::decode(b"\x15\x03\x03\x00\x02\x02\x32"), Err(ReplyError::Tls));
}

proptest! {
    #[test]
    fn what_is_said_of_a_prefix_stays_true(bytes in "([+$:-]?|([*%>][0-3]\r\n){1,4})[0-9a-z+$:* \r\n]{0,20}") {
        let bytes = bytes.as_bytes();
        let whole = Reply::decode(bytes);
        for len in 0..bytes.len() {
            match Reply::decode(&bytes[..len]) {
                Ok(None) => {}
                said => prop_assert_eq!(said, whole),
            }
        }
    }
}
