//! Phones vanish at any moment, politely or not. Nobody else notices, and nothing is left of them.

mod support;

use std::time::Duration;

use support::data::{Data, EIGHT, NINE};
use support::phone::{Phone, frame, frame_of};
use support::process::descriptors;
use support::server::{Server, Setup};
use support::wait::Deadline;

/// How many phones vanish together.
const CROWD: usize = 10;

/// How a phone vanishes.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// Its system closes the connection.
    Closing,
    /// Its system resets the connection.
    Resetting,
    /// It says that it sends nothing more, then resets.
    HalfClosingFirst,
}

/// A crowd of phones does the same, all vanish, and afterwards the server is as it was before.
fn vanish_after(live: impl Fn(&mut Phone)) {
    let data = Data::with_users();
    let server = Server::start(&data);
    let mut witness = Phone::logged_in(&server, EIGHT);
    let before = descriptors(server.id()).len();
    for way in [Way::Closing, Way::Resetting, Way::HalfClosingFirst] {
        let mut crowd: Vec<_> = (0..CROWD).map(|_| Phone::connect(&server)).collect();
        crowd.iter_mut().for_each(&live);
        witness.temp_id();
        for mut phone in crowd {
            match way {
                Way::Closing => drop(phone),
                Way::Resetting => phone.reset(),
                Way::HalfClosingFirst => {
                    phone.end_sending();
                    phone.reset();
                }
            }
        }
        witness.temp_id();
        let what = format!("the descriptors to be closed after {way:?}");
        witness.ping_until(&what, || descriptors(server.id()).len() == before);
    }
    drop(witness);
    server.stop();
}

fn log_in(phone: &mut Phone) {
    phone.send("AUTH +61410999999 bada4568");
}

#[test]
fn silent_phone_vanishes_and_leaves_nothing() {
    vanish_after(|_| {});
}

#[test]
fn phone_within_a_request_vanishes_and_leaves_nothing() {
    vanish_after(|phone| phone.send_bytes(b"*3\r\n$4\r\nAUTH\r\n$12\r\n+6141"));
}

#[test]
fn logged_out_phone_vanishes_and_leaves_nothing() {
    vanish_after(|phone| {
        phone.ping();
        assert!(phone.ask("AUTH +61410000000 wrong").is_error(""));
    });
}

#[test]
fn logged_in_phone_vanishes_and_leaves_nothing() {
    vanish_after(|phone| {
        log_in(phone);
        phone.reply();
    });
}

#[test]
fn phone_that_has_just_sent_its_login_vanishes_and_leaves_nothing() {
    vanish_after(log_in);
}

#[test]
fn recording_phone_vanishes_and_leaves_nothing() {
    vanish_after(|phone| {
        log_in(phone);
        phone.send_bytes(&frame_of("TEMPID").repeat(20));
    });
}

#[test]
fn uploading_phone_vanishes_and_leaves_nothing() {
    vanish_after(|phone| {
        log_in(phone);
        let upload = frame(&[b"UPLOAD", &[b'1'; 58_000]]);
        phone.send_bytes(&upload[..30_000]);
    });
}

#[test]
fn phone_with_unread_replies_vanishes_and_leaves_nothing() {
    vanish_after(|phone| {
        phone.send_without_waiting(&b"HELLO\r\n".repeat(100_000));
    });
}

#[test]
fn quitting_phone_vanishes_and_leaves_nothing() {
    vanish_after(|phone| phone.send("QUIT"));
}

#[test]
fn phone_with_broken_framing_vanishes_and_leaves_nothing() {
    vanish_after(|phone| phone.send_bytes(b"*x\r\n"));
}

#[test]
fn phone_that_vanishes_before_it_is_accepted_leaves_nothing() {
    let data = Data::with_users();
    let server = Server::start(&data);
    let mut witness = Phone::logged_in(&server, EIGHT);
    let before = descriptors(server.id()).len();
    server.while_frozen(|| {
        for _ in 0..CROWD {
            Phone::connect(&server).reset();
            let mut phone = Phone::connect(&server);
            phone.send("AUTH +61410999999 bada4568");
            phone.send("TEMPID");
            phone.reset();
            drop(Phone::connect(&server));
        }
    });
    witness.temp_id();
    let what = "the descriptors to be closed";
    witness.ping_until(what, || descriptors(server.id()).len() == before);
}

#[test]
fn phone_that_keeps_its_half_open_after_quitting_is_let_go() {
    let data = Data::with_users();
    let server = Server::start(&data);
    let mut witness = Phone::logged_in(&server, EIGHT);
    let before = descriptors(server.id()).len();
    let mut phone = Phone::logged_in(&server, NINE);
    phone.ask("QUIT");
    phone.assert_closed();
    let what = "the server to be tired of waiting";
    witness.ping_until(what, || descriptors(server.id()).len() == before);
}

#[test]
fn logged_out_silent_phone_is_closed_after_the_login_timeout() {
    let data = Data::with_users();
    let server = Setup::new(&data).arguments(&["--login-timeout", "1"]).start();
    let mut logged_in = Phone::logged_in(&server, EIGHT);
    let before = descriptors(server.id()).len();
    let mut silent = Phone::connect(&server);
    let mut failing = Phone::connect(&server);
    assert!(failing.ask("AUTH +61410000000 wrong").is_error("WRONGPASS"));
    silent.assert_closed();
    failing.assert_closed();
    logged_in.ping_until("no descriptor left", || descriptors(server.id()).len() == before);
    logged_in.temp_id();
}

#[test]
fn logged_out_dribbling_phone_is_closed_after_the_login_timeout() {
    let data = Data::with_users();
    let server = Setup::new(&data).arguments(&["--login-timeout", "1"]).start();
    let mut logged_in = Phone::logged_in(&server, EIGHT);
    let mut dribbling = Phone::connect(&server);
    let deadline = Deadline::new();
    // One byte now and then, of a request that the limits would allow for minutes.
    while !dribbling.is_closed_within(Duration::from_millis(30)) {
        deadline.check("the login timeout");
        if dribbling.try_send_bytes(b"x").is_err() {
            break;
        }
    }
    logged_in.temp_id();
}

#[test]
fn logged_out_talking_phone_is_closed_after_the_login_timeout() {
    let data = Data::with_users();
    let server = Setup::new(&data).arguments(&["--login-timeout", "1"]).start();
    let mut talking = Phone::connect(&server);
    let deadline = Deadline::new();
    while talking.try_send_bytes(b"PING\r\n").and_then(|()| talking.try_reply()).is_ok() {
        deadline.check("the login timeout");
    }
}
