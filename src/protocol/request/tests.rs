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
    let hello = |version, auth, name| Ok(Request::Hello { version, auth, name });
    assert_eq!(decode(&["HELLO"]), hello(None, None, None));
    assert_eq!(decode(&["hello", "2"]), hello(Some(RespVersion::V2), None, None));
    let all = ["HELLO", "3", "AUTH", "u", "p", "SETNAME", "n"];
    assert_eq!(decode(&all), hello(Some(RespVersion::V3), Some(CREDENTIALS), Some(b"n")));
    let turned = ["HELLO", "3", "SETNAME", "n", "AUTH", "u", "p"];
    assert_eq!(decode(&turned), decode(&all));
    assert_eq!(decode(&["HELLO", "4"]), Err(RequestError::UnsupportedVersion));
    assert_eq!(decode(&["HELLO", "3", "AUTH", "u"]), Err(RequestError::Syntax));
    assert_eq!(decode(&["HELLO", "3", "SETNAME", "a b"]), Err(RequestError::Syntax));
}

#[test]
fn wrong_number_of_arguments_names_the_command() {
    for words in [
        &["AUTH", "p"][..],
        &["UPLOAD"],
        &["TEMPID", "1", "2"],
        &["PING", "x", "y"],
        &["ECHO"],
        &["CLIENT"],
    ] {
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
    assert_eq!(decode(&["geT"]).expect_err("unknown").to_string(), "unknown command 'geT'");
    assert!(decode(&["CONFIG", "SET", "a", "b"]).is_err());
}

#[test]
fn password_is_not_in_the_debug_form() {
    let request = decode(&["AUTH", "+61", "secret"]).expect("a request");
    assert_eq!(format!("{request:?}"), "Auth(Credentials(+61))");
}

const TOOLS: [ToolRequest<'_>; 16] = [
    ToolRequest::Ping { text: None },
    ToolRequest::Ping { text: Some(b"") },
    ToolRequest::Echo { text: b"\0" },
    ToolRequest::Info { section: None },
    ToolRequest::Info { section: Some(b"server") },
    ToolRequest::Time,
    ToolRequest::Reset,
    ToolRequest::Select,
    ToolRequest::Commands,
    ToolRequest::CommandCount,
    ToolRequest::CommandDocs,
    ToolRequest::ConfigGet,
    ToolRequest::ClientId,
    ToolRequest::ClientName,
    ToolRequest::SetClientName { name: b"storm" },
    ToolRequest::ClientOption,
];

#[test]
fn client_that_asks_what_is_not_done_is_refused() {
    for words in [
        &["CLIENT", "TRACKING", "ON"][..],
        &["CLIENT", "SETNAME", "two words"],
        &["CLIENT", "SETINFO", "LIB-COLOUR", "red"],
        &["CLIENT", "NO-EVICT", "MAYBE"],
        &["CLIENT", "ID", "7"],
        &["CLIENT", "LIST"],
        &["CONFIG", "ID"],
        &["COMMAND", "GETKEYS", "GET"],
        &["COMMAND", "COUNT", "1"],
    ] {
        let error = decode(words).expect_err("refused").to_string();
        assert_eq!(error, format!("unknown command '{} {}'", words[0], words[1]));
    }
    assert_eq!(decode(&["SELECT", "1"]), Err(RequestError::NoSuchDatabase));
}

#[test]
fn commands_are_listed_in_every_form_that_clients_ask_for() {
    for words in [&["COMMAND"][..], &["command", "info", "GET"], &["COMMAND", "LIST"]] {
        assert_eq!(decode(words), Ok(Request::Tool(ToolRequest::Commands)), "{words:?}");
    }
}

#[test]
fn client_options_that_change_nothing_are_confirmed() {
    for words in [
        &["client", "setinfo", "lib-name", "redis-py"][..],
        &["CLIENT", "SETINFO", "LIB-VER", "8.1"],
        &["CLIENT", "NO-TOUCH", "off"],
    ] {
        assert_eq!(decode(words), Ok(Request::Tool(ToolRequest::ClientOption)), "{words:?}");
    }
}

#[test]
fn text_that_is_sent_back_has_a_limit() {
    let longest = "x".repeat(MAX_TEXT_BYTES);
    for command in ["PING", "ECHO"] {
        assert!(decode(&[command, &longest]).is_ok());
        assert_eq!(
            decode(&[command, &format!("{longest}x")]),
            Err(RequestError::TextTooLong),
            "{command}"
        );
    }
    assert!(decode(&["CLIENT", "SETNAME", &longest]).is_ok());
    assert!(decode(&["CLIENT", "SETNAME", &format!("{longest}x")]).is_err());
}

#[test]
fn encoded_requests_are_read_back() {
    for request in [
        Request::Auth(CREDENTIALS),
        Request::TempId { count: 1 },
        Request::TempId { count: 100 },
        Request::Upload { records: b"\r\n\0", code: None },
        Request::Upload { records: b"", code: Some(b"01234567") },
        Request::Notices,
        Request::Seen { notice: 3 },
        Request::Quit,
        Request::Hello { version: None, auth: None, name: None },
        Request::Hello { version: Some(RespVersion::V3), auth: Some(CREDENTIALS), name: None },
        Request::Hello { version: Some(RespVersion::V2), auth: None, name: Some(b"n") },
    ]
    .into_iter()
    .chain(TOOLS.map(Request::Tool))
    {
        let mut bytes = Vec::new();
        request.encode(&mut bytes);
        let frame = resp::decode_request(&bytes, 1024).expect("framed").expect("whole");
        assert_eq!(Request::decode(&frame.0), Ok(request));
    }
}
