use super::super::reply::Reply;
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
fn longest_reply_to_a_request_for_temp_ids_is_read_whole() {
    let line = b"1234567890123456789113/05/2020 17:54:0613/05/2020 18:09:05";
    let record = ContactRecord::decode(line).expect("a record");
    let reply = encoded(Answer::TempIds(&[record; MAX_TEMP_IDS as usize]));
    let expected = line.repeat(MAX_TEMP_IDS as usize);
    assert_eq!(Reply::decode(&reply), Ok(Some((Reply::Bulk(&expected), reply.len()))));
}

#[test]
fn notices_and_codes_are_arrays() {
    let notice = Notice {
        number: 7,
        contact_on: Timestamp::from_unix_seconds(1_600_000_000),
        text: "Stay at home.".into(),
    };
    let one = "*3\r\n:7\r\n$10\r\n13/09/2020\r\n$13\r\nStay at home.\r\n";
    assert_eq!(text(Answer::Notices(vec![notice.clone()])), format!("*1\r\n{one}"));
    assert_eq!(text(Answer::Notices(vec![notice; 2])), format!("*2\r\n{one}{one}"));
    let code = UploadCode::decode(b"01234567").expect("a code");
    let expiry = Timestamp::from_unix_seconds(1_600_000_000);
    assert_eq!(
        text(Answer::Code { code, expiry }),
        "*2\r\n$8\r\n01234567\r\n$19\r\n13/09/2020 12:26:40\r\n"
    );
}
