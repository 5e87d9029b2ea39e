//! Bytes arrive in any cut, at any speed, and not always the right ones.

mod support;

use support::data::{Data, EIGHT, NINE, SEVEN};
use support::phone::{Phone, frame, frame_of};
use support::process::{resident_kib, unread_bytes};
use support::record::Record;
use support::reply::Reply;
use support::server::Server;
use support::wait::Deadline;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

fn known_record() -> Record {
    Record::new("12345678901234567891", "13/05/2020 17:54:06", "13/05/2020 18:09:05")
}

/// One of everything, from the login to the end.
fn dialogue() -> Vec<u8> {
    let upload = frame(&[b"UPLOAD", &known_record().wire()]);
    [
        &frame_of("HELLO 3"),
        &frame_of("AUTH +61410999999 bada4568"),
        &frame_of("TEMPID")[..],
        b"ping\r\n",
        &upload,
        b"\r\n*0\r\n",
        &frame_of("TEMPID 2"),
        &frame_of("QUIT"),
    ]
    .concat()
}

#[track_caller]
fn assert_answered(phone: &mut Phone) {
    assert!(matches!(phone.reply(), Reply::Map(pairs) if pairs.len() == 14));
    assert_eq!(phone.reply(), Reply::ok());
    assert!(matches!(phone.reply(), Reply::Bulk(record) if record.len() == Record::LEN));
    assert_eq!(phone.reply(), Reply::pong());
    assert_eq!(phone.reply(), Reply::Integer(1));
    assert!(matches!(phone.reply(), Reply::Bulk(records) if records.len() == 2 * Record::LEN));
    assert_eq!(phone.reply(), Reply::ok());
    phone.assert_closed();
}

/// The replies to unknown commands tell which command they answer.
fn numbered(number: usize) -> (Vec<u8>, Reply) {
    (frame_of(&format!("x{number}")), Reply::error(&format!("ERR unknown command 'x{number}'")))
}

#[test]
fn dialogue_in_one_segment_is_answered() {
    let data = Data::sample();
    let server = Server::start(&data);
    let mut phone = Phone::connect(&server);
    phone.send_bytes(&dialogue());
    assert_answered(&mut phone);
}

#[test]
fn dialogue_cut_at_every_byte_is_answered() {
    let data = Data::sample();
    let server = Server::start(&data);
    let mut witness = Phone::logged_in(&server, EIGHT);
    let dialogue = dialogue();
    for cut in 1..dialogue.len() {
        let mut phone = Phone::connect(&server);
        phone.send_bytes(&dialogue[..cut]);
        // When this is answered, the first part has been read.
        witness.ping();
        phone.send_bytes(&dialogue[cut..]);
        assert_answered(&mut phone);
    }
}

#[test]
fn dialogue_byte_by_byte_is_answered() {
    let data = Data::sample();
    let server = Server::start(&data);
    let mut witness = Phone::logged_in(&server, EIGHT);
    let mut phone = Phone::connect(&server);
    for byte in dialogue() {
        phone.send_bytes(&[byte]);
        witness.ping();
    }
    assert_answered(&mut phone);
}

#[test]
fn many_requests_in_one_segment_are_answered_in_order() {
    let data = Data::sample();
    let server = Server::start(&data);
    let mut phone = Phone::connect(&server);
    let (requests, replies): (Vec<_>, Vec<_>) = (0..2000).map(numbered).unzip();
    phone.send_bytes(&requests.concat());
    assert_eq!(phone.replies(replies.len()), replies);
}

#[test]
fn pipelined_temp_ids_are_answered_in_order() {
    let data = Data::with_users();
    let server = Server::start(&data);
    let mut phone = Phone::logged_in(&server, EIGHT);
    let mut requests = Vec::new();
    for number in 1..=30 {
        requests.extend(frame_of(&format!("TEMPID {number}")));
        requests.extend(numbered(number).0);
    }
    phone.send_bytes(&requests);
    let mut records = Vec::new();
    for number in 1..=30 {
        let Reply::Bulk(bytes) = phone.reply() else { panic!("no TempIDs") };
        assert_eq!(bytes.len(), number * Record::LEN);
        records.extend(Record::all_from_wire(&bytes));
        assert_eq!(phone.reply(), numbered(number).1);
    }
    let in_file: Vec<_> = data.temp_ids().into_iter().map(|line| line.record).collect();
    assert_eq!(in_file, records);
}

