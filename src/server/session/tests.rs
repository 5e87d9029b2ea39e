use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand::rngs::ChaCha12Rng;

use super::super::accounts::{Accounts, Verdict};
use super::super::authority::TempIdKind;
use super::super::change::Change;
use super::super::encryption::Encryption;
use super::super::key_file::{KEY_BYTES, Key};
use super::super::password_hash::{Cost, PasswordHash, Workspace};
use super::super::passwords::Passwords;
use super::super::registry::Registry;
use super::super::temp_id_cipher::TempIdCipher;
use super::super::user_numbers::UserNumbers;
use super::*;
use crate::protocol::Timestamp;
use crate::protocol::resp::ForeignProtocol;
use crate::server::shares::Work;

const LOGIN: &[u8] = b"AUTH ann secret\r\n";

fn record() -> ContactRecord {
    let line = b"12345678901234567891 13/05/2020 17:54:06 13/05/2020 18:09:05";
    ContactRecord::decode_line(line).expect("a record")
}

fn not_recorded(problem: &str) -> Outcome {
    Outcome::Refused(Refusal::NotRecorded(problem.to_owned()))
}

fn taken(records: usize) -> Outcome {
    Outcome::Taken { records, case: 1, code: None }
}

/// The upload of a contact log of so many records.
fn upload(count: usize) -> Vec<u8> {
    let mut records = Vec::new();
    (0..count).for_each(|_| record().encode(&mut records));
    let head = format!("*2\r\n$6\r\nUPLOAD\r\n${}\r\n", records.len());
    [head.as_bytes(), &records, b"\r\n"].concat()
}

fn peer() -> Origin {
    Origin::new([192, 0, 2, 1].into())
}

/// A session, what it needs, and what it has replied.
struct Fixture {
    session: Session,
    authority: Authority,
    decisions: Decisions,
    waits: Waits,
    shares: Shares,
    statistics: Statistics,
    now: Now,
    replies: Vec<u8>,
}

impl Fixture {
    #[expect(clippy::disallowed_methods, reason = "any moment will do")]
    fn logged_out() -> Self {
        let mut passwords = Passwords::default();
        passwords.add_line(b"ann secret").expect("a user");
        let accounts = Accounts::new(passwords, Duration::from_secs(60));
        let rng = ChaCha12Rng::seed_from_u64(1);
        Self {
            session: Session::default(),
            authority: Authority::new(accounts, Registry::default(), 900, rng),
            decisions: Decisions::default(),
            waits: Waits::default(),
            shares: Shares::default(),
            statistics: Statistics::default(),
            now: Now { monotonic: Instant::now(), wall: Timestamp::from_unix_seconds(0) },
            replies: Vec::new(),
        }
    }

    fn logged_in() -> Self {
        let mut fixture = Self::logged_out();
        fixture.receive(LOGIN);
        assert_eq!(fixture.replied(), "+OK\r\n");
        assert!(!fixture.session.is_logged_out());
        fixture
    }

    fn waiting() -> Self {
        let mut fixture = Self::logged_in();
        fixture.receive(b"TEMPID\r\n");
        assert!(fixture.session.is_waiting());
        fixture
    }

    /// A user whose password is being hashed.
    fn logging_in(request: &[u8]) -> Self {
        let mut fixture = Self::logged_out();
        let workspace = &mut Workspace::default();
        let hash = PasswordHash::make(b"secret", &[7; 16], Cost::LEAST, workspace);
        let mut passwords = Passwords::default();
        passwords.add_line(format!("ann {}", hash.as_str()).as_bytes()).expect("a user");
        fixture.authority.accounts().replace_passwords(Arc::new(passwords));
        fixture.receive(request);
        assert!(fixture.session.is_waiting() && fixture.session.is_logged_out());
        assert_eq!(fixture.replied(), "");
        fixture
    }

    fn closing() -> Self {
        let mut fixture = Self::logged_in();
        fixture.receive(b"QUIT\r\n");
        assert_eq!(fixture.replied(), "+OK\r\n");
        assert!(fixture.session.is_closing());
        fixture
    }

