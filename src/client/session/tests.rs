use super::*;
use crate::protocol::RegistrationCode;

fn record(number: u128) -> ContactRecord {
    let times = b"1234567890123456789113/05/2020 17:54:0613/05/2020 18:09:05";
    let mut record = ContactRecord::decode(times).expect("a record");
    record.temp_id = crate::protocol::TempId::from_number(number).expect("in range");
    record
}

/// A record for the 15 minutes behind those of `record`.
fn next_window(number: u128) -> ContactRecord {
    let record = record(number);
    let lifetime = record.expiry.seconds_since(record.start) + 1;
    let (start, expiry) =
        (record.start.after_seconds(lifetime), record.expiry.after_seconds(lifetime));
    ContactRecord { start, expiry, ..record }
}

fn bulk(records: &[ContactRecord]) -> Vec<u8> {
    let mut reply = format!("${}\r\n", records.len() * ContactRecord::LEN).into_bytes();
    records.iter().for_each(|record| record.encode(&mut reply));
    reply.extend_from_slice(b"\r\n");
    reply
}

/// A session, what it sent, and what it told.
#[derive(Default)]
struct Fixture {
    session: Session,
    sent: Vec<u8>,
    told: Vec<Event>,
}

impl Fixture {
    fn logging_in() -> Self {
        let mut fixture = Self::default();
        fixture.session.log_in("ann", "secret", &mut fixture.sent);
        fixture
    }

    fn ready() -> Self {
        let mut fixture = Self::logging_in();
        fixture.receive(b"+OK\r\n");
        assert!(fixture.session.is_logged_in());
        (fixture.sent, fixture.told) = Default::default();
        fixture
    }

    fn receive(&mut self, bytes: &[u8]) -> Consumed {
        let told = &mut self.told;
        self.session.receive(bytes, &mut self.sent, |event| told.push(event))
    }
}

#[test]
fn logging_in_is_told_the_verdict() {
    let mut fixture = Fixture::logging_in();
    assert_eq!(fixture.sent, b"*3\r\n$4\r\nAUTH\r\n$3\r\nann\r\n$6\r\nsecret\r\n");
    fixture.receive(b"-WRONGPASS Invalid Password. Please try again\r\n");
    let message = "Invalid Password. Please try again".to_owned();
    assert_eq!(fixture.told, [Event::WrongPassword(message)]);
    assert!(!fixture.session.is_waiting());
    for (reply, event) in [
        (&b"-NOWBLOCKED Later\r\n"[..], Event::NowBlocked("Later".to_owned())),
        (b"-BLOCKED Later\r\n", Event::Blocked("Later".to_owned())),
    ] {
        let mut fixture = Fixture::logging_in();
        fixture.receive(reply);
        assert_eq!(fixture.told, [event]);
    }
}

#[test]
fn waiting_for_temp_ids_takes_a_reply_cut_anywhere() {
    let reply = bulk(&[record(1), next_window(2)]);
    for cut in 0..reply.len() {
        let mut fixture = Fixture::ready();
        fixture.session.download(2, &mut fixture.sent);
        let kept = fixture.receive(&reply[..cut]).bytes;
        assert_eq!((kept, fixture.told.len()), (0, 0));
        fixture.receive(&reply);
        assert_eq!(fixture.told, [Event::TempIds(vec![record(1), next_window(2)])]);
    }
}

#[test]
fn refused_download_leaves_the_session_ready() {
    let mut fixture = Fixture::ready();
    fixture.session.download(1, &mut fixture.sent);
    fixture.receive(b"-IOERR disk full\r\n");
    let (code, message) = ("IOERR".to_owned(), "disk full".to_owned());
    assert_eq!(fixture.told, [Event::Refused { code, message }]);
    assert!(fixture.session.is_logged_in() && !fixture.session.is_waiting());
}

#[test]
fn large_log_goes_in_several_requests() {
    let mut fixture = Fixture::ready();
    let log: Vec<_> = (0..MAX_RECORDS_PER_UPLOAD as u128 + 5).map(record).collect();
    fixture.session.upload(log, None, &mut fixture.sent);
    assert!(fixture.sent.len() < 1024 * 1024);
    fixture.sent.clear();
    fixture.receive(format!(":{MAX_RECORDS_PER_UPLOAD}\r\n").as_bytes());
    assert!(fixture.told.is_empty());
    assert!(fixture.sent.starts_with(b"*2\r\n$6\r\nUPLOAD\r\n$290\r\n"));
    fixture.receive(b":5\r\n");
    assert_eq!(fixture.told, [Event::Uploaded(MAX_RECORDS_PER_UPLOAD + 5)]);
}

