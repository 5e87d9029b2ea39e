use proptest::prelude::*;

use super::*;
use crate::town::message::Via;

fn read(content: &[u8]) -> Result<Vec<Message>, String> {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), content).expect("written");
    let path = file.path().display().to_string();
    read_file(file.path()).map_err(|error| error.to_string().replace(&path, "FILE"))
}

fn quit() -> Message {
    Message {
        t: 0.5,
        from: "phone 1".to_owned(),
        to: "server".to_owned(),
        via: Via::Tcp,
        text: "QUIT".to_owned(),
    }
}

#[test]
fn message_is_one_line_as_the_error_says() {
    let mut out = Vec::new();
    write(&mut out, &[quit()]).expect("a Vec takes everything");
    let (line, _) = EXPECTED.split_once(", via tcp or").expect("a remark behind it");
    assert_eq!(String::from_utf8(out).expect("UTF-8"), format!("{line}\n"));
}

#[test]
fn empty_file_has_no_messages() {
    assert_eq!(read(b""), Ok(Vec::new()));
    assert_eq!(read(b"\n\r\n"), Ok(Vec::new()));
}

#[test]
fn wrong_line_is_refused_with_its_place() {
    let line = br#"{"t":0.5,"from":"phone 1","to":"server","via":"tcp","text":"QUIT"}"#;
    for (wrong, problem) in [
        (&b"hello"[..], "it is no message, from column 1 on"),
        (b"{", "it is no message, from column 1 on"),
        (
            br#"{"t":0,"from":"a","to":"b","via":"sms","text":""}"#,
            "it is no message, from column 38 on",
        ),
        (br#"{"t":0,"from":"a","to":"b","via":"udp"}"#, "it is no message, from column 39 on"),
        (
            br#"{"t":-1,"from":"a","to":"b","via":"udp","text":""}"#,
            "t is -1, not from 0 to 1000000000 s",
        ),
    ] {
        let error = read(&[line, &b"\n\n"[..], wrong].concat()).expect_err("it is wrong");
        assert_eq!(error, format!("FILE:3: {problem}; expected {EXPECTED}"));
    }
}

#[test]
fn missing_file_is_named() {
    let error = read_file(Path::new("/no/such/file")).expect_err("it is not there");
    assert!(error.to_string().starts_with("/no/such/file: "), "{error}");
}

proptest! {
    #[test]
    fn reading_what_was_written_gives_it_back(
        messages in prop::collection::vec((0.0..MAX_T_SECONDS, any::<bool>(), ".{0,40}"), 0..5),
    ) {
        let messages: Vec<Message> = messages
            .into_iter()
            .map(|(t, is_tcp, text)| {
                Message { t, via: if is_tcp { Via::Tcp } else { Via::Udp }, text, ..quit() }
            })
            .collect();
        let mut out = Vec::new();
        write(&mut out, &messages).expect("a Vec takes everything");
        prop_assert_eq!(read(&out), Ok(messages));
    }
}
