//! Three failures in a row block an account, and nobody learns from it which numbers are
//! registered.

mod support;

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use support::data::{Data, EIGHT, SEVEN};
use support::phone::{Phone, frame};
use support::reply::Reply;
use support::server::{Server, Setup};
use support::wait::{Deadline, now};

const WRONG: &str = "WRONGPASS Invalid Password. Please try again";
const NOW_BLOCKED: &str =
    "NOWBLOCKED Invalid Password. Your account has been blocked. Please try again later";
const BLOCKED: &str =
    "BLOCKED Your account is blocked due to multiple login failures. Please try again later";

const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

#[track_caller]
fn fail(phone: &mut Phone, user: &str, expected: &str) {
    assert_eq!(phone.ask(&format!("AUTH {user} wrong")), Reply::error(expected));
}

/// A server on which `+61410888888` is blocked, by failures on one connection.
#[track_caller]
fn block_eight(server: &Server) {
    let mut phone = Phone::connect(server);
    fail(&mut phone, EIGHT.user, WRONG);
    fail(&mut phone, EIGHT.user, WRONG);
    fail(&mut phone, EIGHT.user, NOW_BLOCKED);
    phone.assert_closed();
}

#[test]
fn fresh_account_third_failure_blocks_and_closes() {
    let data = Data::with_users();
    block_eight(&Server::start(&data));
}

#[test]
fn blocked_account_right_password_is_refused_from_everywhere() {
    let data = Data::with_users();
    let server = Server::start(&data);
    block_eight(&server);
    for source in [Ipv4Addr::LOCALHOST.into(), ELSEWHERE] {
        let mut phone = Phone::connect_from(&server, source);
        assert_eq!(phone.log_in(EIGHT), Reply::error(BLOCKED));
        phone.assert_closed();
        let mut phone = Phone::connect_from(&server, source);
        assert_eq!(phone.ask("HELLO 3 AUTH +61410888888 comp3331"), Reply::error(BLOCKED));
        phone.assert_closed();
    }
    Phone::logged_in(&server, SEVEN).temp_id();
}

#[test]
fn blocking_phone_gets_no_reply_to_what_it_sent_behind() {
    let data = Data::with_users();
    let server = Server::start(&data);
    let mut phone = Phone::connect(&server);
    phone.send_bytes("AUTH +61410888888 wrong\r\n".repeat(9).as_bytes());
    let expected = format!("-{WRONG}\r\n-{WRONG}\r\n-{NOW_BLOCKED}\r\n");
    assert_eq!(String::from_utf8(phone.rest()), Ok(expected));
}

#[test]
fn failures_on_several_connections_and_addresses_are_counted_together() {
    let data = Data::with_users();
    let server = Server::start(&data);
    let mut here = Phone::connect(&server);
    let mut there = Phone::connect_from(&server, ELSEWHERE);
    fail(&mut here, EIGHT.user, WRONG);
    fail(&mut there, EIGHT.user, WRONG);
    fail(&mut Phone::connect(&server), EIGHT.user, NOW_BLOCKED);
    fail(&mut here, EIGHT.user, BLOCKED);
    assert_eq!(there.log_in(EIGHT), Reply::error(BLOCKED));
}

#[test]
fn failures_of_different_users_are_counted_apart() {
    let data = Data::with_users();
    let server = Server::start(&data);
    let mut phone = Phone::connect(&server);
    for _ in 0..2 {
        fail(&mut phone, EIGHT.user, WRONG);
        fail(&mut phone, SEVEN.user, WRONG);
        fail(&mut phone, "+61410000000", WRONG);
    }
    assert_eq!(phone.log_in(SEVEN), Reply::ok());
}

#[test]
fn success_clears_the_failures() {
    let data = Data::with_users();
    let server = Server::start(&data);
    for _ in 0..3 {
        let mut phone = Phone::connect(&server);
        fail(&mut phone, EIGHT.user, WRONG);
        fail(&mut phone, EIGHT.user, WRONG);
        assert_eq!(phone.log_in(EIGHT), Reply::ok());
    }
}

#[test]
fn blocked_account_is_free_when_the_block_ends_and_counts_from_zero() {
    const BLOCK: Duration = Duration::from_secs(1);
    let data = Data::with_users();
    let server = Setup::with_block(&data, 1).start();
    let (before, deadline) = (now(), Deadline::new());
    block_eight(&server);
    loop {
        deadline.check("the end of the block");
        let mut phone = Phone::connect(&server);
        match phone.log_in(EIGHT) {
            Reply::Error(text) => assert_eq!(text, BLOCKED),
            reply => break assert_eq!(reply, Reply::ok()),
        }
    }
    assert!(before.elapsed() >= BLOCK, "a block never ends early");
    let mut phone = Phone::connect(&server);
    fail(&mut phone, EIGHT.user, WRONG);
    fail(&mut phone, EIGHT.user, WRONG);
    assert_eq!(phone.log_in(EIGHT), Reply::ok());
}

#[test]
fn blocked_account_connections_that_are_logged_in_stay() {
    let data = Data::with_users();
    let server = Server::start(&data);
    let mut phone = Phone::logged_in(&server, EIGHT);
    block_eight(&server);
    phone.temp_id();
}

#[test]
fn strangers_are_answered_like_users() {
    let data = Data::with_users();
    let server = Server::start(&data);
    let of_user = attempts_of(&server, EIGHT.user.as_bytes());
    let long = [b'x'; 300];
    let names: [&[u8]; 8] = [
        b"+61410000000",
        b"",
        b" ",
        b"+61410888888 ",
        b"../credentials.txt",
        b"\r\n+OK\r\n",
        &[0, 255, 27],
        &long,
    ];
    for name in names {
        let of_stranger = attempts_of(&server, name);
        assert_eq!(of_stranger, of_user, "{}", name.escape_ascii());
    }
}

#[test]
fn users_differ_by_case_and_passwords_too() {
    let data = Data::empty();
    data.write("credentials.txt", "Ann Secret\n");
    let server = Server::start(&data);
    let mut phone = Phone::connect(&server);
    assert_eq!(phone.ask("AUTH ann Secret"), Reply::error(WRONG));
    assert_eq!(phone.ask("AUTH Ann secret"), Reply::error(WRONG));
    assert_eq!(phone.ask("AUTH Ann Secre"), Reply::error(WRONG));
    assert_eq!(phone.ask("AUTH Ann Secret"), Reply::ok());
}

#[test]
fn one_user_on_several_connections_is_served_on_each() {
    let data = Data::with_users();
    let server = Server::start(&data);
    let mut phones: Vec<_> = (0..5).map(|_| Phone::logged_in(&server, EIGHT)).collect();
    let mut temp_ids: Vec<_> = phones.iter_mut().map(|phone| phone.temp_id().temp_id).collect();
    assert_eq!(phones[0].ask("QUIT"), Reply::ok());
    temp_ids.extend(phones[1..].iter_mut().map(|phone| phone.temp_id().temp_id));
    temp_ids.sort();
    temp_ids.dedup();
    assert_eq!(temp_ids.len(), 9, "all different");
}

/// All bytes that somebody gets who tries a wrong password under `name` until blocked, and again.
fn attempts_of(server: &Server, name: &[u8]) -> String {
    let attempt = frame(&[b"AUTH", name, b"wrong"]);
    let mut phone = Phone::connect(server);
    phone.send_bytes(&attempt.repeat(3));
    let mut bytes = phone.rest();
    let mut phone = Phone::connect(server);
    phone.send_bytes(&attempt);
    bytes.extend(phone.rest());
    bytes.escape_ascii().to_string()
}