    fn receive(&mut self, bytes: &[u8]) -> Consumed {
        let Self { authority, decisions, waits, shares, statistics, now, .. } = self;
        let (client, peer) = (Token::permanent(0), peer());
        let mut desk =
            Desk { authority, decisions, waits, shares, client, peer, statistics, now: *now };
        self.session.receive(bytes, &mut self.replies, &mut desk)
    }

    /// Gives a request as many turns as it takes, and returns their number.
    fn receive_all(&mut self, request: &[u8]) -> usize {
        let mut turns = 1;
        while self.receive(request).bytes == 0 {
            turns += 1;
            self.now.monotonic += Duration::from_secs(1);
        }
        turns
    }

    /// Makes TempIDs by encryption, with so many keys, from now on.
    fn encrypt(&mut self, keys: u8) {
        let keys: Vec<Key> = (0..keys).map(|byte| Key::new([byte; KEY_BYTES])).collect();
        let (cipher, numbers) = (TempIdCipher::new(&keys), UserNumbers::default());
        self.authority.set_encryption(TempIdKind::Encrypted, Encryption { cipher, numbers });
    }

    /// Ends the wait for TempIDs, with them or with a problem.
    fn resume(&mut self, problem: Option<&str>) {
        let wait = self.waits.end(self.ticket()).expect("waiting");
        self.resume_with(match problem {
            None => Outcome::Issued(wait.operation.records().into()),
            Some(problem) => not_recorded(problem),
        });
    }

    /// Ends the wait.
    fn resume_with(&mut self, outcome: Outcome) {
        let ticket = self.ticket();
        self.session.resume(
            ticket,
            outcome,
            &mut self.replies,
            &mut self.decisions,
            &self.authority.notices,
        );
    }

    /// The ticket for which the session waits.
    fn ticket(&self) -> Ticket {
        self.session.awaited().expect("it waits")
    }

    /// The replies since it was asked last.
    fn replied(&mut self) -> String {
        String::from_utf8(std::mem::take(&mut self.replies)).expect("ASCII")
    }
}

#[test]
fn logged_out_pipelining_has_its_turn_and_leaves_off() {
    let mut fixture = Fixture::logged_out();
    let requests = b"PING\r\n".repeat(MAX_REQUESTS_PER_TURN + 1);
    let consumed = fixture.receive(&requests);
    assert!(!consumed.wants_more);
    assert_eq!(fixture.replied(), "+PONG\r\n".repeat(MAX_REQUESTS_PER_TURN));
    let consumed = fixture.receive(&requests[consumed.bytes..]);
    assert!(consumed.wants_more);
    assert_eq!(fixture.replied(), "+PONG\r\n");
}

#[test]
fn logged_out_commands_of_users_are_refused() {
    for request in [&b"TEMPID\r\n"[..], b"*2\r\n$6\r\nUPLOAD\r\n$0\r\n\r\n"] {
        let mut fixture = Fixture::logged_out();
        fixture.receive(request);
        assert!(fixture.replied().starts_with("-NOAUTH "));
        assert!(fixture.session.is_logged_out());
    }
}

#[test]
fn logged_out_third_wrong_password_closes() {
    let mut fixture = Fixture::logged_out();
    fixture.receive(&b"AUTH ann wrong\r\n".repeat(2));
    assert!(fixture.session.is_logged_out());
    fixture.replied();
    fixture.receive(&[b"AUTH ann wrong\r\n", LOGIN].concat());
    assert!(fixture.session.is_closing());
    let replied = fixture.replied();
    assert!(replied.starts_with("-NOWBLOCKED ") && replied.lines().count() == 1, "{replied}");
}

#[test]
fn logged_out_request_without_end_closes_where_a_logged_in_one_goes_on() {
    let long = [b'x'; MAX_REQUEST_BYTES_LOGGED_OUT + 1];
    let frame = [b"*2\r\n$6\r\nUPLOAD\r\n$2000\r\n", &long[..]].concat();
    let mut fixture = Fixture::logged_out();
    assert_eq!(fixture.receive(&frame).bytes, frame.len(), "nothing behind it is kept");
    assert!(fixture.session.is_closing());
    let mut fixture = Fixture::logged_in();
    assert_eq!(fixture.receive(&frame), Consumed { bytes: 0, wants_more: true });
}

