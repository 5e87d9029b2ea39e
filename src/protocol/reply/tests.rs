use proptest::prelude::*;

use super::super::request::MAX_TEMP_IDS;
use super::*;

fn encoded(answer: Answer<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    answer.encode(&mut out);
    out
}

fn text(answer: Answer<'_>) -> String {
    String::from_utf8(encoded(answer)).expect("ASCII")
}

#[test]
fn hello_is_an_array_in_version_2_and_a_map_in_version_3() {
    let version = env!("CARGO_PKG_VERSION");
    let texts = ["server", "bluetrace", "version", version, "mode", "standalone", "role", "master"]
        .map(|text| format!("${}\r\n{text}\r\n", text.len()))
        .concat();
    let rest = "$2\r\nid\r\n:5\r\n$7\r\nmodules\r\n*0\r\n";
    for (version, header, number) in [(RespVersion::V2, "*14", 2), (RespVersion::V3, "%7", 3)] {
        assert_eq!(
            text(Answer::Hello { version, id: 5 }),
            format!("{header}\r\n{texts}$5\r\nproto\r\n:{number}\r\n{rest}")
        );
    }
}

#[test]
fn answers_to_tools_have_the_form_of_redis() {
    for (answer, expected) in [
        (Answer::Reset, "+RESET\r\n"),
        (Answer::Integer(3), ":3\r\n"),
        (Answer::Bulk(b"a\r\n"[..].into()), "$3\r\na\r\n\r\n"),
        (
            Answer::Time(Timestamp::from_unix_seconds(1_600_000_000)),
            "*2\r\n$10\r\n1600000000\r\n$1\r\n0\r\n",
        ),
        (Answer::EmptyArray, "*0\r\n"),
        (Answer::EmptyMap(RespVersion::V2), "*0\r\n"),
        (Answer::EmptyMap(RespVersion::V3), "%0\r\n"),
        (Answer::Null(RespVersion::V2), "$-1\r\n"),
        (Answer::Null(RespVersion::V3), "_\r\n"),
    ] {
        assert_eq!(text(answer), expected);
    }
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
fn longest_reply_to_a_request_for_temp_ids_is_read_whole() {
    let line = b"1234567890123456789113/05/2020 17:54:0613/05/2020 18:09:05";
    let record = ContactRecord::decode(line).expect("a record");
    let reply = encoded(Answer::TempIds(&[record; MAX_TEMP_IDS as usize]));
    let expected = line.repeat(MAX_TEMP_IDS as usize);
    assert_eq!(Reply::decode(&reply), Ok(Some((Reply::Bulk(&expected), reply.len()))));
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
