use super::*;

fn decode(words: &[&str]) -> Option<Result<OperatorRequest, RequestError>> {
    let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
    OperatorRequest::decode(&words)
}

#[test]
fn requests_are_read_as_they_are_written() {
    let user = Username::decode(b"+61410888888").expect("a name");
    for request in [OperatorRequest::Code { user }, OperatorRequest::Notify { case: 12 }] {
        let mut bytes = Vec::new();
        request.encode(&mut bytes);
        let (words, len) = resp::decode_request(&bytes, 1024).expect("a frame").expect("whole");
        assert_eq!((OperatorRequest::decode(&words), len), (Some(Ok(request)), bytes.len()));
    }
    assert_eq!(decode(&["notify", "12"]), Some(Ok(OperatorRequest::Notify { case: 12 })));
}

#[test]
fn others_are_left_to_others() {
    for words in [&[][..], &["PING"], &["TEMPID"]] {
        assert_eq!(decode(words), None);
    }
}

#[test]
fn wrong_arguments_are_told() {
    for (words, expected) in [
        (&["CODE"][..], "wrong number of arguments for 'code' command"),
        (&["NOTIFY", "1", "2"], "wrong number of arguments for 'notify' command"),
        (&["NOTIFY", "0"], "expected the number of a case, such as 1"),
        (&["NOTIFY", "x"], "expected the number of a case, such as 1"),
        (&["CODE", "a b"], "no username: "),
    ] {
        let error = decode(words).expect("a command").expect_err("wrong").to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}
