//! A storm believes no server: each lie is noticed, counted and named.

mod support;

use std::io::{Read, Write};
use std::time::Duration;

use socket2::SockRef;
use support::liar::{Answer, Liar, Truth, bulk, record};
use support::storm::{Outcome, Setup};

const UNASKED: &str = "WRONG: the server sent a reply that nobody asked for";

/// A storm on a liar, one phone after the other.
fn storm(liar: &Liar, options: &str) -> Outcome {
    let usual = "--users 10 --concurrency 1 --seed 1";
    Setup::new(liar.address, &format!("{usual} {options}")).run()
}

/// A liar that says a lie when it is asked about `word` for the second time, and else the truth.
fn second_answer(word: &'static str, lie: impl Fn() -> Answer + Send + 'static) -> Liar {
    let (mut truth, mut asked) = (Truth::default(), 0);
    Liar::about(word, move |words| {
        asked += 1;
        if asked == 1 { Answer::Say(truth.answer(words)) } else { lie() }
    })
}

/// The second of two phones is told `lie`, and the first one the truth.
#[track_caller]
fn assert_breach(
    word: &'static str,
    options: &str,
    lie: impl Fn() -> Answer + Send + 'static,
    reason: &str,
) {
    let liar = second_answer(word, lie);
    assert_is_breach(&storm(&liar, &format!("--phones 2 {options}")), 1, reason);
}

#[track_caller]
fn assert_is_breach(outcome: &Outcome, done: usize, reason: &str) {
    outcome.assert_failed(done, 1, reason);
    assert_eq!(outcome.count("breaches"), 1, "{outcome:#?}");
}

/// One phone fails, through no lie.
#[track_caller]
fn assert_no_breach(liar: &Liar, options: &str, reason: &str) {
    let outcome = storm(liar, &format!("--phones 1 {options}"));
    outcome.assert_failed(0, 1, reason);
    assert_eq!(outcome.count("breaches"), 0, "{outcome:#?}");
}

#[test]
fn honest_server_is_believed() {
    for script in ["login", "tempid", "upload", "slow", "vanish"] {
        let liar = Liar::about("PING", |_| unreachable!("nobody asks"));
        storm(&liar, &format!("--phones 5 --script {script} --byte-interval 1")).assert_all_done(5);
    }
}

#[test]
fn temp_id_told_to_two_phones_is_named() {
    let lie = || Answer::Say(bulk(&record(1, 0)));
    assert_breach("TEMPID", "", lie, "WRONG: a TempID told twice");
}

#[test]
fn temp_id_told_twice_in_a_reply_is_named() {
    let liar = Liar::about("TEMPID", |_| {
        let records = (0..100).map(|minute| record(u128::from(minute % 99), minute));
        Answer::Say(bulk(&records.collect::<Vec<_>>().concat()))
    });
    let outcome = storm(&liar, "--phones 1 --script upload");
    assert_is_breach(&outcome, 0, "WRONG: a TempID told twice");
}

#[test]
fn malformed_record_is_named() {
    for (byte, wrong) in [(3, b'x'), (22, b'-'), (39, b'9')] {
        let liar = second_answer("TEMPID", move || {
            let mut record = record(2, 0);
            record[byte] = wrong;
            Answer::Say(bulk(&record))
        });
        let outcome = storm(&liar, "--phones 2");
        let reasons = outcome.reasons();
        let reason = reasons.keys().next().expect("a reason");
        let prefix = "WRONG: the server sent a malformed contact record at ";
        assert!(reason.starts_with(prefix), "{reason}");
        assert_is_breach(&outcome, 1, reason);
    }
}

#[test]
fn too_many_and_too_few_records_are_named() {
    let lie = || Answer::Say(bulk(&[record(2, 0), record(3, 1)].concat()));
    assert_breach("TEMPID", "", lie, "WRONG: the server sent 2 TempIDs instead of 1");
    let lie = || Answer::Say(bulk(b""));
    assert_breach("TEMPID", "", lie, "WRONG: the server sent 0 TempIDs instead of 1");
}

#[test]
fn records_whose_times_do_not_follow_are_named() {
    let liar = Liar::about("TEMPID", |_| {
        let records = (0..100).map(|number| record(u128::from(number), number.min(98)));
        Answer::Say(bulk(&records.collect::<Vec<_>>().concat()))
    });
    let outcome = storm(&liar, "--phones 1 --script upload");
    let reason = "WRONG: the server sent TempIDs whose times do not follow each other";
    assert_is_breach(&outcome, 0, reason);
}

#[test]
fn replies_in_another_order_are_named() {
    let lie = || Answer::Say(bulk(&record(2, 0)));
    assert_breach("AUTH", "", lie, UNASKED);
    let lie = || Answer::Say(b"+OK\r\n".to_vec());
    assert_breach("TEMPID", "", lie, UNASKED);
    assert_breach("UPLOAD", "--script upload", lie, UNASKED);
}