#[test]
fn half_closed_phone_gets_all_its_replies() {
    let data = Data::with_users();
    let server = Server::start(&data);
    for _ in 0..20 {
        let mut phone = Phone::connect(&server);
        let requests = ["AUTH +61410888888 comp3331", "TEMPID", "TEMPID", "PING", "TEMPID"];
        phone.send_bytes(&requests.map(frame_of).concat());
        phone.end_sending();
        assert_eq!(phone.reply(), Reply::ok());
        assert!(matches!(phone.reply(), Reply::Bulk(_)));
        assert!(matches!(phone.reply(), Reply::Bulk(_)));
        assert_eq!(phone.reply(), Reply::pong());
        assert!(matches!(phone.reply(), Reply::Bulk(_)));
        phone.assert_closed();
    }
}

#[test]
fn half_closed_phone_gets_more_replies_than_the_server_keeps() {
    const COUNT: usize = 5000;
    let data = Data::with_users();
    let server = Server::start(&data);
    let mut phone = Phone::connect(&server);
    phone.send_bytes(&b"HELLO\r\n".repeat(COUNT));
    phone.end_sending();
    for _ in 0..COUNT {
        assert!(matches!(phone.reply(), Reply::Array(_)));
    }
    phone.assert_closed();
}

#[test]
fn half_closed_phone_within_a_request_is_closed() {
    let data = Data::with_users();
    let server = Server::start(&data);
    let mut phone = Phone::connect(&server);
    phone.send_bytes(b"PING\r\n*1\r\n$4\r\nPI");
    phone.end_sending();
    assert_eq!(phone.reply(), Reply::pong());
    phone.assert_closed();
}

#[test]
fn broken_framing_closes_its_connection_and_no_other() {
    let data = Data::with_users();
    let server = Server::start(&data);
    let mut witness = Phone::logged_in(&server, EIGHT);
    let mut other = Phone::connect(&server);
    for bytes in [
        &b"*x\r\n"[..],
        b"*-2\r\n",
        b"*1\n",
        b"*99999999999999999999\r\n",
        b"*1\r\n:1\r\n",
        b"*1\r\n$-1\r\n",
        b"*1\r\n$x\r\n",
        b"*1\r\n$99999999999999999999\r\n",
        b"*1\r\n$4\r\nPINGxx",
        b"*2\r\n$4\r\nPING\r\n+OK\r\n",
    ] {
        let mut phone = Phone::connect(&server);
        phone.send_bytes(&[b"PING\r\n", bytes, b"PING\r\nPING\r\n"].concat());
        assert_eq!(phone.reply(), Reply::pong());
        let reply = phone.reply();
        assert!(reply.is_error("ERR Protocol error: "), "{}: {reply:?}", bytes.escape_ascii());
        phone.assert_closed();
        witness.temp_id();
        other.ping();
    }
}

#[test]
fn logged_in_broken_framing_behind_a_temp_id_is_answered_behind_it() {
    let data = Data::with_users();
    let server = Server::start(&data);
    let mut phone = Phone::logged_in(&server, EIGHT);
    phone.send_bytes(b"TEMPID\r\n*x\r\n");
    assert!(matches!(phone.reply(), Reply::Bulk(_)));
    assert!(phone.reply().is_error("ERR Protocol error: "));
    phone.assert_closed();
}

#[test]
fn logged_out_request_of_a_kibibyte_is_taken_and_no_more() {
    let data = Data::with_users();
    let server = Server::start(&data);
    let mut phone = Phone::connect(&server);
    phone.send_bytes(&ping_of(KIB));
    assert_eq!(phone.reply(), Reply::error("ERR text is longer than 256 bytes"));
    phone.send_bytes(&ping_of(KIB + 1));
    assert_too_long(&mut phone);
}

