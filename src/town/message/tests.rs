use proptest::prelude::*;

use super::*;
use crate::protocol::Beacon;
use crate::protocol::answer::Answer;
use crate::protocol::refusal::Refusal;
use crate::protocol::request::ToolRequest;

const RECORD: &[u8] = b"1234567890123456789113/05/2020 17:54:0613/05/2020 18:09:05";
const NEXT_DAY: &[u8] = b"0099567890123456789113/05/2020 23:50:0014/05/2020 00:04:59";

fn requests(bytes: &[u8]) -> Vec<String> {
    let described = describe_requests(bytes);
    assert_eq!(described.used, bytes.len());
    described.texts
}

fn replies(bytes: &[u8]) -> Vec<String> {
    let described = describe_replies(bytes);
    assert_eq!(described.used, bytes.len());
    described.texts
}

fn encoded(requests: &[Request<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    requests.iter().for_each(|request| request.encode(&mut out));
    out
}

fn answered(answers: &[Answer<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    answers.iter().for_each(|answer| answer.encode(&mut out));
    out
}

fn records(wire: &[&[u8]]) -> Vec<ContactRecord> {
    wire.iter().map(|wire| ContactRecord::decode(wire).expect("58 bytes")).collect()
}

#[test]
fn dialogue_of_a_phone_is_described_request_by_request() {
    let auth = Credentials { user: b"+61400000001", password: b"comp3331" };
    let bytes = encoded(&[
        Request::Auth(auth),
        Request::TempId { count: 1 },
        Request::TempId { count: 96 },
        Request::Upload { records: &RECORD.repeat(12), code: None },
        Request::Upload { records: RECORD, code: None },
        Request::Upload { records: &RECORD[1..], code: None },
        Request::Tool(ToolRequest::Ping { text: None }),
        Request::Hello { version: Some(RespVersion::V3), auth: Some(auth), name: None },
        Request::Tool(ToolRequest::ClientId),
        Request::Quit,
    ]);
    let expected = [
        "AUTH +61400000001 ***",
        "TEMPID",
        "TEMPID 96",
        "UPLOAD 12 records",
        "UPLOAD 1 record",
        "UPLOAD 57 bytes that are no records",
        "PING",
        "HELLO 3 AUTH +61400000001 ***",
        "CLIENT",
        "QUIT",
    ];
    assert_eq!(requests(&bytes), expected);
}

#[test]
fn inline_request_is_described_and_blank_line_is_not() {
    assert_eq!(requests(b"\r\nauth u secret\r\n\n"), ["AUTH u ***"]);
}

#[test]
fn unfinished_request_is_left_to_the_caller() {
    let whole = encoded(&[Request::Tool(ToolRequest::Ping { text: None }), Request::Quit]);
    let described = describe_requests(&whole[..whole.len() - 1]);
    let used = encoded(&[Request::Tool(ToolRequest::Ping { text: None })]).len();
    assert_eq!(described, Described { texts: vec!["PING".to_owned()], used });
    assert_eq!(describe_requests(b""), Described::default());
}

#[test]
fn request_that_is_none_is_told_without_its_arguments() {
    let expected = ["no request: wrong number of arguments for 'auth' command"];
    assert_eq!(requests(b"AUTH user two words\n"), expected);
    assert_eq!(requests(b"AUHT u secret\n"), ["no request: unknown command 'AUHT'"]);
    let expected = "no request: Protocol error: invalid length, expected digits, CR and LF";
    assert_eq!(requests(b"PING\n*x rest"), ["PING", expected]);
}

#[test]
fn long_name_of_a_stranger_is_cut() {
    let user = vec![b'\n'; 1000];
    let request = Request::Auth(Credentials { user: &user, password: b"secret" });
    let texts = requests(&encoded(&[request]));
    assert_eq!(texts[0].chars().count(), MAX_TEXT_CHARS);
    assert!(texts[0].starts_with(r"AUTH \n\n") && texts[0].ends_with('…'), "{}", texts[0]);
}

#[test]
fn dialogue_of_the_server_is_described_reply_by_reply() {
    let one = records(&[RECORD]);
    let two = records(&[RECORD, NEXT_DAY]);
    let bytes = answered(&[
        Answer::Ok,
        Answer::TempIds(&one),
        Answer::TempIds(&two),
        Answer::TempIds(&two[1..]),
        Answer::Integer(12),
    ]);
    let expected = [
        "+OK",
        "TempID 1234… valid 13/05 17:54:06 to 18:09:05",
        "2 TempIDs from 13/05/2020 17:54:06 to 14/05/2020 00:04:59",
        "TempID 0099… valid 13/05 23:50:00 to 14/05 00:04:59",
        "12 records taken",
    ];
    assert_eq!(replies(&bytes), expected);
}

#[test]
fn refusal_is_described_as_it_is_sent() {
    let mut bytes = Vec::new();
    Refusal::WrongPassword.encode(&mut bytes);
    bytes.extend_from_slice(b"$3\r\nfoo\r\n");
    let expected = ["-WRONGPASS Invalid Password. Please try again", "3 bytes that are no TempIDs"];
    assert_eq!(replies(&bytes), expected);
    assert_eq!(replies(b"+OK\r\n_\r\n"), ["+OK", "no reply that a phone reads"]);
}

#[test]
fn beacon_is_described_with_its_fate() {
    let Beacon(record) = Beacon::decode(&[RECORD, b"1"].concat()).expect("a beacon");
    let expected = "beacon 1234… valid 13/05 17:54:06 to 18:09:05: logged";
    assert_eq!(describe_beacon(&record, Fate::Logged), expected);
}

proptest! {
    #[test]
    fn password_of_any_login_is_in_no_text(password in "[#%&]{1,20}", cut in 0..60_usize) {
        let auth = Credentials { user: b"user", password: password.as_bytes() };
        let bytes = encoded(&[
            Request::Auth(auth),
            Request::Hello { version: Some(RespVersion::V2), auth: Some(auth), name: None },
        ]);
        let inline = format!("AUTH user {password}\nauth {password} a b\n");
        for bytes in [&bytes, inline.as_bytes()] {
            let texts = describe_requests(&bytes[..cut.min(bytes.len())]).texts;
            prop_assert!(!texts.concat().contains(&password), "{texts:?}");
        }
    }

    #[test]
    fn stream_cut_anywhere_is_described_the_same(cut in 0..300_usize) {
        let bytes = encoded(&[
            Request::TempId { count: 96 },
            Request::Upload { records: &RECORD.repeat(3), code: None },
            Request::Quit,
        ]);
        let first = describe_requests(&bytes[..cut.min(bytes.len())]);
        let rest = describe_requests(&bytes[first.used..]);
        prop_assert_eq!([first.texts, rest.texts].concat(), requests(&bytes));
    }

    #[test]
    fn any_bytes_are_described_in_short_lines(
        bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(b'\n')], 0..300),
    ) {
        for described in [describe_requests(&bytes), describe_replies(&bytes)] {
            prop_assert!(described.used <= bytes.len());
            for text in described.texts {
                prop_assert!(text.chars().count() <= MAX_TEXT_CHARS);
                prop_assert!(!text.contains(char::is_control), "{text:?}");
            }
        }
    }
}