#[test]
fn reply_too_many_is_named() {
    let lie = || Answer::Say(b"+OK\r\n+OK\r\n".to_vec());
    assert_breach("AUTH", "", lie, UNASKED);
    let lie = || Answer::Say([bulk(&record(2, 0)), bulk(&record(3, 0))].concat());
    assert_breach("TEMPID", "", lie, UNASKED);
    let lie = || Answer::Say(b"+OK\r\n+OK\r\n".to_vec());
    assert_breach("AUTH", "--script idle --hold 0.2", lie, UNASKED);
}

#[test]
fn reply_too_many_behind_the_request_is_named() {
    // It comes when the phone has said goodbye already, and must not be taken for the answer to
    // that.
    for reply in [bulk(&record(7, 0)), b":1\r\n".to_vec(), b"+PONG\r\n".to_vec()] {
        assert_breach("QUIT", "", move || Answer::Say(reply.clone()), UNASKED);
    }
    let liar = Liar::about("QUIT", |_| Answer::Say(b"-ERR stay\r\n".to_vec()));
    assert_no_breach(&liar, "", "request refused (ERR): stay");
}

#[test]
fn bytes_that_are_no_reply_are_named() {
    let reason = "WRONG: the reply is not that of a BlueTrace server";
    for (word, bytes) in [("AUTH", &b"HTTP/1.1 400 Bad Request\r\n"[..]), ("TEMPID", b"$x\r\n")] {
        assert_breach(word, "", move || Answer::Say(bytes.to_vec()), reason);
    }
}

#[test]
fn upload_taken_partly_is_named() {
    for (options, taken, reason) in [
        ("--records 20", 19, "WRONG: the server took 19 contact records of 20"),
        ("--records 20", 0, "WRONG: the server took 0 contact records of 20"),
        ("--records 20", 21, "WRONG: the server took 21 contact records of 20"),
        // The first of two requests.
        ("--records 18001", 17_999, "WRONG: the server took 17999 contact records of 18000"),
    ] {
        let liar = Liar::about("UPLOAD", move |_| Answer::Say(format!(":{taken}\r\n").into()));
        let outcome = storm(&liar, &format!("--phones 1 --script upload {options}"));
        assert_is_breach(&outcome, 0, reason);
    }
}

#[test]
fn wrong_password_let_in_is_named() {
    let liar = Liar::about("PING", |_| Answer::Nothing);
    let outcome = storm(&liar, "--phones 1 --script wrong-password");
    assert_is_breach(&outcome, 0, "WRONG: let in with a wrong password");
    let mut guesses = 0;
    let liar = Liar::about("AUTH", move |_| {
        guesses += 1;
        let reply: &[u8] = if guesses < 3 { b"-WRONGPASS no\r\n" } else { b"+OK\r\n" };
        Answer::Say(reply.to_vec())
    });
    let outcome = storm(&liar, "--phones 1 --script wrong-password");
    assert_is_breach(&outcome, 0, "WRONG: let in with a wrong password");
}

#[test]
fn garbage_answered_like_a_request_is_named() {
    let liar = Liar::serving(|mut stream| {
        stream.read_exact(&mut [0; 2048])?;
        stream.write_all(b"+OK\r\n")
    });
    let outcome = storm(&liar, "--phones 1 --script garbage");
    assert_is_breach(&outcome, 0, "WRONG: random bytes answered like a request");
}

#[test]
fn garbage_that_ends_no_connection_is_named() {
    let liar = Liar::serving(|mut stream| {
        stream.read_exact(&mut [0; 2048])?;
        stream.write_all(b"-ERR no\r\n")?;
        stream.read_to_end(&mut Vec::new()).map(|_| ())
    });
    assert_no_breach(&liar, "--script garbage --timeout 0.5", "no reply in time while it stayed");
}

#[test]
fn connection_closed_in_the_middle_is_named() {
    for (word, when) in [
        ("AUTH", "connection lost during the login: the server closed it"),
        ("TEMPID", "connection lost during the request: the server closed it"),
        ("QUIT", "connection lost during the logout: the server closed it"),
    ] {
        let liar = Liar::about(word, |_| Answer::SayAndClose(Vec::new()));
        assert_no_breach(&liar, "", when);
    }
    let half = bulk(&record(1, 0))[..30].to_vec();
    let liar = Liar::about("TEMPID", move |_| Answer::SayAndClose(half.clone()));
    assert_no_breach(&liar, "", "connection lost during the request: the server closed it");
}