#[test]
fn logged_in_request_of_a_mebibyte_is_taken_and_no_more() {
    let data = Data::with_users();
    let server = Server::start(&data);
    let mut phone = Phone::logged_in(&server, EIGHT);
    phone.send_bytes(&ping_of(MIB));
    assert_eq!(phone.reply(), Reply::error("ERR text is longer than 256 bytes"));
    // It is refused as soon as its length is known.
    phone.send_bytes(&ping_of(MIB + 1)[..64]);
    assert_too_long(&mut phone);
}

#[test]
fn logged_out_endless_line_is_refused() {
    let data = Data::with_users();
    let server = Server::start(&data);
    let mut phone = Phone::connect(&server);
    phone.send_bytes(&[b'x'; KIB]);
    assert_too_long(&mut phone);
}

#[test]
fn request_of_eight_words_is_taken_and_no_more() {
    let data = Data::with_users();
    let server = Server::start(&data);
    for connect in [Phone::connect, |server: &Server| Phone::logged_in(server, EIGHT)] {
        let mut phone = connect(&server);
        assert_eq!(phone.ask("COMMAND INFO c d e f g h"), Reply::Array(vec![]));
        let reply = phone.ask("COMMAND INFO c d e f g h i");
        assert!(reply.is_error("ERR Protocol error: "), "{reply:?}");
        phone.assert_closed();
        let mut phone = connect(&server);
        phone.send_bytes(b"COMMAND INFO c d e f g h i\r\n");
        assert!(phone.reply().is_error("ERR Protocol error: "));
        phone.assert_closed();
    }
}

#[test]
fn http_request_ends_the_connection_and_its_body_is_not_carried_out() {
    let data = Data::with_users();
    let server = Server::start(&data);
    let refusal =
        |protocol| Reply::error(&format!("ERR Protocol error: expected RESP, got {protocol}"));
    for _ in 0..3 {
        let mut browser = Phone::connect(&server);
        let body = format!("AUTH {} wrong\r\n", EIGHT.user).repeat(3);
        let header = "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\n\r\n";
        browser.send_bytes(format!("{header}{body}").as_bytes());
        assert_eq!(browser.reply(), refusal("HTTP"));
        browser.assert_closed();
    }
    let mut browser = Phone::connect(&server);
    browser.send_bytes(b"\x16\x03\x01\x02\x00\x01");
    assert_eq!(browser.reply(), refusal("TLS"));
    Phone::logged_in(&server, EIGHT);
    let told = server.stderr.wait_for_part("speaks HTTP");
    assert!(told.starts_with("127.0.0.1 "), "{told}");
    let ended = server.stop();
    let named = ended.stderr.iter().filter(|line| line.contains(" speaks ")).count();
    assert_eq!(named, 1, "an address is named once a minute: {:?}", ended.stderr);
}

#[test]
fn peer_that_never_reads_is_paused_and_takes_bounded_memory() {
    for request in [&b"PING\r\n"[..], b"HELLO\r\n"] {
        let data = Data::with_users();
        let server = Server::start(&data);
        let mut witness = Phone::logged_in(&server, EIGHT);
        let memory = resident_kib(server.id());
        let mut peer = Phone::connect(&server);
        let sent = send_until_paused(&mut peer, &mut witness, request);
        assert!(sent < FLOOD, "the server reads what nobody wants to be answered");
        let growth = resident_kib(server.id()).saturating_sub(memory);
        assert!(growth < 4 * 1024, "{growth} KiB for one peer");
        witness.temp_id();
    }
}

#[test]
fn paused_peer_that_reads_again_gets_every_reply() {
    const REQUEST: &[u8] = b"PING\r\n";
    let data = Data::with_users();
    let server = Server::start(&data);
    let mut witness = Phone::logged_in(&server, EIGHT);
    let mut peer = Phone::connect(&server);
    let sent = send_until_paused(&mut peer, &mut witness, REQUEST);
    for _ in 0..sent / REQUEST.len() {
        assert_eq!(peer.reply(), Reply::pong());
    }
    // The rest of the last request.
    peer.send_bytes(&REQUEST[sent % REQUEST.len()..]);
    assert_eq!(peer.reply(), Reply::pong());
}