#[test]
fn reply_of_another_kind_breaks_the_session() {
    for reply in [&b"+OK\r\n"[..], b":1\r\n", b"$1\r\nx\r\n", b"HTTP/1.1 400\r\n"] {
        let mut fixture = Fixture::ready();
        fixture.session.download(1, &mut fixture.sent);
        fixture.receive(reply);
        assert!(matches!(fixture.told[..], [Event::Broken(_)]), "{:?}", fixture.told);
    }
    let mut fixture = Fixture::ready();
    fixture.receive(b"+OK\r\n");
    assert!(matches!(fixture.told[..], [Event::Broken(_)]));
}

#[test]
fn wrong_temp_ids_break_the_session_and_are_named() {
    let malformed = bulk(&[record(1)]).into_iter().map(|b| if b == b'/' { b'-' } else { b });
    let backwards = ContactRecord { start: record(1).expiry, expiry: record(1).start, ..record(1) };
    for (asked, reply, breach) in [
        (1, malformed.collect(), "malformed contact record"),
        (1, bulk(&[]), "0 TempIDs instead of 1"),
        (1, bulk(&[record(1), next_window(2)]), "2 TempIDs instead of 1"),
        (2, bulk(&[record(1)]), "sent 1 TempID instead of 2"),
        (2, bulk(&[record(1), record(2)]), "do not follow"),
        (1, bulk(&[backwards]), "do not follow"),
    ] {
        let mut fixture = Fixture::ready();
        fixture.session.download(asked, &mut fixture.sent);
        fixture.receive(&reply);
        let [Event::Broken(told)] = fixture.told[..] else { panic!("{:?}", fixture.told) };
        assert!(told.to_string().contains(breach), "{told}");
        assert!(fixture.session.is_closed());
    }
}