#[test]
fn logged_in_second_login_is_refused() {
    let mut fixture = Fixture::logged_in();
    fixture.receive(LOGIN);
    assert_eq!(fixture.replied(), "-ERR already logged in\r\n");
}

#[test]
fn logged_in_unread_replies_let_requests_wait() {
    let mut fixture = Fixture::logged_in();
    fixture.replies = vec![b'x'; MAX_UNREAD_REPLY_BYTES];
    assert_eq!(fixture.receive(b"PING\r\n"), Consumed { bytes: 0, wants_more: false });
    fixture.replies.pop();
    assert_eq!(fixture.receive(b"PING\r\n").bytes, 6);
}

#[test]
fn logging_in_while_the_user_owes_for_other_connections_lets_requests_wait() {
    let mut fixture = Fixture::logged_in();
    let (user, now) = (fixture.session.user().expect("logged in"), fixture.now.monotonic);
    while fixture.shares.has_room(user, now) {
        fixture.shares.charge(user, Work::TempIds(100), now);
    }
    fixture.session = Session::default();
    let both = [LOGIN, b"TEMPID 100\r\n"].concat();
    let consumed = fixture.receive(&both);
    assert_eq!(consumed, Consumed { bytes: LOGIN.len(), wants_more: false });
    assert_eq!(fixture.replied(), "+OK\r\n");
}

#[test]
fn logged_in_upload_waits_until_it_is_stored() {
    for (outcome, reply) in [
        (taken(1), ":1\r\n"),
        (
            Outcome::Refused(Refusal::NotTaken),
            "-IOERR contact log not taken: the server cannot store it, try again later\r\n",
        ),
    ] {
        let mut fixture = Fixture::logged_in();
        fixture.receive(&upload(1));
        assert!(fixture.session.is_waiting());
        assert_eq!(fixture.replied(), "");
        fixture.resume_with(outcome);
        assert_eq!(fixture.replied(), reply);
        assert!(!fixture.session.is_waiting() && fixture.receive(b"PING\r\n").bytes == 6);
    }
}

#[test]
fn logged_in_upload_that_is_stored_is_charged_more() {
    let mut fixture = Fixture::logged_in();
    fixture.receive_all(&upload(18_000));
    fixture.resume_with(taken(18_000));
    assert_eq!(fixture.receive(b"PING\r\n"), Consumed { bytes: 0, wants_more: false });
}

#[test]
fn logged_in_uploads_are_charged_by_their_records_until_requests_wait() {
    let mut fixture = Fixture::logged_in();
    // Refused, as they are no records, but to find that out takes as long.
    let records = vec![b'x'; 18_000 * ContactRecord::LEN];
    let head = format!("*2\r\n$6\r\nUPLOAD\r\n${}\r\n", records.len());
    let upload = [head.as_bytes(), &records, b"\r\n"].concat();
    for _ in 0..3 {
        assert_eq!(fixture.receive(&upload).bytes, upload.len());
        assert!(fixture.replied().starts_with("-ERR "));
    }
    assert_eq!(fixture.receive(b"PING\r\n"), Consumed { bytes: 0, wants_more: false });
}

#[test]
fn logged_in_long_upload_is_traced_in_turns_and_the_next_request_waits() {
    for (keys, turns) in [(0, 9), (1, 18), (15, 141)] {
        let mut fixture = Fixture::logged_in();
        if keys > 0 {
            fixture.encrypt(keys);
        }
        let upload = upload(18_000);
        let requests = [&upload[..], b"PING\r\n"].concat();
        assert_eq!(fixture.receive(&requests), Consumed { bytes: 0, wants_more: false });
        assert!(!fixture.session.is_waiting());
        assert_eq!(fixture.receive_all(&upload), turns - 1, "{keys} keys");
        assert!(fixture.session.is_waiting());
        assert_eq!((fixture.replied().as_str(), fixture.statistics.requests), ("", 2));
        let wait = fixture.waits.end(fixture.ticket()).expect("waiting");
        let Operation::Change(Change::TakeLog { trace, .. }) = wait.operation else {
            panic!("{:?}", wait.operation)
        };
        assert_eq!((trace.entries.len(), trace.unknown()), (18_000, 18_000));
    }
}

