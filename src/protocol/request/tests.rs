use super::*;

fn decode<'a>(words: &[&'a str]) -> Result<Request<'a>, RequestError> {
    let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
    Request::decode(&words)
}

const CREDENTIALS: Credentials<'_> = Credentials { user: b"u", password: b"p" };

#[test]
fn name_is_read_in_any_case() {
    assert_eq!(decode(&["auth", "u", "p"]), Ok(Request::Auth(CREDENTIALS)));
    assert_eq!(decode(&["TempId"]), Ok(Request::TempId { count: 1 }));
}

#[test]
fn count_is_from_1_to_100() {
    assert_eq!(decode(&["TEMPID", "100"]), Ok(Request::TempId { count: 100 }));
    for count in ["0", "101", "-1", "300", "x", "", " 1"] {
        assert_eq!(decode(&["TEMPID", count]), Err(RequestError::CountOutOfRange), "{count:?}");
    }
}

#[test]
fn hello_takes_a_version_and_credentials() {
    let hello = |version, auth| Ok(Request::Hello { version, auth });
    assert_eq!(decode(&["HELLO"]), hello(None, None));
    assert_eq!(decode(&["hello", "2"]), hello(Some(RespVersion::V2), None));
    let all = ["HELLO", "3", "AUTH", "u", "p", "SETNAME", "n"];
    assert_eq!(decode(&all), hello(Some(RespVersion::V3), Some(CREDENTIALS)));
    assert_eq!(decode(&["HELLO", "4"]), Err(RequestError::UnsupportedVersion));
    assert_eq!(decode(&["HELLO", "3", "AUTH", "u"]), Err(RequestError::Syntax));
}

#[test]
fn wrong_number_of_arguments_names_the_command() {
    for words in [&["AUTH", "p"][..], &["UPLOAD"], &["TEMPID", "1", "2"], &["PING", "x"]] {
        let error = decode(words).expect_err("refused").to_string();
        let name = words[0].to_lowercase();
        assert_eq!(error, format!("wrong number of arguments for '{name}' command"));
    }
}

#[test]
fn unknown_name_is_shown_without_control_characters() {
    let error = decode(&["whats\r\nthedate"]).expect_err("unknown").to_string();
    assert_eq!(error, r"unknown command 'whats\r\nthedate'");
    let error = decode(&[&"x".repeat(500)]).expect_err("unknown").to_string();
    assert_eq!(error.len(), "unknown command ''".len() + RequestError::SHOWN_BYTES);
    assert!(decode(&["CONFIG", "SET", "a", "b"]).is_err());
}

#[test]
fn password_is_not_in_the_debug_form() {
    let request = decode(&["AUTH", "+61", "secret"]).expect("a request");
    assert_eq!(format!("{request:?}"), "Auth(Credentials(+61))");
}

#[test]
fn encoded_requests_are_read_back() {
    for request in [
        Request::Auth(CREDENTIALS),
        Request::TempId { count: 1 },
        Request::TempId { count: 100 },
        Request::Upload { records: b"\r\n\0" },
        Request::Ping,
        Request::Quit,
        Request::Hello { version: None, auth: None },
        Request::Hello { version: Some(RespVersion::V3), auth: Some(CREDENTIALS) },
        Request::Introspection,
        Request::Client,
    ] {
        let mut bytes = Vec::new();
        request.encode(&mut bytes);
        let frame = resp::decode_request(&bytes, 1024).expect("framed").expect("whole");
        assert_eq!(Request::decode(&frame.0), Ok(request));
    }
}