#[test]
fn other_request_is_answered_by_every_reply_but_an_error() {
    for (reply, is_answered) in
        [(&b"+OK\r\n"[..], true), (b":1\r\n", true), (b"-ERR no\r\n", false)]
    {
        let mut fixture = Fixture::ready();
        fixture.session.ask(&[b"SET", b"a", b"b"], &mut fixture.sent);
        assert_eq!(fixture.sent, b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n");
        fixture.receive(reply);
        assert_eq!(fixture.told == [Event::Answered], is_answered);
        assert!(fixture.session.is_logged_in() && !fixture.session.is_waiting());
    }
}

#[test]
fn logging_out_with_a_request_on_its_way_waits_for_the_goodbye() {
    let mut fixture = Fixture::ready();
    fixture.session.upload(vec![record(1)], None, &mut fixture.sent);
    fixture.session.log_out(&mut fixture.sent);
    fixture.receive(b":1\r\n");
    assert_eq!(fixture.told, []);
    fixture.receive(b"+OK\r\n");
    assert_eq!(fixture.told, [Event::LoggedOut]);
}

#[test]
fn logging_out_takes_nothing_but_ok_for_the_goodbye() {
    for reply in [&b":1\r\n"[..], b"+PONG\r\n", b"$0\r\n\r\n", b"-ERR stay\r\n"] {
        let mut fixture = Fixture::ready();
        fixture.session.log_out(&mut fixture.sent);
        fixture.receive(reply);
        assert!(matches!(fixture.told[..], [Event::Broken(_) | Event::Refused { .. }]));
        assert!(fixture.session.is_closed());
    }
}

#[test]
fn upload_of_which_another_number_is_taken_breaks_the_session() {
    for taken in [0, 2] {
        let mut fixture = Fixture::ready();
        fixture.session.upload(vec![record(1)], None, &mut fixture.sent);
        fixture.receive(format!(":{taken}\r\n").as_bytes());
        let breach = Breach::UploadNotWhole { sent: 1, taken };
        assert_eq!(fixture.told, [Event::Broken(breach)]);
        assert!(fixture.session.is_closed());
    }
    let breach = Breach::UploadNotWhole { sent: 2, taken: 1 };
    assert_eq!(breach.to_string(), "the server took 1 contact record of 2");
}

fn code() -> RegistrationCode {
    RegistrationCode::decode(b"123456").expect("a code")
}

impl Fixture {
    /// In a version of RESP in which notices come.
    fn confirming() -> Self {
        let mut fixture = Self { session: Session::new(RespVersion::V3), ..Self::default() };
        fixture.session.register("+61410555555", &mut fixture.sent);
        assert_eq!(fixture.sent, b"*2\r\n$8\r\nREGISTER\r\n$12\r\n+61410555555\r\n");
        fixture.receive(b"+OK\r\n");
        assert_eq!(fixture.told, [Event::CodeSent]);
        (fixture.sent, fixture.told) = Default::default();
        fixture.session.confirm("+61410555555", code(), "a long one", &mut fixture.sent);
        assert!(fixture.sent.ends_with(b"$6\r\n123456\r\n$10\r\na long one\r\n"));
        fixture.sent.clear();
        fixture
    }
}

#[test]
fn confirming_with_the_right_code_logs_in_and_asks_for_notices() {
    let mut fixture = Fixture::confirming();
    fixture.receive(b"+OK\r\n");
    let user = Username::decode(b"+61410555555").expect("a number");
    assert_eq!(fixture.told, [Event::LoggedIn(user)]);
    assert_eq!(fixture.sent, b"*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n");
    fixture.receive(b"%1\r\n$5\r\nproto\r\n:3\r\n");
    assert!(fixture.session.is_logged_in() && !fixture.session.is_waiting());
    assert_eq!(fixture.told.len(), 1);
}

#[test]
fn confirming_refused_leaves_the_connection_unless_the_server_is_busy() {
    let refused = |code: &str, message: &str| Event::Refused {
        code: code.to_owned(),
        message: message.to_owned(),
    };
    for (reply, event, is_closed) in [
        (&b"-WRONGCODE no\r\n"[..], Event::WrongCode("no".to_owned()), false),
        (b"-ERR too short\r\n", refused("ERR", "too short"), false),
        (b"-BUSYPASSWORDS later\r\n", refused("BUSYPASSWORDS", "later"), true),
        (b":1\r\n", Event::Broken(Breach::Unasked), true),
    ] {
        let mut fixture = Fixture::confirming();
        fixture.receive(reply);
        assert_eq!(fixture.told, [event]);
        assert_eq!(fixture.session.is_closed(), is_closed);
        assert!(!fixture.session.is_waiting());
    }
}

#[test]
fn token_is_told_and_anything_else_is_no_answer_to_a_command() {
    let token = DeviceToken::new([7; DeviceToken::BYTES]);
    let reply = format!("${}\r\n{}\r\n", token.as_str().len(), token.as_str());
    for (reply, event) in [
        (reply.as_bytes(), Event::Token(token)),
        (b"-IOERR disk full\r\n", Event::NoToken("disk full".to_owned())),
        (b"$5\r\nhello\r\n", Event::Broken(Breach::MalformedToken)),
    ] {
        let mut fixture = Fixture::ready();
        fixture.session.request_token(&mut fixture.sent);
        assert_eq!(fixture.sent, b"*1\r\n$5\r\nTOKEN\r\n");
        fixture.receive(reply);
        assert_eq!(fixture.told, [event]);
    }
}

#[test]
fn forgetting_ends_the_conversation_unless_it_is_refused() {
    let mut fixture = Fixture::ready();
    fixture.session.forget(&mut fixture.sent);
    assert_eq!(fixture.sent, b"*1\r\n$6\r\nFORGET\r\n");
    fixture.receive(b"-IOERR disk full\r\n");
    assert!(matches!(&fixture.told[..], [Event::Refused { code, .. }] if code == "IOERR"));
    assert!(fixture.session.is_logged_in());
    fixture.session.forget(&mut fixture.sent);
    fixture.told.clear();
    fixture.receive(b"+OK\r\n");
    assert_eq!(fixture.told, [Event::Forgotten(Username::decode(b"ann").expect("a name"))]);
    assert!(fixture.session.is_closed() && !fixture.session.lost());
}

#[test]
fn loss_matters_only_to_who_was_logged_in_or_wanted_to() {
    assert!(!Session::default().lost());
    assert!(Fixture::logging_in().session.lost());
    assert!(Fixture::ready().session.lost());
    assert!(Fixture::confirming().session.lost());
    let mut fixture = Fixture::ready();
    fixture.session.log_out(&mut fixture.sent);
    assert!(!fixture.session.lost());
}