#[test]
fn tracing_user_who_is_revoked_closes_and_takes_nothing() {
    let mut fixture = Fixture::logged_in();
    let upload = upload(18_000);
    fixture.receive(&upload);
    fixture.session.end();
    assert!(fixture.session.is_closing());
    assert_eq!(fixture.receive(&upload).bytes, upload.len());
    assert!(fixture.waits.is_empty());
}

#[test]
fn logged_in_encrypted_temp_id_waits_for_a_new_number_and_then_for_nothing() {
    let mut fixture = Fixture::logged_in();
    fixture.encrypt(1);
    fixture.receive(b"TEMPID\r\n");
    let wait = fixture.waits.end(fixture.ticket()).expect("waiting");
    let Operation::Number { user, number: 0, records } = wait.operation else {
        panic!("{:?}", wait.operation)
    };
    // As the number is not stored, nobody is found by it.
    assert_eq!(fixture.authority.find(&records[0]), None);
    fixture.resume_with(not_recorded("full"));
    assert!(fixture.replied().starts_with("-IOERR "));
    fixture.authority.number_stored(user);
    fixture.receive(b"TEMPID\r\n");
    assert!(!fixture.session.is_waiting() && fixture.replied().starts_with("$58\r\n"));
    assert_eq!(fixture.authority.find(&records[0]), Some((user, records[0])));
    let decisions = fixture.decisions.take();
    assert_eq!(decisions, [Decision::TempIdsIssued { user, records }]);
    assert!(fixture.authority.registry().is_empty());
}

#[test]
fn logged_in_broken_framing_closes() {
    let mut fixture = Fixture::logged_in();
    fixture.receive(b"*x\r\nPING\r\n");
    assert!(fixture.session.is_closing());
    let replied = fixture.replied();
    assert!(replied.starts_with("-ERR Protocol error: ") && replied.lines().count() == 1);
}

#[test]
fn logged_in_reset_logs_out_and_is_as_new() {
    let mut fixture = Fixture::logged_in();
    fixture.receive(b"HELLO 3 SETNAME storm\r\nCLIENT GETNAME\r\n");
    assert!(fixture.replied().ends_with("$5\r\nstorm\r\n"));
    fixture.receive(b"RESET\r\nTEMPID\r\nCLIENT GETNAME\r\n");
    assert!(fixture.session.is_logged_out());
    let user = Username::decode(b"ann").expect("a name");
    assert_eq!(fixture.decisions.take(), [Decision::LoggedOut(user)]);
    assert_eq!(fixture.replied(), "+RESET\r\n-NOAUTH Authentication required.\r\n$-1\r\n");
}

#[test]
fn logged_in_is_told_the_statistics_and_logged_out_is_not() {
    let mut fixture = Fixture::logged_out();
    fixture.receive(b"INFO\r\n");
    assert_eq!(fixture.replied(), "-NOAUTH Authentication required.\r\n");
    fixture.receive(LOGIN);
    fixture.replied();
    fixture.receive(b"INFO bluetrace\r\n");
    let replied = fixture.replied();
    for line in ["users:1", "tempids:0", "refused_noauth:1", "refused_err:0"] {
        assert!(replied.contains(&format!("\r\n{line}\r\n")), "{line}: {replied}");
    }
}

