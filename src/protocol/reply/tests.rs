use proptest::prelude::*;

use super::*;

fn encoded(answer: Answer<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    answer.encode(&mut out);
    out
}

#[test]
fn hello_is_an_array_in_version_2_and_a_map_in_version_3() {
    let version = env!("CARGO_PKG_VERSION");
    let pairs = format!(
        "$6\r\nserver\r\n$9\r\nbluetrace\r\n$7\r\nversion\r\n${}\r\n{version}\r\n$5\r\nproto\r\n",
        version.len()
    );
    let hello = |version| String::from_utf8(encoded(Answer::Hello(version))).expect("ASCII");
    assert_eq!(hello(RespVersion::V2), format!("*6\r\n{pairs}:2\r\n"));
    assert_eq!(hello(RespVersion::V3), format!("%3\r\n{pairs}:3\r\n"));
}

#[test]
fn replies_are_read_with_their_length() {
    let read = |bytes| Reply::decode(bytes).expect("a reply").expect("whole");
    assert_eq!(read(b"+OK\r\n+"), (Reply::Simple("OK"), 5));
    assert_eq!(read(b":18\r\n"), (Reply::Integer(18), 5));
    assert_eq!(read(b"$3\r\na\r\n\r\n"), (Reply::Bulk(b"a\r\n"), 9));
    let error = Reply::Error { code: "NOAUTH", message: "Authentication required." };
    assert_eq!(read(b"-NOAUTH Authentication required.\r\n").0, error);
}

#[test]
fn bytes_that_are_no_reply_are_refused() {
    for bytes in [&b"HTTP/1.1 200 OK\r\n"[..], b":x\r\n", b"$-1\r\n", b"+a\n", b"+\x1b[2J\r\n"] {
        assert_eq!(Reply::decode(bytes), Err(ReplyError), "{}", bytes.escape_ascii());
    }
    assert_eq!(Reply::decode(&[b'+'; Reply::MAX_BYTES]), Err(ReplyError));
}

proptest! {
    #[test]
    fn what_is_said_of_a_prefix_stays_true(bytes in "[+$:-]?[0-9a-z \r\n]{0,20}") {
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