#[test]
fn server_that_answers_no_more_is_named() {
    for (word, when) in [
        ("AUTH", "no reply in time during the login"),
        ("TEMPID", "no reply in time during the request"),
        ("QUIT", "no reply in time during the logout"),
    ] {
        let liar = Liar::about(word, |_| Answer::Nothing);
        assert_no_breach(&liar, "--timeout 0.5", when);
    }
}

/// Whoever waited longest is in the percentiles, with what it waited before it gave up.
#[test]
fn phone_that_gave_up_is_among_the_latencies() {
    const TIMEOUT: u64 = 200_000;
    for (word, given_up) in [("AUTH", "login_latency"), ("TEMPID", "request_latency")] {
        let liar = Liar::about(word, |_| Answer::Nothing);
        let outcome = storm(&liar, "--phones 1 --timeout 0.2");
        for name in [given_up, "session_latency"] {
            assert_eq!(outcome.latency(name, "count"), 1, "{outcome:#?}");
            // A latency is told to a tenth of a percent.
            assert!(outcome.latency(name, "p50") >= TIMEOUT * 999 / 1000, "{outcome:#?}");
        }
    }
}

#[test]
fn server_that_never_answers_is_named() {
    let liar = Liar::serving(|mut stream| stream.read_to_end(&mut Vec::new()).map(|_| ()));
    for script in ["login", "upload", "slow", "idle", "unread", "wrong-password"] {
        let options = format!("--timeout 0.1 --script {script} --byte-interval 1");
        assert_no_breach(&liar, &options, "no reply in time during the login");
    }
    let options = "--timeout 0.1 --script garbage";
    assert_no_breach(&liar, options, "no reply in time during the request");
}

#[test]
fn server_that_does_not_answer_those_that_would_vanish_is_named() {
    for (word, when) in [
        ("AUTH", "no reply in time during the login"),
        ("TEMPID", "no reply in time during the request"),
    ] {
        let liar = Liar::about(word, |_| Answer::Nothing);
        // With this seed some of them wait for either reply.
        let options =
            "--users 10 --concurrency 1 --phones 9 --seed 4 --script vanish --timeout 0.3";
        let outcome = Setup::new(liar.address, options).run();
        assert_eq!(outcome.code(), Some(1), "{outcome:#?}");
        let reasons: Vec<_> = outcome.reasons().into_keys().collect();
        assert_eq!(reasons, [when], "{outcome:#?}");
        assert_eq!(outcome.count("done") + outcome.count("failed"), 9);
    }
}

#[test]
fn refusals_are_named() {
    for (reply, reason) in [
        ("-WRONGPASS no\r\n", "right password refused (WRONGPASS)"),
        ("-NOWBLOCKED no\r\n", "account blocked (BLOCKED)"),
        ("-BLOCKED no\r\n", "account blocked (BLOCKED)"),
        ("-BUSY no\r\n", "server full (BUSY)"),
        ("-BUSYADDRESS no\r\n", "request refused (BUSYADDRESS): no"),
        ("-NOAUTH\r\n", "request refused (NOAUTH)"),
    ] {
        let liar = Liar::about("AUTH", |_| Answer::SayAndClose(reply.into()));
        assert_no_breach(&liar, "", reason);
    }
    let liar = Liar::about("TEMPID", |_| Answer::Say(b"-IOERR disk full\r\n".to_vec()));
    assert_no_breach(&liar, "", "request refused (IOERR): disk full");
}

#[test]
fn connection_reset_is_named_with_what_the_system_says() {
    // To close a connection over bytes that nobody has read resets it.
    let liar = Liar::serving(|mut stream| stream.read_exact(&mut [0; 1]));
    let reason = "connection lost during the login: Connection reset by peer (os error 104)";
    assert_no_breach(&liar, "", reason);
}

/// A server may end what nobody uses, but in good order: nothing that it has not read would reset
/// it.
#[test]
fn silent_connection_that_is_reset_is_named_and_one_that_is_ended_is_not() {
    let (ended, reset) = (None, Some(Duration::ZERO));
    let server = |linger| {
        Liar::serving(move |stream| {
            SockRef::from(&stream).set_linger(linger).map(|()| drop(stream))
        })
    };
    storm(&server(ended), "--phones 3 --script silent").assert_all_done(3);
    let outcome = storm(&server(reset), "--phones 3 --script silent");
    outcome.assert_failed_like(0, 3, "connection lost while it stayed: Connection reset by peer");
}

#[test]
fn account_that_is_never_blocked_is_named() {
    let liar = Liar::about("AUTH", |_| {
        Answer::Say(b"-WRONGPASS Invalid Password. Please try again\r\n".to_vec())
    });
    let outcome = storm(&liar, "--phones 1 --script wrong-password");
    assert_is_breach(&outcome, 0, "WRONG: an account not blocked after 20 wrong passwords");
}