#[test]
fn logged_out_tools_are_answered_as_redis_does() {
    let mut fixture = Fixture::logged_out();
    for (request, reply) in [
        ("PING hello", "$5\r\nhello\r\n"),
        ("ECHO hello", "$5\r\nhello\r\n"),
        ("TIME", "*2\r\n$1\r\n0\r\n$1\r\n0\r\n"),
        ("SELECT 0", "+OK\r\n"),
        ("SELECT 1", "-ERR DB index is out of range\r\n"),
        ("COMMAND", "*0\r\n"),
        ("COMMAND COUNT", ":0\r\n"),
        ("COMMAND DOCS", "*0\r\n"),
        ("CONFIG GET save", "*0\r\n"),
        ("CLIENT ID", ":1\r\n"),
        ("CLIENT ID", ":1\r\n"),
        ("CLIENT GETNAME", "$-1\r\n"),
        ("CLIENT SETNAME storm", "+OK\r\n"),
        ("CLIENT GETNAME", "$5\r\nstorm\r\n"),
        ("CLIENT SETINFO LIB-NAME redis-py", "+OK\r\n"),
        ("CLIENT KILL 1", "-ERR unknown command 'CLIENT KILL'\r\n"),
    ] {
        fixture.receive(format!("{request}\r\n").as_bytes());
        assert_eq!(fixture.replied(), reply, "{request}");
    }
    fixture.receive(b"HELLO 3\r\n");
    fixture.replied();
    fixture.receive(b"COMMAND DOCS\r\nCONFIG GET save\r\nCOMMAND\r\n");
    assert_eq!(fixture.replied(), "%0\r\n%0\r\n*0\r\n");
}

#[test]
fn logged_out_each_client_is_greeted_with_a_number_of_its_own() {
    let mut fixture = Fixture::logged_out();
    for id in [1, 2] {
        fixture.session = Session::default();
        for _ in 0..2 {
            fixture.receive(b"HELLO\r\n");
            let replied = fixture.replied();
            assert!(replied.contains(&format!("\r\n$2\r\nid\r\n:{id}\r\n")), "{replied}");
        }
        fixture.receive(b"CLIENT ID\r\n");
        assert_eq!(fixture.replied(), format!(":{id}\r\n"));
    }
}

#[test]
fn other_protocol_closes_names_the_peer_and_nothing_behind_it_is_looked_at() {
    for (bytes, protocol) in [
        (&b"POST / HTTP/1.1\r\nHost: x\r\n\r\nAUTH ann wrong\r\n"[..], ForeignProtocol::Http),
        (b"\x16\x03\x01\nAUTH ann wrong\r\n", ForeignProtocol::Tls),
    ] {
        let mut fixture = Fixture::logged_out();
        assert_eq!(fixture.receive(bytes), Consumed { bytes: bytes.len(), wants_more: true });
        let expected = format!("-ERR Protocol error: expected RESP, got {protocol}\r\n");
        assert_eq!(fixture.replied(), expected);
        let (peer, at) = (peer(), fixture.now.monotonic);
        let decision = Decision::ForeignPeer { peer, protocol, at };
        assert_eq!(fixture.decisions.take(), [decision]);
    }
}

#[test]
fn waiting_further_requests_wait() {
    let mut fixture = Fixture::waiting();
    assert_eq!(fixture.receive(b"PING\r\n"), Consumed { bytes: 0, wants_more: false });
    assert_eq!((fixture.replied().as_str(), fixture.decisions.take()), ("", Vec::new()));
}

#[test]
fn waiting_stored_tells_the_temp_id() {
    let mut fixture = Fixture::waiting();
    fixture.resume(None);
    assert!(fixture.replied().starts_with("$58\r\n"));
    let decisions = fixture.decisions.take();
    let [Decision::TempIdsIssued { user, records }] = &decisions[..] else {
        panic!("{decisions:?}")
    };
    assert_eq!((user.as_str(), records.len()), ("ann", 1));
    assert_eq!(fixture.receive(b"PING\r\n").bytes, 6);
}

#[test]
fn waiting_not_stored_says_so_and_goes_on() {
    let mut fixture = Fixture::waiting();
    fixture.resume(Some("the disk is full"));
    assert_eq!(fixture.replied(), "-IOERR TempID not recorded: the disk is full\r\n");
    assert_eq!(fixture.decisions.take(), []);
    assert_eq!(fixture.receive(b"PING\r\n").bytes, 6);
}