#[test]
fn uploaded_log_of_18000_records_is_traced() {
    const COUNT: usize = 18_000;
    let data = Data::sample();
    let server = Server::start(&data);
    let mut phone = Phone::logged_in(&server, NINE);
    let unknown = Record::new("55555555555555555555", "13/05/2020 17:54:06", "13/05/2020 18:09:05");
    let log: Vec<_> =
        (0..COUNT).map(|n| if n % 3 == 0 { known_record() } else { unknown.clone() }).collect();
    assert_eq!(phone.upload(&log), Reply::Integer(COUNT as i64));
    let shown: String = log.iter().map(Record::shown).collect();
    let traced = known_record().shown_with(EIGHT.user).repeat(COUNT / 3);
    server.stdout.assert_exactly(&format!(
        "> received contact log from {}\n{shown}> Contact log checking\n{traced}",
        NINE.user
    ));
    server.stderr.wait_for_part("12000 of 18000");
}

#[test]
fn uploads_that_are_complete_at_the_same_moment_are_all_shown() {
    const PHONES: usize = 6;
    const COUNT: usize = 18_000;
    let data = Data::sample();
    let server = Server::start(&data);
    let upload = frame(&[b"UPLOAD", &known_record().wire().repeat(COUNT)]);
    let (last, most) = upload.split_last().expect("not empty");
    let mut witness = Phone::logged_in(&server, EIGHT);
    let mut phones: Vec<_> = (0..PHONES).map(|_| Phone::logged_in(&server, SEVEN)).collect();
    for phone in &mut phones {
        phone.send_bytes(most);
    }
    witness.ping_until("everything to be read", || unread_bytes(server.address) == 0);
    server.while_frozen(|| phones.iter_mut().for_each(|phone| phone.send_bytes(&[*last])));
    for phone in &mut phones {
        assert_eq!(phone.reply(), Reply::Integer(COUNT as i64));
    }
    const LINES: usize = PHONES * (2 + COUNT * 6);
    server.stdout.wait_until("every entry of every log", |lines| {
        assert!(!lines.last().is_some_and(|line| line.contains("left out")), "{:?}", lines.last());
        (lines.len() == LINES).then_some(())
    });
}

#[test]
fn flooding_peer_that_reads_leaves_others_served() {
    let data = Data::with_users();
    let server = Server::start(&data);
    let mut witness = Phone::logged_in(&server, EIGHT);
    let mut peer = Phone::connect(&server);
    let burst = b"PING\r\n".repeat(10_000);
    for _ in 0..10 {
        peer.send_bytes(&burst);
        witness.temp_id();
        assert_eq!(peer.replies(10_000), vec![Reply::pong(); 10_000]);
    }
}

/// What a peer tries to send that never reads.
const FLOOD: usize = 50 * MIB;

/// Sends requests and reads no reply, until nobody takes any more for as long as the witness needs
/// for many conversations, and says how many bytes were taken.
fn send_until_paused(peer: &mut Phone, witness: &mut Phone, request: &[u8]) -> usize {
    const PATIENT_CONVERSATIONS: usize = 300;
    let burst = request.repeat(20_000);
    let deadline = Deadline::new();
    let (mut sent, mut conversations) = (0, 0);
    while sent < FLOOD && conversations < PATIENT_CONVERSATIONS {
        deadline.check("the peer to be paused");
        let count = peer.send_without_waiting(&burst[sent % request.len()..]);
        sent += count;
        conversations = if count > 0 { 0 } else { conversations + 1 };
        witness.ping();
    }
    sent
}

/// A frame of two words that is as long as told.
fn ping_of(len: usize) -> Vec<u8> {
    let frame_with = |argument: usize| frame(&[b"PING", &vec![b'x'; argument]]);
    // What is not argument has at most this many bytes.
    const MAX_OVERHEAD: usize = 32;
    let mut frames = (len - MAX_OVERHEAD..len).map(frame_with);
    frames.find(|frame| frame.len() == len).expect("some argument fits")
}

#[track_caller]
fn assert_too_long(phone: &mut Phone) {
    let reply = phone.reply();
    assert!(reply.is_error("ERR Protocol error: "), "{reply:?}");
    phone.assert_closed();
}