#[test]
fn waiting_completion_of_an_earlier_wait_is_passed_over() {
    let mut fixture = Fixture::waiting();
    let earlier = fixture.ticket();
    fixture.resume(Some("too late"));
    fixture.replied();
    fixture.receive(b"TEMPID\r\n");
    let outcome = not_recorded("for nobody");
    fixture.session.resume(
        earlier,
        outcome,
        &mut fixture.replies,
        &mut fixture.decisions,
        &fixture.authority.notices,
    );
    assert!(fixture.session.is_waiting() && fixture.replied().is_empty());
}

#[test]
fn closing_whatever_comes_is_passed_over() {
    let mut fixture = Fixture::closing();
    let user = Username::decode(b"ann").expect("a name");
    assert_eq!(fixture.decisions.take(), [Decision::LoggedOut(user)]);
    assert_eq!(fixture.receive(b"PING\r\n"), Consumed { bytes: 6, wants_more: true });
    assert_eq!(fixture.replied(), "");
}

#[test]
fn logging_in_takes_no_request_until_it_is_judged() {
    let mut fixture = Fixture::logging_in(LOGIN);
    let nothing = Consumed { bytes: 0, wants_more: false };
    assert_eq!(fixture.receive(b"PING\r\n"), nothing);
    let user = Username::decode(b"ann").expect("a name");
    fixture.resume_with(Outcome::Judged(Verdict::Admitted(user)));
    assert_eq!((fixture.replied().as_str(), fixture.session.user()), ("+OK\r\n", Ok(user)));
    fixture.receive(b"PING\r\n");
    assert_eq!(fixture.replied(), "+PONG\r\n");
}

#[test]
fn logging_in_refusals_leave_logged_out_or_close() {
    for (outcome, reply, closes) in [
        (Outcome::Judged(Verdict::WrongPassword), "-WRONGPASS ", false),
        (Outcome::Judged(Verdict::NowBlocked), "-NOWBLOCKED ", true),
        (Outcome::Judged(Verdict::Blocked), "-BLOCKED ", true),
        (Outcome::Refused(Refusal::BusyWithPasswords), "-BUSYPASSWORDS ", true),
    ] {
        let mut fixture = Fixture::logging_in(LOGIN);
        fixture.resume_with(outcome);
        assert!(fixture.replied().starts_with(reply));
        assert_eq!(fixture.session.is_closing(), closes, "{reply}");
        assert_eq!(fixture.session.is_logged_out(), !closes, "{reply}");
        assert!(fixture.session.user().is_err());
    }
}

#[test]
fn logging_in_with_hello_is_greeted_when_it_is_admitted_and_named_only_then() {
    const HELLO: &[u8] = b"HELLO 3 AUTH ann secret SETNAME phone\r\n";
    let user = Username::decode(b"ann").expect("a name");
    for (verdict, name) in
        [(Verdict::Admitted(user), "$5\r\nphone\r\n"), (Verdict::WrongPassword, "$-1\r\n")]
    {
        let mut fixture = Fixture::logging_in(HELLO);
        fixture.resume_with(Outcome::Judged(verdict));
        let greeted = fixture.replied().starts_with("%7\r\n");
        assert_eq!(greeted, verdict == Verdict::Admitted(user));
        fixture.receive(b"CLIENT GETNAME\r\n");
        assert_eq!(fixture.replied(), name);
    }
}

#[test]
fn logging_in_that_is_ended_closes_with_the_verdict() {
    let mut fixture = Fixture::logging_in(LOGIN);
    fixture.session.end();
    assert!(!fixture.session.is_closing());
    fixture.resume_with(Outcome::Judged(Verdict::WrongPassword));
    assert!(fixture.session.is_closing());
}

#[test]
fn logging_in_is_not_ended_by_the_answer_to_another_wait() {
    let mut fixture = Fixture::logging_in(LOGIN);
    let other = Ticket { number: 99, ..fixture.ticket() };
    let outcome = Outcome::Judged(Verdict::WrongPassword);
    fixture.session.resume(
        other,
        outcome,
        &mut fixture.replies,
        &mut fixture.decisions,
        &fixture.authority.notices,
    );
    assert!(fixture.session.is_waiting());
    assert_eq!(fixture.replied(), "");
}
